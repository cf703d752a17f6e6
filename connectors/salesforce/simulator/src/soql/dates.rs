//! Dates of conditions. What is written stands in UTC; days that have names are those of the user's calendar.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;

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

/// A time of day in milliseconds: `10:30:00.000Z`.
pub(super) fn clock(text: &str) -> Option<i64> {
    let zoned = format!("2000-01-01T{text}");
    Some(moment(&zoned)? - moment("2000-01-01T00:00:00Z")?)
}

/// What a clock on the wall shows in a time zone, as if it were UTC.
pub(super) fn wall(now_ms: i64, zone: Tz) -> i64 {
    date_time(now_ms).with_timezone(&zone).naive_local().and_utc().timestamp_millis()
}

/// The moment at which the clock on the wall shows this. Where summer time leaves the hour out, the next one counts.
fn moment_of(wall_ms: i64, zone: Tz) -> i64 {
    let shown = date_time(wall_ms).naive_utc();
    let found = zone.from_local_datetime(&shown).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(shown + TimeDelta::hours(1))).earliest());
    found.map_or(wall_ms, |moment| moment.timestamp_millis())
}

/// A span of days of a calendar as the moments from its beginning to its end.
pub(super) fn moments(days: &Range<i64>, zone: Tz) -> Range<i64> {
    moment_of(days.start, zone)..moment_of(days.end, zone)
}

/// `TODAY`, `LAST_N_DAYS` with its number and the like, by what the wall shows. Weeks begin on Sunday, fiscal years with
/// the calendar's.
pub(super) fn named(name: &str, number: Option<u32>, wall_ms: i64) -> Option<Range<i64>> {
    let today = date_time(wall_ms).date_naive();
    let name = name.to_ascii_uppercase();
    let (unit, from, to) = match (name.as_str(), number) {
        ("YESTERDAY", None) => (Unit::Day, -1, 0),
        ("TODAY", None) => (Unit::Day, 0, 1),
        ("TOMORROW", None) => (Unit::Day, 1, 2),
        ("LAST_90_DAYS", None) => (Unit::Day, -90, 1),
        ("NEXT_90_DAYS", None) => (Unit::Day, 1, 91),
        (name, None) => {
            let (span, unit) = name.split_once('_')?;
            let unit = Unit::named(unit).filter(|unit| *unit != Unit::Day)?;
            match span {
                "LAST" => (unit, -1, 0),
                "THIS" => (unit, 0, 1),
                "NEXT" => (unit, 1, 2),
                _ => return None,
            }
        }
        (name, Some(number)) => {
            let (span, unit) = numbered(name)?;
            let number = i64::from(number.min(100_000));
            match span {
                // Days count today in, longer units only whole ones.
                Span::Last => (unit, -number, if unit == Unit::Day { 1 } else { 0 }),
                Span::Next => (unit, 1, number + 1),
                Span::Ago => (unit, -number, 1 - number),
            }
        }
    };
    span(unit.at(today, from)?, unit.at(today, to)?)
}

/// Whether a name is one of those that take a number.
pub(super) fn takes_number(name: &str) -> bool {
    numbered(&name.to_ascii_uppercase()).is_some()
}

enum Span {
    Last,
    Next,
    Ago,
}

fn numbered(name: &str) -> Option<(Span, Unit)> {
    let (span, units) = if let Some(units) = name.strip_prefix("LAST_N_") {
        (Span::Last, units)
    } else if let Some(units) = name.strip_prefix("NEXT_N_") {
        (Span::Next, units)
    } else {
        (Span::Ago, name.strip_prefix("N_")?.strip_suffix("_AGO")?)
    };
    Some((span, Unit::named(units.strip_suffix('S')?)?))
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
    /// By its name in the singular; only quarters and years are fiscal ones too.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "DAY" => Self::Day,
            "WEEK" => Self::Week,
            "MONTH" => Self::Month,
            "QUARTER" | "FISCAL_QUARTER" => Self::Quarter,
            "YEAR" | "FISCAL_YEAR" => Self::Year,
            _ => return None,
        })
    }

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
        let today = day("2026-11-24").unwrap();
        let days = |from: &str, to: &str| Some(day(from).unwrap().start..day(to).unwrap().start);
        for (name, number, wanted) in [
            ("TODAY", None, Some(today.clone())),
            ("yesterday", None, days("2026-11-23", "2026-11-24")),
            ("last_n_days", Some(2), Some(today.start - 2 * DAY..today.end)),
            ("LAST_90_DAYS", None, Some(today.start - 90 * DAY..today.end)),
            ("NEXT_N_DAYS", Some(1), days("2026-11-25", "2026-11-26")),
            ("THIS_WEEK", None, days("2026-11-22", "2026-11-29")),
            ("LAST_N_WEEKS", Some(1), days("2026-11-15", "2026-11-22")),
            ("N_WEEKS_AGO", Some(2), days("2026-11-08", "2026-11-15")),
            ("THIS_MONTH", None, days("2026-11-01", "2026-12-01")),
            ("NEXT_N_MONTHS", Some(2), days("2026-12-01", "2027-02-01")),
            ("THIS_FISCAL_QUARTER", None, days("2026-10-01", "2027-01-01")),
            ("N_FISCAL_QUARTERS_AGO", Some(1), days("2026-07-01", "2026-10-01")),
            ("LAST_N_FISCAL_YEARS", Some(2), days("2024-01-01", "2026-01-01")),
            ("NEXT_YEAR", None, days("2027-01-01", "2028-01-01")),
            ("N_DAYS_AGO", Some(1), days("2026-11-23", "2026-11-24")),
            ("NONSENSE", Some(1), None),
            ("TODAY", Some(1), None),
            ("LAST_N_DAYS", None, None),
            ("THIS_DAY", None, None),
            ("THIS_FISCAL_MONTH", None, None),
            ("LAST_N_DAY", Some(1), None),
        ] {
            assert_eq!(named(name, number, NOW), wanted, "{name} {number:?}");
        }
        assert!(takes_number("next_n_fiscal_years") && !takes_number("NEXT_YEAR"));
        assert_eq!(clock("01:00:00.500Z"), Some(3_600_500));
    }

    #[test]
    fn days_of_a_calendar_begin_where_its_zone_is() {
        let zone = Tz::America__Los_Angeles;
        // Two in the morning in UTC is still the day before.
        let early = moment("2026-11-24T02:00:00Z").unwrap();
        let today = named("TODAY", None, wall(early, zone)).unwrap();
        assert_eq!(today, day("2026-11-23").unwrap());
        let hours = |from: &str, to: &str| moment(from).unwrap()..moment(to).unwrap();
        assert_eq!(moments(&today, zone), hours("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"));
        // The day on which summer time begins has 23 hours.
        let spring = day("2026-03-08").unwrap();
        assert_eq!(moments(&spring, zone), hours("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"));
        assert_eq!(moments(&spring, Tz::UTC), spring);
    }

    #[test]
    fn moments_parse_in_both_spellings_of_the_offset() {
        assert_eq!(moment("2026-11-24T12:00:00.000+0000"), Some(NOW));
        assert_eq!(moment("2026-11-24T13:00:00+01:00"), Some(NOW));
    }
}
