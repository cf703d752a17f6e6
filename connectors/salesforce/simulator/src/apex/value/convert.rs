//! Conversions between values that the language makes by itself.

use chrono::{NaiveDate, NaiveTime};

/// Milliseconds since the Unix epoch at the start of a day in GMT.
pub fn midnight(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
}
