//! Time as a port, so that a test can hold it still.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::BoxFuture;
use tokio::sync::watch;

/// Where the org's time comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
    /// Completes once this clock has moved on by `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        Utc::now().timestamp_millis()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until [`ManualClock::advance`] moves it.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: watch::Sender<i64>,
    // Serialises concurrent calls of `advance`, which read and then write.
    turn: Mutex<()>,
}

impl ManualClock {
    /// A clock that shows `now_ms`, milliseconds since the Unix epoch.
    pub fn new(now_ms: i64) -> Self {
        Self { now_ms: watch::Sender::new(now_ms), turn: Mutex::new(()) }
    }

    /// Moves the clock and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        let _turn = self.turn.lock().unwrap_or_else(|broken| broken.into_inner());
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.now_ms.send_modify(|now| *now = now.saturating_add(by));
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        *self.now_ms.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let mut now = self.now_ms.subscribe();
        let duration = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let until = self.now_ms().saturating_add(duration);
        Box::pin(async move {
            // An error means that the clock is gone: nobody can be waiting for this time any more.
            let _ = now.wait_for(|now| *now >= until).await;
        })
    }
}

/// A time the way Salesforce's REST answers print it: `2026-11-24T03:47:23.000+0000`.
pub fn rest_time(ms: i64) -> String {
    date_time(ms).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// A time the way the Metadata API prints it: `2026-11-24T03:47:23.000Z`.
pub fn metadata_time(ms: i64) -> String {
    date_time(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(crate) fn date_time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_a_sleeper_only_when_its_time_has_come() {
        let clock = ManualClock::new(1_000);
        let sleep = clock.sleep(Duration::from_millis(500));
        tokio::pin!(sleep);
        clock.advance(Duration::from_millis(499));
        assert!(futures::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!(clock.now_ms(), 1_500);
    }

    #[test]
    fn times_print_as_salesforce_prints_them() {
        assert_eq!(rest_time(1_700_000_000_123), "2023-11-14T22:13:20.123+0000");
        assert_eq!(metadata_time(1_700_000_000_000), "2023-11-14T22:13:20.000Z");
    }
}
