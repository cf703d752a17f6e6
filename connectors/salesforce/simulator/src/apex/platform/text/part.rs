//! Methods of `String` that answer a part of it.

use super::super::arguments::{argument, integer};
use super::super::define::Definition;
use super::units::{self, floor, fold, length, text};
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("String substring(Integer)", substring)
        .method("String substring(Integer, Integer)", substring)
        .method("String substringAfter(String)", |tx, this, a| {
            cut(tx, this, a, "", |own, mark| own.split_once(mark).map(|(_, after)| after))
        })
        .method("String substringAfterLast(String)", |tx, this, a| {
            cut(tx, this, a, "", |own, mark| {
                if mark.is_empty() { None } else { own.rsplit_once(mark).map(|(_, after)| after) }
            })
        })
        .method("String substringBefore(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, |own, mark| own.split_once(mark).map(|(before, _)| before))
        })
        .method("String substringBeforeLast(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, |own, mark| {
                if mark.is_empty() { None } else { own.rsplit_once(mark).map(|(before, _)| before) }
            })
        })
        .method("String substringBetween(String)", between)
        .method("String substringBetween(String, String)", between)
        .method("String left(Integer)", left)
        .method("String right(Integer)", right)
        .method("String mid(Integer, Integer)", mid)
        .method("String abbreviate(Integer)", abbreviate)
        .method("String abbreviate(Integer, Integer)", abbreviate)
        .method("String removeStart(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, |own, part| own.strip_prefix(part))
        })
        .method("String removeEnd(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, |own, part| own.strip_suffix(part))
        })
        .method("String removeStartIgnoreCase(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, without_start)
        })
        .method("String removeEndIgnoreCase(String)", |tx, this, a| {
            let own = text(tx, this)?;
            cut(tx, this, a, &own, without_end)
        })
        .method("String trim()", |tx, this, _| {
            let own = text(tx, this)?;
            Ok(Value::string(own.trim_matches(|character| character <= ' ')))
        })
}

/// What `find` finds of the text, or else `otherwise`.
fn cut(
    tx: &mut Transaction,
    this: &Value,
    arguments: &[Value],
    otherwise: &str,
    find: for<'a> fn(&'a str, &str) -> Option<&'a str>,
) -> Answer {
    let (own, mark) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    Ok(Value::string(find(&own, &mark).unwrap_or(otherwise)))
}

fn without_start<'a>(own: &'a str, part: &str) -> Option<&'a str> {
    let mut rest = own.chars();
    for wanted in part.chars() {
        if fold(rest.next()?) != fold(wanted) {
            return None;
        }
    }
    Some(rest.as_str())
}

fn without_end<'a>(own: &'a str, part: &str) -> Option<&'a str> {
    let mut rest = own.chars();
    for wanted in part.chars().rev() {
        if fold(rest.next_back()?) != fold(wanted) {
            return None;
        }
    }
    Some(rest.as_str())
}

fn substring(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let all = length(&own);
    let from = integer(tx, argument(arguments, 0))?;
    if from < 0 || floor(from) > all {
        return Err(throw(tx, "System.StringException", format!("Starting position out of bounds: {from}")));
    }
    let mut to = all;
    if arguments.len() > 1 {
        let end = integer(tx, argument(arguments, 1))?;
        if end < from || floor(end) > all {
            return Err(throw(tx, "System.StringException", format!("Ending position out of bounds: {end}")));
        }
        to = floor(end);
    }
    Ok(Value::string(&units::slice(&own, floor(from), to)))
}

fn between(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, open) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    let close = if arguments.len() > 1 { text(tx, argument(arguments, 1))? } else { open.clone() };
    let found = own.split_once(&*open).and_then(|(_, rest)| rest.split_once(&*close));
    Ok(found.map_or(Value::Null, |(inside, _)| Value::string(inside)))
}

fn left(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let most = floor(integer(tx, argument(arguments, 0))?);
    Ok(Value::string(&units::slice(&own, 0, most)))
}

fn right(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let most = floor(integer(tx, argument(arguments, 0))?);
    let from = length(&own).saturating_sub(most);
    Ok(Value::string(&units::slice(&own, from, usize::MAX)))
}

fn mid(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let from = floor(integer(tx, argument(arguments, 0))?);
    let most = floor(integer(tx, argument(arguments, 1))?);
    Ok(Value::string(&units::slice(&own, from, from.saturating_add(most))))
}

/// Cut to a width, dots for what is left out; from an offset on there may be dots in front too.
fn abbreviate(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let width = integer(tx, argument(arguments, 0))?;
    let offset = if arguments.len() > 1 { floor(integer(tx, argument(arguments, 1))?) } else { 0 };
    if width < 4 {
        return Err(throw(tx, "System.StringException", "Minimum abbreviation width is 4"));
    }
    let (all, width) = (length(&own), floor(width));
    if all <= width {
        return Ok(Value::String(own));
    }
    let mut offset = offset.min(all);
    if all - offset < width - 3 {
        offset = all - (width - 3);
    }
    if offset <= 4 {
        return Ok(Value::string(&format!("{}...", units::slice(&own, 0, width - 3))));
    }
    if width < 7 {
        return Err(throw(tx, "System.StringException", "Minimum abbreviation width with offset is 7"));
    }
    if offset + width - 3 < all {
        return Ok(Value::string(&format!("...{}...", units::slice(&own, offset, offset + width - 6))));
    }
    Ok(Value::string(&format!("...{}", units::slice(&own, all - (width - 3), usize::MAX))))
}
