//! Dates of conditions, in UTC.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate};

use crate::org::date_time;

/// A moment in milliseconds: `2026-11-24T03:47:23.000+0000`, `…Z`, `…+01:00`.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let parsed = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|moment| moment.timestamp_millis())
}

/// A day as a span of milliseconds.
pub(crate) fn day(text: &str) -> Option<Range<i64>> {
    let first = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    span(first, first.checked_add_days(Days::new(1))?)
}

/// `TODAY`, `LAST_N_DAYS:n` and the like. Weeks begin on Sunday, fiscal years with the calendar's.
pub(super) fn named(name: &str, number: u32, now_ms: i64) -> Option<Range<i64>> {
    let today = date_time(now_ms).date_naive();
    let name = name.to_ascii_uppercase().replace("FISCAL_", "");
    let (unit, from, to) = match name.as_str() {
        "YESTERDAY" => (Unit::Day, -1, 0),
        "TODAY" => (Unit::Day, 0, 1),
        "TOMORROW" => (Unit::Day, 1, 2),
        "LAST_90_DAYS" => (Unit::Day, -90, 1),
        "NEXT_90_DAYS" => (Unit::Day, 1, 91),
        _ => {
            let number = i64::from(number.min(100_000));
            let (span, unit) = name.rsplit_once('_').filter(|(_, unit)| *unit != "AGO").or_else(|| {
                name.strip_prefix("N_").and_then(|rest| rest.strip_suffix("_AGO")).map(|unit| ("AGO", unit))
            })?;
            let unit = match unit.trim_end_matches('S') {
                "DAY" => Unit::Day,
                "WEEK" => Unit::Week,
                "MONTH" => Unit::Month,
                "QUARTER" => Unit::Quarter,
                "YEAR" => Unit::Year,
                _ => return None,
            };
            match span {
                "LAST" => (unit, -1, 0),
                "THIS" => (unit, 0, 1),
                "NEXT" => (unit, 1, 2),
                // Days count today in, longer units only whole ones.
                "LAST_N" => (unit, -number, if unit == Unit::Day { 1 } else { 0 }),
                "NEXT_N" => (unit, 1, number + 1),
                "AGO" => (unit, -number, 1 - number),
                _ => return None,
            }
        }
    };
    span(unit.at(today, from)?, unit.at(today, to)?)
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The first day of the unit `steps` away from the one that holds `today`.
    fn at(self, today: NaiveDate, steps: i64) -> Option<NaiveDate> {
        let (start, months) = match self {
            Self::Day => return shift_days(today, steps),
            Self::Week => {
                let sunday = shift_days(today, -i64::from(today.weekday().num_days_from_sunday()))?;
                return shift_days(sunday, steps.checked_mul(7)?);
            }
            Self::Month => (today.with_day(1)?, 1),
            Self::Quarter => (NaiveDate::from_ymd_opt(today.year(), today.month0() / 3 * 3 + 1, 1)?, 3),
            Self::Year => (NaiveDate::from_ymd_opt(today.year(), 1, 1)?, 12),
        };
        let months = u32::try_from(steps.unsigned_abs()).ok()?.checked_mul(months)?;
        if steps < 0 {
            start.checked_sub_months(Months::new(months))
        } else {
            start.checked_add_months(Months::new(months))
        }
    }
}

fn shift_days(day: NaiveDate, by: i64) -> Option<NaiveDate> {
    let days = Days::new(by.unsigned_abs());
    if by < 0 { day.checked_sub_days(days) } else { day.checked_add_days(days) }
}

fn span(from: NaiveDate, to: NaiveDate) -> Option<Range<i64>> {
    let at = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc().timestamp_millis());
    Some(at(from)?..at(to)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    // Tuesday, 2026-11-24T12:00:00Z.
    const NOW: i64 = 1_795_521_600_000;

    #[test]
    fn named_spans_are_where_the_calendar_has_them() {
        let today = day("2026-11-24").expect("a day");
        assert_eq!(named("TODAY", 0, NOW), Some(today.clone()));
        assert_eq!(named("last_n_days", 2, NOW), Some(today.start - 2 * DAY..today.end));
        assert_eq!(named("THIS_WEEK", 0, NOW).map(|span| span.start), day("2026-11-22").map(|day| day.start));
        assert_eq!(
            named("THIS_MONTH", 0, NOW).map(|span| span.start),
            day("2026-11-01").map(|day| day.start)
        );
        assert_eq!(
            named("THIS_FISCAL_QUARTER", 0, NOW).map(|span| span.start),
            day("2026-10-01").map(|day| day.start)
        );
        assert_eq!(named("N_DAYS_AGO", 1, NOW), named("YESTERDAY", 0, NOW));
        assert_eq!(named("NONSENSE", 1, NOW), None);
    }

    #[test]
    fn moments_parse_in_both_spellings_of_the_offset() {
        assert_eq!(moment("2026-11-24T12:00:00.000+0000"), Some(NOW));
        assert_eq!(moment("2026-11-24T13:00:00+01:00"), Some(NOW));
    }
}
