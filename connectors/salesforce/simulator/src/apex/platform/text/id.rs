//! `Id`.

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::Value;
use crate::org::Id;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Id")
            .below("Object")
            .method("static Id valueOf(String)", value_of)
            .method("static Id valueOf(String, Boolean)", value_of)
            .method("Schema.SObjectType getSObjectType()", record_type)
            .method("String to15()", |tx, this, _| Ok(Value::string(own(tx, this)?.short())))
            .method("Integer compareTo(Id)", compare_to)
            .method("Boolean equals(Object)", equals),
    ]
}

fn own(tx: &mut Transaction, this: &Value) -> Result<Id, Thrown> {
    match this {
        Value::Id(id) => Ok(*id),
        _ => Err(null_reference(tx)),
    }
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut written = text(tx, argument(arguments, 0))?.to_string();
    if argument(arguments, 1).is_true() {
        written = cased(&written).unwrap_or(written);
    }
    match Id::parse(&written) {
        Some(id) => Ok(Value::Id(id)),
        None => Err(throw(tx, "System.StringException", format!("Invalid id: {written}"))),
    }
}

/// The 15 characters in the case that the last three of 18 tell.
fn cased(written: &str) -> Option<String> {
    const BITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if written.len() != 18 || !written.is_ascii() {
        return None;
    }
    let (letters, check) = written.split_at_checked(15)?;
    let bits: Vec<usize> = check.chars().map(|c| BITS.find(c.to_ascii_uppercase())).collect::<Option<_>>()?;
    let one = |(at, letter): (usize, char)| {
        let upper = bits.get(at / 5).is_some_and(|bits| bits >> (at % 5) & 1 == 1);
        if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    Some(letters.chars().enumerate().map(one).collect())
}

fn record_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let id = own(tx, this)?;
    match tx.state.metadata.object_of(id).cloned() {
        Some(object) => Ok(Value::RecordType(object)),
        None => {
            let message = format!("Unable to determine sObjectType for Id {}", id.as_str());
            Err(throw(tx, "System.SObjectException", message))
        }
    }
}

fn compare_to(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(tx, this)?;
    let other = text(tx, argument(arguments, 0))?;
    Ok(Value::Integer(own.as_str().cmp(&other) as i32))
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(tx, this)?;
    let other = argument(arguments, 0).as_text().and_then(Id::parse);
    Ok(Value::Boolean(other == Some(own)))
}
