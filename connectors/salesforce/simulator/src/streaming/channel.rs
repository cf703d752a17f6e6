//! What may be listened to.

use serde_json::Value;

use crate::events::{ReplayId, Start};
use crate::org::{Org, Record, Rights};
use crate::pubsub::{TopicAccess, topic_access};

/// Debug logs that have been written.
pub(crate) const LOGGING: &str = "/systemTopic/Logging";
/// Runs of Apex tests that have come further.
pub(crate) const TEST_RESULT: &str = "/systemTopic/TestResult";
/// PushTopics.
pub(super) const TOPIC: &str = "/topic/";
/// Generic channels: rows of StreamingChannel.
const GENERIC: &str = "/u/";

/// Longest name of a channel.
const NAME_MAX: usize = 255;

/// Whether a user may listen on a channel, or Salesforce's refusal.
pub(super) fn open(org: &Org, rights: &Rights, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("400::Channel name not specified".to_owned());
    }
    if !name.starts_with('/') {
        return Err("400::Channel subscriptions must start with a leading '/'".to_owned());
    }
    let absent = || Err(format!("400::The channel you requested to subscribe to does not exist {{{name}}}"));
    if name.len() > NAME_MAX {
        return absent();
    }
    if let Some(topic) = name.strip_prefix(TOPIC) {
        return push_topic(org, rights, topic).unwrap_or_else(absent);
    }
    if name.starts_with(GENERIC) {
        return generic(org, rights, name);
    }
    if [LOGGING, TEST_RESULT].contains(&name) {
        let may = rights.has("ViewSetup") || rights.has("AuthorApex");
        return if may { Ok(()) } else { Err("403::Restricted channel".to_owned()) };
    }
    match topic_access(org, rights, name) {
        TopicAccess::Open => Ok(()),
        TopicAccess::Absent => absent(),
        TopicAccess::Denied if name.starts_with("/data/") => {
            Err("403::User not allowed to subscribe CDC without View All Data permissions".to_owned())
        }
        TopicAccess::Denied => Err(format!("403::Cannot create channel {name}")),
    }
}

/// Absent: there is no such PushTopic, or it is not active.
fn push_topic(org: &Org, rights: &Rights, name: &str) -> Option<Result<(), String>> {
    let state = org.read();
    let reads = |object: &str| state.metadata.object(object).is_some_and(|object| rights.object(object).read);
    if !reads("PushTopic") {
        return Some(Err("403::User not enabled for streaming".to_owned()));
    }
    let active = |record: &Record| record.get("IsActive") == &Value::Bool(true) && record.get("Name") == name;
    let topic = state.records.table("PushTopic").find(|record| !record.deleted && active(record))?;
    let object = super::push_topic::object(topic.get("Query").as_str().unwrap_or_default())?;
    if !reads(&object) {
        return Some(Err("403::Subscriber does not have access to the entity in this topic".to_owned()));
    }
    Some(Ok(()))
}

fn generic(org: &Org, rights: &Rights, name: &str) -> Result<(), String> {
    let state = org.read();
    if !state.metadata.object("StreamingChannel").is_some_and(|object| rights.object(object).read) {
        return Err("403::No access on channel".to_owned());
    }
    let rows = || state.records.table("StreamingChannel").filter(|record| !record.deleted);
    let names = || rows().filter_map(|record| record.get("Name").as_str());
    match () {
        () if names().any(|own| own == name) => Ok(()),
        () if names().any(|own| own.eq_ignore_ascii_case(name)) => {
            Err("404::channel names may not vary only by case".to_owned())
        }
        () => Err("404::Unknown channel".to_owned()),
    }
}

/// Where a subscription begins: -1 after what there is, -2 at the oldest event that is kept, else after that event.
pub(super) fn begin(org: &Org, name: &str, replay: Option<&Value>) -> Result<ReplayId, String> {
    let invalid = |replay: &Value| {
        format!(
            "400::The replayId {{{replay}}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events."
        )
    };
    let start = match replay {
        None | Some(Value::Null) => Start::Latest,
        Some(value) => match value.as_i64() {
            Some(-1) => Start::Latest,
            Some(-2) => Start::Earliest,
            Some(id) => Start::After(ReplayId(u64::try_from(id).map_err(|_| invalid(value))?)),
            None => return Err(invalid(value)),
        },
    };
    org.bus.begin(name, start).map_err(|_| invalid(replay.unwrap_or(&Value::Null)))
}
