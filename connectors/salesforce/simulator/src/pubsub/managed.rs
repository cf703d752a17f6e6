//! `ManagedSubscribe`: the org keeps the position, and the client commits how far it has come.

use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use super::caller::{refresh, topic};
use super::refusal::unavailable;
use super::stream::{Batch, Position, Stream, WITHOUT_CREDIT};
use super::wire::{CommitReplayRequest, CommitReplayResponse, Error, ErrorCode};
use super::wire::{ManagedFetchRequest, ManagedFetchResponse};
use crate::events::definition::{ManagedSubscription, Replay, RunState};
use crate::events::{ReplayId, Start};
use crate::org::Id;

/// Answers to commits that wait together.
const OUTCOMES_MAX: usize = 100;
const LOST: &str = "The Replay ID is invalid or outside the retention window.";

type Answers = mpsc::Sender<Result<ManagedFetchResponse, Status>>;

/// One client of a managed subscription.
pub(super) struct Managed<'a>(pub(super) Stream<'a>);

impl From<(Batch, String)> for ManagedFetchResponse {
    fn from((batch, rpc_id): (Batch, String)) -> Self {
        let Batch { events, latest, pending } = batch;
        Self {
            events,
            latest_replay_id: latest,
            rpc_id,
            pending_num_requested: pending,
            commit_response: None,
        }
    }
}

impl Managed<'_> {
    /// Serves the stream until the client ends it, an error does, the subscription is stopped or deleted, or the server
    /// stops.
    pub(super) async fn run(
        &self,
        mut requests: Streaming<ManagedFetchRequest>,
        answers: &Answers,
    ) -> Result<(), Status> {
        let Self(stream) = self;
        let first = tokio::select! {
            first = requests.message() => first?,
            () = stream.stop.cancelled() => return Err(unavailable(stream.rpc_id)),
            () = stream.org.clock.sleep(WITHOUT_CREDIT) => return Err(stream.invalid("managed.subscription.fetch.request.invalid", "No fetch request came.")),
        };
        let Some(first) = first else { return Ok(()) };
        let subscription = self.subscription(&first)?;
        let id = subscription.header.id;
        let seen = topic(stream.org, &stream.rights, &subscription.topic, stream.rpc_id)?
            .for_subscriber(stream.rpc_id)?;
        self.first(&first)?;
        let _client = stream.org.bus.managed.enter(id).ok_or_else(|| {
            let text = "An active subscription with the same ID already exists. There can be a delay before it expires. Try subscribing again later.";
            stream.refused(Code::AlreadyExists, "managed.subscription.already.active", text)
        })?;
        let after = self.start(&subscription, &seen.name)?;
        let mut position = Position { seen, after, credit: 0, told: after };
        stream.grant(&mut position, first.num_requested);
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
                    if !self.take(id, &mut position, request, &mut requests, answers).await? {
                        return Ok(());
                    }
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
            self.still_running(id)?;
            stream.still_allowed(&position)?;
        }
    }
    /// The subscription that the first request names, by its id or its developer name.
    fn subscription(&self, first: &ManagedFetchRequest) -> Result<Arc<ManagedSubscription>, Status> {
        let Self(stream) = self;
        let metadata = stream.org.metadata();
        let streams = &metadata.streams;
        let (id, name) = (first.subscription_id.as_str(), first.developer_name.as_str());
        if id.is_empty() == name.is_empty() {
            let text = "Provide either the subscription ID or the developer name.";
            return Err(stream.invalid("managed.subscription.id.or.developer.name.empty", text));
        }
        let found = if id.is_empty() {
            let missing = || {
                let text = format!(
                    "The managed subscription configuration with developer name {name} wasn't found."
                );
                stream.refused(Code::NotFound, "managed.subscription.developer.name.not.found", &text)
            };
            streams.subscription(name).ok_or_else(missing)?
        } else {
            let Some(parsed) = Id::parse(id) else {
                let text = "The subscription ID must have 15 or 18 characters.";
                return Err(stream.invalid("managed.subscription.subscription.id.invalid", text));
            };
            let missing = || {
                let text = format!("The managed subscription configuration with ID {id} wasn't found.");
                stream.refused(Code::NotFound, "managed.subscription.subscription.id.not.found", &text)
            };
            streams.subscription_by_id(parsed).ok_or_else(missing)?
        };
        if found.state == RunState::Stop {
            return Err(self.stopped());
        }
        Ok(found.clone())
    }

    /// What a first request must not hold.
    fn first(&self, first: &ManagedFetchRequest) -> Result<(), Status> {
        let Self(stream) = self;
        if first.commit_replay_id_request.is_some() {
            let code = "managed.subscription.fetch.request.commit.request.restricted";
            return Err(stream.invalid(code, "The first request of a stream can't commit a Replay ID."));
        }
        let early = "managed.subscription.fetch.request.auth.request.restricted";
        refresh(stream.org, &first.auth_refresh, true, early, stream.rpc_id)?;
        self.requested(first)
    }

    fn requested(&self, request: &ManagedFetchRequest) -> Result<(), Status> {
        if request.num_requested >= 0 {
            return Ok(());
        }
        let text = "The number of requested events must be greater than or equal to 0.";
        Err(self.0.invalid("managed.subscription.fetch.request.events.invalid", text))
    }

    /// Where to begin: after the committed position, or where the configuration says.
    fn start(&self, subscription: &ManagedSubscription, topic: &str) -> Result<ReplayId, Status> {
        let bus = &self.0.org.bus;
        let preset = |replay: Replay| match replay {
            Replay::Latest => Start::Latest,
            Replay::Earliest => Start::Earliest,
        };
        let id = subscription.header.id;
        let start = match bus.managed.committed(id) {
            Some(position) if bus.holds(topic, position) => Start::After(position),
            Some(_) => {
                bus.managed.forget(id);
                preset(subscription.error_recovery_replay)
            }
            None => preset(subscription.default_replay),
        };
        bus.begin(topic, start).map_err(|_| {
            let text = "The Replay ID validation failed. Ensure that the Replay ID is valid.";
            self.0.invalid("subscription.fetch.replayid.corrupted", text)
        })
    }

    /// Takes a later request, and all that came with it, so that several commits are answered by the last. False when
    /// the client has ended the stream.
    async fn take(
        &self,
        id: Id,
        position: &mut Position,
        request: ManagedFetchRequest,
        requests: &mut Streaming<ManagedFetchRequest>,
        answers: &Answers,
    ) -> Result<bool, Status> {
        let mut outcomes: Vec<CommitReplayResponse> = Vec::new();
        let (mut next, mut open) = (Some(request), true);
        while let Some(request) = next.take() {
            if let Some(outcome) = self.later(id, position, request)? {
                let good = |outcome: &CommitReplayResponse| outcome.error.is_none();
                match outcomes.last_mut() {
                    Some(last) if good(last) && good(&outcome) => *last = outcome,
                    _ => outcomes.push(outcome),
                }
            }
            if outcomes.len() < OUTCOMES_MAX
                && let Some(more) = requests.message().now_or_never()
            {
                next = more?;
                open = next.is_some();
            }
        }
        for outcome in outcomes {
            let batch = self.0.nothing(position);
            let response = ManagedFetchResponse {
                commit_response: Some(outcome),
                ..ManagedFetchResponse::from((batch, self.0.rpc_id.to_owned()))
            };
            if answers.send(Ok(response)).await.is_err() {
                return Ok(false);
            }
        }
        Ok(open)
    }

    /// One later request: credits, a commit, a fresh token.
    fn later(
        &self,
        id: Id,
        position: &mut Position,
        request: ManagedFetchRequest,
    ) -> Result<Option<CommitReplayResponse>, Status> {
        let Self(stream) = self;
        self.requested(&request)?;
        refresh(stream.org, &request.auth_refresh, false, "", stream.rpc_id)?;
        let commit = request.commit_replay_id_request;
        if request.num_requested == 0 && commit.is_none() && request.auth_refresh.is_empty() {
            let text = "The request asks for no events, and has no commit request.";
            return Err(stream.invalid("managed.subscription.fetch.request.invalid", text));
        }
        stream.grant(position, request.num_requested);
        Ok(commit.map(|commit| self.commit(id, position, commit)))
    }

    /// A commit that fails does not end the stream.
    fn commit(&self, id: Id, position: &Position, request: CommitReplayRequest) -> CommitReplayResponse {
        let bus = &self.0.org.bus;
        let refusal = match ReplayId::from_bytes(&request.replay_id) {
            _ if request.replay_id.is_empty() => Some("The Replay ID is missing in the commit request."),
            Some(at) if !bus.holds(&position.seen.name, at) => Some(LOST),
            None => Some(LOST),
            Some(at) if at > position.told => {
                Some("The Replay ID can't be committed before its event is delivered.")
            }
            Some(at) if bus.managed.commit(id, at) => None,
            Some(_) => Some("The Replay ID is older than the one that is committed."),
        };
        let error = refusal.map(|text| Error { code: ErrorCode::Commit.into(), msg: text.to_owned() });
        CommitReplayResponse {
            commit_request_id: request.commit_request_id,
            replay_id: request.replay_id,
            error,
            process_time: self.0.org.now_ms(),
        }
    }

    fn still_running(&self, id: Id) -> Result<(), Status> {
        let metadata = self.0.org.metadata();
        match metadata.streams.subscription_by_id(id).map(|subscription| subscription.state) {
            Some(RunState::Run) => Ok(()),
            Some(RunState::Stop) => Err(self.stopped()),
            None => {
                let text = "The managed subscription configuration was deleted.";
                Err(self.0.refused(Code::NotFound, "managed.subscription.config.deleted", text))
            }
        }
    }

    // The gRPC statuses of these codes are guesses.
    fn stopped(&self) -> Status {
        let text = "The managed subscription configuration is in the STOP state.";
        self.0.refused(Code::FailedPrecondition, "managed.subscription.config.stopped", text)
    }
}
