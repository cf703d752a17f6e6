//! One topic's events in order.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::bus::RawEvent;
use super::replay::{ReplayId, Start, StartError};
use crate::org::mix;

/// How long an event can be read.
pub const RETENTION: Duration = Duration::from_secs(72 * 3_600);
/// Events kept per topic whatever their age.
const EVENTS_MAX: usize = 1_000_000;
/// A quiet topic gets a fresh position no more often than this, so that keep-alives do not fill the log.
const MARK_EVERY_MS: i64 = 3_600_000;

/// An event as a subscriber gets it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Position.
    pub replay_id: ReplayId,
    /// The event.
    pub event: RawEvent,
    /// When it was published, in milliseconds since 1970.
    pub at_ms: i64,
}

#[derive(Debug)]
struct Slot {
    position: ReplayId,
    at_ms: i64,
    /// Absent for a position that a keep-alive issued on a quiet topic.
    event: Option<RawEvent>,
}

/// Where positions come from: one growing number with holes for all topics, so that an event has the same position in
/// every topic that shows it.
#[derive(Debug)]
pub(super) struct Sequence {
    seed: u64,
    last: u64,
}

impl Sequence {
    /// The first position depends on the seed, so that no client can guess or compute one.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, last: 1_000 + mix(seed) % 9_000_000 }
    }

    pub(super) fn next(&mut self) -> ReplayId {
        self.last += 1 + mix(self.seed ^ self.last) % 5;
        ReplayId(self.last)
    }
}

#[derive(Debug)]
pub(super) struct Log {
    slots: VecDeque<Slot>,
    last: ReplayId,
    moved: watch::Sender<ReplayId>,
}

impl Log {
    /// An empty log that can be read from here on.
    pub(super) fn new(first: ReplayId, now_ms: i64) -> Self {
        let slots = VecDeque::from([Slot { position: first, at_ms: now_ms, event: None }]);
        Self { slots, last: first, moved: watch::Sender::new(first) }
    }

    /// Adds an event at a position after all others.
    pub(super) fn append(&mut self, position: ReplayId, event: RawEvent, now_ms: i64) {
        self.purge(now_ms);
        self.push(position, Some(event), now_ms);
        self.moved.send_replace(position);
    }

    fn push(&mut self, position: ReplayId, event: Option<RawEvent>, now_ms: i64) {
        self.last = position;
        if self.slots.len() == EVENTS_MAX {
            self.slots.pop_front();
        }
        self.slots.push_back(Slot { position, at_ms: now_ms, event });
    }

    /// The position after which a subscription reads.
    pub(super) fn begin(
        &mut self,
        start: Start,
        sequence: &mut Sequence,
        now_ms: i64,
    ) -> Result<ReplayId, StartError> {
        self.purge(now_ms);
        match start {
            Start::Latest => Ok(self.latest(sequence, now_ms)),
            Start::Earliest => {
                Ok(ReplayId(self.slots.front().map_or(self.last.0, |slot| slot.position.0.saturating_sub(1))))
            }
            Start::After(position) if self.holds(position, now_ms) => Ok(position),
            Start::After(_) => Err(StartError::UnknownReplayId),
        }
    }

    /// Whether a position was issued here and is still kept.
    pub(super) fn holds(&mut self, position: ReplayId, now_ms: i64) -> bool {
        self.purge(now_ms);
        self.slots.binary_search_by_key(&position, |slot| slot.position).is_ok()
    }

    /// The newest position, issued anew on a topic that has been quiet for long, so that it can be replayed from.
    pub(super) fn latest(&mut self, sequence: &mut Sequence, now_ms: i64) -> ReplayId {
        self.purge(now_ms);
        let fresh = self.slots.back().is_some_and(|slot| now_ms - slot.at_ms < MARK_EVERY_MS);
        if !fresh {
            self.push(sequence.next(), None, now_ms);
        }
        self.last
    }

    /// Up to `count` events after `position`.
    pub(super) fn read(&mut self, position: ReplayId, count: usize, now_ms: i64) -> Vec<Delivery> {
        self.purge(now_ms);
        let from = self.slots.partition_point(|slot| slot.position <= position);
        self.slots
            .range(from..)
            .filter_map(|slot| {
                slot.event.clone().map(|event| Delivery {
                    replay_id: slot.position,
                    event,
                    at_ms: slot.at_ms,
                })
            })
            .take(count)
            .collect()
    }

    /// The newest kept event with this id.
    pub(super) fn find(&self, event_id: &str) -> Option<RawEvent> {
        self.slots
            .iter()
            .rev()
            .filter_map(|slot| slot.event.as_ref())
            .find(|event| event.id == event_id)
            .cloned()
    }

    pub(super) fn moved(&self) -> watch::Receiver<ReplayId> {
        self.moved.subscribe()
    }

    fn purge(&mut self, now_ms: i64) {
        let oldest = now_ms - RETENTION.as_millis() as i64;
        while self.slots.front().is_some_and(|slot| slot.at_ms < oldest) {
            self.slots.pop_front();
        }
    }
}

impl RawEvent {
    /// Bytes that count against the message limits.
    pub fn size(&self) -> usize {
        self.payload.len()
            + self.headers.iter().map(|(key, value): &(String, Bytes)| key.len() + value.len()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        log: Log,
        sequence: Sequence,
    }

    impl World {
        fn new(seed: u64) -> Self {
            let mut sequence = Sequence::new(seed);
            Self { log: Log::new(sequence.next(), 0), sequence }
        }

        fn append(&mut self, id: &str, now_ms: i64) -> ReplayId {
            let event = RawEvent {
                id: id.to_owned(),
                schema_id: "s".to_owned(),
                payload: Bytes::new(),
                headers: Vec::new(),
            };
            let position = self.sequence.next();
            self.log.append(position, event, now_ms);
            position
        }

        fn begin(&mut self, start: Start, now_ms: i64) -> Result<ReplayId, StartError> {
            self.log.begin(start, &mut self.sequence, now_ms)
        }

        fn ids(&mut self, from: ReplayId, now_ms: i64) -> Vec<String> {
            self.log.read(from, 100, now_ms).into_iter().map(|delivery| delivery.event.id).collect()
        }
    }

    #[test]
    fn reads_on_from_any_issued_position() {
        let mut world = World::new(1);
        let start = world.begin(Start::Latest, 0).unwrap();
        let a = world.append("a", 1);
        let b = world.append("b", 2);
        assert!(b.0 > a.0);
        assert_eq!(world.ids(start, 3), ["a", "b"]);
        let after_a = world.begin(Start::After(a), 3).unwrap();
        assert_eq!(world.ids(after_a, 3), ["b"]);
        let earliest = world.begin(Start::Earliest, 3).unwrap();
        assert_eq!(world.ids(earliest, 3), ["a", "b"]);
        assert_eq!(world.begin(Start::After(ReplayId(b.0 + 1)), 3), Err(StartError::UnknownReplayId));
    }

    #[test]
    fn positions_have_holes() {
        let mut world = World::new(7);
        let positions: Vec<u64> = (0..50).map(|at| world.append("x", at).0).collect();
        assert!(positions.windows(2).any(|pair| pair[1] - pair[0] > 1));
    }

    #[test]
    fn old_events_go_and_a_quiet_topic_keeps_a_fresh_position() {
        let mut world = World::new(1);
        let a = world.append("a", 0);
        let later = RETENTION.as_millis() as i64 + 1;
        let mark = world.log.latest(&mut world.sequence, later - 10);
        assert_eq!(world.begin(Start::After(a), later), Err(StartError::UnknownReplayId));
        assert_eq!(world.begin(Start::After(mark), later), Ok(mark));
        let b = world.append("b", later);
        assert_eq!(world.ids(mark, later), ["b"]);
        assert_eq!(world.log.latest(&mut world.sequence, later), b);
    }
}
