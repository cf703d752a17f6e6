//! `switch on`.

use super::scope::Checker;
use super::statements::End;
use super::{Checked, convert, library, problem};
use crate::apex::program::{Block, ClassKind, Constant, Expr, ExprKind, StmtKind, When, WhenTest};
use crate::apex::syntax::ast::{self, WhenValues};
use crate::apex::types::Type;

impl Checker<'_> {
    pub(super) fn switch(
        &mut self,
        on: &ast::Expr,
        whens: &[ast::When],
        otherwise: Option<&ast::Block>,
    ) -> Checked<(StmtKind, End)> {
        let on = self.value(on)?;
        if !self.switchable(&on.ty) {
            let name = self.name(&on.ty);
            return problem(on.at, format!("{name} is not a valid switch expression type"));
        }
        if whens.is_empty() {
            return problem(on.at, "Switch statement requires at least one when block");
        }
        let mut seen: Vec<String> = Vec::new();
        let mut made = Vec::with_capacity(whens.len());
        let mut end = None;
        for when in whens {
            let (test, block, its) = self.when(&on, when, &mut seen)?;
            end = Some(end.map_or(its, |end: End| end.or(its)));
            made.push(When { test, body: block });
        }
        let otherwise = match otherwise {
            Some(otherwise) => {
                let (otherwise, its) = self.block(otherwise)?;
                end = Some(end.map_or(its, |end| end.or(its)));
                Some(otherwise)
            }
            None => {
                end = Some(End::Normal);
                None
            }
        };
        Ok((StmtKind::Switch { on, whens: made, otherwise }, end.unwrap_or(End::Normal)))
    }

    fn switchable(&self, ty: &Type) -> bool {
        match ty {
            Type::Integer | Type::Long | Type::String | Type::SObject | Type::Record(_) | Type::Object => {
                true
            }
            Type::Class(class) => self.program.class(*class).kind == ClassKind::Enum,
            Type::Platform(name, _) => library::find(name).is_some_and(|known| !known.values.is_empty()),
            _ => false,
        }
    }

    fn when(
        &mut self,
        on: &Expr,
        when: &ast::When,
        seen: &mut Vec<String>,
    ) -> Checked<(WhenTest, Block, End)> {
        match &when.values {
            WhenValues::Values(values) => {
                let mut constants = Vec::with_capacity(values.len());
                for value in values {
                    let constant = self.when_value(on, value)?;
                    let shown = shown(&constant);
                    if seen.contains(&shown) {
                        let message =
                            format!("{shown} occurs as more than one when branch for this switch statement");
                        return problem(value.at, message);
                    }
                    seen.push(shown);
                    constants.push(constant);
                }
                let (block, end) = self.block(&when.body)?;
                Ok((WhenTest::Values(constants), block, end))
            }
            WhenValues::Type { ty: written, name } => {
                let ty = self.ty(written)?;
                let shown = self.name(&ty);
                if !on.ty.is_record() && on.ty != Type::Object {
                    return problem(written.at, format!("{shown} cannot be a 'when type variable' block"));
                }
                if !convert::castable(self.program, &on.ty, &ty) {
                    let from = self.name(&on.ty);
                    let message = format!(
                        "Incompatible types since an instance of {from} is never an instance of {shown}"
                    );
                    return problem(written.at, message);
                }
                if seen.contains(&shown) {
                    let message =
                        format!("{shown} occurs as more than one when branch for this switch statement");
                    return problem(written.at, message);
                }
                seen.push(shown);
                self.within(|checker| {
                    let slot = checker.declare(name, ty.clone(), false, true)?;
                    let (block, end) = checker.statements(&when.body.statements)?;
                    Ok((WhenTest::Type { ty, slot }, block, end))
                })
            }
        }
    }

    fn when_value(&mut self, on: &Expr, value: &ast::Expr) -> Checked<Expr> {
        if let ast::ExprKind::Name(name) = &value.kind
            && let Some(constant) = self.enum_value(&on.ty, &name.text)
        {
            return Ok(Expr { kind: constant, ty: on.ty.clone(), at: value.at });
        }
        let is_enum = matches!(&on.ty, Type::Class(_))
            || matches!(&on.ty, Type::Platform(name, _) if library::find(name).is_some_and(|known| !known.values.is_empty()));
        if is_enum && matches!(value.kind, ast::ExprKind::Field { .. }) {
            return problem(value.at, "Enum value used in 'when expression' should be unqualified");
        }
        if is_enum && !matches!(value.kind, ast::ExprKind::Literal(ast::Literal::Null)) {
            return match &value.kind {
                ast::ExprKind::Name(name) => {
                    problem(value.at, format!("Variable does not exist: {}", name.text))
                }
                _ => problem(value.at, "Field must be an enum reference"),
            };
        }
        let made = self.value(value)?;
        let constant = match made.kind {
            ExprKind::Constant(_) | ExprKind::Negate(_) => made,
            // A static final constant.
            ExprKind::Static(class, place) => {
                let field = self.program.class(class).statics.get(place);
                if !field.is_some_and(|field| field.is_final) {
                    let name = field.map(|field| field.name.to_string()).unwrap_or_default();
                    return problem(value.at, format!("Field must be a static final constant: {name}"));
                }
                made
            }
            _ => {
                let message = "'when expression' must be a literal, a constant literal field or enum value";
                return problem(value.at, message);
            }
        };
        if on.ty.is_record() && constant.ty != Type::Null {
            return problem(
                value.at,
                "Switching on SObject types must be a 'when type variable' or 'when null'",
            );
        }
        let (from, to) = (self.name(&constant.ty), self.name(&on.ty));
        convert::coerce(self.program, constant, &on.ty).or_else(|_| {
            let message = format!(
                "{from} value in 'when expression' cannot be implicitly converted to the {to} type in switch expression"
            );
            problem(value.at, message)
        })
    }

    /// The value of an enum by its own name.
    pub(super) fn enum_value(&self, ty: &Type, name: &str) -> Option<ExprKind> {
        match ty {
            Type::Class(class) => {
                let values = &self.program.class(*class).values;
                let place = values.iter().position(|value| value.eq_ignore_ascii_case(name))?;
                Some(ExprKind::EnumValue(*class, place))
            }
            Type::Platform(platform, _) => {
                let known = library::find(platform)?;
                library::constant(known, name).map(|value| ExprKind::PlatformEnum(known.name, value))
            }
            _ => None,
        }
    }
}

/// How a constant is shown where it stands twice.
fn shown(constant: &Expr) -> String {
    match &constant.kind {
        ExprKind::Constant(Constant::Null) => "null".to_owned(),
        ExprKind::Constant(Constant::Boolean(truth)) => truth.to_string(),
        ExprKind::Constant(Constant::Integer(number)) => number.to_string(),
        ExprKind::Constant(Constant::Long(number)) => number.to_string(),
        ExprKind::Constant(Constant::Double(number)) => number.to_string(),
        ExprKind::Constant(Constant::Decimal(text) | Constant::String(text)) => text.to_string(),
        ExprKind::Negate(value) => format!("-{}", self::shown(value)),
        ExprKind::Convert { value, .. } => self::shown(value),
        kind => format!("{kind:?}"),
    }
}
