//! What `Subscribe` and `ManagedSubscribe` have in common: credits in, events and keep-alives out.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::caller::{Seen, not_found};
use super::refusal::{refusal, unauthenticated, unavailable};
use super::wire::{ConsumerEvent, EventHeader, ProducerEvent};
use crate::events::{Delivery, ReplayId, Topic};
use crate::ledger::Kind;
use crate::org::{Org, Rights};

/// Credits that a stream can hold; more are not granted.
const CREDIT_MAX: i32 = 100;
/// Something is sent at least this often while credits are left.
const KEEP_ALIVE: Duration = Duration::from_secs(270);
/// A stream without credits is closed after this.
pub(super) const WITHOUT_CREDIT: Duration = Duration::from_secs(60);
/// Bytes of events in one response, below the 3 MB that the service promises clients.
const RESPONSE_BYTES_MAX: usize = 3 << 20;

/// How a planned fault bends an open stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bend {
    /// As it should be.
    None,
    /// Open, and silent for ever.
    HalfDead,
    /// The first delivery counts and is lost with the stream.
    BreakAtDelivery,
}

/// One open stream of a subscriber.
pub(super) struct Stream<'a> {
    pub(super) org: &'a Org,
    pub(super) rights: Rights,
    pub(super) stop: &'a CancellationToken,
    pub(super) rpc_id: &'a str,
    pub(super) bend: Bend,
}

/// How far a stream has come.
pub(super) struct Position {
    pub(super) seen: Seen,
    pub(super) after: ReplayId,
    pub(super) credit: i32,
    /// The newest position that the client was told of.
    pub(super) told: ReplayId,
}

/// What a response of either kind says.
pub(super) struct Batch {
    pub(super) events: Vec<ConsumerEvent>,
    pub(super) latest: Bytes,
    pub(super) pending: i32,
}

impl Stream<'_> {
    /// Adds credits.
    pub(super) fn grant(&self, position: &mut Position, requested: i32) {
        position.credit = position.credit.saturating_add(requested).min(CREDIT_MAX);
    }

    /// Sends what the credit allows; whether anything was sent.
    pub(super) async fn deliver<T: From<(Batch, String)>>(
        &self,
        position: &mut Position,
        answers: &mpsc::Sender<Result<T, Status>>,
    ) -> Result<bool, Status> {
        let mut sent = false;
        while position.credit > 0 && self.bend != Bend::HalfDead {
            let name = &position.seen.name;
            let Some(events) = self.org.bus.deliver(name, position.after, position.credit as usize) else {
                let text = "You have exceeded the event delivery limit for your org.";
                return Err(self.refused(Code::ResourceExhausted, "subscription.limit.exceeded", text));
            };
            let Some(last) = events.last() else { break };
            position.after = last.replay_id;
            position.credit -= events.len() as i32;
            if self.bend == Bend::BreakAtDelivery {
                return Err(unavailable(self.rpc_id));
            }
            for event in &events {
                let detail = [("event", event.event.id.as_str())];
                self.org.note(Kind::EventDelivered, Some(self.rights.user), name, &detail);
            }
            for batch in self.batches(events, position) {
                sent = true;
                let response = T::from((batch, self.rpc_id.to_owned()));
                tokio::select! {
                    answer = answers.send(Ok(response)) => if answer.is_err() { return Ok(true) },
                    () = self.stop.cancelled() => return Err(unavailable(self.rpc_id)),
                }
            }
        }
        Ok(sent)
    }

    /// Events cut into responses of bounded size.
    fn batches(&self, events: Vec<Delivery>, position: &mut Position) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        let mut bytes = 0;
        let mut left = position.credit + events.len() as i32;
        position.told = self.org.bus.latest(&position.seen.name);
        let latest = position.told.to_bytes();
        for event in events {
            let size = event.event.size();
            left -= 1;
            if batches.is_empty() || bytes + size > RESPONSE_BYTES_MAX {
                batches.push(Batch { events: Vec::new(), latest: latest.clone(), pending: left });
                bytes = 0;
            }
            bytes += size;
            if let Some(batch) = batches.last_mut() {
                batch.events.push(consumer_event(event));
                batch.pending = left;
            }
        }
        batches
    }

    /// Called when the timer has run out: closes a stream that asks for nothing, and keeps another one alive.
    pub(super) async fn quiet<T: From<(Batch, String)>>(
        &self,
        position: &mut Position,
        answers: &mpsc::Sender<Result<T, Status>>,
    ) -> Result<(), Status> {
        if position.credit == 0 {
            let text = "The stream was closed because no events were requested in time.";
            return Err(self.refused(Code::DeadlineExceeded, "subscription.fetch.request.invalid", text));
        }
        if self.bend != Bend::HalfDead {
            let response = T::from((self.nothing(position), self.rpc_id.to_owned()));
            // A closed channel is noticed by the stream's own loop.
            let _ = answers.send(Ok(response)).await;
        }
        Ok(())
    }

    /// A response without events, with a position that is as new as it can be.
    pub(super) fn nothing(&self, position: &mut Position) -> Batch {
        position.after = self.org.bus.quiet_position(&position.seen.name, position.after);
        position.told = position.told.max(position.after);
        Batch { events: Vec::new(), latest: position.after.to_bytes(), pending: position.credit }
    }

    pub(super) fn timer(&self, position: &Position) -> BoxFuture<'static, ()> {
        self.org.clock.sleep(if position.credit > 0 { KEEP_ALIVE } else { WITHOUT_CREDIT })
    }

    /// An expired session leaves an open stream alone; a locked-out user or a deleted event ends it.
    pub(super) fn still_allowed(&self, position: &Position) -> Result<(), Status> {
        let state = self.org.read();
        if !state.users.get(&self.rights.user).is_some_and(|user| user.active) {
            return Err(unauthenticated(self.rpc_id));
        }
        if Topic::find(&state.metadata, &position.seen.name).is_none() {
            return Err(not_found(self.org, &position.seen.name, self.rpc_id));
        }
        Ok(())
    }

    pub(super) fn refused(&self, status: Code, code: &str, text: &str) -> Status {
        refusal(status, code, text, self.rpc_id)
    }

    pub(super) fn invalid(&self, code: &str, text: &str) -> Status {
        self.refused(Code::InvalidArgument, code, text)
    }
}

fn consumer_event(delivery: Delivery) -> ConsumerEvent {
    let event = delivery.event;
    ConsumerEvent {
        event: Some(ProducerEvent {
            id: event.id,
            schema_id: event.schema_id,
            payload: event.payload,
            headers: event.headers.into_iter().map(|(key, value)| EventHeader { key, value }).collect(),
        }),
        replay_id: delivery.replay_id.to_bytes(),
    }
}
