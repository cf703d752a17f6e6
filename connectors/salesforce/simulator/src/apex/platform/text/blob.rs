//! `Blob`.

use bytes::Bytes;

use super::super::arguments::{argument, count, null_argument};
use super::super::define::Definition;
use super::units::text;
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Blob")
            .below("Object")
            .method("static Blob valueOf(String)", value_of)
            .method("Integer size()", |tx, this, _| Ok(count(own(tx, this)?.len())))
            .method("String toString()", to_string),
    ]
}

fn own(tx: &mut Transaction, this: &Value) -> Result<Bytes, Thrown> {
    match this {
        Value::Blob(bytes) => Ok(bytes.clone()),
        _ => Err(null_reference(tx)),
    }
}

/// The bytes of an argument.
pub(in crate::apex::platform) fn bytes(tx: &mut Transaction, value: &Value) -> Result<Bytes, Thrown> {
    match value {
        Value::Blob(bytes) => Ok(bytes.clone()),
        _ => Err(null_argument(tx)),
    }
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    Ok(Value::Blob(Bytes::copy_from_slice(text.as_bytes())))
}

fn to_string(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let bytes = own(tx, this)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => Err(throw(tx, "System.StringException", "BLOB is not a valid UTF-8 string")),
    }
}
