//! Calls of an application's API: counted, and let go by their urgency where the organisation's allowance is short.
//!
//! An allowance is shared by everybody who calls the organisation. What is left of it must do for what cannot wait, so
//! the daemon holds the rest back; a connector asks before each call and hands on what the application says of its
//! allowance.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use provision_core::{Fault, Reason};

use crate::fault::{ConnectorFault, FaultClass};

/// How urgent a call is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallClass {
    /// Acts on content, or tells a person what is wrong: never held back.
    SecurityAction,
    /// Brings changes in.
    EventFetch,
    /// Brings components in, or takes them out; a person waits for it.
    Provisioning,
    /// Reads object types, fields and profiles.
    Inventory,
    /// Compares plan and organisation.
    Drift,
}

impl CallClass {
    /// lower_snake_case name, as in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            CallClass::SecurityAction => "security_action",
            CallClass::EventFetch => "event_fetch",
            CallClass::Provisioning => "provisioning",
            CallClass::Inventory => "inventory",
            CallClass::Drift => "drift",
        }
    }
}

/// Decides which calls of one account may leave.
#[async_trait]
pub trait Pacer: Send + Sync {
    /// Lets a call of that class leave, or answers `Throttled` with `API_BUDGET_EXHAUSTED`.
    async fn admit(&self, class: CallClass) -> Result<(), ConnectorFault>;

    /// The organisation has used so many of so many calls, all its clients together.
    fn observe(&self, used: u64, limit: u64);

    /// The application has refused a call, since none is left. Answers when it is asked again.
    fn exhausted(&self) -> Duration;
}

/// Counts the calls of the application's API that a piece of work makes, asks whether they may leave, and remembers what
/// the application said of its allowance.
#[derive(Default)]
pub struct CallCounter {
    made: AtomicU64,
    allowance: Mutex<Option<(u64, u64)>>,
    pace: OnceLock<(CallClass, Arc<dyn Pacer>)>,
    calls_max: Option<u64>,
    /// The piece of work that this one is part of; its calls count there too.
    whole: Option<Arc<CallCounter>>,
}

impl CallCounter {
    /// One that refuses further calls after so many.
    pub fn at_most(calls_max: u64) -> Self {
        CallCounter { calls_max: Some(calls_max), ..CallCounter::default() }
    }

    /// One for a part of a piece of work, with a pace of its own.
    pub fn part_of(whole: Arc<CallCounter>) -> Self {
        CallCounter { whole: Some(whole), ..CallCounter::default() }
    }

    /// From here on every call is one of that class. The first pace stays.
    pub fn pace(&self, class: CallClass, pacer: Arc<dyn Pacer>) {
        let _ = self.pace.set((class, pacer));
    }

    /// Asked before each call of the application's API; where it may leave, it is counted.
    pub async fn admit(&self) -> Result<(), ConnectorFault> {
        if let Some(calls_max) = self.calls_max.filter(|max| self.made() >= *max) {
            return Err(ConnectorFault::rejected(
                Fault::new(
                    Reason::ApiBudgetExhausted,
                    format!("this piece of work may make {calls_max} calls, and needs more"),
                )
                .meta("calls_max", calls_max.to_string()),
            ));
        }
        if let Some((class, pacer)) = self.pace.get() {
            pacer.admit(*class).await?;
        }
        self.count();
        Ok(())
    }

    fn count(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.count();
        }
    }

    /// Calls made so far.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// The organisation has used so many of so many calls, all its clients together.
    pub fn observe_allowance(&self, used: u64, limit: u64) {
        *self.allowance.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((used, limit));
        if let Some((_, pacer)) = self.pace.get() {
            pacer.observe(used, limit);
        }
    }

    /// The last (used, limit) that the application named.
    pub fn allowance(&self) -> Option<(u64, u64)> {
        *self.allowance.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Hands on what an answer with an error says of the allowance: where none is left, the next try comes when the pacer
    /// looks again, since calls come back bit by bit.
    pub fn refused(&self, fault: ConnectorFault) -> ConnectorFault {
        match self.pace.get() {
            Some((_, pacer)) if fault.fault.reason() == Reason::ApiBudgetExhausted => {
                let wait = pacer.exhausted();
                ConnectorFault { class: FaultClass::Throttled { wait }, fault: fault.fault.retry_after(wait) }
            }
            _ => fault,
        }
    }
}

impl fmt::Debug for CallCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallCounter")
            .field("made", &self.made())
            .field("class", &self.pace.get().map(|(class, _)| *class))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    #[async_trait]
    impl Pacer for Closed {
        async fn admit(&self, class: CallClass) -> Result<(), ConnectorFault> {
            match class {
                CallClass::SecurityAction => Ok(()),
                _ => Err(ConnectorFault::new(
                    FaultClass::Throttled { wait: Duration::from_secs(9) },
                    Fault::new(Reason::ApiBudgetExhausted, "held back"),
                )),
            }
        }

        fn observe(&self, _used: u64, _limit: u64) {}

        fn exhausted(&self) -> Duration {
            Duration::from_secs(9)
        }
    }

    #[tokio::test]
    async fn what_is_held_back_is_not_counted() {
        let (urgent, patient) = (CallCounter::default(), CallCounter::default());
        urgent.pace(CallClass::SecurityAction, Arc::new(Closed));
        patient.pace(CallClass::Drift, Arc::new(Closed));
        urgent.admit().await.expect("goes");
        assert!(patient.admit().await.is_err());
        assert_eq!((urgent.made(), patient.made()), (1, 0));
    }

    #[tokio::test]
    async fn an_urgent_part_goes_on_where_the_whole_waits_and_counts_for_it() {
        let whole = Arc::new(CallCounter::default());
        whole.pace(CallClass::Provisioning, Arc::new(Closed));
        let part = CallCounter::part_of(whole.clone());
        part.pace(CallClass::SecurityAction, Arc::new(Closed));
        assert!(whole.admit().await.is_err());
        part.admit().await.expect("goes");
        assert_eq!((whole.made(), part.made()), (1, 1));
    }

    #[tokio::test]
    async fn a_piece_of_work_keeps_to_its_own_bound() {
        let counter = CallCounter::at_most(2);
        for _ in 0..2 {
            counter.admit().await.expect("goes");
        }
        let refused = counter.admit().await.expect_err("too many");
        assert!(!refused.is_retryable());
        assert_eq!(counter.made(), 2);
    }

    #[test]
    fn a_used_up_allowance_is_asked_again_when_the_pacer_says() {
        let counter = CallCounter::default();
        counter.pace(CallClass::Drift, Arc::new(Closed));
        let hour = FaultClass::Throttled { wait: Duration::from_secs(3600) };
        let fault = |reason| ConnectorFault::new(hour.clone(), Fault::new(reason, "no more"));
        let soon = FaultClass::Throttled { wait: Duration::from_secs(9) };
        assert_eq!(counter.refused(fault(Reason::ApiBudgetExhausted)).class, soon);
        assert_eq!(counter.refused(fault(Reason::SaasRateLimited)).class, hour);
    }
}
