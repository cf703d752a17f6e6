//! When a step is tried again, and how long is waited before.

use std::time::Duration;

use provision_connector_sdk::{ConnectorFault, FaultClass};
use provision_core::Fault;

use super::{Driver, Stop};

/// Pauses of one step, growing, with jitter.
pub(super) struct Pauses {
    tries: u32,
    next: Duration,
}

impl Driver<'_> {
    pub(super) fn pauses(&self) -> Pauses {
        Pauses { tries: 0, next: self.context.settings.retry_delay_min }
    }

    /// Waits before the next try, or ends the step where a further try makes no sense. Cancelling cuts the wait short.
    pub(super) async fn pause(
        &self,
        step: &str,
        pauses: &mut Pauses,
        fault: ConnectorFault,
    ) -> Result<(), Stop> {
        let settings = &self.context.settings;
        if !fault.is_retryable() {
            return Err(Stop::from(fault));
        }
        let wait = match fault.class {
            FaultClass::Throttled { wait } => wait,
            // A lock can be held for hours; only the operation's deadline ends the waiting for it.
            FaultClass::Conflict => pauses.grow(settings.retry_delay_max),
            _ => {
                pauses.tries += 1;
                if pauses.tries >= settings.step_attempts_max {
                    return Err(Stop::from(fault));
                }
                pauses.grow(settings.retry_delay_max)
            }
        };
        let wait = self.jittered(wait);
        tracing::info!(operation = %self.name, step, fault = ?fault, wait_ms = wait.as_millis() as u64, "tried again after a pause");
        metrics::counter!("provisiond_step_retries_total").increment(1);
        let until = chrono::Duration::from_std(wait).ok().map(|wait| self.context.now() + wait);
        let throttled = matches!(fault.class, FaultClass::Throttled { .. } | FaultClass::Conflict);
        self.report_pause(step, fault.fault.message(), until.filter(|_| throttled)).await?;
        self.sleep(wait).await;
        self.report_pause(step, "", None).await
    }

    /// Sleeps; a wake-up ends it early.
    pub(super) async fn sleep(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.wake.notified() => {}
        }
    }

    /// Between three quarters and five quarters of a pause, so that many accounts do not try in step.
    fn jittered(&self, wait: Duration) -> Duration {
        let mut byte = [0u8];
        self.context.randomness.fill(&mut byte);
        wait.mul_f64(0.75 + f64::from(byte[0]) / 510.0)
    }

    /// A call that only looks, tried until it answers.
    pub(super) async fn looking<T, F, Fut>(&self, step: &str, call: F) -> Result<T, Stop>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, ConnectorFault>> + Send,
    {
        let mut pauses = self.pauses();
        loop {
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(fault) => self.pause(step, &mut pauses, fault).await?,
            }
        }
    }
}

impl Pauses {
    fn grow(&mut self, max: Duration) -> Duration {
        let now = self.next;
        self.next = (self.next * 2).min(max);
        now
    }

    /// After a success the next trouble starts with short pauses again.
    pub(super) fn reset(&mut self, min: Duration) {
        self.tries = 0;
        self.next = min;
    }
}

/// A step that needs what the connector does not have.
pub(super) fn missing_capability(what: &str) -> Stop {
    Stop::Failed(Fault::internal_error(format!(
        "the plan asks for '{what}', which the connector does not have"
    )))
}
