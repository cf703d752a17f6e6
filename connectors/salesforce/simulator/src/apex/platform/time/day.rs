//! `Date` and `Time`.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Timelike};

use super::super::arguments::{argument, integer, null_argument, text, whole};
use super::super::define::Definition;
use super::moment::calendar;
use super::zone::of_user;
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Date")
            .method("static Integer daysInMonth(Integer, Integer)", days_in_month)
            .method("static Boolean isLeapYear(Integer)", is_leap_year)
            .method("static Date newInstance(Integer, Integer, Integer)", new_date)
            .method("static Date parse(String)", parse)
            .method("static Date today()", today)
            .method("static Date valueOf(String)", value_of)
            .method("static Date valueOf(Object)", value_of)
            .method("Date addDays(Integer)", add_days)
            .method("Date addMonths(Integer)", add_months)
            .method("Date addYears(Integer)", add_years)
            .method("Integer day()", day)
            .method("Integer dayOfYear()", day_of_year)
            .method("Integer daysBetween(Date)", days_between)
            .method("String format()", format)
            .method("Boolean isSameDay(Date)", same_day)
            .method("Integer month()", month)
            .method("Integer monthsBetween(Date)", months_between)
            .method("Date toStartOfMonth()", start_of_month)
            .method("Date toStartOfWeek()", start_of_week)
            .method("Integer year()", year),
        Definition::class("Time")
            .method("static Time newInstance(Integer, Integer, Integer, Integer)", new_time)
            .method("Time addHours(Integer)", add_hours)
            .method("Time addMilliseconds(Integer)", add_milliseconds)
            .method("Time addMinutes(Integer)", add_minutes)
            .method("Time addSeconds(Integer)", add_seconds)
            .method("Integer hour()", hour)
            .method("Integer millisecond()", millisecond)
            .method("Integer minute()", minute)
            .method("Integer second()", second),
    ]
}

fn this_date(tx: &mut Transaction, value: &Value) -> Result<NaiveDate, Thrown> {
    match value {
        Value::Date(date) => Ok(*date),
        Value::Datetime(ms) => {
            let zone = of_user(tx);
            let moment = chrono::DateTime::from_timestamp_millis(*ms).unwrap_or_default();
            Ok(zone.wall(moment).date())
        }
        _ => Err(null_argument(tx)),
    }
}

fn out_of_range(tx: &mut Transaction) -> Thrown {
    throw(tx, "System.TypeException", "Invalid date: out of range")
}

fn small(number: u32) -> Value {
    Value::Integer(i32::try_from(number).unwrap_or(i32::MAX))
}

fn month_length(year: i32, month: u32) -> Option<u32> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = first.checked_add_months(Months::new(1))?;
    u32::try_from((next - first).num_days()).ok()
}

fn days_in_month(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let (year, month) = (integer(tx, argument(arguments, 0))?, integer(tx, argument(arguments, 1))?);
    let days = u32::try_from(month).ok().and_then(|month| month_length(year, month));
    days.map(small).ok_or_else(|| out_of_range(tx))
}

fn is_leap_year(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let year = integer(tx, argument(arguments, 0))?;
    Ok(Value::Boolean(NaiveDate::from_ymd_opt(year, 2, 29).is_some()))
}

fn new_date(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut parts = [0; 6];
    for (place, value) in parts.iter_mut().zip(arguments) {
        *place = integer(tx, value)?;
    }
    calendar(tx, &parts).map(|wall| Value::Date(wall.date()))
}

/// As the locale en_US writes it: `12/27/2009`.
fn parse(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    match NaiveDate::parse_from_str(text.trim(), "%m/%d/%Y") {
        Ok(date) => Ok(Value::Date(date)),
        Err(_) => Err(throw(tx, "System.TypeException", format!("Invalid date: {text}"))),
    }
}

pub(super) fn today(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let now = Value::Datetime(tx.org.now_ms());
    this_date(tx, &now).map(Value::Date)
}

/// `2024-2-29`, with or without a time behind it.
fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if let dated @ (Value::Date(_) | Value::Datetime(_)) = argument(arguments, 0) {
        return this_date(tx, dated).map(Value::Date);
    }
    let text = text(tx, argument(arguments, 0))?;
    let front = text.trim().split([' ', 'T']).next().unwrap_or_default();
    match NaiveDate::parse_from_str(front, "%Y-%m-%d") {
        Ok(date) => Ok(Value::Date(date)),
        Err(_) => Err(throw(tx, "System.TypeException", format!("Invalid date: {text}"))),
    }
}

fn add_days(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (date, count) = (this_date(tx, this)?, integer(tx, argument(arguments, 0))?);
    let days = Days::new(u64::from(count.unsigned_abs()));
    let sum = if count < 0 { date.checked_sub_days(days) } else { date.checked_add_days(days) };
    sum.map(Value::Date).ok_or_else(|| out_of_range(tx))
}

fn months(tx: &mut Transaction, date: NaiveDate, count: i64) -> Answer {
    let months = Months::new(u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX));
    let sum = if count < 0 { date.checked_sub_months(months) } else { date.checked_add_months(months) };
    sum.map(Value::Date).ok_or_else(|| out_of_range(tx))
}

fn add_months(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (date, count) = (this_date(tx, this)?, whole(tx, argument(arguments, 0))?);
    months(tx, date, count)
}

fn add_years(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (date, count) = (this_date(tx, this)?, whole(tx, argument(arguments, 0))?);
    months(tx, date, count.saturating_mul(12))
}

fn day(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_date(tx, this).map(|date| small(date.day()))
}

fn day_of_year(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_date(tx, this).map(|date| small(date.ordinal()))
}

fn month(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_date(tx, this).map(|date| small(date.month()))
}

fn year(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_date(tx, this).map(|date| Value::Integer(date.year()))
}

fn days_between(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (from, to) = (this_date(tx, this)?, this_date(tx, argument(arguments, 0))?);
    Ok(Value::Integer(i32::try_from((to - from).num_days()).unwrap_or(i32::MAX)))
}

/// The difference of the months alone: days do not count.
fn months_between(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (from, to) = (this_date(tx, this)?, this_date(tx, argument(arguments, 0))?);
    let count = |date: NaiveDate| date.year() * 12 + date.month0() as i32;
    Ok(Value::Integer(count(to) - count(from)))
}

fn same_day(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (one, other) = (this_date(tx, this)?, this_date(tx, argument(arguments, 0))?);
    Ok(Value::Boolean(one == other))
}

fn start_of_month(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let date = this_date(tx, this)?;
    Ok(Value::Date(date.with_day(1).unwrap_or(date)))
}

/// Weeks begin on Sunday in the locale en_US.
fn start_of_week(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let date = this_date(tx, this)?;
    let back = Days::new(u64::from(date.weekday().num_days_from_sunday()));
    Ok(Value::Date(date.checked_sub_days(back).unwrap_or(date)))
}

fn format(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let date = this_date(tx, this)?;
    Ok(Value::string(&format!("{}/{}/{}", date.month(), date.day(), date.year())))
}

fn this_time(tx: &mut Transaction, value: &Value) -> Result<NaiveTime, Thrown> {
    match value {
        Value::Time(time) => Ok(*time),
        _ => Err(null_argument(tx)),
    }
}

fn millis(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000 + i64::from(time.nanosecond() / 1_000_000 % 1_000)
}

/// A time of day; what goes beyond a day begins anew.
fn of_millis(ms: i64) -> Value {
    let ms = ms.rem_euclid(DAY_MS);
    let time =
        NaiveTime::from_num_seconds_from_midnight_opt((ms / 1_000) as u32, (ms % 1_000) as u32 * 1_000_000);
    Value::Time(time.unwrap_or_default())
}

fn new_time(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let mut parts = [0i64; 4];
    for (place, value) in parts.iter_mut().zip(arguments) {
        *place = whole(tx, value)?;
    }
    let [hour, minute, second, milli] = parts;
    Ok(of_millis(((hour * 60 + minute) * 60 + second) * 1_000 + milli))
}

fn later(tx: &mut Transaction, this: &Value, arguments: &[Value], unit: i64) -> Answer {
    let (time, count) = (this_time(tx, this)?, whole(tx, argument(arguments, 0))?);
    Ok(of_millis(millis(time).wrapping_add(count.wrapping_mul(unit))))
}

fn add_hours(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 3_600_000)
}

fn add_minutes(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 60_000)
}

fn add_seconds(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 1_000)
}

fn add_milliseconds(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 1)
}

fn hour(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_time(tx, this).map(|time| small(time.hour()))
}

fn minute(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_time(tx, this).map(|time| small(time.minute()))
}

fn second(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_time(tx, this).map(|time| small(time.second()))
}

fn millisecond(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this_time(tx, this).map(|time| Value::Integer((millis(time) % 1_000) as i32))
}
