//! Assignments, and what may stand on their left.

use super::scope::Checker;
use super::{Checked, convert, problem};
use crate::apex::program::{ClassId, Expr, ExprKind, Field, MethodKind, Operator};
use crate::apex::syntax::ast::{self, AssignOp, Name, Pos};
use crate::apex::types::Type;

fn operator_of(operator: AssignOp) -> Option<Operator> {
    match operator {
        AssignOp::Set => None,
        AssignOp::Add => Some(Operator::Add),
        AssignOp::Subtract => Some(Operator::Subtract),
        AssignOp::Multiply => Some(Operator::Multiply),
        AssignOp::Divide => Some(Operator::Divide),
        AssignOp::BitAnd => Some(Operator::BitAnd),
        AssignOp::BitOr => Some(Operator::BitOr),
        AssignOp::BitXor => Some(Operator::BitXor),
        AssignOp::ShiftLeft => Some(Operator::ShiftLeft),
        AssignOp::ShiftRight => Some(Operator::ShiftRight),
        AssignOp::ShiftRightUnsigned => Some(Operator::ShiftRightUnsigned),
    }
}

fn is_final_wrong<T>(at: Pos, name: &str) -> Checked<T> {
    problem(
        at,
        format!(
            "Final members can only be assigned in their declaration, init blocks, or constructors: {name}"
        ),
    )
}

impl Checker<'_> {
    pub(super) fn assignment(
        &mut self,
        operator: AssignOp,
        target: &ast::Expr,
        value: &ast::Expr,
        at: Pos,
    ) -> Checked<Expr> {
        let place = self.target(target)?;
        let ty = place.ty.clone();
        let Some(operator) = operator_of(operator) else {
            let value = self.expecting(value, Some(&ty))?;
            let value = self.assigned(value, &ty, at)?;
            let kind = ExprKind::Assign { target: Box::new(place), operator: None, value: Box::new(value) };
            return Ok(Expr { kind, ty, at });
        };
        let value = self.value(value)?;
        // Checked as if it were written out, with the place in the role of its value.
        let before = Expr { kind: ExprKind::This, ty: ty.clone(), at };
        let made = self.combined(operator, before, value, at)?;
        let narrow = ty.is_number() && made.ty.is_number() && self.narrows(&made.ty, &ty);
        let shift =
            matches!(operator, Operator::ShiftLeft | Operator::ShiftRight | Operator::ShiftRightUnsigned);
        if convert::cost(self.program, &made.ty, &ty).is_none() && !shift || narrow {
            let (from, to) = (self.name(&made.ty), self.name(&ty));
            return problem(at, format!("Illegal assignment from {from} to {to}"));
        }
        let ExprKind::Binary { right, .. } = made.kind else {
            return problem(at, "Expression cannot be assigned");
        };
        let kind = ExprKind::Assign { target: Box::new(place), operator: Some(operator), value: right };
        Ok(Expr { kind, ty, at })
    }

    fn narrows(&self, from: &Type, to: &Type) -> bool {
        convert::cost(self.program, from, to).is_none()
    }

    /// An expression that can be assigned.
    pub(super) fn target(&mut self, written: &ast::Expr) -> Checked<Expr> {
        let at = written.at;
        if let ast::ExprKind::Name(name) = &written.kind
            && let Some(slot) = self.find(&name.text)
        {
            let Some(local) = self.local_mut(slot) else {
                return problem(at, "Expression cannot be assigned");
            };
            if local.is_final && local.assigned {
                return is_final_wrong(at, &name.text);
            }
            local.assigned = true;
            let ty = local.ty.clone();
            return Ok(Expr { kind: ExprKind::Local(slot), ty, at });
        }
        let target = match &written.kind {
            ast::ExprKind::Name(_) | ast::ExprKind::Field { .. } | ast::ExprKind::Index { .. } => {
                self.storing(written)?
            }
            _ => return problem(at, "Expression cannot be assigned"),
        };
        match &target.kind {
            ExprKind::Static(class, place) => {
                let field = self.program.class(*class).statics.get(*place).cloned();
                if let Some(field) = field {
                    self.settable(&field, *class, true, at)?;
                }
            }
            ExprKind::Member { object, field, safe: false } => {
                if let Type::Class(class) = object.ty {
                    let own = self.program.class(class).fields.get(*field).cloned();
                    if let Some(own) = own {
                        let class = self.owner_of(class, *field);
                        self.settable(&own, class, false, at)?;
                    }
                }
            }
            ExprKind::RecordField { safe: false, .. } | ExprKind::Index { .. } => {}
            ExprKind::CallNative { native, safe: false, .. } if native.is_settable => {}
            _ => return problem(at, "Expression cannot be assigned"),
        }
        Ok(target)
    }

    fn settable(&self, field: &Field, owner: ClassId, is_static: bool, at: Pos) -> Checked<()> {
        if field.is_final {
            let initializing = match self.kind {
                MethodKind::Initializer => self.is_static == is_static,
                MethodKind::Constructor => !is_static,
                // A property is made when it is first asked for.
                MethodKind::Getter | MethodKind::Setter => field.getter.is_some() || field.setter.is_some(),
                MethodKind::Method => false,
            };
            if !initializing || self.class != Some(owner) {
                return is_final_wrong(at, &field.name);
            }
        }
        if !field.has_setter {
            let class = &self.program.class(owner).name;
            return problem(at, format!("A value cannot be stored to {} in type {class}", field.name));
        }
        if !self.sees(field.setter_visibility, owner, field.test_visible) {
            let class = &self.program.class(owner).name;
            return problem(at, format!("Variable is not visible: {class}.{}", field.name));
        }
        Ok(())
    }

    /// A variable of the class itself, for its initializer.
    pub(super) fn own_field(&mut self, class: ClassId, name: &Name, is_static: bool) -> Checked<Expr> {
        let known = self.program.class(class);
        let at = name.at;
        let fields = if is_static { &known.statics } else { &known.fields };
        // The last: a private variable above may have the same name.
        let place = fields.iter().rposition(|field| field.name.eq_ignore_ascii_case(&name.text));
        let Some(place) = place else {
            return problem(at, format!("Variable does not exist: {}", name.text));
        };
        let Some(ty) = fields.get(place).map(|field| field.ty.clone()) else {
            return problem(at, format!("Variable does not exist: {}", name.text));
        };
        let kind = if is_static {
            ExprKind::Static(class, place)
        } else {
            let this = Expr { kind: ExprKind::This, ty: Type::Class(class), at };
            ExprKind::Member { object: Box::new(this), field: place, safe: false }
        };
        Ok(Expr { kind, ty, at })
    }
}
