//! Licences: a tenant's right to use a connector.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fault::{Fault, Result};
use crate::ids::{ConnectorId, TenantId};
use crate::reason::Reason;

/// A tenant's right to use a connector, from a start to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    pub tenant: TenantId,
    pub connector: ConnectorId,
    pub start_time: Timestamp,
    /// `None` means without end.
    pub expire_time: Option<Timestamp>,
    /// Seconds past `expire_time` in which it still counts; at most [`GRACE_SECONDS_MAX`].
    #[serde(default)]
    pub grace_seconds: u64,
}

/// Longest grace: a year.
pub const GRACE_SECONDS_MAX: u64 = 366 * 24 * 3600;

/// What a licence is worth at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseState {
    Active,
    NotYetValid,
    /// Past its end, and still counted as valid for a while.
    Grace,
    Expired,
}

impl License {
    /// What it is worth at `now`.
    pub fn state(&self, now: Timestamp) -> LicenseState {
        if now < self.start_time {
            LicenseState::NotYetValid
        } else if self.expire_time.is_none_or(|end| now < end) {
            LicenseState::Active
        } else if self.grace_end().is_some_and(|end| now < end) {
            LicenseState::Grace
        } else {
            LicenseState::Expired
        }
    }

    /// When it stops to count: its end, and its grace after that.
    pub fn grace_end(&self) -> Option<Timestamp> {
        let grace = i64::try_from(self.grace_seconds.min(GRACE_SECONDS_MAX)).unwrap_or(0);
        self.expire_time.and_then(|end| end.checked_add_signed(chrono::Duration::seconds(grace)))
    }
}

/// Demands a licence that is valid at `now`; asked before any call leaves for the SaaS application.
pub fn demand(license: Option<&License>, connector: &ConnectorId, now: Timestamp) -> Result<()> {
    let fault = |reason, text: String| Err(Fault::new(reason, text).meta("connector", connector.as_str()));
    match license.map(|l| (l.state(now), l)) {
        None => fault(
            Reason::LicenseMissing,
            format!("the tenant has no licence for connector '{connector}'; ask the vendor for one"),
        ),
        Some((LicenseState::Active | LicenseState::Grace, _)) => Ok(()),
        Some((LicenseState::NotYetValid, l)) => fault(
            Reason::LicenseExpired,
            format!("the licence for connector '{connector}' is valid from {} on", l.start_time.to_rfc3339()),
        ),
        Some((LicenseState::Expired, _)) => fault(
            Reason::LicenseExpired,
            format!("the licence for connector '{connector}' has expired; ask the vendor to renew it"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_holds_from_its_start_until_just_before_its_end() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("in range");
        let license = License {
            tenant: TenantId::new("acme").expect("valid"),
            connector: ConnectorId::new("x").expect("valid"),
            start_time: at(100),
            expire_time: Some(at(200)),
            grace_seconds: 0,
        };
        assert_eq!(license.state(at(99)), LicenseState::NotYetValid);
        assert_eq!(license.state(at(100)), LicenseState::Active);
        assert_eq!(license.state(at(199)), LicenseState::Active);
        assert_eq!(license.state(at(200)), LicenseState::Expired);
        let graced = License { grace_seconds: 10, ..license.clone() };
        assert_eq!(graced.state(at(199)), LicenseState::Active);
        assert_eq!(graced.state(at(200)), LicenseState::Grace);
        assert_eq!(graced.state(at(210)), LicenseState::Expired);
        assert!(demand(Some(&graced), &license.connector, at(209)).is_ok());
        assert_eq!(demand(None, &license.connector, at(0)).unwrap_err().reason(), Reason::LicenseMissing);
    }
}
