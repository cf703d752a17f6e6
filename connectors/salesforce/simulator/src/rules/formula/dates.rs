//! Functions about days and moments. The org's users live in UTC.

use bigdecimal::{BigDecimal, ToPrimitive};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, Utc};

use super::Fault;
use super::datum::{Datum, midnight};
use super::eval::Scene;
use super::function::numbers_of;
use crate::org::date_time;

const RANGE: Fault = Fault("Date is out of range");

pub(super) fn now(scene: &Scene<'_>, _: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::DateTime(scene.view.org.now_ms()))
}

pub(super) fn today(scene: &Scene<'_>, _: &[Datum]) -> Result<Datum, Fault> {
    Ok(Datum::Date(date_time(scene.view.org.now_ms()).date_naive()))
}

pub(super) fn date(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let Some(numbers) = numbers_of(arguments) else { return Ok(Datum::Null) };
    let part = |at: usize| numbers.get(at).and_then(|number| number.to_i32());
    let year = part(0).filter(|year| (1..=9_999).contains(year));
    let year = year.ok_or(Fault("Year out of range in DATE() function"))?;
    let day = part(1).zip(part(2)).and_then(|(month, day)| {
        NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
    });
    day.map(Datum::Date).ok_or(Fault("Month or Day out of range in DATE() function"))
}

pub(super) fn date_value(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(match arguments.first() {
        Some(Datum::Date(day)) => Datum::Date(*day),
        Some(Datum::DateTime(at)) => Datum::Date(date_time(*at).date_naive()),
        Some(Datum::Text(text)) if !text.is_empty() => {
            let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d");
            Datum::Date(day.map_err(|_| Fault("Invalid year for DATEVALUE function"))?)
        }
        _ => Datum::Null,
    })
}

pub(super) fn date_time_value(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    Ok(match arguments.first() {
        Some(Datum::Date(day)) => Datum::DateTime(midnight(*day)),
        Some(Datum::DateTime(at)) => Datum::DateTime(*at),
        Some(Datum::Text(text)) if !text.is_empty() => {
            let text = text.trim().trim_end_matches('Z');
            let at = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
            let at = at.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
            let at = at.ok_or(Fault("Invalid value for DATETIMEVALUE function"))?;
            Datum::DateTime(at.and_utc().timestamp_millis())
        }
        _ => Datum::Null,
    })
}

fn part(arguments: &[Datum], of: impl FnOnce(&NaiveDate) -> i64) -> Result<Datum, Fault> {
    Ok(match arguments {
        [Datum::Date(day)] => Datum::Number(BigDecimal::from(of(day))),
        _ => Datum::Null,
    })
}

pub(super) fn year(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    part(arguments, |day| day.year().into())
}

pub(super) fn month(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    part(arguments, |day| day.month().into())
}

pub(super) fn day(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    part(arguments, |day| day.day().into())
}

/// 1 = Sunday.
pub(super) fn weekday(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    part(arguments, |day| day.weekday().number_from_sunday().into())
}

/// The last day of a month stays the last.
pub(super) fn add_months(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let [from, Datum::Number(months)] = arguments else { return Ok(Datum::Null) };
    let months = months.to_i32().ok_or(RANGE)?;
    match from {
        Datum::Date(day) => shifted(*day, months).map(Datum::Date).ok_or(RANGE),
        Datum::DateTime(at) => {
            let at: DateTime<Utc> = date_time(*at);
            let day = shifted(at.date_naive(), months).ok_or(RANGE)?;
            Ok(Datum::DateTime(day.and_time(at.time()).and_utc().timestamp_millis()))
        }
        _ => Ok(Datum::Null),
    }
}

fn shifted(day: NaiveDate, months: i32) -> Option<NaiveDate> {
    let is_last = day.succ_opt()?.month() != day.month();
    let from = if is_last { day.succ_opt()? } else { day };
    let by = Months::new(months.unsigned_abs());
    let to = if months < 0 { from.checked_sub_months(by)? } else { from.checked_add_months(by)? };
    if is_last { to.pred_opt() } else { Some(to) }
}
