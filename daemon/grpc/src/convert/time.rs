//! Times.

use std::time::Duration;

use provision_core::Timestamp;
use provision_core::fault::{Fault, Result};

pub(crate) fn to_proto(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.timestamp(), nanos: time.timestamp_subsec_nanos() as i32 }
}

/// A time from a caller: years 1 to 9999, as protobuf has it.
pub(crate) fn from_proto(field: &str, time: prost_types::Timestamp) -> Result<Timestamp> {
    const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
    u32::try_from(time.nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000 && YEARS.contains(&time.seconds))
        .and_then(|nanos| chrono::DateTime::from_timestamp(time.seconds, nanos))
        .ok_or_else(|| Fault::invalid(field, "is not a time between the years 1 and 9999"))
}

/// A span of ours; what does not fit is cut.
pub(crate) fn duration(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: span.subsec_nanos() as i32,
    }
}

/// A span from a caller.
pub(crate) fn from_duration(field: &str, span: prost_types::Duration) -> Result<Duration> {
    Duration::try_from(span).map_err(|_| Fault::invalid(field, "must not be negative"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_beyond_the_calendar_are_refused() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000)] {
            assert!(from_proto("t", prost_types::Timestamp { seconds, nanos }).is_err(), "{seconds} {nanos}");
        }
        assert!(from_duration("t", prost_types::Duration { seconds: -1, nanos: 0 }).is_err());
    }

    proptest! {
        #[test]
        fn times_round_trip(seconds in -62_135_596_800i64..253_402_300_799, nanos in 0i32..1_000_000_000) {
            let time = prost_types::Timestamp { seconds, nanos };
            prop_assert_eq!(to_proto(from_proto("t", time).expect("in range")), time);
        }
    }
}
