//! `Datetime`.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Timelike, Utc,
};

use super::super::arguments::{argument, integer, null_argument, text, whole};
use super::super::define::Definition;
use super::format::formatted;
use super::zone::{Zone, of_user};
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    Definition::class("Datetime")
        .method("static Datetime newInstance(Long)", of_millis)
        .method("static Datetime newInstance(Date, Time)", of_date_time)
        .method("static Datetime newInstance(Integer, Integer, Integer)", of_parts)
        .method("static Datetime newInstance(Integer, Integer, Integer, Integer, Integer, Integer)", of_parts)
        .method("static Datetime newInstanceGmt(Date, Time)", of_date_time_gmt)
        .method("static Datetime newInstanceGmt(Integer, Integer, Integer)", of_parts_gmt)
        .method(
            "static Datetime newInstanceGmt(Integer, Integer, Integer, Integer, Integer, Integer)",
            of_parts_gmt,
        )
        .method("static Datetime now()", now)
        .method("static Datetime parse(String)", parse)
        .method("static Datetime valueOf(String)", value_of)
        .method("static Datetime valueOf(Object)", value_of_any)
        .method("static Datetime valueOfGmt(String)", value_of_gmt)
        .method("Datetime addDays(Integer)", add_days)
        .method("Datetime addHours(Integer)", add_hours)
        .method("Datetime addMinutes(Integer)", add_minutes)
        .method("Datetime addMonths(Integer)", add_months)
        .method("Datetime addSeconds(Integer)", add_seconds)
        .method("Datetime addYears(Integer)", add_years)
        .method("Date date()", date)
        .method("Date dateGmt()", date_gmt)
        .method("Integer day()", day)
        .method("Integer dayGmt()", day_gmt)
        .method("Integer dayOfYear()", day_of_year)
        .method("Integer dayOfYearGmt()", day_of_year_gmt)
        .method("String format()", format)
        .method("String format(String)", format_as)
        .method("String format(String, String)", format_in)
        .method("String formatGmt(String)", format_gmt)
        .method("String formatLong()", format_long)
        .method("Long getTime()", millis)
        .method("Integer hour()", hour)
        .method("Integer hourGmt()", hour_gmt)
        .method("Boolean isSameDay(Datetime)", same_day)
        .method("Integer millisecond()", millisecond)
        .method("Integer millisecondGmt()", millisecond)
        .method("Integer minute()", minute)
        .method("Integer minuteGmt()", minute_gmt)
        .method("Integer month()", month)
        .method("Integer monthGmt()", month_gmt)
        .method("Integer second()", second)
        .method("Integer secondGmt()", second)
        .method("Time time()", time)
        .method("Time timeGmt()", time_gmt)
        .method("Integer year()", year)
        .method("Integer yearGmt()", year_gmt)
}

/// `System.now()` and `System.today()`.
pub(super) fn methods(system: Definition) -> Definition {
    system.method("static Datetime now()", now).method("static Date today()", super::day::today)
}

fn this_moment(tx: &mut Transaction, value: &Value) -> Result<DateTime<Utc>, Thrown> {
    let Value::Datetime(ms) = value else { return Err(null_argument(tx)) };
    DateTime::from_timestamp_millis(*ms).ok_or_else(|| out_of_range(tx))
}

fn out_of_range(tx: &mut Transaction) -> Thrown {
    throw(tx, "System.TypeException", "Invalid date/time: out of range")
}

/// The wall clock of the running user.
fn local(tx: &mut Transaction, value: &Value) -> Result<NaiveDateTime, Thrown> {
    let moment = this_moment(tx, value)?;
    Ok(of_user(tx).wall(moment))
}

fn moment(value: DateTime<Utc>) -> Value {
    Value::Datetime(value.timestamp_millis())
}

fn of_millis(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    whole(tx, argument(arguments, 0)).map(Value::Datetime)
}

/// Parts beyond their ranges carry over, as they do in Java's calendar.
pub(super) fn calendar(tx: &mut Transaction, parts: &[i32; 6]) -> Result<NaiveDateTime, Thrown> {
    let [year, month, day, hour, minute, second] = *parts;
    let months = i64::from(year) * 12 + i64::from(month) - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let first = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month as u32, 1));
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let begun =
        first.and_then(|first| first.checked_add_signed(chrono::TimeDelta::try_days(i64::from(day) - 1)?));
    let exact = begun.and_then(|date| {
        date.and_time(NaiveTime::MIN).checked_add_signed(chrono::TimeDelta::try_seconds(seconds)?)
    });
    exact.filter(|moment| (1..=4_000).contains(&moment.year())).ok_or_else(|| out_of_range(tx))
}

fn parts(tx: &mut Transaction, arguments: &[Value]) -> Result<NaiveDateTime, Thrown> {
    let mut all = [0; 6];
    for (place, value) in all.iter_mut().zip(arguments) {
        *place = integer(tx, value)?;
    }
    calendar(tx, &all)
}

fn of_parts(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = parts(tx, arguments)?;
    Ok(moment(of_user(tx).moment(wall)))
}

fn of_parts_gmt(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = parts(tx, arguments)?;
    Ok(moment(Utc.from_utc_datetime(&wall)))
}

fn joined(tx: &mut Transaction, arguments: &[Value]) -> Result<NaiveDateTime, Thrown> {
    match (argument(arguments, 0), argument(arguments, 1)) {
        (Value::Date(date), Value::Time(time)) => Ok(date.and_time(*time)),
        _ => Err(null_argument(tx)),
    }
}

fn of_date_time(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = joined(tx, arguments)?;
    Ok(moment(of_user(tx).moment(wall)))
}

fn of_date_time_gmt(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = joined(tx, arguments)?;
    Ok(moment(Utc.from_utc_datetime(&wall)))
}

fn now(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Datetime(tx.org.now_ms()))
}

/// `2024-02-29 10:30:00`
fn read(tx: &mut Transaction, value: &Value) -> Result<NaiveDateTime, Thrown> {
    let text = text(tx, value)?;
    let trimmed = text.trim();
    let found = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(trimmed, format).ok());
    found.ok_or_else(|| throw(tx, "System.TypeException", format!("Invalid date/time: {text}")))
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = read(tx, argument(arguments, 0))?;
    Ok(moment(of_user(tx).moment(wall)))
}

fn value_of_any(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Datetime(ms) => Ok(Value::Datetime(*ms)),
        Value::Date(date) => {
            let zone = of_user(tx);
            Ok(moment(zone.moment(date.and_time(NaiveTime::MIN))))
        }
        Value::Null => Ok(Value::Null),
        _ => value_of(tx, this, arguments),
    }
}

fn value_of_gmt(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wall = read(tx, argument(arguments, 0))?;
    Ok(moment(Utc.from_utc_datetime(&wall)))
}

/// As the locale en_US writes it: `10/14/2011, 11:46 AM`, with or without the comma.
fn parse(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    let plain = text.trim().replace(',', "");
    match NaiveDateTime::parse_from_str(&plain, "%m/%d/%Y %I:%M %p") {
        Ok(wall) => Ok(moment(of_user(tx).moment(wall))),
        Err(_) => Err(throw(tx, "System.TypeException", format!("Invalid date/time: {text}"))),
    }
}

/// Seconds are added to the moment itself.
fn later(tx: &mut Transaction, this: &Value, arguments: &[Value], unit: i64) -> Answer {
    let Value::Datetime(ms) = this else { return Err(null_argument(tx)) };
    let count = whole(tx, argument(arguments, 0))?;
    let sum = count.checked_mul(unit * 1_000).and_then(|more| ms.checked_add(more));
    sum.map(Value::Datetime).ok_or_else(|| out_of_range(tx))
}

fn add_hours(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 3_600)
}

fn add_minutes(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 60)
}

fn add_seconds(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    later(tx, this, arguments, 1)
}

/// Days and months are added to the wall clock.
fn on_wall(
    tx: &mut Transaction,
    this: &Value,
    change: impl FnOnce(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Answer {
    let zone = of_user(tx);
    let wall = local(tx, this)?;
    match change(wall) {
        Some(wall) => Ok(moment(zone.moment(wall))),
        None => Err(out_of_range(tx)),
    }
}

fn add_days(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let count = integer(tx, argument(arguments, 0))?;
    let days = Days::new(u64::from(count.unsigned_abs()));
    on_wall(
        tx,
        this,
        |wall| if count < 0 { wall.checked_sub_days(days) } else { wall.checked_add_days(days) },
    )
}

fn months(tx: &mut Transaction, this: &Value, count: i64) -> Answer {
    let months = Months::new(u32::try_from(count.unsigned_abs()).unwrap_or(u32::MAX));
    on_wall(tx, this, |wall| {
        if count < 0 { wall.checked_sub_months(months) } else { wall.checked_add_months(months) }
    })
}

fn add_months(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let count = whole(tx, argument(arguments, 0))?;
    months(tx, this, count)
}

fn add_years(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let count = whole(tx, argument(arguments, 0))?;
    months(tx, this, count.saturating_mul(12))
}

macro_rules! parts {
    ($($name:ident $gmt:ident |$wall:ident| $part:expr;)*) => {
        $(
            fn $name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
                let $wall = local(tx, this)?;
                Ok($part)
            }
            fn $gmt(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
                let $wall = this_moment(tx, this)?.naive_utc();
                Ok($part)
            }
        )*
    };
}

fn small(number: u32) -> Value {
    Value::Integer(i32::try_from(number).unwrap_or(i32::MAX))
}

parts! {
    date date_gmt |wall| Value::Date(wall.date());
    time time_gmt |wall| Value::Time(wall.time());
    day day_gmt |wall| small(wall.day());
    day_of_year day_of_year_gmt |wall| small(wall.ordinal());
    hour hour_gmt |wall| small(wall.hour());
    minute minute_gmt |wall| small(wall.minute());
    month month_gmt |wall| small(wall.month());
    year year_gmt |wall| Value::Integer(wall.year());
}

fn second(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(small(this_moment(tx, this)?.second()))
}

fn millisecond(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(small(this_moment(tx, this)?.timestamp_subsec_millis()))
}

fn millis(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Datetime(ms) => Ok(Value::Long(*ms)),
        _ => Err(null_argument(tx)),
    }
}

fn same_day(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (one, other) = (local(tx, this)?, local(tx, argument(arguments, 0))?);
    Ok(Value::Boolean(one.date() == other.date()))
}

fn shown(tx: &mut Transaction, this: &Value, zone: Zone, pattern: &str) -> Answer {
    let moment = this_moment(tx, this)?;
    match formatted(zone, moment, pattern) {
        Ok(text) => Ok(Value::string(&text)),
        Err(letter) => {
            let message = format!("Illegal pattern character '{letter}'");
            Err(throw(tx, "System.IllegalArgumentException", message))
        }
    }
}

fn format(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let zone = of_user(tx);
    shown(tx, this, zone, "M/d/yyyy, h:mm a")
}

fn format_as(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = text(tx, argument(arguments, 0))?;
    let zone = of_user(tx);
    shown(tx, this, zone, &pattern)
}

fn format_in(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = text(tx, argument(arguments, 0))?;
    let zone = match argument(arguments, 1) {
        Value::Null => of_user(tx),
        other => Zone::named(&text(tx, other)?),
    };
    shown(tx, this, zone, &pattern)
}

fn format_gmt(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = text(tx, argument(arguments, 0))?;
    shown(tx, this, Zone::GMT, &pattern)
}

fn format_long(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let zone = of_user(tx);
    shown(tx, this, zone, "M/d/yyyy, h:mm:ss a z")
}
