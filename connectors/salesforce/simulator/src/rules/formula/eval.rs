//! Working a formula out.

use super::Fault;
use super::datum::Datum;
use super::tree::Expr;
use crate::rules::record::Subject;
use crate::tables::View;

/// What a formula looks at.
pub(super) struct Scene<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) subject: &'a Subject<'a>,
}

/// Stack left below which it grows, and by how much.
const RED_ZONE: usize = 64 << 10;
const STACK: usize = 1 << 20;

pub(super) fn evaluate(expression: &Expr, scene: &Scene<'_>) -> Result<Datum, Fault> {
    stacker::maybe_grow(RED_ZONE, STACK, || step(expression, scene))
}

fn step(expression: &Expr, scene: &Scene<'_>) -> Result<Datum, Fault> {
    Ok(match expression {
        Expr::Constant(datum) => datum.clone(),
        Expr::Field(path) => path.value(scene),
        Expr::Prior(path) => path.before(scene),
        Expr::Changed(path) => Datum::Boolean(path.changed(scene)),
        Expr::New => Datum::Boolean(scene.subject.old.is_none()),
        Expr::Permission(name) => {
            Datum::Boolean(scene.view.rights.sets.iter().any(|set| set.custom_permissions.contains(name)))
        }
        Expr::All(parts) => {
            for part in parts {
                if evaluate(part, scene)?.boolean() != Some(true) {
                    return Ok(Datum::Boolean(false));
                }
            }
            Datum::Boolean(true)
        }
        Expr::Any(parts) => {
            for part in parts {
                if evaluate(part, scene)?.boolean() == Some(true) {
                    return Ok(Datum::Boolean(true));
                }
            }
            Datum::Boolean(false)
        }
        Expr::If(parts) => {
            let [test, then, otherwise] = parts.as_ref();
            let holds = evaluate(test, scene)?.boolean() == Some(true);
            evaluate(if holds { then } else { otherwise }, scene)?
        }
        Expr::Case(subject, pairs, otherwise) => {
            let subject = evaluate(subject, scene)?;
            for (value, result) in pairs {
                if same(&subject, &evaluate(value, scene)?) == Some(true) {
                    return evaluate(result, scene);
                }
            }
            evaluate(otherwise, scene)?
        }
        Expr::Call(native, arguments) => {
            let arguments =
                arguments.iter().map(|one| evaluate(one, scene)).collect::<Result<Vec<_>, _>>()?;
            native(scene, &arguments)?
        }
    })
}

/// Whether two values are the same; unknown where one of them is, texts apart.
pub(super) fn same(left: &Datum, right: &Datum) -> Option<bool> {
    match (left, right) {
        (Datum::Text(_), Datum::Null | Datum::Text(_)) | (Datum::Null, Datum::Text(_)) => {
            Some(left.text() == right.text())
        }
        (Datum::Null, _) | (_, Datum::Null) => None,
        (left, right) => Some(left == right),
    }
}
