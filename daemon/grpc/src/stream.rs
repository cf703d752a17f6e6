//! StreamNotifications: at least once, in order, resumable.
//!
//! A subscriber is a cursor into the shared log of notifications and a channel of one message. A slow one is simply
//! behind; one that takes nothing for minutes is closed, with a token to come back with.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use provision_api::v1;
use provision_api::v1::stream_notifications_response::Message;
use provision_core::fault::{Fault, Result};
use provision_core::filter::Filter;
use provision_core::notification::Notification;
use provision_core::ports::{Acknowledged, Feed, FeedItem, Position, Start};
use provision_core::{Reason, TenantId};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::Instrument;

use crate::convert::notification::{FILTER_FIELDS, filter_field, to_proto};
use crate::convert::{count, time};
use crate::door::{Addressed, Door, permit};
use crate::gate::Caller;
use crate::name;
use crate::status;
use crate::tokens::{Place, StreamScope};

/// What the subscriber receives.
pub(crate) type Messages =
    Pin<Box<dyn Stream<Item = Result<v1::StreamNotificationsResponse, Status>> + Send>>;

/// Most items of a snapshot: the newest ones.
const SNAPSHOT_MAX: usize = 1_000;
/// How long a subscriber should wait after the daemon stopped.
const RETRY_AFTER_SHUTDOWN: Duration = Duration::from_secs(1);

/// One open stream.
struct Subscriber {
    door: Arc<Door>,
    caller: Caller,
    request: v1::StreamNotificationsRequest,
    tenant: TenantId,
    filter: Filter,
    out: mpsc::Sender<v1::StreamNotificationsResponse>,
    place: Place,
    heartbeat_due: Instant,
    _permit: OwnedSemaphorePermit,
}

/// What a stream begins with, and where its events begin.
struct Snapshot {
    items: Vec<Acknowledged>,
    position: Position,
}

/// Why a stream ends.
enum End {
    /// The server closes it, for a reason that the subscriber is told.
    Closing(v1::ClosingReason),
    /// It fails.
    Fault(Fault),
    /// The subscriber has gone.
    Gone,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        End::Fault(fault)
    }
}

/// Opens a stream. All that can be refused is refused here, before the first message.
pub(crate) async fn open(
    door: Arc<Door>,
    caller: Caller,
    request: v1::StreamNotificationsRequest,
) -> Result<Messages> {
    door.authorise(&caller, &request.scope()).await?;
    let tenant = name::tenant("parent", &request.parent)?;
    let filter = Filter::parse(&request.filter, FILTER_FIELDS)?;
    let begin = v1::StreamStart::try_from(request.start)
        .map_err(|_| Fault::invalid("start", "is not a value of StreamStart"))?;
    let permit = permit(&caller)?;

    let scope = scope(&caller, &tenant, &request);
    let (oldest, newest) = door.ports.notifications.window().await?;
    let oldest_token = door.tokens.resume(scope, Place { position: oldest, last_sequence: 0 });
    let mut snapshot = None;
    let (start, place) = if !request.resume_token.is_empty() {
        let place = door.tokens.read_resume(scope, &request.resume_token)?;
        if place.position > newest {
            // The store was put back to an earlier state: what came after cannot be told from what is to come.
            return Err(expired(oldest_token));
        }
        (Start::After(place.position), place)
    } else {
        match begin {
            v1::StreamStart::Unspecified | v1::StreamStart::Now => {
                // Bound to the newest position, not to the moment, so that the first token is true from the start.
                (Start::After(newest), Place { position: newest, last_sequence: 0 })
            }
            v1::StreamStart::Oldest => (Start::Oldest, Place { position: oldest, last_sequence: 0 }),
            v1::StreamStart::Snapshot => {
                let (items, position) = door.ports.notifications.snapshot(&tenant, SNAPSHOT_MAX).await?;
                snapshot = Some(Snapshot { items, position });
                // Until the snapshot has ended, whoever comes back must get all of it.
                (Start::After(position), Place { position: oldest, last_sequence: 0 })
            }
        }
    };
    let feed = door.ports.notifications.feed(&tenant, start).await.map_err(|fault| match fault.reason() {
        Reason::ResumeTokenExpired => expired(oldest_token.clone()),
        _ => fault,
    })?;

    let opened = Message::Opened(v1::StreamOpened {
        server_time: Some(time::to_proto(door.ports.clock.now())),
        heartbeat_interval: Some(time::duration(door.settings.heartbeat)),
        oldest_token,
    });
    let (out, messages) = mpsc::channel(1);
    let (last, ending) = oneshot::channel();
    let subscriber = Subscriber {
        heartbeat_due: Instant::now() + door.settings.heartbeat,
        door,
        caller,
        request,
        tenant,
        filter,
        out,
        place,
        _permit: permit,
    };
    tokio::spawn(subscriber.run(opened, snapshot, feed, last).in_current_span());
    // The end has its own way, so that it arrives even where the channel was full when the stream was given up.
    let ending = futures::stream::once(ending).filter_map(|last| std::future::ready(last.ok()));
    Ok(ReceiverStream::new(messages).map(Ok).chain(ending).boxed())
}

fn expired(oldest_token: String) -> Fault {
    Fault::new(
        Reason::ResumeTokenExpired,
        "what came after this token is no longer kept; take a snapshot, or go on from oldest_token",
    )
    .meta("oldest_token", oldest_token)
}

fn scope<'a>(
    caller: &'a Caller,
    tenant: &'a TenantId,
    request: &'a v1::StreamNotificationsRequest,
) -> StreamScope<'a> {
    StreamScope { principal: &caller.known.principal, tenant, filter: &request.filter }
}

impl Subscriber {
    async fn run(
        mut self,
        opened: Message,
        snapshot: Option<Snapshot>,
        feed: Box<dyn Feed>,
        last: oneshot::Sender<Result<v1::StreamNotificationsResponse, Status>>,
    ) {
        let open = metrics::gauge!("provisiond_grpc_open_streams");
        open.increment(1.0);
        let end = match self.deliver(opened, snapshot, feed).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        open.decrement(1.0);
        let _ = match end {
            End::Gone => Ok(()),
            End::Closing(reason) => {
                tracing::info!(reason = reason.as_str_name(), "stream closed");
                last.send(Ok(wrap(self.closing(reason))))
            }
            End::Fault(fault) => {
                let caller = &self.caller;
                status::log(&fault, &caller.entry.full_name, caller.known.principal.as_str());
                last.send(Err(status::to_status(&fault)))
            }
        };
    }

    async fn deliver(
        &mut self,
        opened: Message,
        snapshot: Option<Snapshot>,
        mut feed: Box<dyn Feed>,
    ) -> Result<std::convert::Infallible, End> {
        self.send(opened).await?;
        if let Some(snapshot) = snapshot {
            self.snapshot(snapshot).await?;
        }
        loop {
            let patience = self.heartbeat_due.saturating_duration_since(Instant::now());
            let item = tokio::select! {
                biased;
                () = self.door.shutdown.cancelled() => return Err(End::Closing(v1::ClosingReason::Shutdown)),
                () = self.out.closed() => return Err(End::Gone),
                item = feed.next(patience) => item,
            };
            let item = match item {
                Ok(item) => item,
                Err(fault) if fault.reason() == Reason::ResumeTokenExpired => {
                    // It fell out of what is kept while it was open: too slow, though it never stalled.
                    return Err(End::Closing(v1::ClosingReason::SlowConsumer));
                }
                Err(fault) => return Err(fault.into()),
            };
            match item {
                FeedItem::Batch(notifications, position) => {
                    self.demand_permission().await?;
                    self.batch(notifications, position).await?;
                }
                FeedItem::Idle(position) => self.place.position = position,
            }
            if Instant::now() >= self.heartbeat_due {
                self.demand_permission().await?;
                let heartbeat = v1::StreamHeartbeat {
                    resume_token: self.token(self.place),
                    server_time: Some(time::to_proto(self.door.ports.clock.now())),
                };
                self.send(Message::Heartbeat(heartbeat)).await?;
                self.heartbeat_due = Instant::now() + self.door.settings.heartbeat;
            }
        }
    }

    async fn snapshot(&mut self, snapshot: Snapshot) -> Result<(), End> {
        let mut last_sequence = 0;
        for (notification, acknowledged_by) in snapshot.items {
            if self.passes(&notification) {
                last_sequence = notification.sequence;
                self.send(Message::SnapshotItem(to_proto(notification, acknowledged_by))).await?;
            }
        }
        let place = Place { position: snapshot.position, last_sequence };
        let resume_token = self.token(place);
        self.send(Message::SnapshotEnd(v1::StreamPosition { resume_token })).await?;
        self.place = place;
        Ok(())
    }

    /// Sends all events of one commit. Their tokens stay before the commit until its last visible one, so that a
    /// subscriber that stops in between gets the whole commit again.
    async fn batch(&mut self, notifications: Vec<Notification>, position: Position) -> Result<(), End> {
        let mut visible: Vec<_> = notifications.into_iter().filter(|n| self.passes(n)).collect();
        let last = visible.pop();
        let before = self.token(self.place);
        let mut previous = self.place.last_sequence;
        for notification in visible {
            let sequence = notification.sequence;
            self.event(notification, previous, before.clone()).await?;
            previous = sequence;
        }
        match last {
            Some(notification) => {
                let place = Place { position, last_sequence: notification.sequence };
                self.event(notification, previous, self.token(place)).await?;
                self.place = place;
            }
            None => self.place.position = position,
        }
        Ok(())
    }

    async fn event(
        &mut self,
        notification: Notification,
        previous: u64,
        resume_token: String,
    ) -> Result<(), End> {
        let event = v1::NotificationEvent {
            event_id: format!("{}.{}", notification.tenant, notification.sequence),
            previous_sequence: count(previous),
            resume_token,
            notification: Some(to_proto(notification, Vec::new())),
        };
        self.send(Message::Event(event)).await
    }

    fn passes(&self, notification: &Notification) -> bool {
        self.filter.matches(|field| filter_field(notification, field))
    }

    /// Bindings change while a stream is open; what is sent is what may be seen now.
    async fn demand_permission(&self) -> Result<(), End> {
        match self.door.authorise(&self.caller, &self.request.scope()).await {
            Ok(()) => Ok(()),
            Err(fault) if matches!(fault.reason(), Reason::PermissionMissing | Reason::ResourceNotFound) => {
                Err(End::Closing(v1::ClosingReason::PermissionLost))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn send(&self, message: Message) -> Result<(), End> {
        tokio::select! {
            biased;
            sent = self.out.send_timeout(wrap(message), self.door.settings.stall_max) => match sent {
                Ok(()) => Ok(()),
                Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                    Err(End::Closing(v1::ClosingReason::SlowConsumer))
                }
                Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(End::Gone),
            },
            () = self.door.shutdown.cancelled() => Err(End::Closing(v1::ClosingReason::Shutdown)),
        }
    }

    fn token(&self, place: Place) -> String {
        self.door.tokens.resume(scope(&self.caller, &self.tenant, &self.request), place)
    }

    fn closing(&self, reason: v1::ClosingReason) -> Message {
        let retry_after =
            (reason == v1::ClosingReason::Shutdown).then(|| time::duration(RETRY_AFTER_SHUTDOWN));
        Message::Closing(v1::StreamClosing {
            resume_token: self.token(self.place),
            reason: reason as i32,
            retry_after,
        })
    }
}

fn wrap(message: Message) -> v1::StreamNotificationsResponse {
    v1::StreamNotificationsResponse { message: Some(message) }
}
