//! Static methods that make texts.

use super::super::units::{slice, unit_of};
use super::args::{Answer, missing, optional, room, string, text};
use super::format::fill;
use super::parts::common;
use crate::apex::platform::define::Definition;
use crate::apex::platform::natives;
use crate::apex::run::{self, Thrown, throw, to_text};
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("static String valueOf(Object)", value_of)
        .method("static String valueOfGmt(Datetime)", value_of_gmt)
        .method("static String join(Iterable<Object>, String)", join)
        .method("static String format(String, List<Object>)", format)
        .method("static String fromCharArray(List<Integer>)", from_characters)
        .method("static String getCommonPrefix(List<String>)", common_prefix)
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match arguments.first() {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(value) => to_text(tx, value).map(Value::String),
    }
}

fn value_of_gmt(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match arguments.first() {
        Some(value) if !value.is_null() => to_text(tx, value).map(Value::String),
        _ => Err(missing(tx, arguments, 0)),
    }
}

/// The elements of a list, a set or anything else that is iterable.
fn elements(tx: &mut Transaction, arguments: &[Value]) -> Result<Vec<Value>, Thrown> {
    match arguments.first() {
        Some(Value::List(list)) => Ok(list.items.borrow().clone()),
        Some(Value::Set(set)) => Ok(set.values()),
        Some(value) if !value.is_null() => iterated(tx, value),
        _ => Err(missing(tx, arguments, 0)),
    }
}

/// Calls a method without arguments of an object of the program or of the platform.
fn ask(tx: &mut Transaction, receiver: &Value, method: &str) -> Answer {
    if let Some(answer) = run::invoke(tx, receiver, method, &[])? {
        return Ok(answer);
    }
    let native = match receiver {
        Value::Platform(platform) => natives(platform.name, method).first(),
        _ => None,
    };
    match native {
        Some(native) => (native.run)(tx, receiver, &[]),
        None => Err(run::null_reference(tx)),
    }
}

fn iterated(tx: &mut Transaction, iterable: &Value) -> Result<Vec<Value>, Thrown> {
    let iterator = ask(tx, iterable, "iterator")?;
    let mut found = Vec::new();
    loop {
        run::step(tx)?;
        run::heap(tx, 8)?;
        if !ask(tx, &iterator, "hasNext")?.is_true() {
            return Ok(found);
        }
        found.push(ask(tx, &iterator, "next")?);
    }
}

fn join(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let items = elements(tx, arguments)?;
    let separator = optional(arguments, 1).unwrap_or_else(|| "".into());
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            joined.push_str(&separator);
        }
        if !item.is_null() {
            joined.push_str(&to_text(tx, item)?);
        }
        room(tx, separator.len() + 8)?;
        if joined.len() > 6_000_000 {
            room(tx, joined.len())?;
        }
    }
    string(joined)
}

fn format(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let template = text(tx, arguments, 0)?;
    let items = match arguments.get(1) {
        Some(Value::List(list)) => list.items.borrow().clone(),
        _ => Vec::new(),
    };
    let mut filled = Vec::with_capacity(items.len());
    for item in &items {
        filled.push(to_text(tx, item)?);
    }
    let longest = filled.iter().map(|text| text.len()).max().unwrap_or(0);
    let places = template.matches('{').count();
    room(tx, template.len().saturating_add(places.saturating_mul(longest)))?;
    match fill(&template, &filled) {
        Ok(made) => string(made),
        Err(message) => Err(throw(tx, "System.StringException", message)),
    }
}

fn from_characters(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut units = Vec::new();
    for item in elements(tx, arguments)? {
        let Some(code) = item.as_whole() else { return Err(missing(tx, arguments, 0)) };
        let mut pair = [0; 2];
        match u16::try_from(code) {
            Ok(unit) => units.push(unit),
            Err(_) => match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(char) => units.extend_from_slice(char.encode_utf16(&mut pair)),
                None => {
                    return Err(throw(tx, "System.StringException", format!("Invalid code point: {code}")));
                }
            },
        }
    }
    string(String::from_utf16_lossy(&units))
}

fn common_prefix(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let items = elements(tx, arguments)?;
    let mut prefix: Option<String> = None;
    for item in &items {
        let own = item.as_text().unwrap_or_default();
        prefix = Some(match prefix {
            None => own.to_owned(),
            Some(known) => {
                let bytes = common(&known, own);
                slice(&known, 0, unit_of(&known, bytes)).to_owned()
            }
        });
    }
    string(prefix.unwrap_or_default())
}
