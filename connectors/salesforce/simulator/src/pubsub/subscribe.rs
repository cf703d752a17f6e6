//! `Subscribe`: credits in, events and keep-alives out.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

use super::caller::{Topic, topic};
use super::refusal::{refusal, unavailable};
use super::wire::{ConsumerEvent, EventHeader, FetchRequest, FetchResponse, ProducerEvent, ReplayPreset};
use crate::events::{Delivery, ReplayId, Start};
use crate::ledger::Kind;
use crate::org::{Org, Rights};

/// Credits that a stream can hold; more are not granted.
const CREDIT_MAX: i32 = 100;
/// Something is sent at least this often while credits are left.
const KEEP_ALIVE: Duration = Duration::from_secs(270);
/// A stream without credits is closed after this.
const WITHOUT_CREDIT: Duration = Duration::from_secs(60);
/// Bytes of events in one response, below the 3 MB that the service promises clients.
const RESPONSE_BYTES_MAX: usize = 3 << 20;

type Answers = mpsc::Sender<Result<FetchResponse, Status>>;

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

/// One subscription.
pub(super) struct Subscription<'a> {
    org: &'a Org,
    rights: Rights,
    stop: &'a CancellationToken,
    rpc_id: &'a str,
    bend: Bend,
}

struct Position {
    topic: Topic,
    after: ReplayId,
    credit: i32,
}

impl<'a> Subscription<'a> {
    pub(super) fn new(
        org: &'a Org,
        rights: Rights,
        stop: &'a CancellationToken,
        rpc_id: &'a str,
        bend: Bend,
    ) -> Self {
        Self { org, rights, stop, rpc_id, bend }
    }

    /// Serves the stream until the client ends it, an error does, or the server stops.
    pub(super) async fn run(
        &self,
        mut requests: Streaming<FetchRequest>,
        answers: &Answers,
    ) -> Result<(), Status> {
        let first = tokio::select! {
            first = requests.message() => first?,
            () = self.stop.cancelled() => return Err(unavailable(self.rpc_id)),
            () = self.org.clock.sleep(WITHOUT_CREDIT) => return Err(self.invalid("subscription.fetch.request.invalid", "No fetch request came.")),
        };
        let Some(first) = first else { return Ok(()) };
        let mut position = self.begin(&first)?;
        let mut moved = self.org.bus.moved(&position.topic.name);
        let mut quiet = self.timer(&position);
        loop {
            moved.borrow_and_update();
            if self.bend != Bend::HalfDead && self.deliver(&mut position, answers).await? {
                quiet = self.timer(&position);
            }
            tokio::select! {
                request = requests.message() => {
                    let Some(request) = request? else { return Ok(()) };
                    self.grant(&mut position, &request)?;
                    quiet = self.timer(&position);
                }
                // The bus lives as long as the org, so this never fails.
                _ = moved.changed(), if position.credit > 0 => {}
                () = &mut quiet => {
                    if position.credit == 0 {
                        return Err(refusal(
                            Code::DeadlineExceeded,
                            "subscription.fetch.request.invalid",
                            "The stream was closed because no events were requested in time.",
                            self.rpc_id,
                        ));
                    }
                    if self.bend != Bend::HalfDead {
                        self.keep_alive(&mut position, answers).await;
                    }
                    quiet = self.timer(&position);
                }
                () = answers.closed() => return Ok(()),
                () = self.stop.cancelled() => return Err(unavailable(self.rpc_id)),
            }
            self.still_allowed(&position)?;
        }
    }

    fn begin(&self, first: &FetchRequest) -> Result<Position, Status> {
        let topic =
            topic(self.org, &self.rights, &first.topic_name, self.rpc_id)?.for_subscriber(self.rpc_id)?;
        let corrupted = |_| {
            let text = "The replay ID validation failed: it is corrupted, expired or not of this topic.";
            self.invalid("subscription.fetch.replayid.corrupted", text)
        };
        let start = match ReplayPreset::try_from(first.replay_preset) {
            Ok(ReplayPreset::Latest) => Start::Latest,
            Ok(ReplayPreset::Earliest) => Start::Earliest,
            Ok(ReplayPreset::Custom) if first.replay_id.is_empty() => {
                let text = "A replay ID is needed with the replay preset CUSTOM.";
                return Err(self.invalid("subscription.fetch.replayid.validation.failed", text));
            }
            Ok(ReplayPreset::Custom) => {
                Start::After(ReplayId::from_bytes(&first.replay_id).ok_or(()).map_err(corrupted)?)
            }
            Err(_) => {
                return Err(
                    self.invalid("subscription.fetch.request.invalid", "The replay preset is unknown.")
                );
            }
        };
        let after = self.org.bus.begin(&topic.name, start).map_err(|_| corrupted(()))?;
        let mut position = Position { topic, after, credit: 0 };
        self.grant(&mut position, first)?;
        Ok(position)
    }

    fn grant(&self, position: &mut Position, request: &FetchRequest) -> Result<(), Status> {
        if !request.topic_name.is_empty() && request.topic_name != position.topic.name {
            return Err(self
                .invalid("subscription.fetch.topic.mismatch", "The topic of a subscription cannot change."));
        }
        if request.num_requested <= 0 {
            let text = "The number of requested events must be greater than 0.";
            return Err(self.invalid("subscription.fetch.requested.events.invalid", text));
        }
        position.credit = position.credit.saturating_add(request.num_requested).min(CREDIT_MAX);
        Ok(())
    }

    /// Sends what the credit allows; whether anything was sent.
    async fn deliver(&self, position: &mut Position, answers: &Answers) -> Result<bool, Status> {
        let mut sent = false;
        while position.credit > 0 {
            let name = &position.topic.name;
            let Some(events) = self.org.bus.deliver(name, position.after, position.credit as usize) else {
                let text = "You have exceeded the event delivery limit for your org.";
                return Err(refusal(
                    Code::ResourceExhausted,
                    "subscription.limit.exceeded",
                    text,
                    self.rpc_id,
                ));
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
            for response in self.responses(events, position) {
                sent = true;
                tokio::select! {
                    answer = answers.send(Ok(response)) => if answer.is_err() { return Ok(true) },
                    () = self.stop.cancelled() => return Err(unavailable(self.rpc_id)),
                }
            }
        }
        Ok(sent)
    }

    /// Events cut into responses of bounded size.
    fn responses(&self, events: Vec<Delivery>, position: &Position) -> Vec<FetchResponse> {
        let mut responses: Vec<FetchResponse> = Vec::new();
        let mut bytes = 0;
        let mut left = position.credit + events.len() as i32;
        let latest = self.org.bus.latest(&position.topic.name).to_bytes();
        for event in events {
            let size = event.event.size();
            left -= 1;
            if responses.is_empty() || bytes + size > RESPONSE_BYTES_MAX {
                responses.push(FetchResponse {
                    latest_replay_id: latest.clone(),
                    rpc_id: self.rpc_id.to_owned(),
                    ..FetchResponse::default()
                });
                bytes = 0;
            }
            bytes += size;
            if let Some(response) = responses.last_mut() {
                response.events.push(consumer_event(event));
                response.pending_num_requested = left;
            }
        }
        responses
    }

    async fn keep_alive(&self, position: &mut Position, answers: &Answers) {
        position.after = self.org.bus.quiet_position(&position.topic.name, position.after);
        let response = FetchResponse {
            events: Vec::new(),
            latest_replay_id: position.after.to_bytes(),
            rpc_id: self.rpc_id.to_owned(),
            pending_num_requested: position.credit,
        };
        // A closed channel is noticed by the loop.
        let _ = answers.send(Ok(response)).await;
    }

    fn timer(&self, position: &Position) -> BoxFuture<'static, ()> {
        self.org.clock.sleep(if position.credit > 0 { KEEP_ALIVE } else { WITHOUT_CREDIT })
    }

    /// An expired session leaves an open stream alone; a locked-out user or a deleted event ends it.
    fn still_allowed(&self, position: &Position) -> Result<(), Status> {
        let state = self.org.read();
        if !state.users.get(&self.rights.user).is_some_and(|user| user.active) {
            let text = "Authentication exception occurred.";
            return Err(refusal(Code::Unauthenticated, "service.auth.error", text, self.rpc_id));
        }
        if state.metadata.object(&position.topic.object.name).is_none() {
            let text = format!("The topic {} does not exist any more.", position.topic.name);
            return Err(refusal(Code::NotFound, "topic.not.found", &text, self.rpc_id));
        }
        Ok(())
    }

    fn invalid(&self, code: &str, text: &str) -> Status {
        refusal(Code::InvalidArgument, code, text, self.rpc_id)
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
