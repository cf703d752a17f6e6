//! Publishing: into the event's own topic, and into the channels that show it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::bus::{EVENT_BYTES_MAX, EventBus, Inner, RawEvent, topic_of};
use super::change::{Change, ChangeSchema, Commit, event_of};
use super::definition::{CHANGE_EVENTS, Definitions, Member};
use super::log::Log;
use super::replay::ReplayId;
use super::schema::{EventSchema, SchemaError};
use crate::org::{Id, ObjectType};

/// What became of an accepted event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Position in the topic.
    pub replay_id: ReplayId,
    /// The event's id.
    pub event_id: String,
}

/// Why an event was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not fit the schema, or names another one.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The hourly allocation is used up.
    #[error("The org has exceeded its hourly limit of published events.")]
    LimitExceeded,
    /// More than [`EVENT_BYTES_MAX`].
    #[error("The event message exceeds the maximum size of {EVENT_BYTES_MAX} bytes.")]
    TooLarge,
}

impl Refusal {
    /// Salesforce's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Schema(error) => error.code,
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::TooLarge => "EVENT_TOO_LARGE",
        }
    }
}

impl EventBus {
    /// Publishes a record that came as JSON by `user`. Rights are the caller's business.
    pub fn publish_record(
        &self,
        streams: &Definitions,
        object: &ObjectType,
        user: Id,
        values: &Map<String, Value>,
    ) -> Result<Published, Refusal> {
        let schema = self.schema_of(object)?;
        let payload = schema.encode(self.clock.now_ms(), user, values)?;
        let raw = RawEvent { id: String::new(), schema_id: schema.id.clone(), payload, headers: Vec::new() };
        self.append(streams, object, &schema, raw)
    }

    /// Publishes an event that its publisher encoded. Rights are the caller's business.
    pub fn publish(
        &self,
        streams: &Definitions,
        object: &ObjectType,
        event: RawEvent,
    ) -> Result<Published, Refusal> {
        if event.size() > EVENT_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let current = self.schema_of(object)?;
        let schema = match self.schema(&event.schema_id) {
            Some(schema) if schema.event == object.name => schema,
            _ => {
                let message = format!(
                    "Schema {} is not a schema of {}; the current one is {}",
                    event.schema_id, object.name, current.id
                );
                return Err(SchemaError { code: "INVALID_SCHEMA", message, field: None }.into());
            }
        };
        schema.check(&event.payload)?;
        self.append(streams, object, &schema, event)
    }

    fn append(
        &self,
        streams: &Definitions,
        object: &ObjectType,
        schema: &EventSchema,
        mut event: RawEvent,
    ) -> Result<Published, Refusal> {
        if event.size() > EVENT_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let channels = channels(streams, &object.name, schema, &event.payload);
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let limit = inner.allocations.published_per_hour;
        if inner.published.room(1, limit, now_ms) == 0 {
            return Err(Refusal::LimitExceeded);
        }
        inner.published.add(1, now_ms);
        if event.id.is_empty() {
            event.id = inner.uuid(self.seed);
        }
        let replay_id = inner.sequence.next();
        for channel in channels {
            inner.put(&channel, replay_id, event.clone(), now_ms);
        }
        let event_id = event.id.clone();
        inner.put(&topic_of(&object.name), replay_id, event, now_ms);
        Ok(Published { replay_id, event_id })
    }

    /// Tells what a transaction changed, on the topics of its objects and on the channels where they are selected.
    pub(crate) fn tell_changes(&self, streams: &Definitions, user: Id, changes: &[Change]) {
        let transaction = self.next_uuid();
        let now_ms = self.clock.now_ms();
        let mut schemas: BTreeMap<&str, ChangeSchema> = BTreeMap::new();
        for (sequence, change) in (1..).zip(changes) {
            let object = &change.object;
            let schema = match schemas.entry(&object.name) {
                Entry::Occupied(known) => Ok(&*known.into_mut()),
                Entry::Vacant(new) => ChangeSchema::of(object).map(|schema| {
                    self.lock().register(schema.schema.clone());
                    &*new.insert(schema)
                }),
            };
            let commit = |number| Commit { user, at_ms: now_ms, number, transaction: &transaction, sequence };
            if let Err(error) = schema.and_then(|schema| self.tell(streams, change, schema, commit)) {
                tracing::warn!(%error, object = object.name, "a change could not be told");
            }
        }
    }

    fn tell<'a>(
        &self,
        streams: &Definitions,
        change: &Change,
        schema: &ChangeSchema,
        commit: impl FnOnce(u64) -> Commit<'a>,
    ) -> Result<(), SchemaError> {
        let Some(event) = event_of(&change.object) else { return Ok(()) };
        let (id, number) = {
            let mut inner = self.lock();
            (inner.uuid(self.seed), inner.made)
        };
        let commit = commit(number);
        let at_ms = commit.at_ms;
        let standard = |member: &&&Member| member.channel == CHANGE_EVENTS;
        let members: Vec<&Member> = streams.memberships(&event).map(|member| &**member).collect();
        // The object's own topic shows what the standard channel shows of it.
        let own = members.iter().find(standard).copied();
        let mut topics = vec![(format!("/data/{event}"), own)];
        topics.extend(members.into_iter().map(|member| (topic_of_channel(streams, member), Some(member))));
        let mut events = Vec::with_capacity(topics.len());
        for (topic, member) in topics {
            let enriched = member.map(|member| &*member.enriched).unwrap_or_default();
            let payload = change.encode(schema, &commit, enriched)?;
            if !member.is_none_or(|member| passes(member, &schema.schema, &payload)) {
                continue;
            }
            let schema_id = schema.schema.id.clone();
            events.push((topic, RawEvent { id: id.clone(), schema_id, payload, headers: Vec::new() }));
        }
        let mut inner = self.lock();
        let replay_id = inner.sequence.next();
        for (topic, event) in events {
            inner.put(&topic, replay_id, event, at_ms);
        }
        Ok(())
    }

    /// Tells a message of the platform's own; its payload is JSON and has no schema.
    pub(crate) fn announce(&self, topic: &str, message: &Value) {
        let now_ms = self.clock.now_ms();
        let payload = Bytes::from(message.to_string());
        let mut inner = self.lock();
        let event =
            RawEvent { id: inner.uuid(self.seed), schema_id: String::new(), payload, headers: Vec::new() };
        let replay_id = inner.sequence.next();
        inner.put(topic, replay_id, event, now_ms);
    }

    /// Stores an event once more under a new replay id, as the real bus may: subscribers tell duplicates by the event id.
    /// Absent when the topic no longer keeps such an event.
    pub fn repeat(&self, topic: &str, event_id: &str) -> Option<ReplayId> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let event = inner.log(topic, now_ms).0.find(event_id)?;
        let replay_id = inner.sequence.next();
        inner.put(topic, replay_id, event, now_ms);
        Some(replay_id)
    }
}

impl Inner {
    fn put(&mut self, topic: &str, position: ReplayId, event: RawEvent, now_ms: i64) {
        // The position was taken before; a log that begins now begins one earlier.
        let before = ReplayId(position.0 - 1);
        self.logs
            .entry(topic.to_owned())
            .or_insert_with(|| Log::new(before, now_ms))
            .append(position, event, now_ms);
    }
}

/// The topics of the channels that show this event.
fn channels(streams: &Definitions, event: &str, schema: &EventSchema, payload: &Bytes) -> Vec<String> {
    streams
        .memberships(event)
        .filter(|member| passes(member, schema, payload))
        .map(|member| topic_of_channel(streams, member))
        .collect()
}

fn topic_of_channel(streams: &Definitions, member: &Member) -> String {
    match streams.channel(&member.channel) {
        Some(channel) => channel.topic(),
        None => format!("/data/{}", member.channel),
    }
}

fn passes(member: &Member, schema: &EventSchema, payload: &[u8]) -> bool {
    let Some(filter) = &member.filter else { return true };
    schema.decode(payload).is_some_and(|values| filter.holds(&values))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::events::{Allocations, Start};
    use crate::org::{Field, FieldType, ManualClock};

    fn event() -> ObjectType {
        let id = Id::parse("01I000000000001").unwrap();
        ObjectType::event("A__e", "A", id, "e00", vec![Field::new("Object__c", FieldType::String)])
    }

    fn none() -> Definitions {
        Definitions::default()
    }

    fn user() -> Id {
        Id::parse("005000000000001").unwrap()
    }

    fn record(text: &str) -> Map<String, Value> {
        json!({"Object__c": text}).as_object().cloned().unwrap()
    }

    #[test]
    fn a_published_record_is_delivered_once_per_position() {
        let bus = EventBus::new(std::sync::Arc::new(ManualClock::new(1_000)), 1);
        let start = bus.begin("/event/A__e", Start::Latest).unwrap();
        let published = bus.publish_record(&none(), &event(), user(), &record("x")).unwrap();
        let events = bus.deliver("/event/A__e", start, 100).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].replay_id, published.replay_id);
        assert_eq!(events[0].event.id, published.event_id);
        assert!(bus.deliver("/event/A__e", published.replay_id, 100).unwrap().is_empty());
        assert!(bus.deliver("/event/a__e", start, 100).unwrap().is_empty());
        assert_eq!(bus.usage().0, 1);
    }

    #[test]
    fn a_duplicate_has_the_same_id_and_another_position() {
        let bus = EventBus::new(std::sync::Arc::new(ManualClock::new(1_000)), 1);
        let published = bus.publish_record(&none(), &event(), user(), &record("x")).unwrap();
        let again = bus.repeat("/event/A__e", &published.event_id).unwrap();
        assert!(again > published.replay_id);
        let events = bus.deliver("/event/A__e", published.replay_id, 10).unwrap();
        assert_eq!((events.len(), &events[0].event.id), (1, &published.event_id));
        assert_eq!(bus.repeat("/event/A__e", "nothing"), None);
    }

    #[test]
    fn allocations_are_enforced() {
        let bus = EventBus::new(std::sync::Arc::new(ManualClock::new(1_000)), 1);
        bus.set_allocations(Allocations {
            published_per_hour: 2,
            delivered_per_day: 1,
            ..Allocations::default()
        });
        let start = bus.begin("/event/A__e", Start::Earliest).unwrap();
        bus.publish_record(&none(), &event(), user(), &record("x")).unwrap();
        bus.publish_record(&none(), &event(), user(), &record("y")).unwrap();
        assert_eq!(bus.publish_record(&none(), &event(), user(), &record("z")), Err(Refusal::LimitExceeded));
        assert!(bus.deliver("/event/A__e", start, 2).is_none());
        assert_eq!(bus.deliver("/event/A__e", start, 1).unwrap().len(), 1);
        assert!(bus.deliver("/event/A__e", start, 1).is_none());
    }

    #[test]
    fn publishers_use_a_schema_of_the_event() {
        let bus = EventBus::new(std::sync::Arc::new(ManualClock::new(1_000)), 1);
        let old = bus.schema_of(&event()).unwrap();
        let payload = old.encode(1, user(), &record("x")).unwrap();
        let mut wider = event();
        wider.fields.push(std::sync::Arc::new(Field::new("More__c", FieldType::Double)));
        let raw = |schema: &str| RawEvent {
            id: "i".to_owned(),
            schema_id: schema.to_owned(),
            payload: payload.clone(),
            headers: Vec::new(),
        };
        assert_ne!(bus.schema_of(&wider).unwrap().id, old.id);
        assert!(
            bus.publish(&none(), &wider, raw(&old.id)).is_ok(),
            "an older version of the schema stays good"
        );
        assert_eq!(bus.publish(&none(), &wider, raw("nonsense")).unwrap_err().code(), "INVALID_SCHEMA");
        assert!(bus.publish(&none(), &wider, raw(&bus.schema_of(&wider).unwrap().id)).is_err());
    }

    #[test]
    fn the_seed_fixes_ids() {
        let id = |seed| EventBus::new(std::sync::Arc::new(ManualClock::new(0)), seed).next_uuid();
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
        assert_eq!(id(1).len(), 36);
    }
}
