//! Objects of `Test.createStub`: what is called on them is answered by their provider.

use super::{Thrown, cast, invoke, throw};
use crate::apex::program::{ClassId, MethodId, MethodKind, Program, Slot};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// Classes and interfaces above a stub's that are looked through.
const ABOVE_MAX: usize = 200;

/// The provider of a stub.
pub(super) fn of(object: &Value) -> Option<Value> {
    match object {
        Value::Object(instance) if instance.is_stub => instance.fields.borrow().last().cloned(),
        _ => None,
    }
}

/// The method that a stub's type declares in this slot, itself or above.
pub(super) fn method(program: &Program, object: &Value, slot: &Slot) -> Option<MethodId> {
    let mut next: Vec<ClassId> = super::find::class_of(object).into_iter().collect();
    for _ in 0..ABOVE_MAX {
        let class = program.class(next.pop()?);
        let own = class.methods.iter().copied().find(|method| {
            let method = program.method(*method);
            method.kind == MethodKind::Method && method.slot == *slot
        });
        if own.is_some() {
            return own;
        }
        let above = class.interfaces.iter().chain(&class.superclass);
        next.extend(above.filter_map(|ty| match ty {
            Type::Class(class) => Some(*class),
            _ => None,
        }));
    }
    None
}

/// Asks the provider.
pub(super) fn answer(
    tx: &mut Transaction,
    program: &Program,
    provider: &Value,
    object: &Value,
    method: MethodId,
    arguments: Vec<Value>,
) -> Result<Value, Thrown> {
    let known = program.method(method);
    let types = known.parameters.iter().map(|one| Value::Type(one.ty.clone())).collect();
    let names = known.parameters.iter().map(|one| Value::string(&one.name)).collect();
    let returns = if known.returns == Type::Void { Value::Null } else { Value::Type(known.returns.clone()) };
    let told = [
        object.clone(),
        Value::string(&known.name),
        returns,
        Value::list(Type::platform("System.Type"), types),
        Value::list(Type::String, names),
        Value::list(Type::Object, arguments),
    ];
    let answer = invoke(tx, provider, "handleMethodCall", &told)?.unwrap_or(Value::Null);
    if known.returns == Type::Void {
        return Ok(Value::Null);
    }
    if answer.is_null() || cast::is_instance(program, &answer, &known.returns) {
        return cast::convert(tx, answer, &known.returns);
    }
    let (from, to) =
        (super::type_name(program, &cast::type_of(&answer)), super::type_name(program, &known.returns));
    let message = format!("Invalid conversion from runtime type {from} to {to}");
    Err(throw(tx, "System.TypeException", message))
}

/// An object without values that a provider answers for.
pub fn new_stub(tx: &mut Transaction, class: ClassId, provider: Value) -> Value {
    let program = tx.program.clone();
    let mut fields = vec![Value::Null; program.class(class).fields.len()];
    fields.push(provider);
    let number = tx.machine.number();
    let made = crate::apex::value::Instance {
        class: Type::Class(class),
        fields: std::cell::RefCell::new(fields),
        exception: None,
        number,
        is_stub: true,
    };
    Value::Object(made.remembered())
}
