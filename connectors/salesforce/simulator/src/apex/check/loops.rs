//! Loops.

use super::scope::Checker;
use super::statements::End;
use super::{Checked, convert, problem};
use crate::apex::program::{ExprKind, Stmt, StmtKind};
use crate::apex::syntax::ast::{self, Name, TypeRef};
use crate::apex::types::Type;

fn is_true(expr: Option<&ast::Expr>) -> bool {
    expr.is_none_or(|expr| matches!(expr.kind, ast::ExprKind::Literal(ast::Literal::Boolean(true))))
}

impl Checker<'_> {
    /// A loop's body, and whether a `break` leaves the loop.
    fn loop_body(&mut self, body: &ast::Stmt) -> Checked<(Box<Stmt>, bool)> {
        let before = std::mem::replace(&mut self.broken, false);
        self.loops += 1;
        let made = self.only(body);
        self.loops -= 1;
        let broken = std::mem::replace(&mut self.broken, before);
        Ok((made?.0, broken))
    }

    pub(super) fn while_loop(&mut self, condition: &ast::Expr, body: &ast::Stmt) -> Checked<(StmtKind, End)> {
        let endless = is_true(Some(condition));
        let condition = self.condition(condition)?;
        let (body, broken) = self.loop_body(body)?;
        let end = if endless && !broken { End::Endless } else { End::Normal };
        Ok((StmtKind::While { condition, body }, end))
    }

    pub(super) fn do_while(&mut self, body: &ast::Stmt, condition: &ast::Expr) -> Checked<(StmtKind, End)> {
        let endless = is_true(Some(condition));
        let (body, broken) = self.loop_body(body)?;
        let condition = self.condition(condition)?;
        let end = if endless && !broken { End::Endless } else { End::Normal };
        Ok((StmtKind::DoWhile { body, condition }, end))
    }

    pub(super) fn for_loop(
        &mut self,
        init: &[ast::Stmt],
        condition: Option<&ast::Expr>,
        update: &[ast::Expr],
        body: &ast::Stmt,
    ) -> Checked<(StmtKind, End)> {
        let endless = is_true(condition);
        let mut made = Vec::with_capacity(init.len());
        for one in init {
            made.extend(self.statement(one)?.0);
        }
        let condition = condition.map(|condition| self.condition(condition)).transpose()?;
        let update = update.iter().map(|one| self.effect(one)).collect::<Checked<Vec<_>>>()?;
        let (body, broken) = self.loop_body(body)?;
        let end = if endless && !broken { End::Endless } else { End::Normal };
        Ok((StmtKind::For { init: made, condition, update, body }, end))
    }

    pub(super) fn for_each(
        &mut self,
        written: &TypeRef,
        name: &Name,
        iterable: &ast::Expr,
        body: &ast::Stmt,
    ) -> Checked<(StmtKind, End)> {
        let ty = self.ty(written)?;
        let over = self.value(iterable)?;
        let over = if matches!(over.kind, ExprKind::Soql(_)) { self.query_loop(over, &ty)? } else { over };
        let is_query = matches!(over.kind, ExprKind::Soql(_));
        let element = match &over.ty {
            _ if is_query => None,
            Type::List(of) | Type::Set(of) => Some(Type::clone(of)),
            other => match self.iterated(other) {
                Some(of) => Some(of),
                None => {
                    let name = self.name(other);
                    return problem(over.at, format!("Loop must iterate over collection: {name}"));
                }
            },
        };
        if let Some(element) = element {
            // A generic record may be taken as one of an object; the runtime looks.
            let fits = convert::cost(self.program, &element, &ty).is_some()
                || matches!((&element, &ty), (Type::SObject, Type::Record(_)));
            if !fits {
                let (expected, was) = (self.name(&element), self.name(&ty));
                return problem(name.at, format!("Invalid loop variable type expected {expected} was {was}"));
            }
        }
        let slot = self.declare(name, ty.clone(), false, true)?;
        let (body, _) = self.loop_body(body)?;
        Ok((StmtKind::ForEach { slot, ty, iterable: over, body }, End::Normal))
    }

    /// What an `Iterable` hands out.
    fn iterated(&self, ty: &Type) -> Option<Type> {
        let mut next = vec![ty.clone()];
        for _ in 0..200 {
            let ty = next.pop()?;
            match &ty {
                Type::Platform("System.Iterable" | "Database.QueryLocatorIterator", arguments) => {
                    return Some(arguments.first().cloned().unwrap_or(Type::SObject));
                }
                Type::Platform("Database.QueryLocator", _) => return Some(Type::SObject),
                Type::Platform(name, arguments) => next.extend(convert::supertypes(name, arguments)),
                Type::Class(class) => {
                    let class = self.program.class(*class);
                    next.extend(class.interfaces.iter().chain(&class.superclass).cloned());
                }
                _ => {}
            }
        }
        None
    }
}
