//! Comparison, logic, and functions about texts.

use std::cmp::Ordering;

use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive};
use fancy_regex::RegexBuilder;

use super::Fault;
use super::datum::{Datum, number_of};
use super::eval::{Scene, same};
use crate::org::{Id, date_time};

/// Characters of a text on the way.
const TEXT_MAX: usize = 1 << 20;
/// Steps back that a pattern may take.
const BACKTRACK_MAX: usize = 100_000;

const TOO_LONG: Fault = Fault("Text is too long");

fn text_at(arguments: &[Datum], at: usize) -> &str {
    arguments.get(at).map(Datum::text).unwrap_or_default()
}

/// A count of characters; absent when it is unknown.
fn count_at(arguments: &[Datum], at: usize) -> Option<i64> {
    let number = arguments.get(at)?.number()?;
    let whole = number.with_scale_round(0, RoundingMode::Down);
    Some(whole.to_i64().unwrap_or(if whole.is_positive() { i64::MAX } else { i64::MIN }))
}

fn made(text: String) -> Result<Datum, Fault> {
    if text.len() > TEXT_MAX { Err(TOO_LONG) } else { Ok(Datum::Text(text)) }
}

fn known(flag: Option<bool>) -> Result<Datum, Fault> {
    Ok(flag.map_or(Datum::Null, Datum::Boolean))
}

pub(super) fn not(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    known(arguments.first().and_then(Datum::boolean).map(|flag| !flag))
}

pub(super) fn equal(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let [left, right] = arguments else { return Ok(Datum::Null) };
    known(same(left, right))
}

pub(super) fn unequal(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let [left, right] = arguments else { return Ok(Datum::Null) };
    known(same(left, right).map(|same| !same))
}

fn order(arguments: &[Datum], wanted: impl FnOnce(Ordering) -> bool) -> Result<Datum, Fault> {
    known(match arguments {
        [Datum::Number(left), Datum::Number(right)] => Some(wanted(left.cmp(right))),
        [Datum::Date(left), Datum::Date(right)] => Some(wanted(left.cmp(right))),
        [Datum::DateTime(left), Datum::DateTime(right)] => Some(wanted(left.cmp(right))),
        [left @ Datum::Text(_), right @ (Datum::Text(_) | Datum::Null)]
        | [left @ Datum::Null, right @ Datum::Text(_)] => Some(wanted(left.text().cmp(right.text()))),
        _ => None,
    })
}

pub(super) fn less(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    order(arguments, Ordering::is_lt)
}

pub(super) fn greater(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    order(arguments, Ordering::is_gt)
}

pub(super) fn at_most(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    order(arguments, Ordering::is_le)
}

pub(super) fn at_least(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    order(arguments, Ordering::is_ge)
}

pub(super) fn is_blank(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Boolean(arguments.first().is_none_or(Datum::is_blank)))
}

/// `ISNULL` of a text.
pub(super) fn never(_: &Scene<'_>, _: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Boolean(false))
}

pub(super) fn or_else(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(arguments.iter().find(|value| !value.is_blank()).cloned().unwrap_or(Datum::Null))
}

/// `NULLVALUE` of a text.
pub(super) fn first(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(arguments.first().cloned().unwrap_or(Datum::Null))
}

pub(super) fn join(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    made(arguments.iter().map(Datum::text).collect())
}

/// One of the values that a field holds.
pub(super) fn includes(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let wanted = text_at(arguments, 1);
    Ok(Datum::Boolean(text_at(arguments, 0).split(';').any(|one| one.trim() == wanted)))
}

pub(super) fn text(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(match arguments.first() {
        Some(Datum::Text(text)) => Datum::Text(text.clone()),
        Some(Datum::Number(number)) => Datum::Text(number.normalized().to_plain_string()),
        Some(Datum::Date(day)) => Datum::Text(day.format("%Y-%m-%d").to_string()),
        Some(Datum::DateTime(at)) => Datum::Text(date_time(*at).format("%Y-%m-%d %H:%M:%SZ").to_string()),
        _ => Datum::Null,
    })
}

pub(super) fn value(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let text = text_at(arguments, 0).trim();
    if text.is_empty() {
        return Ok(Datum::Null);
    }
    match number_of(text) {
        Some(number) => super::numbers::bounded(number),
        None => Err(Fault("The value 'null' is not a valid number.")),
    }
}

pub(super) fn is_number(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Boolean(number_of(text_at(arguments, 0).trim()).is_some()))
}

pub(super) fn len(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Number(BigDecimal::from(text_at(arguments, 0).chars().count() as u64)))
}

fn cut(text: &str, from: usize, count: usize) -> Result<Datum, Fault> {
    Ok(Datum::Text(text.chars().skip(from).take(count).collect()))
}

pub(super) fn left(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let Some(count) = count_at(arguments, 1) else { return Ok(Datum::Null) };
    cut(text_at(arguments, 0), 0, usize::try_from(count).unwrap_or_default())
}

pub(super) fn right(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let Some(count) = count_at(arguments, 1) else { return Ok(Datum::Null) };
    let text = text_at(arguments, 0);
    let count = usize::try_from(count).unwrap_or_default();
    cut(text, text.chars().count().saturating_sub(count), count)
}

/// From a place counted from 1.
pub(super) fn mid(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let (Some(start), Some(count)) = (count_at(arguments, 1), count_at(arguments, 2)) else {
        return Ok(Datum::Null);
    };
    let from = usize::try_from(start.max(1).saturating_sub(1)).unwrap_or_default();
    cut(text_at(arguments, 0), from, usize::try_from(count).unwrap_or_default())
}

pub(super) fn upper(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    made(text_at(arguments, 0).to_uppercase())
}

pub(super) fn lower(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    made(text_at(arguments, 0).to_lowercase())
}

pub(super) fn trim(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let words: Vec<&str> = text_at(arguments, 0).split(' ').filter(|word| !word.is_empty()).collect();
    made(words.join(" "))
}

/// Every text contains nothing; an unknown one contains nothing else.
pub(super) fn contains(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Boolean(text_at(arguments, 0).contains(text_at(arguments, 1))))
}

pub(super) fn begins(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Boolean(text_at(arguments, 0).starts_with(text_at(arguments, 1))))
}

/// Where a text is in another, counted from 1; 0 = nowhere.
pub(super) fn find(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let (wanted, text) = (text_at(arguments, 0), text_at(arguments, 1));
    let start = count_at(arguments, 2).map_or(0, |start| start.max(1).saturating_sub(1));
    let skipped: usize = usize::try_from(start).unwrap_or_default();
    let from = text.char_indices().nth(skipped).map(|(at, _)| at);
    let place = from.filter(|_| !wanted.is_empty()).and_then(|from| {
        let rest = text.get(from..)?;
        rest.find(wanted).and_then(|at| rest.get(..at)).map(|before| skipped + before.chars().count() + 1)
    });
    Ok(Datum::Number(BigDecimal::from(place.unwrap_or_default() as u64)))
}

pub(super) fn substitute(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let (text, old, new) = (text_at(arguments, 0), text_at(arguments, 1), text_at(arguments, 2));
    if old.is_empty() {
        return made(text.to_owned());
    }
    if text.len().saturating_add(text.matches(old).count().saturating_mul(new.len())) > TEXT_MAX {
        return Err(TOO_LONG);
    }
    made(text.replace(old, new))
}

fn padded(arguments: &[Datum], before: bool) -> Result<Datum, Fault> {
    let Some(length) = count_at(arguments, 1) else { return Ok(Datum::Null) };
    let length = usize::try_from(length).unwrap_or_default();
    if length > TEXT_MAX {
        return Err(TOO_LONG);
    }
    let text = text_at(arguments, 0);
    let pad = arguments.get(2).map_or(" ", Datum::text);
    let missing = length.saturating_sub(text.chars().count());
    if missing == 0 {
        return cut(text, 0, length);
    }
    let pad: String = pad.chars().cycle().take(missing).collect();
    made(if before { pad + text } else { text.to_owned() + &pad })
}

pub(super) fn left_pad(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    padded(arguments, true)
}

pub(super) fn right_pad(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    padded(arguments, false)
}

/// Whether a pattern fits the whole text.
pub(super) fn regex(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let pattern = format!(r"\A(?:{})\z", text_at(arguments, 1));
    let regex = RegexBuilder::new(&pattern).backtrack_limit(BACKTRACK_MAX).build();
    let regex = regex.map_err(|_| Fault("Invalid regular expression"))?;
    let fits = regex.is_match(text_at(arguments, 0));
    fits.map(Datum::Boolean).map_err(|_| Fault("Regular expression runtime exceeded"))
}

/// 18 characters.
pub(super) fn case_safe_id(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let text = text_at(arguments, 0);
    made(Id::parse(text).map_or_else(|| text.to_owned(), |id| id.as_str().to_owned()))
}
