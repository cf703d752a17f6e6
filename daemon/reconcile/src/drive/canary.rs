//! Opening the event channel, and proving that an event comes back: first one that is sent, then one that the change of a
//! record causes.

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
        self.round_trip(work, planned, Canary::Event).await?;
        self.end_step(plan, planned).await
    }

    pub(super) async fn canary(&self, work: &Work, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        self.runtime.open_events(&work.account.name);
        self.wait_connected(work, planned).await?;
        self.round_trip(work, planned, Canary::Record).await?;
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

    /// Sends a canary until one of ours has come back over the subscription, and its position is stored. Each has a
    /// marker of its own, which begins alike for all of the operation: one that was sent before a restart counts.
    async fn round_trip(&self, work: &Work, planned: &PlanStep, canary: Canary) -> Result<(), Stop> {
        let changes = work.connector.changes().ok_or_else(|| missing_capability("changes"))?;
        let key = RecordKey::channel(&work.account.name);
        let prefix = format!("{}-{}", canary.word(), self.name.operation);
        let ours = |channel: &EventChannel| {
            channel.last_canary.as_deref().is_some_and(|marker| marker.starts_with(&prefix))
        };
        let give_up = tokio::time::Instant::now() + self.context.settings.canary_patience;
        let mut round = 0u32;
        loop {
            round += 1;
            let marker = format!("{prefix}-{round}-{}", self.context.random_hex(4));
            self.report(&planned.id, 0, 1, canary.waiting(), None).await?;
            match canary {
                Canary::Event => {
                    self.looking(&planned.id, || changes.send_canary(&work.session, &marker)).await?;
                }
                Canary::Record => {
                    self.looking(&planned.id, || changes.change_canary(&work.session, &marker)).await?;
                }
            }
            let channel = self.context.wait_for::<EventChannel>(&key, ROUND, |c| c.is_some_and(ours)).await?;
            if channel.is_some_and(|c| ours(&c.value)) {
                return self.report(&planned.id, 1, 1, "", None).await;
            }
            if tokio::time::Instant::now() >= give_up {
                return Err(Stop::Failed(canary.lost()));
            }
        }
    }
}

/// What proves that changes are reported.
#[derive(Debug, Clone, Copy)]
enum Canary {
    /// A marked event: the channel is open.
    Event,
    /// A marked change of a record: the application reports changes.
    Record,
}

impl Canary {
    /// What its markers begin with.
    fn word(self) -> &'static str {
        match self {
            Canary::Event => "open",
            Canary::Record => "canary",
        }
    }

    fn waiting(self) -> &'static str {
        match self {
            Canary::Event => "sent a marked event; waiting for it to come back",
            Canary::Record => "changed a marked record; waiting for its event",
        }
    }

    fn lost(self) -> Fault {
        match self {
            Canary::Event => Fault::new(
                Reason::CanaryLost,
                "a marked event was sent and did not come back over the subscription in time",
            ),
            Canary::Record => Fault::new(
                Reason::ChangeNotReported,
                "a marked record was changed, and no event told of it in time: look at what reports changes in \
                 the organisation, and whether it is switched off",
            ),
        }
    }
}
