//! Opening the event channel, and proving that an event comes back.

use std::time::Duration;

use provision_core::account::EventChannel;
use provision_core::plan::{Plan, PlanStep};
use provision_core::{Fault, Reason};
use provision_store::record::RecordKey;

use super::{Driver, Stop, Work, retry::missing_capability};
use crate::commit::{Built, Draft};

/// How often a canary is sent anew while none has come back.
const ROUND: Duration = Duration::from_secs(15);

impl Driver<'_> {
    /// Opens the channel and waits until its position is stored: nothing that comes after can be missed then.
    pub(super) async fn open_events(&self, work: &Work, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        let key = RecordKey::channel(&work.account.name);
        let uid = &work.account.uid;
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<EventChannel>(&key).await?;
                if found.as_ref().is_some_and(|c| c.value.account_uid == *uid && c.value.wanted) {
                    return Ok(Built::Already(()));
                }
                let kept = found.as_ref().map(|c| c.value.clone()).filter(|c| c.account_uid == *uid);
                let channel = EventChannel {
                    wanted: true,
                    ..kept.unwrap_or(EventChannel {
                        account_uid: uid.clone(),
                        wanted: true,
                        connected: false,
                        cursor: None,
                        received_count: 0,
                        last_event_time: None,
                        last_canary: None,
                    })
                };
                let mut draft = Draft::default();
                draft.as_found(key.clone(), &found);
                draft.put(key.clone(), &channel)?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.runtime.open_events(&work.account.name);
        self.wait_connected(work, planned).await?;
        // A stream that is asked for "from now on" names no position before its first event: a canary brings one.
        self.round_trip(work, planned, "open").await?;
        self.end_step(plan, planned).await
    }

    pub(super) async fn canary(&self, work: &Work, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        self.runtime.open_events(&work.account.name);
        self.wait_connected(work, planned).await?;
        self.round_trip(work, planned, "canary").await?;
        self.end_step(plan, planned).await
    }

    async fn wait_connected(&self, work: &Work, planned: &PlanStep) -> Result<(), Stop> {
        let key = RecordKey::channel(&work.account.name);
        let give_up = tokio::time::Instant::now() + self.context.settings.canary_patience;
        loop {
            let channel = self
                .context
                .wait_for::<EventChannel>(&key, Duration::from_secs(2), |c| c.is_some_and(|c| c.connected))
                .await?;
            if channel.is_some_and(|c| c.value.connected) {
                return Ok(());
            }
            self.report(&planned.id, 0, 1, "waiting for the subscription", None).await?;
            if tokio::time::Instant::now() >= give_up {
                return Err(Stop::Failed(Fault::new(
                    Reason::CanaryLost,
                    "the event channel could not be opened in time; look at the account's condition EventsFlowing",
                )));
            }
        }
    }

    /// Sends a marked event until one of ours has come back over the subscription, and its position is stored.
    async fn round_trip(&self, work: &Work, planned: &PlanStep, word: &str) -> Result<(), Stop> {
        let changes = work.connector.changes().ok_or_else(|| missing_capability("changes"))?;
        let key = RecordKey::channel(&work.account.name);
        let prefix = format!("{word}-{}", self.name.operation);
        let ours = |channel: &EventChannel| {
            channel.last_canary.as_deref().is_some_and(|marker| marker.starts_with(&prefix))
        };
        let give_up = tokio::time::Instant::now() + self.context.settings.canary_patience;
        let mut round = 0u32;
        loop {
            round += 1;
            let marker = format!("{prefix}-{round}-{}", self.context.random_hex(4));
            self.report(&planned.id, 0, 1, "sent a marked event; waiting for it to come back", None).await?;
            self.looking(&planned.id, || changes.send_canary(&work.session, &marker)).await?;
            let channel = self.context.wait_for::<EventChannel>(&key, ROUND, |c| c.is_some_and(ours)).await?;
            if channel.is_some_and(|c| ours(&c.value)) {
                return self.report(&planned.id, 1, 1, "", None).await;
            }
            if tokio::time::Instant::now() >= give_up {
                return Err(Stop::Failed(Fault::new(
                    Reason::CanaryLost,
                    "a marked event was sent and did not come back over the subscription in time",
                )));
            }
        }
    }
}
