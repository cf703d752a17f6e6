//! Statements.

use super::super::ast::{
    AccessMode, AssignOp, Catch, DmlKey, DmlWord, Expr, ExprKind, Modifiers, Stmt, StmtKind,
};
use super::super::token::Kind;
use super::{Parsed, Parser};

const DML: [(&str, DmlWord); 6] = [
    ("insert", DmlWord::Insert),
    ("update", DmlWord::Update),
    ("upsert", DmlWord::Upsert),
    ("delete", DmlWord::Delete),
    ("undelete", DmlWord::Undelete),
    ("merge", DmlWord::Merge),
];
/// Reserved words that a statement can begin with.
const STARTERS: [&str; 31] = [
    "abstract",
    "break",
    "continue",
    "delete",
    "do",
    "false",
    "final",
    "for",
    "global",
    "if",
    "insert",
    "list",
    "map",
    "merge",
    "new",
    "null",
    "override",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "testmethod",
    "this",
    "throw",
    "true",
    "try",
    "undelete",
    "update",
    "upsert",
];
const MORE_STARTERS: [&str; 4] = ["virtual", "webservice", "while", "trigger"];
/// Reserved words that tell a statement.
const KEYWORDS: [&str; 15] = [
    "break", "continue", "delete", "do", "for", "if", "insert", "merge", "return", "throw", "try",
    "undelete", "update", "upsert", "while",
];

impl Parser<'_> {
    /// A token that a statement can begin with.
    pub(super) fn starts_statement(&self) -> bool {
        match self.token(0).kind {
            Kind::Word => {
                self.is_name(0)
                    || self.is_one_of(0, &STARTERS)
                    || self.is_one_of(0, &MORE_STARTERS)
                    || self.is_dotted(0) && !self.is_one_of(0, &["else", "catch", "finally", "class"])
            }
            Kind::Sign(sign) => {
                matches!(sign, "{" | "(" | "[" | "+" | "-" | "++" | "--" | "!" | "~" | "@")
            }
            Kind::End => false,
            _ => true,
        }
    }

    /// A statement that its first word tells.
    pub(super) fn is_keyword_statement(&self) -> bool {
        self.is_sign(0, "{")
            || self.is_one_of(0, &KEYWORDS) && !self.is_dotted(0)
            || self.is_word(0, "switch") && self.is_word(1, "on")
            || self.is_run_as()
    }

    fn is_run_as(&self) -> bool {
        self.is_word(0, "system") && self.is_sign(1, ".") && self.is_word(2, "runas")
    }

    fn starts_statement_or_closes(&self) -> bool {
        self.is_sign(0, "}") || self.starts_statement()
    }

    pub(super) fn semicolon(&mut self) -> Parsed<()> {
        self.expect(";", Self::starts_statement_or_closes).map(|_| ())
    }

    pub(super) fn statement(&mut self) -> Parsed<Stmt> {
        self.nested(|parser| {
            let at = parser.at();
            let kind = parser.statement_kind()?;
            // Salesforce places an expression where its last call or name stands.
            let at = if let StmtKind::Expr(expr) = &kind { expr.at } else { at };
            Ok(Stmt { kind, at })
        })
    }

    fn statement_kind(&mut self) -> Parsed<StmtKind> {
        if self.is_sign(0, "{") {
            return self.block(|_| false).map(StmtKind::Block);
        }
        if !self.is_any_word(0) || self.is_dotted(0) {
            return self.local_or_expression();
        }
        if let Some((_, word)) = DML.iter().find(|(word, _)| self.is_word(0, word)) {
            return self.dml(*word);
        }
        let word = self.text(0).to_ascii_lowercase();
        match word.as_str() {
            "if" => self.if_statement(),
            "for" => self.for_statement(),
            "while" => {
                self.take();
                let condition = self.condition()?;
                Ok(StmtKind::While { condition, body: Box::new(self.loop_body()?) })
            }
            "do" => self.do_statement(),
            "try" => self.try_statement(),
            "return" => {
                self.take();
                let value = if self.is_sign(0, ";") || !self.starts_operand() {
                    None
                } else {
                    Some(self.expression_before(&[";"])?)
                };
                self.semicolon()?;
                Ok(StmtKind::Return(value))
            }
            "throw" => {
                self.take();
                let value = self.expression_before(&[";"])?;
                self.semicolon()?;
                Ok(StmtKind::Throw(value))
            }
            "break" => self.lone_word(StmtKind::Break),
            "continue" => self.lone_word(StmtKind::Continue),
            "switch" if self.is_word(1, "on") => self.switch_statement(),
            _ => self.local_or_expression(),
        }
    }

    fn lone_word(&mut self, kind: StmtKind) -> Parsed<StmtKind> {
        self.take();
        self.semicolon()?;
        Ok(kind)
    }

    /// `(condition)`
    fn condition(&mut self) -> Parsed<Expr> {
        self.expect("(", Self::starts_operand)?;
        let condition = self.expression_before(&[")"])?;
        self.expect(")", Self::starts_statement)?;
        Ok(condition)
    }

    /// A loop may have nothing to repeat.
    fn loop_body(&mut self) -> Parsed<Stmt> {
        let at = self.at();
        if self.take_sign(";") { Ok(Stmt { kind: StmtKind::Empty, at }) } else { self.body() }
    }

    /// A statement where one must stand.
    fn body(&mut self) -> Parsed<Stmt> {
        if self.starts_statement() { self.statement() } else { Err(self.unexpected()) }
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        self.take();
        let condition = self.condition()?;
        let then = Box::new(self.body()?);
        let otherwise = if self.take_word("else") { Some(Box::new(self.body()?)) } else { None };
        Ok(StmtKind::If { condition, then, otherwise })
    }

    fn do_statement(&mut self) -> Parsed<StmtKind> {
        let at = self.take().at;
        let body =
            Box::new(Stmt { kind: StmtKind::Block(self.block(|parser| parser.is_word(0, "while"))?), at });
        self.expect_word("while", |parser| parser.is_sign(0, "("))?;
        let condition = self.condition_before_semicolon()?;
        self.semicolon()?;
        Ok(StmtKind::DoWhile { body, condition })
    }

    fn condition_before_semicolon(&mut self) -> Parsed<Expr> {
        self.expect("(", Self::starts_operand)?;
        let condition = self.expression_before(&[")"])?;
        self.expect(")", |parser| parser.is_sign(0, ";"))?;
        Ok(condition)
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.take();
        self.expect("(", Self::starts_operand)?;
        if let Some(length) = self.type_length(0)
            && self.is_name(length)
            && self.is_sign(length + 1, ":")
        {
            let ty = self.type_ref()?;
            let name = self.name()?;
            self.take();
            let iterable = self.expression_before(&[")"])?;
            self.expect(")", Self::starts_statement)?;
            return Ok(StmtKind::ForEach { ty, name, iterable, body: Box::new(self.loop_body()?) });
        }
        let init = self.for_init()?;
        self.expect(";", |parser| parser.is_sign(0, ";") || parser.starts_operand())?;
        let condition = if self.is_sign(0, ";") { None } else { Some(self.expression_before(&[";"])?) };
        self.expect(";", |parser| parser.is_sign(0, ")") || parser.starts_operand())?;
        let update = if self.is_sign(0, ")") { Vec::new() } else { vec![self.expression_before(&[")"])?] };
        self.expect(")", Self::starts_statement)?;
        Ok(StmtKind::For { init, condition, update, body: Box::new(self.loop_body()?) })
    }

    /// Variables, or assignments to them.
    fn for_init(&mut self) -> Parsed<Vec<Stmt>> {
        let at = self.at();
        if self.is_sign(0, ";") {
            return Ok(Vec::new());
        }
        if self.type_length(0).is_some_and(|length| self.is_name(length)) {
            let kind = self.local(Modifiers::default())?;
            return Ok(vec![Stmt { kind, at }]);
        }
        let told = self.unexpected_at(self.names_length());
        let mut init = Vec::new();
        loop {
            let expr = self.expression_before(&[",", ";"])?;
            let ExprKind::Assign { operator: AssignOp::Set, target, .. } = &expr.kind else {
                return Err(told);
            };
            if !matches!(target.kind, ExprKind::Name(_) | ExprKind::Field { .. }) {
                return Err(told);
            }
            init.push(Stmt { at: expr.at, kind: StmtKind::Expr(expr) });
            if !self.take_sign(",") {
                return Ok(init);
            }
        }
    }

    fn try_statement(&mut self) -> Parsed<StmtKind> {
        self.take();
        let body = self.block(Self::continues_try)?;
        let mut catches = Vec::new();
        while self.is_word(0, "catch") {
            let at = self.take().at;
            self.expect("(", Self::starts_type)?;
            let ty = self.type_ref()?;
            let name = self.name()?;
            self.expect(")", |parser| parser.is_sign(0, "{"))?;
            catches.push(Catch { ty, name, body: self.block(Self::continues_try)?, at });
        }
        let finally = if self.take_word("finally") { Some(self.block(|_| false)?) } else { None };
        Ok(StmtKind::Try { body, catches, finally })
    }

    fn continues_try(&self) -> bool {
        self.is_one_of(0, &["catch", "finally"])
    }

    fn dml(&mut self, operation: DmlWord) -> Parsed<StmtKind> {
        self.take();
        let access = self.access_mode()?;
        let value = self.expression_before(&[";"])?;
        let key = match operation {
            DmlWord::Merge => Some(DmlKey::Duplicates(self.expression_before(&[";"])?)),
            DmlWord::Upsert if self.is_name(0) => {
                let mut names = vec![self.take_name()];
                while self.is_sign(0, ".") && self.is_any_word(1) {
                    self.take();
                    names.push(self.take_name());
                }
                Some(DmlKey::ExternalId(names))
            }
            _ => None,
        };
        self.semicolon()?;
        Ok(StmtKind::Dml { operation, access, value, key })
    }

    fn access_mode(&mut self) -> Parsed<Option<AccessMode>> {
        if !self.take_word("as") {
            return Ok(None);
        }
        if self.take_word("user") {
            return Ok(Some(AccessMode::User));
        }
        if self.take_word("system") {
            return Ok(Some(AccessMode::System));
        }
        if !self.is_any_word(0) {
            return Err(self.wanted("IDENTIFIER", false, false));
        }
        // Salesforce leaves the quotes out here.
        Err(super::Problem::new(self.at(), format!("Unexpected token {}.", self.shown(0))))
    }

    /// A type and a name stand here, and behind them what tells a variable.
    fn is_local(&self) -> bool {
        self.type_length(0).is_some_and(|length| {
            let behind = |sign: &str| self.is_sign(length + 1, sign);
            self.is_name(length)
                && (behind("=")
                    || behind(",")
                    || behind(";")
                    || behind(".") && !self.is_sign(length - 1, "]"))
        })
    }

    fn local_or_expression(&mut self) -> Parsed<StmtKind> {
        if self.is_sign(0, "@") || self.modifier().is_some() {
            let start = self.unexpected();
            return self.modified_local().map_err(|problem| if self.certain { problem } else { start });
        }
        if self.is_local() {
            let kind = self.local(Modifiers::default())?;
            self.semicolon()?;
            return Ok(kind);
        }
        if self.is_run_as() {
            return self.run_as();
        }
        let expr = self.expression_before(&[";"])?;
        self.semicolon()?;
        Ok(StmtKind::Expr(expr))
    }

    fn modified_local(&mut self) -> Parsed<StmtKind> {
        let modifiers = self.modifiers()?;
        if !self.is_local() {
            return Err(self.unexpected());
        }
        let kind = self.local(modifiers)?;
        self.semicolon()?;
        Ok(kind)
    }

    fn run_as(&mut self) -> Parsed<StmtKind> {
        self.skip(3);
        self.expect("(", Self::starts_operand)?;
        let mut user = Vec::new();
        if !self.is_sign(0, ")") {
            user.push(self.expression_before(&[",", ")"])?);
            while self.take_sign(",") {
                user.push(self.expression_before(&[",", ")"])?);
            }
        }
        self.expect(")", |parser| parser.is_sign(0, "{"))?;
        Ok(StmtKind::RunAs { user, body: self.block(|_| false)? })
    }

    fn local(&mut self, modifiers: Modifiers) -> Parsed<StmtKind> {
        let ty = self.type_ref()?;
        let first = self.name()?;
        if self.is_sign(0, ".") {
            return Err(self.unexpected());
        }
        let declarators = self.declarators(first)?;
        Ok(StmtKind::Local { modifiers, ty, declarators })
    }
}
