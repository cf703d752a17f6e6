//! `Id`.

use super::super::define::Definition;
use super::args::{Answer, missing, own, string, text};
use crate::apex::run::{self, throw};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn definition() -> Definition {
    Definition::class("Id")
        .method("static Id valueOf(String)", value_of)
        .method("static Id valueOf(String, Boolean)", value_of)
        .method("String to15()", to_15)
        .method("Schema.SObjectType getSObjectType()", object_of)
        .method("Boolean equals(Object)", equals)
        .method("Integer hashCode()", hash_code)
        .method("String toString()", to_string)
}

/// Takes 15 or 18 characters. With the second argument the case of the first 15 is made good from the other three.
fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut written = text(tx, arguments, 0)?.to_string();
    if arguments.get(1).is_some_and(Value::is_true) && written.len() == 18 && written.is_ascii() {
        written = cased(&written).unwrap_or(written);
    }
    run::convert(tx, Value::string(&written), &Type::Id)
}

/// The characters of an id in the case that its last three tell.
fn cased(written: &str) -> Option<String> {
    const CHECKSUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let (short, check) = written.split_at_checked(15)?;
    let mut masks = Vec::new();
    for char in check.chars() {
        masks.push(CHECKSUM.find(char.to_ascii_uppercase())?);
    }
    let one = |(at, char): (usize, char)| {
        let upper = masks.get(at / 5).is_some_and(|mask| mask >> (at % 5) & 1 == 1);
        if upper { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() }
    };
    Some(short.chars().enumerate().map(one).chain(check.chars()).collect())
}

fn to_15(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Id(id) => string(id.short()),
        other => string(own(other).get(..15).unwrap_or_default()),
    }
}

fn object_of(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let Value::Id(id) = this else { return Err(missing(tx, &[], 0)) };
    match tx.state.metadata.object_of(*id).cloned() {
        Some(object) => Ok(Value::RecordType(object)),
        None => {
            let message = format!("Cannot locate Apex Type for ID: {id}");
            Err(throw(tx, "System.SObjectException", message))
        }
    }
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let other = arguments.first().unwrap_or(&Value::Null);
    crate::apex::value::equal(tx, this, other).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    crate::apex::value::hash(tx, this).map(|hash| Value::Integer(hash as i32))
}

fn to_string(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this))
}

#[cfg(test)]
mod tests {
    use super::cased;

    #[test]
    fn case_is_made_good() {
        assert_eq!(cased("001d000000irfmaIAH").as_deref(), Some("001D000000IRFmaIAH"));
        assert_eq!(cased("001d000000irfma!AH"), None);
    }
}
