//! Expressions: operators and casts.

use super::super::ast::{BinaryOp, Expr, ExprKind, PostfixOp};
use super::super::token::Kind;
use super::operators::{COMPARISON, LOOSEST};
use super::{NESTING_MAX, Parsed, Parser};

/// Reserved words that an operand can begin with.
const STARTERS: [&str; 6] = ["false", "new", "null", "super", "this", "true"];

/// Reserved words behind an expression of which is told what stands in their place.
const TOLD_BY_WHAT_IS_WANTED: [&str; 17] = [
    "and",
    "commit",
    "false",
    "for",
    "in",
    "instanceof",
    "limit",
    "list",
    "map",
    "new",
    "null",
    "or",
    "super",
    "this",
    "true",
    "update",
    "using",
];

impl Parser<'_> {
    /// An expression behind which one of `closers` stands.
    pub(super) fn expression_before(&mut self, closers: &'static [&'static str]) -> Parsed<Expr> {
        self.closers.push(closers);
        let result = self.expression();
        self.closers.pop();
        if result.is_ok() && !self.may_follow_expression() {
            return Err(self.unexpected());
        }
        result
    }

    /// Other words than these are told for themselves.
    fn may_follow_expression(&self) -> bool {
        !self.is_sign(0, "@")
            && (!self.is_any_word(0) || self.is_name(0) || self.is_one_of(0, &TOLD_BY_WHAT_IS_WANTED))
    }

    /// A bind in a query: any word may follow it.
    pub(super) fn bind(&mut self) -> Parsed<Expr> {
        self.closers.push(&[",", ")", "]"]);
        let result = self.expression();
        self.closers.pop();
        result
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let target = parser.ternary()?;
            let Some((operator, tokens)) = parser.assignment() else { return Ok(target) };
            let height = parser.height;
            parser.skip(tokens);
            let value = Box::new(parser.expression()?);
            parser.grow(height)?;
            let at = target.at;
            Ok(Expr { kind: ExprKind::Assign { operator, target: Box::new(target), value }, at })
        })
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let condition = self.binary(LOOSEST)?;
        if !self.take_sign("?") {
            return Ok(condition);
        }
        let mut height = self.height;
        let then = Box::new(self.expression_before(&[":"])?);
        height = height.max(self.height);
        self.expect(":", |_| false)?;
        let otherwise = Box::new(self.nested(Self::ternary)?);
        self.grow(height)?;
        let at = condition.at;
        Ok(Expr { kind: ExprKind::Ternary { condition: Box::new(condition), then, otherwise }, at })
    }

    /// Operators of this level and of tighter ones.
    fn binary(&mut self, level: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        let mut last = u8::MAX;
        loop {
            if level <= COMPARISON && last > COMPARISON && self.is_word(0, "instanceof") {
                self.take();
                let height = self.height;
                let ty = self.type_ref()?;
                self.grow(height)?;
                let at = left.at;
                left = Expr { kind: ExprKind::InstanceOf { value: Box::new(left), ty }, at };
                last = COMPARISON - 1;
                continue;
            }
            // Behind `instanceof` and behind a looser operator no tighter one can follow.
            let Some(infix) = self.infix().filter(|infix| infix.level >= level && infix.level <= last) else {
                return Ok(left);
            };
            let height = self.height;
            self.skip(infix.tokens);
            let right = self.binary(infix.level + 1)?;
            self.grow(height)?;
            left = joined(infix.operator, left, right);
            last = infix.level;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let at = self.at();
        if let Some(operator) = self.prefix(0) {
            self.take();
            let value = Box::new(self.nested(Self::unary)?);
            self.grow(0)?;
            return Ok(Expr { kind: ExprKind::Unary { operator, value }, at });
        }
        if self.is_cast() {
            self.take();
            let ty = self.type_ref()?;
            self.take();
            let value = Box::new(self.nested(Self::unary)?);
            self.grow(0)?;
            return Ok(Expr { kind: ExprKind::Cast { ty, value }, at });
        }
        let mut value = self.chain()?;
        loop {
            let operator = if self.is_sign(0, "++") {
                PostfixOp::Increment
            } else if self.is_sign(0, "--") {
                PostfixOp::Decrement
            } else {
                return Ok(value);
            };
            let at = self.take().at;
            self.grow(0)?;
            value = Expr { kind: ExprKind::Postfix { operator, value: Box::new(value) }, at };
        }
    }

    /// A type in parentheses with an operand behind it. As in Salesforce's parser `(a) - b` is one.
    fn is_cast(&self) -> bool {
        if !self.is_sign(0, "(") {
            return false;
        }
        let Some(length) = self.type_length(1) else { return false };
        let behind = length + 2;
        if !self.is_sign(length + 1, ")") {
            return false;
        }
        if self.is_sign(behind, "++") || self.is_sign(behind, "--") {
            return self.is_operand(behind + 1);
        }
        self.is_operand(behind)
    }

    pub(super) fn starts_operand(&self) -> bool {
        self.is_operand(0)
    }

    pub(super) fn is_operand(&self, ahead: usize) -> bool {
        match self.token(ahead).kind {
            // `List<String>.class`
            Kind::Word if self.is_one_of(ahead, &["list", "map"]) => self.is_sign(ahead + 1, "<"),
            Kind::Word => self.is_name(ahead) || self.is_one_of(ahead, &STARTERS) || self.is_dotted(ahead),
            Kind::Sign("(") => true,
            Kind::Sign("[") => self.is_query(ahead),
            Kind::Sign(_) => self.prefix(ahead).is_some(),
            Kind::End | Kind::Moment => false,
            _ => true,
        }
    }

    pub(super) fn skip(&mut self, tokens: usize) {
        for _ in 0..tokens {
            self.take();
        }
    }

    /// Puts one level on top of the highest of the parts read: the last one, and one as high as `other`.
    pub(super) fn grow(&mut self, other: u32) -> Parsed<()> {
        self.height = self.height.max(other) + 1;
        if self.height > NESTING_MAX { Err(self.too_deep()) } else { Ok(()) }
    }

    /// What stands here can follow a closing parenthesis.
    pub(super) fn continues(&self) -> bool {
        self.infix().is_some() || self.assignment().is_some() || self.closes()
    }

    fn closes(&self) -> bool {
        self.closers.last().is_some_and(|signs| signs.iter().any(|sign| self.is_sign(0, sign)))
    }
}

fn joined(operator: BinaryOp, left: Expr, right: Expr) -> Expr {
    let at = left.at;
    Expr { kind: ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }, at }
}
