//! Describes.

mod field;
mod field_set;
mod object;
mod record_type;

use super::arguments::argument;
use super::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::value::{Value, equal, hash};
use crate::transaction::Transaction;

pub(super) fn types() -> Vec<Definition> {
    let mut all = object::definitions();
    all.extend(record_type::definitions());
    all.extend(field::definitions());
    all.extend(field_set::definitions());
    all
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Result<Value, Thrown> {
    equal(tx, this, argument(arguments, 0)).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Result<Value, Thrown> {
    hash(tx, this).map(|hash| Value::Integer(hash as i32))
}
