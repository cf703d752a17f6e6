//! One open stream.

use std::convert::Infallible;
use std::time::Duration;

use provision_api::v1;
use provision_core::Reason;
use provision_core::fault::{Fault, Result};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tonic::Status;

use super::{Asked, Batch, Frame, Snapshot, Source};
use crate::convert::time;
use crate::door::Scope;
use crate::status;
use crate::tokens::Place;

/// How long a subscriber should wait after the daemon stopped.
const RETRY_AFTER_SHUTDOWN: Duration = Duration::from_secs(1);

/// One open stream.
pub(super) struct Subscriber<S: Source> {
    pub asked: Asked,
    pub source: S,
    pub out: mpsc::Sender<S::Answer>,
    pub place: Place,
    pub heartbeat_due: Instant,
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
    /// Sends what there is until the stream ends; how it ended goes to `last`.
    pub(super) async fn run(
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
    ) -> Result<Infallible, End> {
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
