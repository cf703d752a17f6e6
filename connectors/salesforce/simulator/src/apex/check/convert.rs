//! Which type fits which, and the conversions that happen by themselves.

use crate::apex::platform::PlatformType;
use crate::apex::program::{Expr, ExprKind, Program};
use crate::apex::types::Type;

use super::library;

/// Classes above each other.
const DEPTH_MAX: usize = 200;

/// Whether a value of type `from` is one of type `to` as it is.
pub(in crate::apex) fn is_subtype(program: &Program, from: &Type, to: &Type) -> bool {
    fits(program, from, to, 0)
}

fn fits(program: &Program, from: &Type, to: &Type, depth: usize) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    let next = |from: &Type, to: &Type| fits(program, from, to, depth + 1);
    match (from, to) {
        (Type::Void, _) | (_, Type::Void) => false,
        (a, b) if a == b => true,
        (Type::Null, _) | (_, Type::Object) => true,
        (Type::Record(_), Type::SObject) => true,
        // Lists are covariant; sets and maps are, as far as records go.
        (Type::List(a), Type::List(b)) => next(a, b) && !matches!(**a, Type::Null),
        (Type::Set(a), Type::Set(b)) => matches!((&**a, &**b), (Type::Record(_), Type::SObject)),
        (Type::Map(ka, va), Type::Map(kb, vb)) => {
            ka == kb && (va == vb || **vb == Type::Object || next(va, vb) && class_like(va) && class_like(vb))
        }
        (Type::List(of) | Type::Set(of), Type::Platform("System.Iterable", arguments)) => {
            arguments.first().is_some_and(|wanted| next(of, wanted))
        }
        (Type::Class(class), to) => {
            let class = program.class(*class);
            class.superclass.iter().chain(&class.interfaces).any(|above| next(above, to))
        }
        (Type::Platform(a, own), Type::Platform(b, wanted)) if a == b => {
            own.len() == wanted.len() && own.iter().zip(wanted.iter()).all(|(a, b)| next(a, b))
        }
        (Type::Platform(name, arguments), to) => {
            supertypes(name, arguments).iter().any(|above| next(above, to))
        }
        _ => false,
    }
}

fn class_like(ty: &Type) -> bool {
    matches!(ty, Type::Record(_) | Type::SObject | Type::Class(_) | Type::List(_) | Type::Platform(..))
}

/// The types above a platform type, its arguments filled in.
pub(super) fn supertypes(name: &str, arguments: &[Type]) -> Vec<Type> {
    let known: Option<&PlatformType> = library::find(name);
    let above = known.map(|known| known.supertypes.as_slice()).unwrap_or_default();
    above.iter().map(|ty| library::filled(ty, arguments)).collect()
}

/// How much a conversion costs when overloads are compared; absent: it is not possible.
pub(super) fn cost(program: &Program, from: &Type, to: &Type) -> Option<u32> {
    if from == to {
        return Some(0);
    }
    if *from == Type::Void {
        return None;
    }
    if let (Some(a), Some(b)) = (rank(from), rank(to)) {
        return match (from, to) {
            (Type::Decimal, Type::Double) => Some(8),
            _ if b > a => Some(b - a),
            _ => None,
        };
    }
    if *from == Type::Null {
        return Some(if *to == Type::Object { 3 } else { 1 });
    }
    if is_subtype(program, from, to) {
        return Some(match to {
            Type::Object => 50,
            Type::SObject => 5,
            Type::Platform("System.Iterable", _) => 20,
            _ => 1 + distance(program, from, to),
        });
    }
    match (from, to) {
        (Type::Id, Type::String) => Some(10),
        (Type::String, Type::Id) => Some(12),
        (Type::Date, Type::Datetime) => Some(10),
        (Type::List(a), Type::List(b)) => list_cost(a, b),
        (Type::Map(key, a), Type::Map(wanted, b)) if key == wanted => match (&**a, &**b) {
            (Type::List(a), Type::List(b)) => list_cost(a, b),
            _ => None,
        },
        _ => None,
    }
}

/// Lists whose elements are converted when they are used.
fn list_cost(from: &Type, to: &Type) -> Option<u32> {
    match (from, to) {
        (Type::SObject, Type::Record(_)) => Some(15),
        (Type::Id, Type::String) | (Type::String, Type::Id) => Some(14),
        (Type::List(a), Type::List(b)) => list_cost(a, b),
        _ => None,
    }
}

fn rank(ty: &Type) -> Option<u32> {
    match ty {
        Type::Integer => Some(0),
        Type::Long => Some(1),
        Type::Double => Some(2),
        Type::Decimal => Some(3),
        _ => None,
    }
}

/// Classes between two.
fn distance(program: &Program, from: &Type, to: &Type) -> u32 {
    let mut steps = 0;
    let mut at = from.clone();
    while at != *to && steps < 30 {
        let above = match &at {
            Type::Class(class) => program.class(*class).superclass.clone(),
            Type::Platform(name, arguments) => supertypes(name, arguments).into_iter().next(),
            _ => None,
        };
        let Some(above) = above else { break };
        at = above;
        steps += 1;
    }
    steps
}

/// How much it costs to take an expression as a value of type `to`.
pub(super) fn cost_of(program: &Program, expr: &Expr, to: &Type) -> Option<u32> {
    // A query in brackets is used as one record where one is wanted.
    if let (ExprKind::Soql(_), Type::List(of)) = (&expr.kind, &expr.ty)
        && to.is_record()
    {
        return cost(program, of, to).map(|cost| cost + 5);
    }
    if is_dynamic_query(expr) && to.is_record() {
        return Some(20);
    }
    cost(program, &expr.ty, to)
}

/// `Database.query(…)`, whose rows are used as one record, too, where one is wanted.
fn is_dynamic_query(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::CallNative { native, .. }
        if native.owner == "Database.Database" && matches!(native.name, "query" | "queryWithBinds"))
}

/// A query in brackets as the one record that it brings.
pub(super) fn one_row(expr: Expr) -> Expr {
    match (&expr.kind, &expr.ty) {
        (ExprKind::Soql(_), Type::List(of)) if of.is_record() => {
            let ty = Type::clone(of);
            Expr { ty, ..expr }
        }
        _ => expr,
    }
}

/// The expression as a value of type `to`, with the conversion written out; or the expression again.
pub(super) fn coerce(program: &Program, expr: Expr, to: &Type) -> Result<Expr, Box<Expr>> {
    if cost_of(program, &expr, to).is_none() {
        return Err(Box::new(expr));
    }
    Ok(converted(program, expr, to))
}

/// As [`coerce`], where it is known to be possible.
pub(super) fn converted(program: &Program, expr: Expr, to: &Type) -> Expr {
    let expr = if to.is_record() { one_row(expr) } else { expr };
    if expr.ty == *to || expr.ty == Type::Null || is_subtype(program, &expr.ty, to) {
        return expr;
    }
    let at = expr.at;
    let kind = ExprKind::Convert { value: Box::new(expr), ty: to.clone() };
    Expr { kind, ty: to.clone(), at }
}

/// Whether a value of one type may turn out to be one of the other, so that a cast has a chance.
pub(super) fn castable(program: &Program, from: &Type, to: &Type) -> bool {
    if *from == Type::Void || *to == Type::Void {
        return false;
    }
    if cost(program, from, to).is_some() || is_subtype(program, to, from) {
        return true;
    }
    if from.is_number() && to.is_number() {
        return true;
    }
    match (from, to) {
        (Type::Object | Type::Null, _) | (Type::SObject, Type::Record(_)) => true,
        (Type::Datetime, Type::Date) => false,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) => castable(program, a, b),
        (Type::Map(ka, va), Type::Map(kb, vb)) => castable(program, ka, kb) && castable(program, va, vb),
        (from, to) => {
            (is_interface(program, from) && open(program, to))
                || (is_interface(program, to) && open(program, from))
        }
    }
}

pub(super) fn is_interface(program: &Program, ty: &Type) -> bool {
    match ty {
        Type::Class(class) => program.class(*class).kind == crate::apex::program::ClassKind::Interface,
        Type::Platform(name, _) => library::find(name).is_some_and(|known| known.is_interface),
        _ => false,
    }
}

/// Whether values of a type may have interfaces that the type does not say.
fn open(program: &Program, ty: &Type) -> bool {
    match ty {
        Type::Class(class) => program.class(*class).kind != crate::apex::program::ClassKind::Enum,
        Type::Platform(..) => true,
        Type::List(_) | Type::Set(_) => true,
        _ => is_interface(program, ty),
    }
}

/// Whether it can be thrown and caught.
pub(super) fn is_exception(program: &Program, ty: &Type) -> bool {
    is_subtype(program, ty, &Type::platform("System.Exception")) && *ty != Type::Null
}
