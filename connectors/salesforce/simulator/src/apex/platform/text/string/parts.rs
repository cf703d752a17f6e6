//! Parts of a text.

use super::super::units::{length, slice};
use super::args::{Answer, number, own, string, text};
use crate::apex::platform::define::Definition;
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("String substring(Integer)", substring)
        .method("String substring(Integer, Integer)", substring)
        .method("String left(Integer)", left)
        .method("String right(Integer)", right)
        .method("String mid(Integer, Integer)", mid)
        .method("String substringAfter(String)", after)
        .method("String substringAfterLast(String)", after_last)
        .method("String substringBefore(String)", before)
        .method("String substringBeforeLast(String)", before_last)
        .method("String substringBetween(String)", between)
        .method("String substringBetween(String, String)", between)
        .method("String abbreviate(Integer)", abbreviate)
        .method("String abbreviate(Integer, Integer)", abbreviate)
        .method("String difference(String)", difference)
}

fn out_of_bounds(tx: &mut Transaction, which: &str, place: i64) -> Thrown {
    throw(tx, "System.StringException", format!("{which} position out of bounds: {place}"))
}

fn substring(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let size = length(&own);
    let from = number(tx, arguments, 0)?;
    let to = if arguments.len() > 1 { number(tx, arguments, 1)? } else { size as i64 };
    let start = usize::try_from(from).ok().filter(|start| *start <= size);
    let Some(start) = start else { return Err(out_of_bounds(tx, "Starting", from)) };
    match usize::try_from(to).ok().filter(|end| (start..=size).contains(end)) {
        Some(end) => string(slice(&own, start, end)),
        None => Err(out_of_bounds(tx, "Ending", to)),
    }
}

fn at_least_zero(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

fn left(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let count = number(tx, arguments, 0)?;
    string(slice(&own(this), 0, at_least_zero(count)))
}

fn right(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, count) = (own(this), number(tx, arguments, 0)?);
    let size = length(&own);
    string(slice(&own, size.saturating_sub(at_least_zero(count)), size))
}

fn mid(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let from = at_least_zero(number(tx, arguments, 0)?);
    let count = number(tx, arguments, 1)?;
    string(slice(&own(this), from, from.saturating_add(at_least_zero(count))))
}

fn after(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let separator = text(tx, arguments, 0)?;
    string(own(this).split_once(&*separator).map_or("", |(_, after)| after))
}

fn after_last(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let separator = text(tx, arguments, 0)?;
    if separator.is_empty() {
        return string("");
    }
    string(own(this).rsplit_once(&*separator).map_or("", |(_, after)| after))
}

fn before(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, separator) = (own(this), text(tx, arguments, 0)?);
    string(own.split_once(&*separator).map_or(&*own, |(before, _)| before))
}

fn before_last(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, separator) = (own(this), text(tx, arguments, 0)?);
    if separator.is_empty() {
        return string(&own);
    }
    string(own.rsplit_once(&*separator).map_or(&*own, |(before, _)| before))
}

fn between(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let open = text(tx, arguments, 0)?;
    let close = if arguments.len() > 1 { text(tx, arguments, 1)? } else { open.clone() };
    let own = own(this);
    let rest = own.split_once(&*open).map(|(_, rest)| rest);
    match rest.and_then(|rest| rest.split_once(&*close)) {
        Some((inside, _)) => string(inside),
        None => Ok(Value::Null),
    }
}

/// Three dots stand for what is left out.
fn abbreviate(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let size = length(&own);
    let width = number(tx, arguments, 0)?;
    let offset = if arguments.len() > 1 { at_least_zero(number(tx, arguments, 1)?) } else { 0 };
    if width < 4 {
        return Err(throw(tx, "System.StringException", "Minimum abbreviation width is 4"));
    }
    let width = at_least_zero(width);
    if size <= width {
        return string(&own);
    }
    // What shows of the text, beside the dots.
    let shown = width - 3;
    let offset = offset.min(size);
    let offset = if size - offset < shown { size - shown } else { offset };
    if offset <= 4 {
        return string(format!("{}...", slice(&own, 0, shown)));
    }
    if width < 7 {
        return Err(throw(tx, "System.StringException", "Minimum abbreviation width with offset is 7"));
    }
    if offset + shown < size {
        return string(format!("...{}...", slice(&own, offset, offset + width - 6)));
    }
    string(format!("...{}", slice(&own, size - shown, size)))
}

/// What the other text has from the first difference on.
fn difference(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (own(this), text(tx, arguments, 0)?);
    string(other.get(common(&own, &other)..).unwrap_or_default())
}

/// Bytes that both texts begin with.
pub(super) fn common(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    same.map(|(char, _)| char.len_utf8()).sum()
}
