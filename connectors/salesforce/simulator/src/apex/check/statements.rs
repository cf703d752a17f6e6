//! Statements.

use super::scope::Checker;
use super::{Checked, convert, problem};
use crate::apex::program::{Block, Catch, Dml, Expr, Stmt, StmtKind};
use crate::apex::syntax::ast::{self, DmlKey, DmlWord, Modifier, Pos};
use crate::apex::types::Type;

/// How a statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The next one may run.
    Normal,
    /// Elsewhere, always: nothing may stand behind it.
    Jumps,
    /// It may never end; nothing is said of what stands behind it.
    Endless,
}

impl End {
    /// Of two ways that are open, each.
    pub(super) fn or(self, other: End) -> End {
        match (self, other) {
            (End::Normal, _) | (_, End::Normal) => End::Normal,
            (End::Jumps, End::Jumps) => End::Jumps,
            _ => End::Endless,
        }
    }
}

impl Checker<'_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &ast::Block) -> Checked<(Block, End)> {
        self.within(|checker| checker.statements(&block.statements))
    }

    pub(super) fn statements(&mut self, written: &[ast::Stmt]) -> Checked<(Block, End)> {
        let mut statements = Vec::with_capacity(written.len());
        let mut end = End::Normal;
        for one in written {
            if end == End::Jumps {
                return problem(one.at, "Unreachable statement");
            }
            let (made, its) = self.statement(one)?;
            statements.extend(made);
            if end == End::Normal {
                end = its;
            }
        }
        Ok((Block { statements }, end))
    }

    pub(super) fn statement(&mut self, stmt: &ast::Stmt) -> Checked<(Vec<Stmt>, End)> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.statement_here(stmt))
    }

    /// A statement as the one that stands behind a condition.
    pub(super) fn only(&mut self, stmt: &ast::Stmt) -> Checked<(Box<Stmt>, End)> {
        let (mut made, end) = self.within(|checker| checker.statement(stmt))?;
        let one = match made.len() {
            1 => made.pop(),
            _ => None,
        };
        let block = |statements| Stmt { kind: StmtKind::Block(Block { statements }), at: stmt.at };
        Ok((Box::new(one.unwrap_or_else(|| block(made))), end))
    }

    fn statement_here(&mut self, stmt: &ast::Stmt) -> Checked<(Vec<Stmt>, End)> {
        let at = stmt.at;
        let (kind, end) = match &stmt.kind {
            ast::StmtKind::Empty => return Ok((Vec::new(), End::Normal)),
            ast::StmtKind::Block(block) => {
                let (block, end) = self.block(block)?;
                (StmtKind::Block(block), end)
            }
            ast::StmtKind::Local { modifiers, ty, declarators } => {
                return self.locals(modifiers, ty, declarators, at).map(|made| (made, End::Normal));
            }
            ast::StmtKind::Expr(expr) => (StmtKind::Expr(self.effect(expr)?), End::Normal),
            ast::StmtKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition)?;
                let (then, first) = self.only(then)?;
                let (otherwise, second) = match otherwise {
                    Some(otherwise) => {
                        let (otherwise, end) = self.only(otherwise)?;
                        (Some(otherwise), end)
                    }
                    None => (None, End::Normal),
                };
                (StmtKind::If { condition, then, otherwise }, first.or(second))
            }
            ast::StmtKind::While { condition, body } => self.while_loop(condition, body)?,
            ast::StmtKind::DoWhile { body, condition } => self.do_while(body, condition)?,
            ast::StmtKind::For { init, condition, update, body } => {
                self.within(|checker| checker.for_loop(init, condition.as_ref(), update, body))?
            }
            ast::StmtKind::ForEach { ty, name, iterable, body } => {
                self.within(|checker| checker.for_each(ty, name, iterable, body))?
            }
            ast::StmtKind::Switch { on, whens, otherwise } => self.switch(on, whens, otherwise.as_ref())?,
            ast::StmtKind::Return(value) => {
                (StmtKind::Return(self.return_value(value.as_ref(), at)?), End::Jumps)
            }
            ast::StmtKind::Throw(value) => {
                let value = self.value(value)?;
                if !convert::is_exception(self.program, &value.ty) {
                    let name = self.name(&value.ty);
                    return problem(value.at, format!("Throw expression must be of type exception: {name}"));
                }
                (StmtKind::Throw(value), End::Jumps)
            }
            ast::StmtKind::Try { body, catches, finally } => {
                self.attempt(body, catches, finally.as_ref(), at)?
            }
            ast::StmtKind::Break => {
                if self.loops == 0 {
                    return problem(at, "Break statement must be in loop");
                }
                self.broken = true;
                (StmtKind::Break, End::Jumps)
            }
            ast::StmtKind::Continue => {
                if self.loops == 0 {
                    return problem(at, "Continue statement must be in loop");
                }
                (StmtKind::Continue, End::Jumps)
            }
            ast::StmtKind::Dml { operation, access, value, key } => {
                let as_user = match access {
                    Some(access) => *access == ast::AccessMode::User,
                    None => self.program.unit(self.unit).is_secure(),
                };
                let dml = self.dml(*operation, as_user, value, key.as_ref())?;
                (StmtKind::Dml(dml), End::Normal)
            }
            ast::StmtKind::RunAs { user, body } => {
                let [user] = user.as_slice() else {
                    return problem(at, "runAs requires a single argument of type 'User' or 'Version'");
                };
                let user = self.value(user)?;
                if !matches!(&user.ty, Type::Record(name) if name.eq_ignore_ascii_case("User")) {
                    return problem(user.at, "runAs requires a single argument of type 'User' or 'Version'");
                }
                let (body, end) = self.block(body)?;
                (StmtKind::RunAs { user, body }, end)
            }
        };
        Ok((vec![Stmt { kind, at }], end))
    }

    fn locals(
        &mut self,
        modifiers: &ast::Modifiers,
        ty: &ast::TypeRef,
        declarators: &[ast::Declarator],
        at: Pos,
    ) -> Checked<Vec<Stmt>> {
        let ty = self.ty(ty)?;
        let is_final = modifiers.has(Modifier::Final);
        let mut made = Vec::with_capacity(declarators.len());
        for (number, declarator) in declarators.iter().enumerate() {
            // The value cannot name the variable.
            if self.find(&declarator.name.text).is_some() {
                let name = &declarator.name.text;
                return problem(declarator.name.at, format!("Duplicate variable: {name}"));
            }
            let value = match &declarator.value {
                Some(value) => Some(self.value_for(value, &ty, declarator.name.at)?),
                None => None,
            };
            let slot = self.declare(&declarator.name, ty.clone(), is_final, value.is_some())?;
            let at = if number == 0 { at } else { declarator.name.at };
            made.push(Stmt { kind: StmtKind::Local { slot, value }, at });
        }
        Ok(made)
    }

    /// An expression that does something.
    pub(super) fn effect(&mut self, expr: &ast::Expr) -> Checked<Expr> {
        use ast::ExprKind as Kind;
        let does = matches!(
            expr.kind,
            Kind::Call { .. }
                | Kind::ConstructorCall { .. }
                | Kind::Assign { .. }
                | Kind::Postfix { .. }
                | Kind::New(_)
        ) || matches!(
            expr.kind,
            Kind::Unary { operator: ast::UnaryOp::Increment | ast::UnaryOp::Decrement, .. }
        );
        if !does {
            return problem(expr.at, "Expression cannot be a statement.");
        }
        self.expression(expr)
    }

    pub(super) fn condition(&mut self, expr: &ast::Expr) -> Checked<Expr> {
        let condition = self.value(expr)?;
        match condition.ty {
            Type::Boolean | Type::Null => Ok(condition),
            ref ty => {
                let name = self.name(ty);
                problem(condition.at, format!("Condition expression must be of type Boolean: {name}"))
            }
        }
    }

    fn return_value(&mut self, value: Option<&ast::Expr>, at: Pos) -> Checked<Option<Expr>> {
        use crate::apex::program::MethodKind;
        match (value, self.returns.clone()) {
            (None, Type::Void) => Ok(None),
            (None, ty) => {
                let name = self.name(&ty);
                problem(at, format!("Missing return statement required return type: {name}"))
            }
            (Some(_), Type::Void) if self.kind == MethodKind::Constructor => {
                problem(at, "Constructors must not return a value")
            }
            (Some(_), Type::Void) if self.trigger.is_some() => {
                problem(at, "Trigger bodies must not return a value")
            }
            (Some(_), Type::Void) => problem(at, "Void method must not return a value"),
            (Some(value), ty) => self.value_for(value, &ty, value.at).map(Some),
        }
    }

    fn attempt(
        &mut self,
        body: &ast::Block,
        catches: &[ast::Catch],
        finally: Option<&ast::Block>,
        at: Pos,
    ) -> Checked<(StmtKind, End)> {
        if catches.is_empty() && finally.is_none() {
            return problem(at, "Try block must have at least one catch block or a finally block");
        }
        let (body, mut end) = self.block(body)?;
        let mut made: Vec<Catch> = Vec::with_capacity(catches.len());
        for one in catches {
            let ty = self.ty(&one.ty)?;
            let name = self.name(&ty);
            if !convert::is_exception(self.program, &ty) {
                return problem(one.ty.at, format!("Catch block variable must be of type exception: {name}"));
            }
            if made.iter().any(|before| convert::is_subtype(self.program, &ty, &before.ty)) {
                return problem(one.ty.at, format!("Exception type already caught: {name}"));
            }
            let (slot, block, its) = self.within(|checker| {
                let slot = checker.declare(&one.name, ty.clone(), false, true)?;
                let (block, its) = checker.statements(&one.body.statements)?;
                Ok((slot, block, its))
            })?;
            end = end.or(its);
            made.push(Catch { ty, slot, body: block });
        }
        let finally = match finally {
            Some(finally) => {
                let (finally, its) = self.block(finally)?;
                if its != End::Normal {
                    end = its;
                }
                Some(finally)
            }
            None => None,
        };
        Ok((StmtKind::Try { body, catches: made, finally }, end))
    }

    fn dml(
        &mut self,
        operation: DmlWord,
        as_user: bool,
        value: &ast::Expr,
        key: Option<&DmlKey>,
    ) -> Checked<Dml> {
        let value = self.value(value)?;
        let object = match &value.ty {
            Type::SObject => None,
            Type::Record(name) => Some(name.clone()),
            Type::List(of) => match &**of {
                Type::SObject => None,
                Type::Record(name) => Some(name.clone()),
                _ => return self.no_rows(&value),
            },
            _ => return self.no_rows(&value),
        };
        let mut dml = Dml { operation, as_user, value, external_id: None, duplicates: None };
        match key {
            None if operation == DmlWord::Merge => {
                return problem(dml.value.at, "Invalid type for duplicate records");
            }
            None => {}
            Some(DmlKey::ExternalId(names)) => {
                let Some(last) = names.last() else { return Ok(dml) };
                let Some(object) = object else {
                    let message = "Upsert with a field specification requires a concrete SObject type";
                    return problem(dml.value.at, message);
                };
                let field = self.field_of(&object, &last.text);
                match field {
                    Some(field) if field.external_id || field.unique || field.name == "Id" => {
                        dml.external_id = Some(std::sync::Arc::from(field.name.as_str()));
                    }
                    Some(field) => {
                        let name = &field.name;
                        return problem(
                            last.at,
                            format!(
                                "Invalid field for upsert, must be an External Id custom or standard indexed field: {name}"
                            ),
                        );
                    }
                    None => {
                        return problem(last.at, format!("Field does not exist: {} on {object}", last.text));
                    }
                }
            }
            Some(DmlKey::Duplicates(duplicates)) => {
                let duplicates = self.value(duplicates)?;
                let of = match &duplicates.ty {
                    Type::List(of) => Type::clone(of),
                    ty => ty.clone(),
                };
                if !of.is_record() && of != Type::Id {
                    return problem(duplicates.at, "Invalid type for duplicate records");
                }
                dml.duplicates = Some(duplicates);
            }
        }
        Ok(dml)
    }

    fn no_rows<T>(&self, value: &Expr) -> Checked<T> {
        let name = self.name(&value.ty);
        problem(value.at, format!("DML requires SObject or SObject list type: {name}"))
    }
}
