//! Time zones.

use std::str::FromStr;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{OffsetName, Tz};

use super::super::arguments::{argument, null_argument, text};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// The zone of every user of this org.
const USERS: Tz = Tz::America__Los_Angeles;

/// A time zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone(Tz);

impl Zone {
    pub(super) const GMT: Zone = Zone(Tz::GMT);

    /// By its name; what nobody knows is GMT, as in Java.
    pub(super) fn named(name: &str) -> Zone {
        Zone(Tz::from_str(name).unwrap_or(Tz::GMT))
    }

    pub(super) fn wall(self, moment: DateTime<Utc>) -> NaiveDateTime {
        moment.with_timezone(&self.0).naive_local()
    }

    /// The moment of a wall clock; of two, the first; in a gap, as far behind it as the clock was set.
    pub(super) fn moment(self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&wall) {
            MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
                moment.with_timezone(&Utc)
            }
            MappedLocalTime::None => {
                let before = wall - TimeDelta::hours(3);
                let offset = self.0.offset_from_utc_datetime(&before).fix();
                DateTime::from_naive_utc_and_offset(wall - offset, Utc)
            }
        }
    }

    /// Seconds before GMT (negative: behind it), and the zone's short name then.
    pub(super) fn offset(self, moment: DateTime<Utc>) -> (i32, String) {
        let offset = self.0.offset_from_utc_datetime(&moment.naive_utc());
        (offset.fix().local_minus_utc(), offset.abbreviation().unwrap_or("GMT").to_owned())
    }
}

/// The running user's.
pub(super) fn of_user(_: &Transaction) -> Zone {
    Zone(USERS)
}

pub(super) fn definition() -> Definition {
    Definition::class("System.TimeZone")
        .method("static System.TimeZone getTimeZone(String)", zone_named)
        .method("String getDisplayName()", display)
        .method("String getID()", id)
        .method("Integer getOffset(Datetime)", offset)
        .method("String toString()", id)
}

pub(super) fn zone_value(name: &str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("id", Value::string(name));
    Value::Platform(PlatformValue::new("System.TimeZone", state))
}

/// `UserInfo.getTimeZone()`
pub(in crate::apex::platform) fn users_zone(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(zone_value(USERS.name()))
}

fn zone_named(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 0))?;
    Ok(zone_value(Zone::named(&name).0.name()))
}

fn id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "id"))
}

fn display(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let name = text(tx, &kept(this, "id"))?;
    let now = DateTime::from_timestamp_millis(tx.org.now_ms()).unwrap_or_default();
    let (seconds, short) = Zone::named(&name).offset(now);
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    Ok(Value::string(&format!("(GMT{sign}{:02}:{:02}) {short} ({name})", minutes / 60, minutes % 60)))
}

fn offset(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let Value::Datetime(ms) = argument(arguments, 0) else { return Err(null_argument(tx)) };
    let name = text(tx, &kept(this, "id"))?;
    let moment = DateTime::from_timestamp_millis(*ms).unwrap_or_default();
    Ok(Value::Integer(Zone::named(&name).offset(moment).0.saturating_mul(1_000)))
}
