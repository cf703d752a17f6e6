//! What is known of one organisation's allowance, and which calls it leaves room for. No clock, no store.

use std::time::Duration;

use provision_connector_sdk::CallClass;
use provision_core::Timestamp;

/// Percent of the allowance that a class leaves to those before it, and when a class that is held back looks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetSettings {
    pub event_fetch_reserve: u8,
    pub provisioning_reserve: u8,
    pub inventory_reserve: u8,
    pub drift_reserve: u8,
    /// While calls are held back, one of them leaves so often: its answer says how the allowance stands.
    pub probe_interval: Duration,
    /// A figure that moves is stored so often at the most, unless it has moved by a hundredth of the allowance.
    pub store_interval: Duration,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        BudgetSettings {
            event_fetch_reserve: 1,
            provisioning_reserve: 3,
            inventory_reserve: 15,
            drift_reserve: 25,
            probe_interval: Duration::from_secs(15 * 60),
            store_interval: Duration::from_secs(30),
        }
    }
}

impl BudgetSettings {
    fn reserve(&self, class: CallClass) -> u8 {
        match class {
            CallClass::SecurityAction => 0,
            CallClass::EventFetch => self.event_fetch_reserve,
            CallClass::Provisioning => self.provisioning_reserve,
            CallClass::Inventory => self.inventory_reserve,
            CallClass::Drift => self.drift_reserve,
        }
    }

    fn largest_reserve(&self) -> u8 {
        use CallClass::{Drift, EventFetch, Inventory, Provisioning};
        [EventFetch, Provisioning, Inventory, Drift]
            .map(|class| self.reserve(class))
            .into_iter()
            .max()
            .unwrap_or(0)
    }
}

/// Hundredths of the allowance that must have come back before it counts as sufficient again, so that a figure at the
/// edge does not tell people something new with every call.
const EDGE_PERCENT: u64 = 2;

/// Until its answer comes, a probe opens the way so long.
const PROBE_SECONDS: i64 = 5;

/// One organisation's allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// As the application counted, and the calls that have left since.
    pub used: u64,
    pub limit: u64,
    pub observe_time: Timestamp,
    /// When a call was last let go though there was no room.
    probe_time: Option<Timestamp>,
    /// The application itself has refused a call since it named its figures last.
    refused: bool,
    /// There is room for every class.
    pub within: bool,
}

impl Allowance {
    /// As it was stored, or as the application named it.
    pub fn of(used: u64, limit: u64, observe_time: Timestamp, settings: &BudgetSettings) -> Self {
        let mut allowance =
            Allowance { used, limit, observe_time, probe_time: None, refused: false, within: true };
        allowance.within = allowance.has_room(settings.largest_reserve());
        allowance
    }

    /// The application names its figures.
    pub fn observe(&mut self, used: u64, limit: u64, now: Timestamp, settings: &BudgetSettings) {
        (self.used, self.limit, self.observe_time, self.refused) = (used, limit, now, false);
        self.judge(settings);
    }

    /// The application has refused a call.
    pub fn refuse(&mut self, now: Timestamp, settings: &BudgetSettings) {
        (self.used, self.observe_time, self.refused) = (self.used.max(self.limit), now, true);
        self.judge(settings);
    }

    /// Lets a call of that class leave, or answers how long it is held back.
    pub fn admit(
        &mut self,
        class: CallClass,
        now: Timestamp,
        settings: &BudgetSettings,
    ) -> Result<(), Duration> {
        let waits = class != CallClass::SecurityAction && !self.has_room(settings.reserve(class));
        // What is asked side by side with a probe goes with it: were it refused, the probe might be given up unheard.
        let probing = self.probe_time.is_some_and(|probe| {
            probe > self.observe_time && now < probe + chrono::Duration::seconds(PROBE_SECONDS)
        });
        if waits && !probing {
            let left = self.next_probe(settings) - now;
            if let Ok(left) = left.to_std()
                && !left.is_zero()
            {
                return Err(left);
            }
            self.probe_time = Some(now);
        }
        self.used = self.used.saturating_add(1);
        self.judge(settings);
        Ok(())
    }

    /// When a call that is held back leaves all the same.
    pub fn next_probe(&self, settings: &BudgetSettings) -> Timestamp {
        let last = self.probe_time.map_or(self.observe_time, |probe| probe.max(self.observe_time));
        last + chrono::Duration::from_std(settings.probe_interval).unwrap_or(chrono::Duration::MAX)
    }

    /// A limit that is not known, or is none, holds nothing back by itself.
    fn has_room(&self, reserve: u8) -> bool {
        let kept = u128::from(self.limit) * u128::from(reserve.min(100)) / 100;
        !self.refused && (self.limit == 0 || u128::from(self.used) + kept < u128::from(self.limit))
    }

    fn judge(&mut self, settings: &BudgetSettings) {
        let edge = if self.within { 0 } else { EDGE_PERCENT };
        let reserve = u64::from(settings.largest_reserve()) + edge;
        self.within = self.has_room(u8::try_from(reserve).unwrap_or(100));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(seconds, 0).expect("in range")
    }

    fn settings() -> BudgetSettings {
        BudgetSettings { probe_interval: Duration::from_secs(60), ..BudgetSettings::default() }
    }

    fn admits(used: u64) -> Vec<CallClass> {
        use CallClass::*;
        let is_admitted = |class: &CallClass| {
            Allowance::of(used, 1_000, at(0), &settings()).admit(*class, at(1), &settings()).is_ok()
        };
        [SecurityAction, EventFetch, Provisioning, Inventory, Drift].into_iter().filter(is_admitted).collect()
    }

    #[test]
    fn the_less_urgent_stop_first() {
        use CallClass::*;
        assert_eq!(admits(749), [SecurityAction, EventFetch, Provisioning, Inventory, Drift]);
        assert_eq!(admits(750), [SecurityAction, EventFetch, Provisioning, Inventory]);
        assert_eq!(admits(850), [SecurityAction, EventFetch, Provisioning]);
        assert_eq!(admits(950), [SecurityAction, EventFetch, Provisioning]);
        assert_eq!(admits(970), [SecurityAction, EventFetch]);
        assert_eq!(admits(990), [SecurityAction]);
        assert_eq!(admits(5_000), [SecurityAction]);
    }

    #[test]
    fn calls_that_left_count_before_the_application_says_so() {
        let mut allowance = Allowance::of(748, 1_000, at(0), &settings());
        for _ in 0..2 {
            allowance.admit(CallClass::Drift, at(1), &settings()).expect("there is room");
        }
        let held = allowance.admit(CallClass::Drift, at(10), &settings()).expect_err("there is none");
        assert_eq!(held, Duration::from_secs(50));
    }

    #[test]
    fn one_call_leaves_at_each_interval_while_they_are_held_back() {
        let mut allowance = Allowance::of(990, 1_000, at(0), &settings());
        assert!(allowance.admit(CallClass::Inventory, at(59), &settings()).is_err());
        allowance.admit(CallClass::Inventory, at(60), &settings()).expect("the probe");
        allowance.admit(CallClass::Inventory, at(61), &settings()).expect("beside the probe");
        allowance.observe(990, 1_000, at(61), &settings());
        assert!(allowance.admit(CallClass::Drift, at(62), &settings()).is_err());
        assert!(allowance.admit(CallClass::Inventory, at(120), &settings()).is_err());
        allowance.admit(CallClass::Inventory, at(121), &settings()).expect("the next probe");
        // The window rolls: calls come back, and with them everything that waited.
        allowance.observe(10, 1_000, at(122), &settings());
        allowance.admit(CallClass::Drift, at(122), &settings()).expect("there is room");
    }

    #[test]
    fn a_refusal_holds_back_what_figures_would_let_go() {
        let mut allowance = Allowance::of(0, 0, at(0), &settings());
        allowance.admit(CallClass::Drift, at(1), &settings()).expect("no figures, no limit");
        allowance.refuse(at(2), &settings());
        assert!(!allowance.within);
        assert!(allowance.admit(CallClass::EventFetch, at(3), &settings()).is_err());
        allowance.admit(CallClass::SecurityAction, at(3), &settings()).expect("never held back");
    }

    #[test]
    fn the_edge_is_crossed_once_and_not_with_every_call() {
        let mut allowance = Allowance::of(740, 1_000, at(0), &settings());
        assert!(allowance.within);
        allowance.observe(750, 1_000, at(1), &settings());
        assert!(!allowance.within);
        allowance.observe(740, 1_000, at(2), &settings());
        assert!(!allowance.within, "not yet: it came back by less than two hundredths");
        allowance.observe(729, 1_000, at(3), &settings());
        assert!(allowance.within);
    }
}
