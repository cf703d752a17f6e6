//! Texts made from a text.

use super::super::regex;
use super::super::units::length;
use super::args::{Answer, number, optional, own, room, string, text, work};
use super::find::folded;
use super::kinds::is_space;
use crate::apex::platform::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("String toLowerCase()", to_lower)
        .method("String toLowerCase(String)", to_lower)
        .method("String toUpperCase()", to_upper)
        .method("String toUpperCase(String)", to_upper)
        .method("String capitalize()", capitalize)
        .method("String uncapitalize()", uncapitalize)
        .method("String swapCase()", swap_case)
        .method("String trim()", trim)
        .method("String normalizeSpace()", normalize_space)
        .method("String deleteWhitespace()", delete_whitespace)
        .method("String reverse()", reverse)
        .method("String repeat(Integer)", repeat)
        .method("String repeat(String, Integer)", repeat)
        .method("String leftPad(Integer)", left_pad)
        .method("String leftPad(Integer, String)", left_pad)
        .method("String rightPad(Integer)", right_pad)
        .method("String rightPad(Integer, String)", right_pad)
        .method("String center(Integer)", center)
        .method("String center(Integer, String)", center)
        .method("String remove(String)", remove)
        .method("String removeStart(String)", remove_start)
        .method("String removeStartIgnoreCase(String)", remove_start_ignoring_case)
        .method("String removeEnd(String)", remove_end)
        .method("String removeEndIgnoreCase(String)", remove_end_ignoring_case)
        .method("String replace(String, String)", replace)
        .method("String replaceAll(String, String)", replace_all)
        .method("String replaceFirst(String, String)", replace_first)
        .method("String stripHtmlTags()", strip_tags)
        .method("String toString()", itself)
}

fn itself(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(this.clone())
}

fn to_lower(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this).to_lowercase())
}

fn to_upper(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this).to_uppercase())
}

fn with_first(this: &Value, change: impl Fn(char) -> String) -> Answer {
    let own = own(this);
    let mut chars = own.chars();
    match chars.next() {
        Some(first) => string(change(first) + chars.as_str()),
        None => string(""),
    }
}

fn capitalize(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with_first(this, |first| first.to_uppercase().collect())
}

fn uncapitalize(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with_first(this, |first| first.to_lowercase().collect())
}

fn swap_case(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let mut swapped = String::new();
    for char in own(this).chars() {
        if char.is_uppercase() {
            swapped.extend(char.to_lowercase());
        } else if char.is_lowercase() {
            swapped.extend(char.to_uppercase());
        } else {
            swapped.push(char);
        }
    }
    string(swapped)
}

/// Takes away spaces and control characters, as Java does.
fn trim(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this).trim_matches(|char| char <= ' '))
}

fn normalize_space(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    let space = |char| is_space(char) || char == '\u{a0}';
    let words: Vec<&str> = own.split(space).filter(|word| !word.is_empty()).collect();
    string(words.join(" "))
}

fn delete_whitespace(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this).chars().filter(|char| !is_space(*char)).collect::<String>())
}

fn reverse(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(own(this).chars().rev().collect::<String>())
}

fn repeat(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let separator = if arguments.len() > 1 { optional(arguments, 0) } else { None };
    let times = number(tx, arguments, arguments.len().saturating_sub(1))?;
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    let separator = separator.unwrap_or_else(|| "".into());
    room(tx, times.saturating_mul(own.len() + separator.len()))?;
    if separator.is_empty() {
        return string(own.repeat(times));
    }
    string(vec![&*own; times].join(&separator))
}

/// `count` units of a padding that is repeated.
fn padding(tx: &mut Transaction, count: usize, with: &str) -> Result<String, Thrown> {
    room(tx, count)?;
    let mut made = String::with_capacity(count);
    let mut units = 0;
    for char in with.chars().cycle() {
        if units + char.len_utf16() > count {
            break;
        }
        units += char.len_utf16();
        made.push(char);
    }
    Ok(made)
}

/// The text, the units that it lacks, and what to fill them with.
fn pad(
    tx: &mut Transaction,
    this: &Value,
    arguments: &[Value],
) -> Result<(std::rc::Rc<str>, usize, std::rc::Rc<str>), Thrown> {
    let own = own(this);
    let size = number(tx, arguments, 0)?;
    let with = optional(arguments, 1).filter(|with| !with.is_empty()).unwrap_or_else(|| " ".into());
    let lacking = usize::try_from(size.max(0)).unwrap_or(usize::MAX).saturating_sub(length(&own));
    Ok((own, lacking, with))
}

fn left_pad(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, lacking, with) = pad(tx, this, arguments)?;
    string(padding(tx, lacking, &with)? + &own)
}

fn right_pad(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, lacking, with) = pad(tx, this, arguments)?;
    let padding = padding(tx, lacking, &with)?;
    string(format!("{own}{padding}"))
}

fn center(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, lacking, with) = pad(tx, this, arguments)?;
    let (left, right) = (padding(tx, lacking / 2, &with)?, padding(tx, lacking - lacking / 2, &with)?);
    string(format!("{left}{own}{right}"))
}

fn remove(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    if part.is_empty() {
        return Ok(this.clone());
    }
    string(own(this).replace(&*part, ""))
}

fn remove_start(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (own(this), text(tx, arguments, 0)?);
    string(own.strip_prefix(&*part).unwrap_or(&own))
}

fn remove_end(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (own(this), text(tx, arguments, 0)?);
    string(own.strip_suffix(&*part).unwrap_or(&own))
}

fn remove_start_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (own(this), text(tx, arguments, 0)?);
    let count = part.chars().count();
    let end = own.char_indices().nth(count).map_or(own.len(), |(byte, _)| byte);
    match own.split_at_checked(end) {
        Some((start, rest)) if folded(start) == folded(&part) => string(rest),
        _ => string(&own),
    }
}

fn remove_end_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (own(this), text(tx, arguments, 0)?);
    let count = part.chars().count();
    let start = match count.checked_sub(1) {
        Some(before) => own.char_indices().rev().nth(before).map_or(0, |(byte, _)| byte),
        None => own.len(),
    };
    match own.split_at_checked(start) {
        Some((rest, end)) if folded(end) == folded(&part) => string(rest),
        _ => string(&own),
    }
}

fn replace(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part, with) = (own(this), text(tx, arguments, 0)?, text(tx, arguments, 1)?);
    work(tx, own.len())?;
    let found = if part.is_empty() { own.len() + 1 } else { own.matches(&*part).count() };
    room(tx, own.len().saturating_add(found.saturating_mul(with.len())))?;
    string(own.replace(&*part, &with))
}

fn replace_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (pattern, with) = (text(tx, arguments, 0)?, text(tx, arguments, 1)?);
    let regex = regex::compile(tx, &pattern)?;
    string(regex::replace(tx, &regex, &own(this), &with, usize::MAX)?)
}

fn replace_first(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (pattern, with) = (text(tx, arguments, 0)?, text(tx, arguments, 1)?);
    let regex = regex::compile(tx, &pattern)?;
    string(regex::replace(tx, &regex, &own(this), &with, 1)?)
}

/// Leaves out what stands between `<` and `>`.
fn strip_tags(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    let mut kept = String::with_capacity(own.len());
    let mut rest = &*own;
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        match tag.split_once('>') {
            Some((_, after)) => rest = after,
            // No tag at all.
            None => {
                kept.push('<');
                kept.push_str(tag);
                rest = "";
            }
        }
    }
    kept.push_str(rest);
    string(kept)
}
