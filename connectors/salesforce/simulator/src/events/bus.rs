//! Topics, publishing and reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::watch;

use super::log::{Delivery, Log};
use super::quota::{Allocations, Rolling};
use super::replay::{ReplayId, Start, StartError};
use super::schema::{EventSchema, SchemaError};
use crate::org::{Clock, Id, ObjectType, mix};

/// Bytes of one event, headers included.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// A payload's collections and texts may ask for no more than this while they are checked.
const AVRO_ALLOCATION_MAX: usize = 8 << 20;

/// An event as its publisher made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// Chosen by the publisher (`EventUuid`).
    pub id: String,
    /// Schema of the payload.
    pub schema_id: String,
    /// One Avro record.
    pub payload: Bytes,
    /// Extra data.
    pub headers: Vec<(String, Bytes)>,
}

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

/// The org's event bus.
#[derive(Debug)]
pub struct EventBus {
    clock: Arc<dyn Clock>,
    seed: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// By topic name, case-sensitive.
    logs: BTreeMap<String, Log>,
    /// All schemas ever used, by id.
    schemas: BTreeMap<String, Arc<EventSchema>>,
    allocations: Allocations,
    published: Rolling,
    delivered: Rolling,
    made: u64,
}

/// The topic of a platform event.
pub fn topic_of(event: &str) -> String {
    format!("/event/{event}")
}

impl EventBus {
    /// An empty bus; `seed` fixes replay ids and event ids.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        // The bound is the process's; whoever sets it first wins, and any bound will do.
        apache_avro::util::max_allocation_bytes(AVRO_ALLOCATION_MAX);
        let inner = Inner {
            logs: BTreeMap::new(),
            schemas: BTreeMap::new(),
            allocations: Allocations::default(),
            published: Rolling::new(3_600_000),
            delivered: Rolling::new(24 * 3_600_000),
            made: 0,
        };
        Self { clock, seed, inner: Mutex::new(inner) }
    }

    /// Changes the allocations.
    pub fn set_allocations(&self, allocations: Allocations) {
        self.lock().allocations = allocations;
    }

    /// Events published in the last hour and delivered in the last 24, and the allocations they count against.
    pub fn usage(&self) -> (u64, u64, Allocations) {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        (inner.published.used(now_ms), inner.delivered.used(now_ms), inner.allocations)
    }

    /// The schema that `object`'s events are written with now; it stays readable under its id.
    pub fn schema_of(&self, object: &ObjectType) -> Result<Arc<EventSchema>, SchemaError> {
        let schema = EventSchema::of(object)?;
        Ok(Arc::clone(self.lock().schemas.entry(schema.id.clone()).or_insert_with(|| Arc::new(schema))))
    }

    /// A schema by its id.
    pub fn schema(&self, id: &str) -> Option<Arc<EventSchema>> {
        self.lock().schemas.get(id).cloned()
    }

    /// Publishes a record that came as JSON by `user`. Rights are the caller's business.
    pub fn publish_record(
        &self,
        object: &ObjectType,
        user: Id,
        values: &Map<String, Value>,
    ) -> Result<Published, Refusal> {
        let schema = self.schema_of(object)?;
        let payload = schema.encode(self.clock.now_ms(), user, values)?;
        self.append(
            object,
            RawEvent { id: String::new(), schema_id: schema.id.clone(), payload, headers: Vec::new() },
        )
    }

    /// Publishes an event that its publisher encoded. Rights are the caller's business.
    pub fn publish(&self, object: &ObjectType, event: RawEvent) -> Result<Published, Refusal> {
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
        self.append(object, event)
    }

    fn append(&self, object: &ObjectType, mut event: RawEvent) -> Result<Published, Refusal> {
        if event.size() > EVENT_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let limit = inner.allocations.published_per_hour;
        if inner.published.room(1, limit, now_ms) == 0 {
            return Err(Refusal::LimitExceeded);
        }
        inner.published.add(1, now_ms);
        inner.made += 1;
        if event.id.is_empty() {
            event.id = uuid_of(self.seed, inner.made);
        }
        let event_id = event.id.clone();
        let replay_id = self.log(&mut inner, &topic_of(&object.name), now_ms).append(event, now_ms);
        Ok(Published { replay_id, event_id })
    }

    /// Stores an event once more under a new replay id, as the real bus may: subscribers tell duplicates by the event id.
    /// Absent when the topic no longer keeps such an event.
    pub fn repeat(&self, topic: &str, event_id: &str) -> Option<ReplayId> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let log = self.log(&mut inner, topic, now_ms);
        let event = log.find(event_id)?;
        Some(log.append(event, now_ms))
    }

    /// A random-looking id that the seed fixes, in the form of a UUID.
    pub fn next_uuid(&self) -> String {
        let mut inner = self.lock();
        inner.made += 1;
        uuid_of(self.seed, inner.made)
    }

    /// Where a subscription of `topic` begins.
    pub fn begin(&self, topic: &str, start: Start) -> Result<ReplayId, StartError> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        self.log(&mut inner, topic, now_ms).begin(start, now_ms)
    }

    /// The newest position of `topic`.
    pub fn latest(&self, topic: &str) -> ReplayId {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        self.log(&mut inner, topic, now_ms).latest(now_ms)
    }

    /// A position as new as possible that skips no event after `position`: what a keep-alive hands out.
    pub fn quiet_position(&self, topic: &str, position: ReplayId) -> ReplayId {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let log = self.log(&mut inner, topic, now_ms);
        if log.read(position, 1, now_ms).is_empty() { log.latest(now_ms) } else { position }
    }

    /// Up to `count` events after `position`, counted as delivered; absent when the day's allocation is used up.
    pub fn deliver(&self, topic: &str, position: ReplayId, count: usize) -> Option<Vec<Delivery>> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let events = self.log(&mut inner, topic, now_ms).read(position, count, now_ms);
        let (wanted, limit) = (events.len() as u64, inner.allocations.delivered_per_day);
        if inner.delivered.room(wanted, limit, now_ms) < wanted {
            return None;
        }
        inner.delivered.add(wanted, now_ms);
        Some(events)
    }

    /// Changes whenever an event is published on `topic`.
    pub fn moved(&self, topic: &str) -> watch::Receiver<ReplayId> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        self.log(&mut inner, topic, now_ms).moved()
    }

    fn log<'a>(&self, inner: &'a mut Inner, topic: &str, now_ms: i64) -> &'a mut Log {
        let seed = topic.bytes().fold(self.seed, |seed, byte| mix(seed ^ u64::from(byte)));
        inner.logs.entry(topic.to_owned()).or_insert_with(|| Log::new(seed, now_ms))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

fn uuid_of(seed: u64, number: u64) -> String {
    let (high, low) = (mix(seed ^ number), mix(seed.rotate_left(17) ^ !number));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        0x8000 | (low >> 48) & 0x3FFF,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::org::{Field, FieldType, ManualClock};

    fn event() -> ObjectType {
        let id = Id::parse("01I000000000001").unwrap();
        ObjectType::event("A__e", "A", id, "e00", vec![Field::new("Object__c", FieldType::String)])
    }

    fn user() -> Id {
        Id::parse("005000000000001").unwrap()
    }

    fn record(text: &str) -> Map<String, Value> {
        json!({"Object__c": text}).as_object().cloned().unwrap()
    }

    #[test]
    fn a_published_record_is_delivered_once_per_position() {
        let bus = EventBus::new(Arc::new(ManualClock::new(1_000)), 1);
        let start = bus.begin("/event/A__e", Start::Latest).unwrap();
        let published = bus.publish_record(&event(), user(), &record("x")).unwrap();
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
        let bus = EventBus::new(Arc::new(ManualClock::new(1_000)), 1);
        let published = bus.publish_record(&event(), user(), &record("x")).unwrap();
        let again = bus.repeat("/event/A__e", &published.event_id).unwrap();
        assert!(again > published.replay_id);
        let events = bus.deliver("/event/A__e", published.replay_id, 10).unwrap();
        assert_eq!((events.len(), &events[0].event.id), (1, &published.event_id));
        assert_eq!(bus.repeat("/event/A__e", "nothing"), None);
    }

    #[test]
    fn allocations_are_enforced() {
        let bus = EventBus::new(Arc::new(ManualClock::new(1_000)), 1);
        bus.set_allocations(Allocations { published_per_hour: 2, delivered_per_day: 1 });
        let start = bus.begin("/event/A__e", Start::Earliest).unwrap();
        bus.publish_record(&event(), user(), &record("x")).unwrap();
        bus.publish_record(&event(), user(), &record("y")).unwrap();
        assert_eq!(bus.publish_record(&event(), user(), &record("z")), Err(Refusal::LimitExceeded));
        assert!(bus.deliver("/event/A__e", start, 2).is_none());
        assert_eq!(bus.deliver("/event/A__e", start, 1).unwrap().len(), 1);
        assert!(bus.deliver("/event/A__e", start, 1).is_none());
    }

    #[test]
    fn publishers_use_a_schema_of_the_event() {
        let bus = EventBus::new(Arc::new(ManualClock::new(1_000)), 1);
        let old = bus.schema_of(&event()).unwrap();
        let payload = old.encode(1, user(), &record("x")).unwrap();
        let mut wider = event();
        wider.fields.push(Arc::new(Field::new("More__c", FieldType::Double)));
        let raw = |schema: &str| RawEvent {
            id: "i".to_owned(),
            schema_id: schema.to_owned(),
            payload: payload.clone(),
            headers: Vec::new(),
        };
        assert_ne!(bus.schema_of(&wider).unwrap().id, old.id);
        assert!(bus.publish(&wider, raw(&old.id)).is_ok(), "an older version of the schema stays good");
        assert_eq!(bus.publish(&wider, raw("nonsense")).unwrap_err().code(), "INVALID_SCHEMA");
        assert!(bus.publish(&wider, raw(&bus.schema_of(&wider).unwrap().id)).is_err());
    }

    #[test]
    fn the_seed_fixes_ids() {
        let id = |seed| EventBus::new(Arc::new(ManualClock::new(0)), seed).next_uuid();
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
        assert_eq!(id(1).len(), 36);
    }
}
