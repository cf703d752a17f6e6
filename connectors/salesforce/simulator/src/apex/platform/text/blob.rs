//! `Blob`.

use bytes::Bytes;

use super::super::define::Definition;
use super::args::{Answer, integer, string, text};
use crate::apex::run::throw;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn definition() -> Definition {
    Definition::class("Blob")
        .method("static Blob valueOf(String)", value_of)
        .method("Integer size()", size)
        .method("String toString()", to_string)
        .method("Boolean equals(Object)", equals)
        .method("Integer hashCode()", hash_code)
}

/// The bytes of a blob.
pub(in crate::apex::platform) fn bytes(value: &Value) -> Bytes {
    match value {
        Value::Blob(bytes) => bytes.clone(),
        _ => Bytes::new(),
    }
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, arguments, 0)?;
    Ok(Value::Blob(Bytes::copy_from_slice(text.as_bytes())))
}

fn size(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    integer(bytes(this).len())
}

fn to_string(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match std::str::from_utf8(&bytes(this)) {
        Ok(text) => string(text),
        Err(_) => Err(throw(tx, "System.StringException", "BLOB is not a valid UTF-8 string")),
    }
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let other = arguments.first().unwrap_or(&Value::Null);
    crate::apex::value::equal(tx, this, other).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    crate::apex::value::hash(tx, this).map(|hash| Value::Integer(hash as i32))
}
