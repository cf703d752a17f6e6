//! The sections about what the daemon does by itself: comparing organisations with their plans, and sharing out their
//! allowances of calls.

use std::time::Duration;

use provision_reconcile::{BudgetSettings, DriftSettings};
use serde::{Deserialize, Deserializer, de::Error as _};

/// `[drift]`: how often organisations are compared with their plans.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftSection {
    #[serde(deserialize_with = "positive")]
    pub interval_seconds: u32,
    #[serde(deserialize_with = "positive")]
    pub calls_max: u32,
    pub repairs_per_day_max: u32,
    #[serde(deserialize_with = "positive")]
    pub repair_delay_seconds: u32,
}

impl Default for DriftSection {
    fn default() -> Self {
        DriftSection {
            interval_seconds: 3600,
            calls_max: 200,
            repairs_per_day_max: 4,
            repair_delay_seconds: 15 * 60,
        }
    }
}

impl DriftSection {
    /// For the reconciler.
    pub fn settings(&self) -> DriftSettings {
        DriftSettings {
            interval: Duration::from_secs(self.interval_seconds.into()),
            calls_max: self.calls_max.into(),
            repairs_per_day_max: self.repairs_per_day_max,
            repair_delay: Duration::from_secs(self.repair_delay_seconds.into()),
        }
    }
}

/// `[api_budget]`: percent of an organisation's allowance of calls that each kind of work leaves to what is more urgent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiBudgetSection {
    #[serde(deserialize_with = "percent")]
    pub event_fetch_reserve: u8,
    #[serde(deserialize_with = "percent")]
    pub provisioning_reserve: u8,
    #[serde(deserialize_with = "percent")]
    pub inventory_reserve: u8,
    #[serde(deserialize_with = "percent")]
    pub drift_reserve: u8,
    #[serde(deserialize_with = "positive")]
    pub probe_interval_seconds: u32,
}

impl Default for ApiBudgetSection {
    fn default() -> Self {
        ApiBudgetSection {
            event_fetch_reserve: 1,
            provisioning_reserve: 3,
            inventory_reserve: 15,
            drift_reserve: 25,
            probe_interval_seconds: 15 * 60,
        }
    }
}

impl ApiBudgetSection {
    /// For the reconciler.
    pub fn settings(&self) -> BudgetSettings {
        BudgetSettings {
            event_fetch_reserve: self.event_fetch_reserve,
            provisioning_reserve: self.provisioning_reserve,
            inventory_reserve: self.inventory_reserve,
            drift_reserve: self.drift_reserve,
            probe_interval: Duration::from_secs(self.probe_interval_seconds.into()),
            ..BudgetSettings::default()
        }
    }
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(D::Error::custom("must be at least 1")),
        number => Ok(number),
    }
}

/// A class that leaves everything to others would never run.
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        number @ 0..=99 => Ok(number),
        _ => Err(D::Error::custom("is a percentage, 0 to 99")),
    }
}
