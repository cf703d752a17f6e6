//! Functions that take a part of a date: `CALENDAR_YEAR(CreatedDate)`. Days are those of UTC where no
//! time zone is asked for, fiscal years the calendar's.

use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use serde_json::Value;

use super::dates;
use crate::org::{Field, FieldType, date_time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Quarter,
    Month,
    DayInMonth,
    DayInWeek,
    DayInYear,
    DayOnly,
    Hour,
    WeekInMonth,
    WeekInYear,
}

impl Part {
    /// By the name of its function, in upper case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "CALENDAR_YEAR" | "FISCAL_YEAR" => Self::Year,
            "CALENDAR_QUARTER" | "FISCAL_QUARTER" => Self::Quarter,
            "CALENDAR_MONTH" | "FISCAL_MONTH" => Self::Month,
            "DAY_IN_MONTH" => Self::DayInMonth,
            "DAY_IN_WEEK" => Self::DayInWeek,
            "DAY_IN_YEAR" => Self::DayInYear,
            "DAY_ONLY" => Self::DayOnly,
            "HOUR_IN_DAY" => Self::Hour,
            "WEEK_IN_MONTH" => Self::WeekInMonth,
            "WEEK_IN_YEAR" => Self::WeekInYear,
            _ => return None,
        })
    }

    /// The field as the function makes it; absent when it is no date, or no moment where one is needed.
    pub(super) fn of_field(self, field: &Field) -> Option<Field> {
        let needs_moment = matches!(self, Self::DayOnly | Self::Hour);
        let fits = field.kind == FieldType::DateTime || field.kind == FieldType::Date && !needs_moment;
        let kind = if self == Self::DayOnly { FieldType::Date } else { FieldType::Int };
        fits.then(|| Field { kind, unique: false, external_id: false, ..field.clone() })
    }

    /// The part of a date or moment as the store keeps it; moments are seen from `zone`.
    pub(super) fn of(self, value: &Value, zone: Tz) -> Value {
        let Some(text) = value.as_str() else { return Value::Null };
        let moment = match dates::moment(text) {
            Some(at) => date_time(at).with_timezone(&zone).naive_local(),
            None => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                Ok(day) => day.and_time(chrono::NaiveTime::MIN),
                Err(_) => return Value::Null,
            },
        };
        match self {
            Self::Year => moment.year().into(),
            Self::Quarter => (moment.month0() / 3 + 1).into(),
            Self::Month => moment.month().into(),
            Self::DayInMonth => moment.day().into(),
            Self::DayInWeek => (moment.weekday().num_days_from_sunday() + 1).into(),
            Self::DayInYear => moment.ordinal().into(),
            Self::DayOnly => moment.format("%Y-%m-%d").to_string().into(),
            Self::Hour => moment.hour().into(),
            Self::WeekInMonth => (moment.day0() / 7 + 1).into(),
            Self::WeekInYear => (moment.ordinal0() / 7 + 1).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_those_of_the_calendar() {
        // A Tuesday.
        let moment = json!("2026-11-24T13:05:00.000+0000");
        let parts = [
            ("CALENDAR_YEAR", json!(2026)),
            ("CALENDAR_QUARTER", json!(4)),
            ("CALENDAR_MONTH", json!(11)),
            ("DAY_IN_MONTH", json!(24)),
            ("DAY_IN_WEEK", json!(3)),
            ("DAY_IN_YEAR", json!(328)),
            ("DAY_ONLY", json!("2026-11-24")),
            ("HOUR_IN_DAY", json!(13)),
            ("WEEK_IN_MONTH", json!(4)),
            ("WEEK_IN_YEAR", json!(47)),
        ];
        for (name, expected) in parts {
            assert_eq!(Part::named(name).map(|part| part.of(&moment, Tz::UTC)), Some(expected), "{name}");
        }
        assert_eq!(Part::Year.of(&json!("2025-02-03"), Tz::UTC), json!(2025));
        let early = json!("2026-11-24T02:00:00.000+0000");
        assert_eq!(Part::DayOnly.of(&early, Tz::America__Los_Angeles), json!("2026-11-23"));
        assert_eq!(Part::Hour.of(&early, Tz::America__Los_Angeles), json!(18));
        assert_eq!(Part::Year.of(&Value::Null, Tz::UTC), Value::Null);
    }
}
