//! `Test.createStub`.

use super::super::arguments::{argument, null_argument};
use super::super::define::Definition;
use crate::apex::program::ClassKind;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn definitions() -> Vec<Definition> {
    vec![Definition::class("System.StubProvider").interface().method(
        "Object handleMethodCall(Object, String, System.Type, List<System.Type>, List<String>, List<Object>)",
        |tx, _, _| Err(null_argument(tx)),
    )]
}

pub(super) fn create(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Result<Value, Thrown> {
    let (Value::Type(ty), provider @ Value::Object(_)) = (argument(arguments, 0), argument(arguments, 1))
    else {
        return Err(null_argument(tx));
    };
    match ty {
        Type::Class(class) if tx.program.class(*class).kind != ClassKind::Enum => {
            Ok(run::new_stub(tx, *class, provider.clone()))
        }
        ty => {
            let name = run::type_name(&tx.program.clone(), ty);
            let message = format!("Only top-level or inner classes can be stubbed: {name}");
            Err(throw(tx, "System.TypeException", message))
        }
    }
}
