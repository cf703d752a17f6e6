//! Dates and times beside a calendar that counts days.

use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

use crate::apex::platform::text::tests::{call, shown, text, transaction};
use crate::apex::value::Value;

fn date(year: i32, month: u32, day: u32) -> Value {
    Value::Date(NaiveDate::from_ymd_opt(year, month, day).unwrap())
}

fn int(number: i32) -> Value {
    Value::Integer(number)
}

fn day_of(outcome: Result<Value, String>) -> NaiveDate {
    match outcome {
        Ok(Value::Date(date)) => date,
        other => panic!("no date: {other:?}"),
    }
}

#[test]
fn months_end_where_they_end() {
    let tx = &mut transaction();
    for (from, months, wanted) in [
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2023, 1, 31), 1, (2023, 2, 28)),
        ((2024, 3, 31), -1, (2024, 2, 29)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2024, 2, 29), 48, (2028, 2, 29)),
        ((2024, 12, 15), 1, (2025, 1, 15)),
    ] {
        let outcome = call(tx, "Date", "addMonths", &date(from.0, from.1, from.2), &[int(months)]);
        let wanted = NaiveDate::from_ymd_opt(wanted.0, wanted.1, wanted.2).unwrap();
        assert_eq!(day_of(outcome), wanted, "{from:?} + {months}");
    }
}

#[test]
fn patterns_show_a_moment() {
    let tx = &mut transaction();
    // 2024-02-29 13:05:09.007 GMT, a Thursday.
    let moment = Value::Datetime(1_709_211_909_007);
    for (pattern, wanted) in [
        ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2024-02-29T13:05:09.007Z"),
        ("yy/M/d h:m:s a", "24/2/29 1:5:9 PM"),
        ("EEEE, MMMM d", "Thursday, February 29"),
        ("EEE MMM DDD", "Thu Feb 060"),
        ("''yyyy'' 'o''clock'", "'2024' o'clock"),
    ] {
        let outcome = call(tx, "Datetime", "formatGmt", &moment, &[text(pattern)]);
        assert_eq!(shown(tx, outcome), wanted, "{pattern}");
    }
}

#[test]
fn what_is_no_date_is_refused() {
    let tx = &mut transaction();
    for wrong in ["2024-02-30", "x", ""] {
        let outcome = call(tx, "Date", "valueOf", &Value::Null, &[text(wrong)]);
        assert_eq!(shown(tx, outcome), format!("System.TypeException: Invalid date: {wrong}"));
    }
    let far = call(tx, "Date", "addDays", &date(2024, 1, 1), &[int(i32::MAX)]);
    assert!(far.is_err());
    let far = call(tx, "Date", "addYears", &date(2024, 1, 1), &[int(i32::MIN)]);
    assert!(far.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn days_are_counted(from in -200_000i32..200_000, count in -100_000i32..100_000) {
        let tx = &mut transaction();
        let origin = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap().num_days_from_ce();
        let own = NaiveDate::from_num_days_from_ce_opt(origin + from).unwrap();
        let there = call(tx, "Date", "addDays", &Value::Date(own), &[int(count)]).unwrap();
        let between = call(tx, "Date", "daysBetween", &Value::Date(own), std::slice::from_ref(&there));
        prop_assert_eq!(shown(tx, between), count.to_string());
        let back = call(tx, "Date", "addDays", &there, &[int(-count)]);
        prop_assert_eq!(day_of(back), own);
    }

    #[test]
    fn weeks_begin_on_sunday(from in -200_000i32..200_000) {
        let tx = &mut transaction();
        let origin = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap().num_days_from_ce();
        let own = NaiveDate::from_num_days_from_ce_opt(origin + from).unwrap();
        let start = day_of(call(tx, "Date", "toStartOfWeek", &Value::Date(own), &[]));
        prop_assert_eq!(start.weekday(), chrono::Weekday::Sun);
        prop_assert!((0..7).contains(&(own - start).num_days()));
    }

    #[test]
    fn moments_have_the_parts_that_made_them(
        (year, month, day) in (1900i32..2100, 1i32..13, 1i32..29),
        (hour, minute, second) in (0i32..24, 0i32..60, 0i32..60),
    ) {
        let tx = &mut transaction();
        let parts = [year, month, day, hour, minute, second];
        let moment = call(tx, "Datetime", "newInstanceGmt", &Value::Null, &parts.map(int)).unwrap();
        for (name, wanted) in ["yearGmt", "monthGmt", "dayGmt", "hourGmt", "minuteGmt", "secondGmt"].iter().zip(parts) {
            let part = call(tx, "Datetime", name, &moment, &[]);
            prop_assert_eq!(shown(tx, part), wanted.to_string(), "{}", name);
        }
        let written = call(tx, "Datetime", "formatGmt", &moment, &[text("yyyy-MM-dd HH:mm:ss")]).unwrap();
        let read = call(tx, "Datetime", "valueOfGmt", &Value::Null, &[written]).unwrap();
        let (Value::Datetime(read), Value::Datetime(made)) = (read, moment) else { unreachable!() };
        prop_assert_eq!(read, made);
    }

    #[test]
    fn times_of_day_begin_anew(hour in 0i32..24, minute in 0i32..60, count in any::<i32>()) {
        let tx = &mut transaction();
        let made = [hour, minute, 0, 0].map(int);
        let own = call(tx, "Time", "newInstance", &Value::Null, &made).unwrap();
        let later = call(tx, "Time", "addMinutes", &own, &[int(count)]).unwrap();
        let wanted = (i64::from(hour) * 60 + i64::from(minute) + i64::from(count)).rem_euclid(1_440);
        let hours = call(tx, "Time", "hour", &later, &[]);
        prop_assert_eq!(shown(tx, hours), (wanted / 60).to_string());
        let minutes = call(tx, "Time", "minute", &later, &[]);
        prop_assert_eq!(shown(tx, minutes), (wanted % 60).to_string());
    }
}
