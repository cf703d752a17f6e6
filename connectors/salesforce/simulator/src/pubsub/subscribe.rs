//! `Subscribe`: the client says where to begin, and keeps its position itself.

use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::caller::{refresh, topic};
use super::refusal::unavailable;
use super::stream::{Batch, Position, Stream, WITHOUT_CREDIT};
use super::wire::{FetchRequest, FetchResponse, ReplayPreset};
use crate::events::{ReplayId, Start};

type Answers = mpsc::Sender<Result<FetchResponse, Status>>;

/// One subscription.
pub(super) struct Subscription<'a>(pub(super) Stream<'a>);

impl From<(Batch, String)> for FetchResponse {
    fn from((batch, rpc_id): (Batch, String)) -> Self {
        let Batch { events, latest, pending } = batch;
        Self { events, latest_replay_id: latest, rpc_id, pending_num_requested: pending }
    }
}

impl Subscription<'_> {
    /// Serves the stream until the client ends it, an error does, or the server stops.
    pub(super) async fn run(
        &self,
        mut requests: Streaming<FetchRequest>,
        answers: &Answers,
    ) -> Result<(), Status> {
        let Self(stream) = self;
        let first = tokio::select! {
            first = requests.message() => first?,
            () = stream.stop.cancelled() => return Err(unavailable(stream.rpc_id)),
            () = stream.org.clock.sleep(WITHOUT_CREDIT) => return Err(stream.invalid("subscription.fetch.request.invalid", "No fetch request came.")),
        };
        let Some(first) = first else { return Ok(()) };
        let mut position = self.begin(&first)?;
        let mut moved = stream.org.bus.moved(&position.seen.name);
        let mut quiet = stream.timer(&position);
        loop {
            moved.borrow_and_update();
            if stream.deliver(&mut position, answers).await? {
                quiet = stream.timer(&position);
            }
            tokio::select! {
                request = requests.message() => {
                    let Some(request) = request? else { return Ok(()) };
                    self.grant(&mut position, &request, false)?;
                    quiet = stream.timer(&position);
                }
                // The bus lives as long as the org, so this never fails.
                _ = moved.changed(), if position.credit > 0 => {}
                () = &mut quiet => {
                    stream.quiet(&mut position, answers).await?;
                    quiet = stream.timer(&position);
                }
                () = answers.closed() => return Ok(()),
                () = stream.stop.cancelled() => return Err(unavailable(stream.rpc_id)),
            }
            stream.still_allowed(&position)?;
        }
    }

    fn begin(&self, first: &FetchRequest) -> Result<Position, Status> {
        let Self(stream) = self;
        let seen = topic(stream.org, &stream.rights, &first.topic_name, stream.rpc_id)?
            .for_subscriber(stream.rpc_id)?;
        let corrupted = || {
            let text = "The Replay ID validation failed. Ensure that the Replay ID is valid.";
            stream.invalid("subscription.fetch.replayid.corrupted", text)
        };
        let start = match ReplayPreset::try_from(first.replay_preset) {
            Ok(ReplayPreset::Latest) => Start::Latest,
            Ok(ReplayPreset::Earliest) => Start::Earliest,
            Ok(ReplayPreset::Custom) if first.replay_id.is_empty() => {
                let text = "A Replay ID is required with the replay preset CUSTOM.";
                return Err(stream.invalid("subscription.fetch.replayid.validation.failed", text));
            }
            Ok(ReplayPreset::Custom) => {
                Start::After(ReplayId::from_bytes(&first.replay_id).ok_or_else(corrupted)?)
            }
            Err(_) => {
                let text = "The replay preset is unknown.";
                return Err(stream.invalid("subscription.fetch.request.invalid", text));
            }
        };
        let after = stream.org.bus.begin(&seen.name, start).map_err(|_| corrupted())?;
        let mut position = Position { seen, after, credit: 0, told: after };
        self.grant(&mut position, first, true)?;
        Ok(position)
    }

    fn grant(&self, position: &mut Position, request: &FetchRequest, first: bool) -> Result<(), Status> {
        let Self(stream) = self;
        if !request.topic_name.is_empty() && request.topic_name != position.seen.name {
            let text = "The topic of a subscription cannot change.";
            return Err(stream.invalid("subscription.fetch.topic.mismatch", text));
        }
        let early = "subscription.fetch.request.invalid";
        refresh(stream.org, &request.auth_refresh, first, early, stream.rpc_id)?;
        // A request may bring a fresh token alone.
        if request.num_requested < 0 || request.num_requested == 0 && request.auth_refresh.is_empty() {
            let text = "The number of requested events must be greater than 0.";
            return Err(stream.invalid("subscription.fetch.requested.events.invalid", text));
        }
        stream.grant(position, request.num_requested);
        Ok(())
    }
}
