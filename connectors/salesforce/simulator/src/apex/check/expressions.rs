//! Expressions.

use super::scope::Checker;
use super::subject::Subject;
use super::{Checked, convert, problem};
use crate::apex::program::{Constant, Expr, ExprKind};
use crate::apex::syntax::ast::{self, Literal, Pos};
use crate::apex::types::Type;

impl Checker<'_> {
    /// An expression; its type may be void.
    pub(super) fn expression(&mut self, expr: &ast::Expr) -> Checked<Expr> {
        self.expecting(expr, None)
    }

    /// An expression that has a value.
    pub(super) fn value(&mut self, expr: &ast::Expr) -> Checked<Expr> {
        self.expecting(expr, None)
    }

    /// An expression as the value of something of this type; `at` is where a value that does not fit is told.
    pub(super) fn value_for(&mut self, expr: &ast::Expr, ty: &Type, at: Pos) -> Checked<Expr> {
        let value = self.expecting(expr, Some(ty))?;
        self.assigned(value, ty, at)
    }

    /// A value as one of this type.
    pub(super) fn assigned(&self, value: Expr, ty: &Type, at: Pos) -> Checked<Expr> {
        let (from, to) = (self.name(&value.ty), self.name(ty));
        convert::coerce(self.program, value, ty)
            .or_else(|_| problem(at, format!("Illegal assignment from {from} to {to}")))
    }

    /// An expression; where it is a query, what is wanted decides what it is used as.
    pub(super) fn expecting(&mut self, expr: &ast::Expr, wanted: Option<&Type>) -> Checked<Expr> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.expecting_here(expr, wanted))
    }

    fn expecting_here(&mut self, expr: &ast::Expr, wanted: Option<&Type>) -> Checked<Expr> {
        use ast::ExprKind as Kind;
        let at = expr.at;
        match &expr.kind {
            Kind::Literal(literal) => Ok(constant(literal, at)),
            Kind::Name(_) | Kind::Field { .. } | Kind::Type(_) => match self.subject(expr)? {
                Subject::Value(value) => {
                    self.readable(&value)?;
                    Ok(value)
                }
                other => self.no_value(expr, other),
            },
            Kind::This => self.this(at),
            Kind::Super => problem(at, "Super cannot be referenced in a static context"),
            Kind::Call { target, name, arguments, safe } => {
                self.call(target.as_deref(), name, arguments, *safe, at)
            }
            Kind::ConstructorCall { is_super, .. } => {
                let word = if *is_super { "super" } else { "this" };
                problem(at, format!("Call to '{word}()' must be the first statement in a constructor method"))
            }
            Kind::Index { object, index } => self.index(object, index, at),
            Kind::New(new) => self.new_object(new, at),
            Kind::Cast { ty, value } => self.cast(ty, value, at),
            Kind::InstanceOf { value, ty } => self.instance_of(value, ty, at),
            Kind::Unary { operator, value } => self.unary(*operator, value, at),
            Kind::Postfix { operator, value } => self.postfix(*operator, value, at),
            Kind::Binary { operator: ast::BinaryOp::Coalesce, left, right } => {
                self.coalesce(left, right, wanted, at)
            }
            Kind::Binary { operator, left, right } => self.binary(*operator, left, right, at),
            Kind::Assign { operator, target, value } => self.assignment(*operator, target, value, at),
            Kind::Ternary { condition, then, otherwise } => {
                self.ternary(condition, then, otherwise, wanted, at)
            }
            Kind::ClassOf(written) => {
                let ty = self.ty(written)?;
                Ok(Expr { kind: ExprKind::ClassOf(ty), ty: Type::platform("System.Type"), at })
            }
            Kind::Soql(soql) => self.soql(soql, wanted, at),
            Kind::Sosl(sosl) => self.sosl(sosl, at),
        }
    }

    /// What is said of a name that is there and no value.
    fn no_value(&self, expr: &ast::Expr, subject: Subject) -> Checked<Expr> {
        let name = match (&expr.kind, subject) {
            (ast::ExprKind::Name(name) | ast::ExprKind::Field { name, .. }, _) => name.text.to_string(),
            (_, Subject::Type(ty)) => self.name(&ty),
            _ => String::new(),
        };
        problem(expr.at, format!("Variable does not exist: {name}"))
    }

    fn index(&mut self, object: &ast::Expr, index: &ast::Expr, at: Pos) -> Checked<Expr> {
        let list = self.value(object)?;
        let Type::List(of) = &list.ty else {
            let name = self.name(&list.ty);
            return problem(list.at, format!("Expression must be a list type: {name}"));
        };
        let ty = Type::clone(of);
        let index = self.value(index)?;
        if !matches!(index.ty, Type::Integer | Type::Null) {
            let name = self.name(&index.ty);
            return problem(index.at, format!("List index must be of type Integer: {name}"));
        }
        Ok(Expr { kind: ExprKind::Index { list: Box::new(list), index: Box::new(index) }, ty, at })
    }

    fn cast(&mut self, ty: &ast::TypeRef, value: &ast::Expr, at: Pos) -> Checked<Expr> {
        let ty = self.ty(ty)?;
        let value = self.expecting(value, Some(&ty))?;
        if ty == Type::Void || value.ty == Type::Void {
            return problem(at, format!("Operation cast is not allowed on type: {}", self.name(&Type::Void)));
        }
        // The one row of a dynamic query.
        if convert::cost_of(self.program, &value, &ty).is_some() {
            let value = convert::converted(self.program, value, &ty);
            return Ok(Expr { kind: ExprKind::Cast { value: Box::new(value), ty: ty.clone() }, ty, at });
        }
        if !convert::castable(self.program, &value.ty, &ty) {
            let (from, to) = (self.name(&value.ty), self.name(&ty));
            return problem(
                at,
                format!("Incompatible types since an instance of {from} is never an instance of {to}"),
            );
        }
        Ok(Expr { kind: ExprKind::Cast { value: Box::new(value), ty: ty.clone() }, ty, at })
    }

    fn instance_of(&mut self, value: &ast::Expr, ty: &ast::TypeRef, at: Pos) -> Checked<Expr> {
        let value = self.value(value)?;
        let ty = self.ty(ty)?;
        let (from, to) = (self.name(&value.ty), self.name(&ty));
        if value.ty == Type::Void || ty == Type::Void {
            return problem(at, "Operation instanceof is not allowed on type: void");
        }
        if value.ty != Type::Null && convert::is_subtype(self.program, &value.ty, &ty) {
            return problem(
                at,
                format!(
                    "Operation instanceof is always true since an instance of {from} is always an instance of {to}"
                ),
            );
        }
        let possible = convert::castable(self.program, &value.ty, &ty) && !value.ty.is_number();
        if !possible && value.ty != Type::Null {
            return problem(
                at,
                format!(
                    "Operation instanceof is always false since an instance of {from} is never an instance of {to}"
                ),
            );
        }
        Ok(Expr { kind: ExprKind::InstanceOf { value: Box::new(value), ty }, ty: Type::Boolean, at })
    }

    fn ternary(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        wanted: Option<&Type>,
        at: Pos,
    ) -> Checked<Expr> {
        let condition = self.condition(condition)?;
        let then = self.expecting(then, wanted)?;
        let otherwise = self.expecting(otherwise, wanted)?;
        let Some(ty) = self.common(&then.ty, &otherwise.ty) else {
            let (a, b) = (self.name(&then.ty), self.name(&otherwise.ty));
            return problem(at, format!("Incompatible types in ternary operator: {a}, {b}"));
        };
        let then = convert::converted(self.program, then, &ty);
        let otherwise = convert::converted(self.program, otherwise, &ty);
        let kind = ExprKind::Ternary {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        Ok(Expr { kind, ty, at })
    }

    fn coalesce(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        wanted: Option<&Type>,
        at: Pos,
    ) -> Checked<Expr> {
        let left = self.expecting(left, wanted)?;
        let right = self.expecting(right, wanted)?;
        let Some(ty) = self.common(&left.ty, &right.ty) else {
            let (a, b) = (self.name(&left.ty), self.name(&right.ty));
            return problem(at, format!("Incompatible types in null coalescing operator: {a}, {b}"));
        };
        let left = convert::converted(self.program, left, &ty);
        let right = convert::converted(self.program, right, &ty);
        Ok(Expr { kind: ExprKind::Coalesce(Box::new(left), Box::new(right)), ty, at })
    }

    /// The type that two values have in common.
    fn common(&self, a: &Type, b: &Type) -> Option<Type> {
        if *a == Type::Void || *b == Type::Void {
            return None;
        }
        if convert::cost(self.program, b, a).is_some() && *a != Type::Null {
            // Of numbers the wider one, of records and classes the one above.
            return Some(if *b == Type::Decimal && *a == Type::Double { Type::Decimal } else { a.clone() });
        }
        if convert::cost(self.program, a, b).is_some() {
            return Some(b.clone());
        }
        if a.is_record() && b.is_record() {
            return Some(Type::SObject);
        }
        self.parent_of_both(a, b)
    }

    fn parent_of_both(&self, a: &Type, b: &Type) -> Option<Type> {
        let mut at = a.clone();
        for _ in 0..200 {
            let above = match &at {
                Type::Class(class) => self.program.class(*class).superclass.clone(),
                Type::Platform(name, arguments) => convert::supertypes(name, arguments).into_iter().next(),
                _ => None,
            };
            at = above?;
            if convert::is_subtype(self.program, b, &at) {
                return Some(at);
            }
        }
        None
    }
}

fn constant(literal: &Literal, at: Pos) -> Expr {
    let (constant, ty) = match literal {
        Literal::Null => (Constant::Null, Type::Null),
        Literal::Boolean(truth) => (Constant::Boolean(*truth), Type::Boolean),
        Literal::Integer(number) => (Constant::Integer(*number), Type::Integer),
        Literal::Long(number) => (Constant::Long(*number), Type::Long),
        Literal::Double(number) => (Constant::Double(*number), Type::Double),
        Literal::Decimal(text) => (Constant::Decimal(text.clone()), Type::Decimal),
        Literal::String(text) => (Constant::String(text.clone()), Type::String),
    };
    Expr { kind: ExprKind::Constant(constant), ty, at }
}
