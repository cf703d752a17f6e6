//! Methods of `String` that look for something.

use super::super::arguments::{argument, count, integer};
use super::super::define::Definition;
use super::units::{self, byte_at, floor, folded, java_hash, length, place, text, unit_at};
use crate::apex::run::{Limit, Thrown, limit, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("Integer compareTo(String)", compare_to)
        .method("Boolean contains(String)", |tx, this, a| yes(tx, this, a, |x, y| x.contains(y)))
        .method("Boolean containsIgnoreCase(String)", |tx, this, a| {
            yes(tx, this, a, |x, y| folded(x).contains(&folded(y)))
        })
        .method("Boolean startsWith(String)", |tx, this, a| yes(tx, this, a, |x, y| x.starts_with(y)))
        .method("Boolean startsWithIgnoreCase(String)", |tx, this, a| {
            yes(tx, this, a, |x, y| folded(x).starts_with(&folded(y)))
        })
        .method("Boolean endsWith(String)", |tx, this, a| yes(tx, this, a, |x, y| x.ends_with(y)))
        .method("Boolean endsWithIgnoreCase(String)", |tx, this, a| {
            yes(tx, this, a, |x, y| folded(x).ends_with(&folded(y)))
        })
        .method("Integer countMatches(String)", count_matches)
        .method("Boolean equals(Object)", equals)
        .method("Boolean equalsIgnoreCase(String)", equals_ignore_case)
        .method("Integer getLevenshteinDistance(String)", levenshtein)
        .method("Integer getLevenshteinDistance(String, Integer)", levenshtein_within)
        .method("Integer hashCode()", hash_code)
        .method("Integer indexOf(String)", |tx, this, a| index(tx, this, a, false))
        .method("Integer indexOf(String, Integer)", |tx, this, a| index(tx, this, a, false))
        .method("Integer indexOfIgnoreCase(String)", |tx, this, a| index(tx, this, a, true))
        .method("Integer indexOfIgnoreCase(String, Integer)", |tx, this, a| index(tx, this, a, true))
        .method("Integer lastIndexOf(String)", |tx, this, a| last_index(tx, this, a, false))
        .method("Integer lastIndexOf(String, Integer)", |tx, this, a| last_index(tx, this, a, false))
        .method("Integer lastIndexOfIgnoreCase(String)", |tx, this, a| last_index(tx, this, a, true))
        .method("Integer lastIndexOfIgnoreCase(String, Integer)", |tx, this, a| last_index(tx, this, a, true))
        .method("Integer indexOfAny(String)", |tx, this, a| index_of_any(tx, this, a, true))
        .method("Integer indexOfAnyBut(String)", |tx, this, a| index_of_any(tx, this, a, false))
        .method("Integer indexOfChar(Integer)", index_of_char)
        .method("Integer indexOfChar(Integer, Integer)", index_of_char)
        .method("Integer lastIndexOfChar(Integer)", last_index_of_char)
        .method("Integer lastIndexOfChar(Integer, Integer)", last_index_of_char)
        .method("Integer indexOfDifference(String)", index_of_difference)
        .method("String difference(String)", difference)
        .method("Integer length()", |tx, this, _| Ok(count(length(&text(tx, this)?))))
        .method("Integer charAt(Integer)", code_point_at)
        .method("Integer codePointAt(Integer)", code_point_at)
        .method("Integer codePointBefore(Integer)", code_point_before)
        .method("Integer codePointCount(Integer, Integer)", code_point_count)
        .method("Integer offsetByCodePoints(Integer, Integer)", offset_by_code_points)
        .method("List<Integer> getChars()", chars)
}

fn yes(tx: &mut Transaction, this: &Value, arguments: &[Value], test: fn(&str, &str) -> bool) -> Answer {
    let (own, other) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    Ok(Value::Boolean(test(&own, &other)))
}

fn compare_to(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    let differs = own.encode_utf16().zip(other.encode_utf16()).find(|(a, b)| a != b);
    Ok(Value::Integer(match differs {
        Some((a, b)) => i32::from(a) - i32::from(b),
        None => length(&own) as i32 - length(&other) as i32,
    }))
}

fn count_matches(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    Ok(count(if part.is_empty() { 0 } else { own.matches(&*part).count() }))
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    Ok(Value::Boolean(match argument(arguments, 0) {
        Value::String(other) => own == *other,
        Value::Id(other) => crate::org::Id::parse(&own).is_some_and(|own| own == *other),
        _ => false,
    }))
}

fn equals_ignore_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    Ok(Value::Boolean(match argument(arguments, 0).as_text() {
        Some(other) => folded(&own) == folded(other),
        None => false,
    }))
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Integer(java_hash(&text(tx, this)?)))
}

/// How many letters have to be changed, put in or taken out. CPU time counts for each pair of letters.
fn distance(tx: &mut Transaction, this: &Value, other: &Value) -> Result<usize, Thrown> {
    let own = units::units(&text(tx, this)?);
    let other = units::units(&text(tx, other)?);
    limit(tx, Limit::Steps, (own.len() as u64).saturating_mul(other.len() as u64) / 16)?;
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, a) in own.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (b, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let best = (diagonal + usize::from(a != b)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    Ok(row.last().copied().unwrap_or(0))
}

fn levenshtein(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    distance(tx, this, argument(arguments, 0)).map(count)
}

fn levenshtein_within(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let most = integer(tx, argument(arguments, 1))?;
    let found = distance(tx, this, argument(arguments, 0))?;
    Ok(place((found <= floor(most)).then_some(found)))
}

fn index(tx: &mut Transaction, this: &Value, arguments: &[Value], fold: bool) -> Answer {
    let (mut own, mut part) = (text(tx, this)?.to_string(), text(tx, argument(arguments, 0))?.to_string());
    let from = if arguments.len() > 1 { floor(integer(tx, argument(arguments, 1))?) } else { 0 };
    if fold {
        (own, part) = (folded(&own), folded(&part));
    }
    let start = byte_at(&own, from);
    let found = own.get(start..).and_then(|rest| rest.find(&part));
    Ok(place(found.map(|byte| unit_at(&own, start + byte))))
}

fn last_index(tx: &mut Transaction, this: &Value, arguments: &[Value], fold: bool) -> Answer {
    let (mut own, mut part) = (text(tx, this)?.to_string(), text(tx, argument(arguments, 0))?.to_string());
    if fold {
        (own, part) = (folded(&own), folded(&part));
    }
    let mut end = own.len();
    if arguments.len() > 1 {
        let last = integer(tx, argument(arguments, 1))?;
        if last < 0 {
            return Ok(place(None));
        }
        end = byte_at(&own, floor(last)).saturating_add(part.len()).min(own.len());
        while !own.is_char_boundary(end) {
            end -= 1;
        }
    }
    let found = own.get(..end).and_then(|front| front.rfind(&part));
    Ok(place(found.map(|byte| unit_at(&own, byte))))
}

fn index_of_any(tx: &mut Transaction, this: &Value, arguments: &[Value], wanted: bool) -> Answer {
    let (own, set) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    let set: std::collections::HashSet<char> = set.chars().collect();
    if set.is_empty() {
        return Ok(place(None));
    }
    let found = own.find(|character| set.contains(&character) == wanted);
    Ok(place(found.map(|byte| unit_at(&own, byte))))
}

fn character(tx: &mut Transaction, value: &Value) -> Result<Option<char>, Thrown> {
    let code = integer(tx, value)?;
    Ok(u32::try_from(code).ok().and_then(char::from_u32))
}

fn index_of_char(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let wanted = character(tx, argument(arguments, 0))?;
    let from = if arguments.len() > 1 { floor(integer(tx, argument(arguments, 1))?) } else { 0 };
    let start = byte_at(&own, from);
    let found = wanted.and_then(|wanted| own.get(start..)?.find(wanted));
    Ok(place(found.map(|byte| unit_at(&own, start + byte))))
}

fn last_index_of_char(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let Some(wanted) = character(tx, argument(arguments, 0))? else { return Ok(place(None)) };
    let mut last = i32::MAX;
    if arguments.len() > 1 {
        last = integer(tx, argument(arguments, 1))?;
    }
    if last < 0 {
        return Ok(place(None));
    }
    let end = byte_at(&own, floor(last).saturating_add(1));
    let found = own.get(..end).and_then(|front| front.rfind(wanted));
    Ok(place(found.map(|byte| unit_at(&own, byte))))
}

/// The first unit in which two texts differ.
fn differs_at(own: &str, other: &str) -> Option<usize> {
    let same = own.encode_utf16().zip(other.encode_utf16()).take_while(|(a, b)| a == b).count();
    (own != other).then_some(same)
}

fn index_of_difference(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    Ok(place(differs_at(&own, &other)))
}

fn difference(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    let from = differs_at(&own, &other);
    Ok(Value::string(&from.map_or_else(String::new, |from| units::slice(&other, from, usize::MAX))))
}

fn out_of_range(tx: &mut Transaction, at: i32) -> Thrown {
    throw(tx, "System.StringException", format!("String index out of range: {at}"))
}

fn code_point_at(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let at = integer(tx, argument(arguments, 0))?;
    let found = usize::try_from(at).ok().and_then(|at| code_at(&own, at));
    found.map(|code| Value::Integer(code as i32)).ok_or_else(|| out_of_range(tx, at))
}

/// The code at a unit; of the second half of a pair, the half.
fn code_at(own: &str, at: usize) -> Option<u32> {
    if own.is_ascii() {
        return own.as_bytes().get(at).map(|byte| u32::from(*byte));
    }
    let byte = byte_at(own, at);
    let character = own.get(byte..)?.chars().next()?;
    if unit_at(own, byte) == at {
        return Some(u32::from(character));
    }
    let mut pair = [0; 2];
    character.encode_utf16(&mut pair).get(1).map(|half| u32::from(*half))
}

fn code_point_before(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let at = integer(tx, argument(arguments, 0))?;
    if at < 1 || floor(at) > length(&own) {
        return Err(out_of_range(tx, at));
    }
    let found = own.get(..byte_at(&own, floor(at))).and_then(|front| front.chars().next_back());
    found.map(|code| Value::Integer(u32::from(code) as i32)).ok_or_else(|| out_of_range(tx, at))
}

fn code_point_count(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let from = integer(tx, argument(arguments, 0))?;
    let to = integer(tx, argument(arguments, 1))?;
    if from < 0 || to < from || floor(to) > length(&own) {
        return Err(out_of_range(tx, to));
    }
    Ok(count(units::slice(&own, floor(from), floor(to)).chars().count()))
}

fn offset_by_code_points(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let from = integer(tx, argument(arguments, 0))?;
    let by = integer(tx, argument(arguments, 1))?;
    if from < 0 || floor(from) > length(&own) {
        return Err(out_of_range(tx, from));
    }
    let byte = byte_at(&own, floor(from));
    let (front, back) = own.split_at_checked(byte).unwrap_or((&own, ""));
    let steps = by.unsigned_abs() as usize;
    let walked: Vec<char> =
        if by < 0 { front.chars().rev().take(steps).collect() } else { back.chars().take(steps).collect() };
    if walked.len() < steps {
        return Err(out_of_range(tx, by));
    }
    let units: usize = walked.iter().map(|character| character.len_utf16()).sum();
    Ok(count(if by < 0 { floor(from).saturating_sub(units) } else { floor(from) + units }))
}

fn chars(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    units::room(tx, own.len() * 8)?;
    let codes = own.encode_utf16().map(|unit| Value::Integer(i32::from(unit))).collect();
    Ok(Value::list(crate::apex::types::Type::Integer, codes))
}
