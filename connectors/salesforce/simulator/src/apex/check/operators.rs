//! Operators.

use super::scope::Checker;
use super::{Checked, convert, problem};
use crate::apex::program::{ClassKind, Expr, ExprKind, Operator};
use crate::apex::syntax::ast::{self, BinaryOp, Pos, PostfixOp, UnaryOp};
use crate::apex::types::Type;

fn operator_of(operator: BinaryOp) -> Operator {
    match operator {
        BinaryOp::Add => Operator::Add,
        BinaryOp::Subtract => Operator::Subtract,
        BinaryOp::Multiply => Operator::Multiply,
        BinaryOp::Divide => Operator::Divide,
        BinaryOp::BitAnd => Operator::BitAnd,
        BinaryOp::BitOr => Operator::BitOr,
        BinaryOp::BitXor => Operator::BitXor,
        BinaryOp::ShiftLeft => Operator::ShiftLeft,
        BinaryOp::ShiftRight => Operator::ShiftRight,
        BinaryOp::ShiftRightUnsigned => Operator::ShiftRightUnsigned,
        BinaryOp::NotEqual => Operator::NotEqual,
        BinaryOp::Same => Operator::Same,
        BinaryOp::NotSame => Operator::NotSame,
        BinaryOp::Less => Operator::Less,
        BinaryOp::LessOrEqual => Operator::LessOrEqual,
        BinaryOp::Greater => Operator::Greater,
        BinaryOp::GreaterOrEqual => Operator::GreaterOrEqual,
        BinaryOp::Equal | BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => Operator::Equal,
    }
}

/// The sign, as complaints name it.
fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::BitAnd => "&",
        Operator::BitOr => "|",
        Operator::BitXor => "^",
        Operator::ShiftLeft => "<<",
        Operator::ShiftRight => ">>",
        Operator::ShiftRightUnsigned => ">>>",
        _ => "",
    }
}

/// The wider of two types of numbers.
fn wider(a: &Type, b: &Type) -> Type {
    let all = [Type::Decimal, Type::Double, Type::Long];
    all.into_iter().find(|ty| a == ty || b == ty).unwrap_or(Type::Integer)
}

fn whole(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Long)
}

impl Checker<'_> {
    pub(super) fn unary(&mut self, operator: UnaryOp, value: &ast::Expr, at: Pos) -> Checked<Expr> {
        match operator {
            UnaryOp::Increment | UnaryOp::Decrement => {
                let target = self.target(value)?;
                if !target.ty.is_number() {
                    let word = if operator == UnaryOp::Increment { "increment" } else { "decrement" };
                    let name = self.name(&target.ty);
                    return problem(
                        at,
                        format!("Unary prefix {word} can only be applied to numeric expressions: {name}"),
                    );
                }
                let by = if operator == UnaryOp::Increment { 1 } else { -1 };
                let ty = target.ty.clone();
                Ok(Expr { kind: ExprKind::Step { target: Box::new(target), by, after: false }, ty, at })
            }
            UnaryOp::Not => {
                let value = self.value(value)?;
                if !matches!(value.ty, Type::Boolean | Type::Null) {
                    return problem(at, "! operator can only be applied to boolean expressions");
                }
                Ok(Expr { kind: ExprKind::Not(Box::new(value)), ty: Type::Boolean, at })
            }
            UnaryOp::Minus | UnaryOp::Plus => {
                let value = self.value(value)?;
                // A plus too many between texts is let pass.
                if operator == UnaryOp::Plus && (value.ty.is_number() || value.ty == Type::String) {
                    return Ok(value);
                }
                if !value.ty.is_number() {
                    return problem(at, "Unary negation must use a numeric argument");
                }
                let ty = value.ty.clone();
                Ok(Expr { kind: ExprKind::Negate(Box::new(value)), ty, at })
            }
            UnaryOp::BitNot => {
                let value = self.value(value)?;
                if !whole(&value.ty) {
                    let name = self.name(&value.ty);
                    return problem(at, format!("Invalid type for bitwise negate: {name}"));
                }
                let ty = value.ty.clone();
                Ok(Expr { kind: ExprKind::BitNot(Box::new(value)), ty, at })
            }
        }
    }

    pub(super) fn postfix(&mut self, operator: PostfixOp, value: &ast::Expr, at: Pos) -> Checked<Expr> {
        let target = self.target(value)?;
        if !target.ty.is_number() {
            let name = self.name(&target.ty);
            return problem(
                at,
                format!(
                    "Unary postfix increment/decrement can only be applied to numeric expressions: {name}"
                ),
            );
        }
        let by = if operator == PostfixOp::Increment { 1 } else { -1 };
        let ty = target.ty.clone();
        Ok(Expr { kind: ExprKind::Step { target: Box::new(target), by, after: true }, ty, at })
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOp,
        left: &ast::Expr,
        right: &ast::Expr,
        at: Pos,
    ) -> Checked<Expr> {
        if let BinaryOp::And | BinaryOp::Or = operator {
            let (left, right) = (self.value(left)?, self.value(right)?);
            if let Some(wrong) =
                [&left, &right].into_iter().find(|side| !matches!(side.ty, Type::Boolean | Type::Null))
            {
                return problem(wrong.at, "Logical operator can only be applied to Boolean");
            }
            let (left, right) = (Box::new(left), Box::new(right));
            let kind = if operator == BinaryOp::And {
                ExprKind::And(left, right)
            } else {
                ExprKind::Or(left, right)
            };
            return Ok(Expr { kind, ty: Type::Boolean, at });
        }
        let (left, right) = self.sides(left, right)?;
        self.combined(operator_of(operator), left, right, at)
    }

    /// Both sides; a query beside a number or a record is used as one.
    fn sides(&mut self, left: &ast::Expr, right: &ast::Expr) -> Checked<(Expr, Expr)> {
        if matches!(left.kind, ast::ExprKind::Soql(_)) {
            let right = self.value(right)?;
            let left = self.expecting(left, Some(&right.ty.clone()))?;
            return Ok((left, right));
        }
        let left = self.value(left)?;
        let right = self.expecting(right, Some(&left.ty.clone()))?;
        Ok((left, right))
    }

    /// `left operator right`, both sides converted to the operator's type.
    pub(super) fn combined(&mut self, operator: Operator, left: Expr, right: Expr, at: Pos) -> Checked<Expr> {
        let made = |left: Expr, right: Expr, ty: Type| {
            let kind = ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
            Ok(Expr { kind, ty, at })
        };
        let (a, b) = (left.ty.clone(), right.ty.clone());
        if a == Type::Void || b == Type::Void {
            return problem(at, "Arithmetic expressions are not allowed on void types");
        }
        match operator {
            Operator::Add if a == Type::String || b == Type::String => made(left, right, Type::String),
            Operator::Add | Operator::Subtract if matches!(a, Type::Date | Type::Datetime | Type::Time) => {
                match (&a, &b) {
                    (Type::Date, ty) if whole(ty) => made(left, right, Type::Date),
                    (Type::Time, ty) if whole(ty) => made(left, right, Type::Time),
                    (Type::Datetime, ty) if ty.is_number() => made(left, right, Type::Datetime),
                    (Type::Date, _) => problem(at, "Date expressions must use Integer or Long"),
                    (Type::Time, _) => problem(at, "Time expressions must use Integer or Long"),
                    _ => problem(at, "Date/time expressions must use Integer or Double or Decimal"),
                }
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                if !a.is_number() || !b.is_number() {
                    return problem(at, "Arithmetic expressions must use numeric arguments");
                }
                let ty = wider(&a, &b);
                let left = convert::converted(self.program, left, &ty);
                let right = convert::converted(self.program, right, &ty);
                made(left, right, ty)
            }
            Operator::BitAnd | Operator::BitOr | Operator::BitXor => match (&a, &b) {
                (Type::Boolean, Type::Boolean) => made(left, right, Type::Boolean),
                (a, b) if whole(a) && whole(b) => {
                    let ty = wider(a, b);
                    let left = convert::converted(self.program, left, &ty);
                    let right = convert::converted(self.program, right, &ty);
                    made(left, right, ty)
                }
                _ => {
                    let sign = sign(operator);
                    problem(
                        at,
                        format!(
                            "{sign} operator can only be applied to Boolean expressions or to Integer or Long expressions"
                        ),
                    )
                }
            },
            Operator::ShiftLeft | Operator::ShiftRight | Operator::ShiftRightUnsigned => {
                if !whole(&a) || !whole(&b) {
                    let sign = sign(operator);
                    return problem(
                        at,
                        format!("{sign} operation can only be applied to Integer or Long types"),
                    );
                }
                made(left, right, a)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                self.ordered(operator, left, right, at)
            }
            Operator::Equal | Operator::NotEqual | Operator::Same | Operator::NotSame => {
                self.equality(operator, left, right, at)
            }
        }
    }

    fn strangers<T>(&self, a: &Type, b: &Type, at: Pos) -> Checked<T> {
        let (a, b) = (self.name(a), self.name(b));
        problem(at, format!("Comparison arguments must be compatible types: {a}, {b}"))
    }

    fn ordered(&mut self, operator: Operator, left: Expr, right: Expr, at: Pos) -> Checked<Expr> {
        let (a, b) = (left.ty.clone(), right.ty.clone());
        let text = |ty: &Type| matches!(ty, Type::String | Type::Id);
        let day = |ty: &Type| matches!(ty, Type::Date | Type::Datetime);
        let fits = a.is_number() && b.is_number()
            || text(&a) && text(&b)
            || day(&a) && day(&b)
            || a == Type::Time && b == Type::Time;
        let orderable = |ty: &Type| ty.is_number() || text(ty) || day(ty) || *ty == Type::Time;
        let with_null = (a == Type::Null && orderable(&b)) || (b == Type::Null && orderable(&a));
        if !fits && !with_null {
            if let Some(odd) = [&a, &b].into_iter().find(|ty| !orderable(ty) && **ty != Type::Null)
                && a == b
            {
                let name = self.name(odd);
                return problem(at, format!("Inequality operator not allowed for this type: {name}"));
            }
            return self.strangers(&a, &b, at);
        }
        let (left, right) = self.alike(left, right);
        let kind = ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { kind, ty: Type::Boolean, at })
    }

    /// Both sides as the wider number, or as moments.
    fn alike(&self, left: Expr, right: Expr) -> (Expr, Expr) {
        let ty = match (&left.ty, &right.ty) {
            (a, b) if a.is_number() && b.is_number() => wider(a, b),
            (Type::Date, Type::Datetime) | (Type::Datetime, Type::Date) => Type::Datetime,
            _ => return (left, right),
        };
        (convert::converted(self.program, left, &ty), convert::converted(self.program, right, &ty))
    }

    fn equality(&mut self, operator: Operator, left: Expr, right: Expr, at: Pos) -> Checked<Expr> {
        let (a, b) = (left.ty.clone(), right.ty.clone());
        let fits = convert::cost(self.program, &a, &b).is_some()
            || convert::cost(self.program, &b, &a).is_some()
            || (a.is_number() && b.is_number())
            || (convert::castable(self.program, &a, &b) && self.loose(&a) && self.loose(&b))
            || (a.is_record() && b.is_record() && (a == Type::SObject || b == Type::SObject));
        if !fits {
            return self.strangers(&a, &b, at);
        }
        let (left, right) = self.alike(left, right);
        let (left, right) = match (&left.ty, &right.ty) {
            // Ids are compared as ids: 15 and 18 characters may be the same.
            (Type::Id, Type::String) | (Type::String, Type::Id) => (left, right),
            _ => (left, right),
        };
        let kind = ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { kind, ty: Type::Boolean, at })
    }

    /// Types whose values may turn out to be of another one.
    fn loose(&self, ty: &Type) -> bool {
        match ty {
            Type::Object | Type::SObject | Type::List(_) | Type::Set(_) | Type::Map(..) => true,
            Type::Class(class) => self.program.class(*class).kind != ClassKind::Enum,
            Type::Platform(..) => true,
            _ => false,
        }
    }
}
