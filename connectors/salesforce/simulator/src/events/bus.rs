//! Topics and reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::watch;

use super::change::ChangeSchema;
use super::log::{Delivery, Log, Sequence};
use super::managed::Managed;
use super::quota::{Allocations, Clients, Rolling};
use super::replay::{ReplayId, Start, StartError};
use super::schema::{EventSchema, SchemaError};
use crate::org::{Clock, ObjectType, mix};

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

/// The org's event bus.
#[derive(Debug)]
pub struct EventBus {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) seed: u64,
    inner: Mutex<Inner>,
    /// Positions of managed subscriptions.
    pub managed: Managed,
    /// Streams that are open.
    pub clients: Arc<Clients>,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// By topic name, case-sensitive.
    pub(super) logs: BTreeMap<String, Log>,
    pub(super) sequence: Sequence,
    /// All schemas ever used, by id.
    pub(super) schemas: BTreeMap<String, Arc<EventSchema>>,
    pub(super) allocations: Allocations,
    pub(super) published: Rolling,
    delivered: Rolling,
    pub(super) made: u64,
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
            sequence: Sequence::new(seed),
            schemas: BTreeMap::new(),
            allocations: Allocations::default(),
            published: Rolling::new(3_600_000),
            delivered: Rolling::new(24 * 3_600_000),
            made: 0,
        };
        Self { clock, seed, inner: Mutex::new(inner), managed: Managed::default(), clients: Arc::default() }
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
        Ok(self.lock().register(Arc::new(EventSchema::of(object)?)))
    }

    /// The schema that changes of `object` are told with now; it stays readable under its id.
    pub fn change_schema_of(&self, object: &ObjectType) -> Result<Arc<EventSchema>, SchemaError> {
        Ok(self.lock().register(ChangeSchema::of(object)?.schema))
    }

    /// A schema by its id.
    pub fn schema(&self, id: &str) -> Option<Arc<EventSchema>> {
        self.lock().schemas.get(id).cloned()
    }

    /// A random-looking id that the seed fixes, in the form of a UUID.
    pub fn next_uuid(&self) -> String {
        self.lock().uuid(self.seed)
    }

    /// Where a subscription of `topic` begins.
    pub fn begin(&self, topic: &str, start: Start) -> Result<ReplayId, StartError> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let (log, sequence) = inner.log(topic, now_ms);
        log.begin(start, sequence, now_ms)
    }

    /// Whether a position of `topic` can be read from.
    pub fn holds(&self, topic: &str, position: ReplayId) -> bool {
        let now_ms = self.clock.now_ms();
        self.lock().log(topic, now_ms).0.holds(position, now_ms)
    }

    /// The newest position of `topic`.
    pub fn latest(&self, topic: &str) -> ReplayId {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let (log, sequence) = inner.log(topic, now_ms);
        log.latest(sequence, now_ms)
    }

    /// A position as new as possible that skips no event after `position`: what a keep-alive hands out.
    pub fn quiet_position(&self, topic: &str, position: ReplayId) -> ReplayId {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let (log, sequence) = inner.log(topic, now_ms);
        if log.read(position, 1, now_ms).is_empty() { log.latest(sequence, now_ms) } else { position }
    }

    /// Up to `count` events after `position`, counted as delivered; absent when the day's allocation is used up.
    pub fn deliver(&self, topic: &str, position: ReplayId, count: usize) -> Option<Vec<Delivery>> {
        let now_ms = self.clock.now_ms();
        let mut inner = self.lock();
        let events = inner.log(topic, now_ms).0.read(position, count, now_ms);
        let (wanted, limit) = (events.len() as u64, inner.allocations.delivered_per_day);
        if inner.delivered.room(wanted, limit, now_ms) < wanted {
            return None;
        }
        inner.delivered.add(wanted, now_ms);
        Some(events)
    }

    /// As [`Self::deliver`], for topics whose events count against nothing.
    pub fn read(&self, topic: &str, position: ReplayId, count: usize) -> Vec<Delivery> {
        let now_ms = self.clock.now_ms();
        self.lock().log(topic, now_ms).0.read(position, count, now_ms)
    }

    /// Changes whenever an event is published on `topic`.
    pub fn moved(&self, topic: &str) -> watch::Receiver<ReplayId> {
        let now_ms = self.clock.now_ms();
        self.lock().log(topic, now_ms).0.moved()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Inner {
    pub(super) fn register(&mut self, schema: Arc<EventSchema>) -> Arc<EventSchema> {
        Arc::clone(self.schemas.entry(schema.id.clone()).or_insert(schema))
    }

    pub(super) fn log(&mut self, topic: &str, now_ms: i64) -> (&mut Log, &mut Sequence) {
        let Self { logs, sequence, .. } = self;
        let log = logs.entry(topic.to_owned()).or_insert_with(|| Log::new(sequence.next(), now_ms));
        (log, sequence)
    }

    pub(super) fn uuid(&mut self, seed: u64) -> String {
        self.made += 1;
        uuid_of(seed, self.made)
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
