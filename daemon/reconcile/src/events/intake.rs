use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::{CallClass, ChangeBatch, ChangeStream, ConnectorFault, Cursor, FaultClass};
use provision_core::account::{ConditionType, EventChannel, Phase, ServiceAccount, Status};
use provision_core::machine::Event;
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::RecordKey;
use tokio::sync::Notify;

use crate::broker::Broker;
use crate::budget::Budgets;
use crate::commit::{Built, Draft};
use crate::context::Context;

/// First and longest pause before a stream is opened again.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Ids of events that are remembered to recognise a repeated delivery.
const REMEMBERED_MAX: usize = 4_096;

/// The intake of one account.
pub(crate) struct Intake<'a> {
    context: &'a Arc<Context>,
    broker: &'a Arc<Broker>,
    budgets: &'a Arc<Budgets>,
    name: &'a AccountName,
    wake: Arc<Notify>,
}

/// How a stream has ended.
enum End {
    /// The channel is not wanted any more, or the account is gone.
    Unwanted,
    Fault(ConnectorFault),
    /// It is opened anew at once.
    Renewed,
    /// The store cannot be used.
    Store(Fault),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> End {
        End::Store(fault)
    }
}

impl From<ConnectorFault> for End {
    fn from(fault: ConnectorFault) -> End {
        End::Fault(fault)
    }
}

impl<'a> Intake<'a> {
    pub fn new(
        context: &'a Arc<Context>,
        broker: &'a Arc<Broker>,
        budgets: &'a Arc<Budgets>,
        name: &'a AccountName,
        wake: Arc<Notify>,
    ) -> Self {
        Intake { context, broker, budgets, name, wake }
    }

    /// Keeps the stream open for as long as the channel is wanted.
    pub async fn run(&self) {
        let mut pause = PAUSE_MIN;
        // Outlives the streams: what was delivered before a break can come again after it.
        let mut seen = Seen::default();
        loop {
            let opened = tokio::time::Instant::now();
            let end = match self.stream(&mut seen).await {
                Ok(()) | Err(End::Unwanted) => return,
                Err(end) => end,
            };
            if opened.elapsed() > PAUSE_MAX {
                pause = PAUSE_MIN;
            }
            let wait = match end {
                End::Fault(fault) => {
                    tracing::warn!(account = %self.name, ?fault, "the event stream ended");
                    metrics::counter!("provisiond_event_stream_ends_total").increment(1);
                    if let Err(fault) = self.interrupted(&fault).await {
                        tracing::warn!(account = %self.name, ?fault, "the interruption could not be stored");
                    }
                    match fault.class {
                        FaultClass::Throttled { wait } => wait,
                        // Only a person can mend it; a fresh grant wakes the intake.
                        FaultClass::Denied => PAUSE_MAX,
                        _ => pause,
                    }
                }
                End::Store(fault) if fault.reason() == Reason::ShuttingDown => return,
                End::Store(fault) => {
                    tracing::warn!(account = %self.name, ?fault, "the event channel cannot be stored");
                    pause
                }
                End::Renewed => continue,
                End::Unwanted => return,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => pause = (pause * 2).min(PAUSE_MAX),
                () = self.wake.notified() => pause = PAUSE_MIN,
            }
        }
    }

    async fn stream(&self, seen: &mut Seen) -> Result<(), End> {
        let account = self.account().await?;
        if is_closed(&account) {
            return Err(End::Unwanted);
        }
        let channel = self.channel(&account).await?;
        let connector = self.context.connectors.get(&account.connector)?.clone();
        let Some(changes) = connector.changes() else { return Err(End::Unwanted) };
        let session = self.broker.session(&account, self.budgets.counter(&account, CallClass::EventFetch));
        let cursor = match &channel.cursor {
            Some(text) => Some(Cursor(hex::decode(text).map_err(Fault::internal_error)?)),
            None => None,
        };
        let mut stream = match changes.open(&session, cursor.as_ref()).await {
            Err(fault) if fault.class == FaultClass::Gone && cursor.is_some() => {
                self.position_lost(&account, &fault).await?;
                changes.open(&session, None).await?
            }
            opened => opened?,
        };
        self.connected(&account).await?;
        match self.take_in(&account, stream.as_mut(), seen).await {
            // Some applications look at a position only when they have opened the stream.
            Err(End::Fault(fault)) if fault.class == FaultClass::Gone => {
                let account = self.account().await?;
                if self.channel(&account).await?.cursor.is_none() {
                    return Err(End::Fault(fault));
                }
                self.position_lost(&account, &fault).await?;
                Err(End::Renewed)
            }
            ended => ended,
        }
    }

    async fn take_in(
        &self,
        account: &ServiceAccount,
        stream: &mut dyn ChangeStream,
        seen: &mut Seen,
    ) -> Result<(), End> {
        loop {
            let batch = tokio::select! {
                batch = stream.next() => batch?,
                // A fresh grant: the stream goes on under it, from the stored position, before the old one ends.
                () = self.wake.notified() => {
                    let authorized = |account: &ServiceAccount| account.identity.as_ref().map(|i| i.authorize_time);
                    let fresh = authorized(&self.account().await?) != authorized(account);
                    // Without a position, what comes in between would be missed.
                    if fresh && self.channel(account).await?.cursor.is_some() {
                        return Err(End::Renewed);
                    }
                    continue;
                }
            };
            self.commit(account, &batch, seen).await?;
        }
    }

    /// Counts what is new and stores the position behind it, in one commit.
    async fn commit(
        &self,
        account: &ServiceAccount,
        batch: &ChangeBatch,
        seen: &mut Seen,
    ) -> Result<(), End> {
        let mut ids = std::collections::HashSet::new();
        let fresh: Vec<_> = batch
            .changes
            .iter()
            .filter(|change| !seen.has(&change.id) && ids.insert(change.id.as_str()))
            .collect();
        metrics::counter!("provisiond_events_received_total").increment(fresh.len() as u64);
        for change in &fresh {
            tracing::debug!(account = %self.name, id = %change.id, object = %change.object_type,
                operation = %change.operation, records = change.record_ids.len(), "event received");
        }
        self.change_channel(account, |channel| {
            channel.connected = true;
            channel.received_count += fresh.len() as u64;
            if let Some(last) = fresh.iter().map(|c| c.occurred_at).max() {
                channel.last_event_time = Some(last);
            }
            if let Some(marker) = fresh.iter().rev().find_map(|c| c.canary.clone()) {
                channel.last_canary = Some(marker);
            }
            if let Some(cursor) = &batch.cursor {
                channel.cursor = Some(hex::encode(&cursor.0));
            }
        })
        .await?;
        // Only now: what was not stored must count when it comes again.
        for change in fresh {
            seen.remember(&change.id);
        }
        Ok(())
    }

    async fn account(&self) -> Result<ServiceAccount, End> {
        match self.context.account(self.name).await {
            Ok(account) => Ok(account.value),
            Err(fault) if fault.reason() == Reason::ResourceNotFound => Err(End::Unwanted),
            Err(fault) => Err(End::Store(fault)),
        }
    }

    async fn channel(&self, account: &ServiceAccount) -> Result<EventChannel, End> {
        let found = self.context.repository().find::<EventChannel>(&RecordKey::channel(self.name)).await?;
        found.map(|c| c.value).filter(|c| c.wanted && c.account_uid == account.uid).ok_or(End::Unwanted)
    }

    async fn change_channel(
        &self,
        account: &ServiceAccount,
        change: impl Fn(&mut EventChannel) + Send + Sync,
    ) -> Result<(), End> {
        let key = RecordKey::channel(self.name);
        let wanted = self
            .context
            .commit(|| async {
                let found = self.context.repository().find::<EventChannel>(&key).await?;
                let Some(found) = found.filter(|c| c.value.wanted && c.value.account_uid == account.uid)
                else {
                    return Ok(Built::Already(false));
                };
                let mut channel = found.value.clone();
                change(&mut channel);
                if channel == found.value {
                    return Ok(Built::Already(true));
                }
                let mut draft = Draft::default();
                draft.replace(key.clone(), found.revision, &channel)?;
                Ok(Built::Commit(draft, true))
            })
            .await?;
        if wanted { Ok(()) } else { Err(End::Unwanted) }
    }

    async fn connected(&self, account: &ServiceAccount) -> Result<(), End> {
        tracing::info!(account = %self.name, "the event stream is open");
        self.change_channel(account, |channel| channel.connected = true).await?;
        Ok(self.tell(account, Event::EventsConnected).await?)
    }

    async fn interrupted(&self, fault: &ConnectorFault) -> Result<()> {
        let Ok(account) = self.account().await else { return Ok(()) };
        if let Err(End::Store(fault)) =
            self.change_channel(&account, |channel| channel.connected = false).await
        {
            return Err(fault);
        }
        self.tell(&account, Event::EventsInterrupted { message: fault.fault.message().to_owned() }).await
    }

    /// The application does not know our position any more: what lies between is lost to the stream. That is told, and
    /// kept in the audit trail.
    async fn position_lost(&self, account: &ServiceAccount, fault: &ConnectorFault) -> Result<(), End> {
        tracing::error!(account = %self.name, ?fault, "the position in the event stream is lost; events were missed");
        let key = RecordKey::channel(self.name);
        self.context
            .commit(|| async {
                let channel = self.context.repository().find::<EventChannel>(&key).await?;
                let Some(channel) = channel.filter(|c| c.value.account_uid == account.uid) else {
                    return Ok(Built::Already(()));
                };
                let since = channel.value.last_event_time;
                let mut draft = Draft::default();
                let anew = EventChannel { cursor: None, ..channel.value };
                draft.replace(key.clone(), channel.revision, &anew)?;
                let found = self.context.account(self.name).await?;
                if found.value.uid == account.uid && found.value.phase == Phase::Active {
                    draft.transition(self.context, &found, Event::EventsMissed { since })?;
                }
                let since = since.map(|since| since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
                draft.audit(
                    self.context,
                    &self.name.tenant,
                    &Principal::system(),
                    "EventPositionLost",
                    self.name.to_string(),
                    &[
                        ("reason", fault.fault.reason().as_str()),
                        ("since", since.as_deref().unwrap_or_default()),
                    ],
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        Ok(())
    }

    /// Applies an event of the channel to the account, where it changes anything.
    async fn tell(&self, account: &ServiceAccount, event: Event) -> Result<()> {
        self.context
            .commit(|| async {
                let found = self.context.account(self.name).await?;
                if found.value.uid != account.uid || found.value.phase != Phase::Active {
                    return Ok(Built::Already(()));
                }
                let mut draft = Draft::default();
                let (next, _) = draft.transition(self.context, &found, event.clone())?;
                if next.conditions == found.value.conditions {
                    return Ok(Built::Already(()));
                }
                Ok(Built::Commit(draft, ()))
            })
            .await
    }
}

/// Nothing is taken in for an account that is suspended, or on its way out.
fn is_closed(account: &ServiceAccount) -> bool {
    matches!(account.phase, Phase::Deprovisioning | Phase::Deprovisioned)
        || account.condition(ConditionType::Suspended) == Status::True
}

/// Ids of the last events: a repeated delivery is not counted twice.
#[derive(Default)]
struct Seen {
    order: std::collections::VecDeque<String>,
    ids: std::collections::HashSet<String>,
}

impl Seen {
    fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    fn remember(&mut self, id: &str) {
        self.ids.insert(id.to_owned());
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
