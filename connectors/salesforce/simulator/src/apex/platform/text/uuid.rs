//! `UUID`.

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use super::units::java_hash;
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const UUID: &str = "System.UUID";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(UUID)
            .method("static System.UUID randomUUID()", random)
            .method("static System.UUID fromString(String)", from_string)
            .method("Boolean equals(Object)", equals)
            .method("Integer hashCode()", |tx, this, _| Ok(Value::Integer(java_hash(&own(tx, this)?))))
            .method("String toString()", |tx, this, _| Ok(Value::string(&own(tx, this)?))),
    ]
}

fn made(text: &str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("uuid", Value::string(text));
    Value::Platform(PlatformValue::new(UUID, state))
}

fn known(value: &Value) -> Option<String> {
    match value {
        Value::Platform(uuid) if uuid.name == UUID => {
            uuid.state.borrow().values.get("uuid").and_then(|text| text.as_text().map(str::to_owned))
        }
        _ => None,
    }
}

fn own(tx: &mut Transaction, this: &Value) -> Result<String, Thrown> {
    known(this).ok_or_else(|| null_reference(tx))
}

fn random(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(made(&tx.org.bus.next_uuid()))
}

fn from_string(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    let parts: Vec<&str> = text.split('-').collect();
    let sizes = [8, 4, 4, 4, 12];
    let fits = parts.len() == sizes.len()
        && parts
            .iter()
            .zip(sizes)
            .all(|(part, size)| part.len() == size && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if fits {
        return Ok(made(&text.to_ascii_lowercase()));
    }
    Err(throw(tx, "System.IllegalArgumentException", format!("Invalid UUID string: {text}")))
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(tx, this)?;
    Ok(Value::Boolean(known(argument(arguments, 0)) == Some(own)))
}
