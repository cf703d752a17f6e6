//! Streams to subscribers: at least once, in order, resumable. What is streamed is a [`Source`].
//!
//! A subscriber is a cursor into a log that all share and a channel of one message. A slow one is simply behind; one
//! that takes nothing for minutes is closed, with a token to come back with.

pub(crate) mod accounts;
pub(crate) mod notifications;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{Stream, StreamExt};
use provision_api::v1;
use provision_core::fault::{Fault, Result};
use provision_core::filter::Filter;
use provision_core::ports::Position;
use provision_core::{Reason, TenantId};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::Instrument;

use crate::convert::time;
use crate::door::{Door, Scope, permit};
use crate::gate::Caller;
use crate::name;
use crate::status;
use crate::tokens::{Place, StreamScope, Topic};

/// What the subscriber receives.
pub(crate) type Messages<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// How long a subscriber should wait after the daemon stopped.
const RETRY_AFTER_SHUTDOWN: Duration = Duration::from_secs(1);

/// What one kind of stream tells a subscriber, behind its filter.
#[async_trait]
pub(crate) trait Source: Send + 'static {
    /// The message of the stream.
    type Answer: Send + 'static;
    /// Something that is there, as a snapshot has it.
    type Item: Send;
    /// Something that happened.
    type Event: Send;

    /// What comes next; waits at most `patience` and then answers no events, with the position that was reached.
    /// `RESUME_TOKEN_EXPIRED` when the position fell out of what is kept.
    async fn next(&mut self, patience: Duration) -> Result<Batch<Self::Event>>;
    /// The event's place in the order of all.
    fn sequence(event: &Self::Event) -> u64;
    /// A part of a snapshot.
    fn snapshot_item(item: Self::Item) -> Self::Answer;
    /// The event, with the sequence of the one before and the token behind it.
    fn event(event: Self::Event, previous: u64, resume_token: String) -> Self::Answer;
    /// What every stream says.
    fn frame(frame: Frame) -> Self::Answer;
}

/// All events of one commit that the subscriber may see, in order, and the position behind them.
pub(crate) struct Batch<E> {
    pub events: Vec<E>,
    pub position: Position,
}

/// What every stream says, whatever it is about.
pub(crate) enum Frame {
    Opened(v1::StreamOpened),
    SnapshotEnd(v1::StreamPosition),
    Heartbeat(v1::StreamHeartbeat),
    Closing(v1::StreamClosing),
}

/// Wraps [`Frame`]s and the rest into the messages of a stream, whose names are the same in all.
macro_rules! frame {
    ($answer:ident, $message:path) => {
        fn frame(frame: crate::stream::Frame) -> v1::$answer {
            use $message as Message;

            use crate::stream::Frame;
            let message = match frame {
                Frame::Opened(opened) => Message::Opened(opened),
                Frame::SnapshotEnd(position) => Message::SnapshotEnd(position),
                Frame::Heartbeat(heartbeat) => Message::Heartbeat(heartbeat),
                Frame::Closing(closing) => Message::Closing(closing),
            };
            v1::$answer { message: Some(message) }
        }
    };
}
use frame;

/// Who asked for which stream: what a token is bound to, and what rights are asked for.
pub(crate) struct Asked {
    pub door: Arc<Door>,
    pub caller: Caller,
    pub topic: Topic,
    pub parent: String,
    pub tenant: TenantId,
    pub filter_text: String,
    pub filter: Filter,
    pub begin: v1::StreamStart,
    _permit: OwnedSemaphorePermit,
}

/// Where a stream begins.
pub(crate) struct Beginning<S: Source> {
    pub source: S,
    /// Where whoever leaves before the first event comes back to.
    pub place: Place,
    pub snapshot: Option<Snapshot<S::Item>>,
    pub oldest_token: String,
}

/// What is sent first, and the place behind it.
pub(crate) struct Snapshot<I> {
    pub items: Vec<I>,
    pub place: Place,
}

/// The arguments of a stream, as they came.
pub(crate) struct Arguments<'a> {
    pub parent: &'a str,
    pub filter: &'a str,
    pub start: i32,
}

impl Asked {
    /// Checks who asks, and for what.
    pub(crate) async fn check(
        door: Arc<Door>,
        caller: Caller,
        topic: Topic,
        arguments: Arguments<'_>,
        filter_fields: &[&str],
    ) -> Result<Asked> {
        door.authorise(&caller, &Scope::Tenant(arguments.parent)).await?;
        let tenant = name::tenant("parent", arguments.parent)?;
        let filter = Filter::parse(arguments.filter, filter_fields)?;
        let begin = v1::StreamStart::try_from(arguments.start)
            .map_err(|_| Fault::invalid("start", "is not a value of StreamStart"))?;
        let permit = permit(&caller)?;
        let (parent, filter_text) = (arguments.parent.to_owned(), arguments.filter.to_owned());
        Ok(Asked { door, caller, topic, parent, tenant, filter_text, filter, begin, _permit: permit })
    }

    pub(crate) fn token(&self, place: Place) -> String {
        self.door.tokens.resume(self.scope(), place)
    }

    pub(crate) fn read_token(&self, token: &str) -> Result<Place> {
        self.door.tokens.read_resume(self.scope(), token)
    }

    fn scope(&self) -> StreamScope<'_> {
        StreamScope {
            topic: self.topic,
            principal: &self.caller.known.principal,
            tenant: &self.tenant,
            filter: &self.filter_text,
        }
    }

    /// Opens the stream. All that can be refused was refused before.
    pub(crate) fn begin<S: Source>(self, beginning: Beginning<S>) -> Messages<S::Answer> {
        let opened = Frame::Opened(v1::StreamOpened {
            server_time: Some(time::to_proto(self.door.ports.clock.now())),
            heartbeat_interval: Some(time::duration(self.door.settings.heartbeat)),
            oldest_token: beginning.oldest_token,
        });
        let (out, messages) = mpsc::channel(1);
        let (last, ending) = oneshot::channel();
        let subscriber = Subscriber {
            heartbeat_due: Instant::now() + self.door.settings.heartbeat,
            place: beginning.place,
            source: beginning.source,
            asked: self,
            out,
        };
        tokio::spawn(subscriber.run(opened, beginning.snapshot, last).in_current_span());
        // The end has its own way, so that it arrives even where the channel was full when the stream was given up.
        let ending = futures::stream::once(ending).filter_map(|last| std::future::ready(last.ok()));
        ReceiverStream::new(messages).map(Ok).chain(ending).boxed()
    }
}

/// The refusal of a token that is too old.
pub(crate) fn expired(oldest_token: String) -> Fault {
    Fault::new(
        Reason::ResumeTokenExpired,
        "what came after this token is no longer kept; take a snapshot, or go on from oldest_token",
    )
    .meta("oldest_token", oldest_token)
}

/// One open stream.
struct Subscriber<S: Source> {
    asked: Asked,
    source: S,
    out: mpsc::Sender<S::Answer>,
    place: Place,
    heartbeat_due: Instant,
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

impl<S: Source> Subscriber<S> {
    async fn run(
        mut self,
        opened: Frame,
        snapshot: Option<Snapshot<S::Item>>,
        last: oneshot::Sender<Result<S::Answer, Status>>,
    ) {
        let open = metrics::gauge!("provisiond_grpc_open_streams");
        open.increment(1.0);
        let end = match self.deliver(opened, snapshot).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        open.decrement(1.0);
        let _ = match end {
            End::Gone => Ok(()),
            End::Closing(reason) => {
                tracing::info!(reason = reason.as_str_name(), "stream closed");
                last.send(Ok(S::frame(self.closing(reason))))
            }
            End::Fault(fault) => {
                let caller = &self.asked.caller;
                status::log(&fault, &caller.entry.full_name, caller.known.principal.as_str());
                last.send(Err(status::to_status(&fault)))
            }
        };
    }

    async fn deliver(
        &mut self,
        opened: Frame,
        snapshot: Option<Snapshot<S::Item>>,
    ) -> Result<std::convert::Infallible, End> {
        self.send(S::frame(opened)).await?;
        if let Some(snapshot) = snapshot {
            self.snapshot(snapshot).await?;
        }
        loop {
            let patience = self.heartbeat_due.saturating_duration_since(Instant::now());
            let batch = tokio::select! {
                biased;
                () = self.asked.door.shutdown.cancelled() => {
                    return Err(End::Closing(v1::ClosingReason::Shutdown));
                }
                () = self.out.closed() => return Err(End::Gone),
                batch = self.source.next(patience) => batch,
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(fault) if fault.reason() == Reason::ResumeTokenExpired => {
                    // It fell out of what is kept while it was open: too slow, though it never stalled.
                    return Err(End::Closing(v1::ClosingReason::SlowConsumer));
                }
                Err(fault) => return Err(fault.into()),
            };
            if !batch.events.is_empty() {
                self.demand_permission().await?;
            }
            self.batch(batch).await?;
            if Instant::now() >= self.heartbeat_due {
                self.demand_permission().await?;
                let heartbeat = v1::StreamHeartbeat {
                    resume_token: self.asked.token(self.place),
                    server_time: Some(time::to_proto(self.asked.door.ports.clock.now())),
                };
                self.send(S::frame(Frame::Heartbeat(heartbeat))).await?;
                self.heartbeat_due = Instant::now() + self.asked.door.settings.heartbeat;
            }
        }
    }

    async fn snapshot(&mut self, snapshot: Snapshot<S::Item>) -> Result<(), End> {
        for item in snapshot.items {
            self.send(S::snapshot_item(item)).await?;
        }
        let resume_token = self.asked.token(snapshot.place);
        self.send(S::frame(Frame::SnapshotEnd(v1::StreamPosition { resume_token }))).await?;
        self.place = snapshot.place;
        Ok(())
    }

    /// Sends all events of one commit. Their tokens stay before the commit until its last visible one, so that a
    /// subscriber that stops in between gets the whole commit again.
    async fn batch(&mut self, batch: Batch<S::Event>) -> Result<(), End> {
        let Batch { mut events, position } = batch;
        let Some(last) = events.pop() else {
            self.place.position = position;
            return Ok(());
        };
        let before = self.asked.token(self.place);
        let mut previous = self.place.last_sequence;
        for event in events {
            let sequence = S::sequence(&event);
            self.send(S::event(event, previous, before.clone())).await?;
            previous = sequence;
        }
        let place = Place { position, last_sequence: S::sequence(&last) };
        self.send(S::event(last, previous, self.asked.token(place))).await?;
        self.place = place;
        Ok(())
    }

    /// Bindings change while a stream is open; what is sent is what may be seen now.
    async fn demand_permission(&mut self) -> Result<(), End> {
        let asked = &self.asked;
        match asked.door.authorise(&asked.caller, &Scope::Tenant(&asked.parent)).await {
            Ok(()) => Ok(()),
            Err(fault) if matches!(fault.reason(), Reason::PermissionMissing | Reason::ResourceNotFound) => {
                Err(End::Closing(v1::ClosingReason::PermissionLost))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn send(&mut self, message: S::Answer) -> Result<(), End> {
        let door = &self.asked.door;
        tokio::select! {
            biased;
            sent = self.out.send_timeout(message, door.settings.stall_max) => match sent {
                Ok(()) => Ok(()),
                Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                    Err(End::Closing(v1::ClosingReason::SlowConsumer))
                }
                Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(End::Gone),
            },
            () = door.shutdown.cancelled() => Err(End::Closing(v1::ClosingReason::Shutdown)),
        }
    }

    fn closing(&self, reason: v1::ClosingReason) -> Frame {
        let retry_after =
            (reason == v1::ClosingReason::Shutdown).then(|| time::duration(RETRY_AFTER_SHUTDOWN));
        Frame::Closing(v1::StreamClosing {
            resume_token: self.asked.token(self.place),
            reason: reason as i32,
            retry_after,
        })
    }
}
