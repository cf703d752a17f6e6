//! `Publish` and `PublishStream`.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

use super::caller::{Seen, refresh, topic};
use super::refusal::{refusal, unavailable};
use super::wire::{Error, ErrorCode, ProducerEvent, PublishRequest, PublishResponse, PublishResult};
use crate::events::RawEvent;
use crate::ledger::Kind;
use crate::org::{MAINTENANCE, ObjectType, Org, Rights};

/// A stream without a valid request for this long is closed.
const IDLE: Duration = Duration::from_secs(70);

/// Publishes one batch; every event has its own outcome.
pub(super) fn publish(
    org: &Org,
    rights: &Rights,
    topic: &Seen,
    events: Vec<ProducerEvent>,
    rpc_id: &str,
) -> Result<PublishResponse, Status> {
    if events.is_empty() {
        let text = "A publish request needs at least one event.";
        return Err(refusal(Code::InvalidArgument, "publish.event.count.invalid", text, rpc_id));
    }
    let object = topic.for_publisher(rpc_id)?;
    let schema = org
        .bus
        .schema_of(object)
        .map_err(|error| refusal(Code::Unavailable, "schema.api.unavailable", &error.to_string(), rpc_id))?;
    let results = events.into_iter().map(|event| one(org, rights, &topic.name, object, event)).collect();
    Ok(PublishResponse { results, schema_id: schema.id.clone(), rpc_id: rpc_id.to_owned() })
}

fn one(org: &Org, rights: &Rights, topic: &str, object: &ObjectType, event: ProducerEvent) -> PublishResult {
    let id = if event.id.is_empty() { org.bus.next_uuid() } else { event.id };
    let headers = event.headers.into_iter().map(|header| (header.key, header.value)).collect();
    let raw = RawEvent { id: id.clone(), schema_id: event.schema_id, payload: event.payload, headers };
    if org.is_read_only() {
        let msg = format!("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE: {MAINTENANCE}");
        let error = Some(Error { code: ErrorCode::Publish.into(), msg });
        return PublishResult { replay_id: bytes::Bytes::new(), error, correlation_key: id };
    }
    match org.bus.publish(&org.metadata().streams, object, raw) {
        Ok(published) => {
            org.note(Kind::EventPublished, Some(rights.user), topic, &[("event", &id)]);
            PublishResult { replay_id: published.replay_id.to_bytes(), error: None, correlation_key: id }
        }
        Err(why) => PublishResult {
            replay_id: bytes::Bytes::new(),
            error: Some(Error { code: ErrorCode::Publish.into(), msg: format!("{}: {why}", why.code()) }),
            correlation_key: id,
        },
    }
}

/// Serves one `PublishStream` until the client ends it, goes quiet, or the server stops.
pub(super) async fn run_stream(
    org: &Org,
    rights: Rights,
    mut requests: Streaming<PublishRequest>,
    answers: &mpsc::Sender<Result<PublishResponse, Status>>,
    stop: &CancellationToken,
    rpc_id: &str,
) -> Result<(), Status> {
    let mut current: Option<Seen> = None;
    loop {
        let request = tokio::select! {
            request = requests.message() => request?,
            () = org.clock.sleep(IDLE) => {
                let text = "The stream was closed because no valid publish request came in time.";
                return Err(refusal(Code::DeadlineExceeded, "publish.stream.sweeper.timeout", text, rpc_id));
            }
            () = stop.cancelled() => return Err(unavailable(rpc_id)),
            () = answers.closed() => return Ok(()),
        };
        let Some(request) = request else { return Ok(()) };
        refresh(org, &request.auth_refresh, current.is_none(), "publish.auth.refresh.invalid", rpc_id)?;
        let topic = match current.take() {
            None if request.topic_name.is_empty() => {
                let text = "The first request of a publish stream names the topic.";
                return Err(refusal(Code::InvalidArgument, "publish.topic.validation.empty", text, rpc_id));
            }
            None => topic(org, &rights, &request.topic_name, rpc_id)?,
            Some(topic) if request.topic_name.is_empty() || request.topic_name == topic.name => topic,
            Some(_) => {
                let text = "The topic of a publish stream cannot change.";
                return Err(refusal(Code::InvalidArgument, "publish.topic.mismatch", text, rpc_id));
            }
        };
        let response = publish(org, &rights, &topic, request.events, rpc_id)?;
        current = Some(topic);
        if answers.send(Ok(response)).await.is_err() {
            return Ok(());
        }
    }
}
