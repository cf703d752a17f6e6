//! Bayeux messages and their answers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::clients::Client;
use super::{Caller, channel, poll};
use crate::org::Rights;
use crate::surface::Site;

/// Messages of one request.
const MESSAGES_MAX: usize = 100;
/// How long a poll waits for an event.
pub(super) const TIMEOUT: Duration = Duration::from_secs(110);

/// The answers to a request, in one array.
pub(super) struct Answers {
    pub(super) messages: Value,
    /// Set where a handshake has made a client: the value of its cookie.
    pub(super) browser: Option<String>,
}

/// The messages of a request: an array, or one alone.
pub(super) fn read(body: &[u8]) -> Option<Vec<Map<String, Value>>> {
    let messages = match serde_json::from_slice(body).ok()? {
        Value::Array(messages) => messages,
        one => vec![one],
    };
    if messages.is_empty() || messages.len() > MESSAGES_MAX {
        return None;
    }
    messages
        .into_iter()
        .map(|message| match message {
            Value::Object(message) => Some(message),
            _ => None,
        })
        .collect()
}

/// Answers all messages; a poll among them waits when all others have been answered.
pub(super) async fn answer(
    site: &Site,
    caller: &Caller,
    wrong_version: Option<&str>,
    messages: Vec<Map<String, Value>>,
) -> Answers {
    let (mut answers, mut browser) = (Vec::new(), None);
    let (polls, others): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| text(message, "channel") == "/meta/connect");
    for message in &others {
        let reply = match (wrong_version, caller) {
            (Some(error), _) => refused(message, error, "none"),
            (None, Caller::Refused(reason)) => unauthenticated(message, reason),
            (None, Caller::Known(rights)) => one(site, rights, message, &mut browser),
        };
        answers.push(reply);
    }
    for message in &polls {
        let (events, reply) = match (wrong_version, caller) {
            (Some(error), _) => (Vec::new(), refused(message, error, "none")),
            (None, Caller::Refused(reason)) => (Vec::new(), refused(message, reason, "none")),
            (None, Caller::Known(rights)) => connect(site, rights, message).await,
        };
        answers.extend(events);
        answers.push(reply);
    }
    Answers { messages: answers.into(), browser }
}

fn text<'a>(message: &'a Map<String, Value>, name: &str) -> &'a str {
    message.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The parts that every answer has.
fn reply(message: &Map<String, Value>, successful: bool) -> Map<String, Value> {
    let mut reply = Map::new();
    for name in ["clientId", "id"] {
        if let Some(value) = message.get(name) {
            reply.insert(name.to_owned(), value.clone());
        }
    }
    reply.insert("channel".to_owned(), text(message, "channel").into());
    reply.insert("successful".to_owned(), successful.into());
    reply
}

fn refused(message: &Map<String, Value>, error: &str, reconnect: &str) -> Value {
    let mut reply = reply(message, false);
    reply.insert("error".to_owned(), error.into());
    reply.insert("advice".to_owned(), json!({"reconnect": reconnect, "interval": 0}));
    if let Some(subscription) = message.get("subscription") {
        reply.insert("subscription".to_owned(), subscription.clone());
    }
    Value::Object(reply)
}

/// A handshake is denied with the reason in its extension.
fn unauthenticated(message: &Map<String, Value>, reason: &str) -> Value {
    if text(message, "channel") != "/meta/handshake" {
        return refused(message, reason, "none");
    }
    denied(message, reason)
}

fn denied(message: &Map<String, Value>, reason: &str) -> Value {
    let mut reply = reply(message, false);
    reply.insert("error".to_owned(), "403::Handshake denied".into());
    reply.insert("advice".to_owned(), json!({"reconnect": "none"}));
    reply.insert("ext".to_owned(), json!({"sfdc": {"failureReason": reason}}));
    Value::Object(reply)
}

fn one(site: &Site, rights: &Rights, message: &Map<String, Value>, browser: &mut Option<String>) -> Value {
    if text(message, "channel") == "/meta/handshake" {
        return handshake(site, rights, message, browser);
    }
    let client = match known(site, rights, message) {
        Ok(client) => client,
        Err(refusal) => return refusal,
    };
    client.hear(site.org.now_ms());
    match text(message, "channel") {
        "/meta/subscribe" => subscriptions(message, |name| subscribe(site, rights, &client, message, name)),
        "/meta/unsubscribe" => subscriptions(message, |name| match client.unsubscribe(name) {
            true => Ok(()),
            false => Err(format!("400::The channel you requested to subscribe to does not exist {{{name}}}")),
        }),
        "/meta/disconnect" => {
            site.listeners.leave(&client);
            Value::Object(reply(message, true))
        }
        name if name.starts_with("/meta/") => refused(message, "404::Unknown meta channel", "none"),
        // Events come in by the other APIs.
        _ => refused(message, "403:denied_by_security_policy:publish_denied", "retry"),
    }
}

/// The client of a message: one of the same user that the org still knows.
fn known(site: &Site, rights: &Rights, message: &Map<String, Value>) -> Result<Arc<Client>, Value> {
    let id = text(message, "clientId");
    if id.is_empty() {
        return Err(refused(message, "403::Client has not completed handshake", "handshake"));
    }
    let unknown = || refused(message, "403::Unknown client", "handshake");
    let client = site.listeners.find(&site.org, id).ok_or_else(unknown)?;
    if client.user != rights.user {
        let words = "400::Authenticated user id does not match the session's user id";
        return Err(refused(message, words, "none"));
    }
    Ok(client)
}

fn handshake(
    site: &Site,
    rights: &Rights,
    message: &Map<String, Value>,
    browser: &mut Option<String>,
) -> Value {
    let kinds =
        message.get("supportedConnectionTypes").and_then(Value::as_array).cloned().unwrap_or_default();
    if !kinds.is_empty() && !kinds.iter().any(|kind| kind == "long-polling") {
        let kind = kinds[0].as_str().unwrap_or_default();
        return refused(message, &format!("400::Invalid connection type {kind}"), "none");
    }
    let Some(client) = site.listeners.enter(&site.org, rights.user) else {
        return denied(message, "403::Organization concurrent user limit exceeded");
    };
    *browser = Some(site.org.secrets.word(16).replace(['.', '_'], "0").to_lowercase());
    let mut reply = reply(message, true);
    reply.insert("clientId".to_owned(), client.id.clone().into());
    reply.insert("version".to_owned(), "1.0".into());
    reply.insert("minimumVersion".to_owned(), "1.0".into());
    reply.insert("supportedConnectionTypes".to_owned(), json!(["long-polling"]));
    reply.insert("ext".to_owned(), json!({"replay": true, "payload.format": true}));
    Value::Object(reply)
}

/// One name, or several that stand or fall together.
fn subscriptions(message: &Map<String, Value>, each: impl Fn(&str) -> Result<(), String>) -> Value {
    let names = match message.get("subscription") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name.as_str()],
        _ => vec![""],
    };
    if let Some(error) = names.into_iter().find_map(|name| each(name).err()) {
        let mut refused = refused(message, &error, "none");
        // What is refused is one channel, not the client.
        refused.as_object_mut().into_iter().for_each(|refused| drop(refused.remove("advice")));
        return refused;
    }
    let mut reply = reply(message, true);
    reply.insert("subscription".to_owned(), message.get("subscription").cloned().unwrap_or_default());
    Value::Object(reply)
}

fn subscribe(
    site: &Site,
    rights: &Rights,
    client: &Client,
    message: &Map<String, Value>,
    name: &str,
) -> Result<(), String> {
    channel::open(&site.org, rights, name)?;
    let replay = message.get("ext").and_then(|ext| ext.get("replay")).and_then(|replay| replay.get(name));
    let from = channel::begin(&site.org, name, replay)?;
    if client.subscribe(name, from) { Ok(()) } else { Err("403::Subscription limit exceeded".to_owned()) }
}

/// Waits for events; they stand before the answer.
async fn connect(site: &Site, rights: &Rights, message: &Map<String, Value>) -> (Vec<Value>, Value) {
    let client = match known(site, rights, message) {
        Ok(client) => client,
        Err(refusal) => return (Vec::new(), refusal),
    };
    let kind = text(message, "connectionType");
    if kind != "long-polling" {
        return (Vec::new(), refused(message, &format!("400::Invalid connection type {kind}"), "none"));
    }
    let asked = message.get("advice").and_then(|advice| advice.get("timeout")).and_then(Value::as_u64);
    let wait = asked.map_or(TIMEOUT, |ms| Duration::from_millis(ms).min(TIMEOUT));
    let events = match poll::wait(site, &client, wait).await {
        Ok(events) => events,
        Err(error) => return (Vec::new(), refused(message, error, "none")),
    };
    let mut reply = reply(message, true);
    let advice = json!({"reconnect": "retry", "interval": 0, "timeout": TIMEOUT.as_millis() as u64});
    reply.insert("advice".to_owned(), advice);
    (events, Value::Object(reply))
}
