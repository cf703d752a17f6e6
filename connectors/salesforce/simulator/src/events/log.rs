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

#[derive(Debug)]
pub(super) struct Log {
    slots: VecDeque<Slot>,
    seed: u64,
    last: ReplayId,
    moved: watch::Sender<ReplayId>,
}

impl Log {
    /// An empty log whose first position depends on the seed, so that no client can guess or compute one.
    pub(super) fn new(seed: u64, now_ms: i64) -> Self {
        let first = ReplayId(1_000 + mix(seed) % 9_000_000);
        let slots = VecDeque::from([Slot { position: first, at_ms: now_ms, event: None }]);
        Self { slots, seed, last: first, moved: watch::Sender::new(first) }
    }

    pub(super) fn append(&mut self, event: RawEvent, now_ms: i64) -> ReplayId {
        self.purge(now_ms);
        let position = self.push(Some(event), now_ms);
        self.moved.send_replace(position);
        position
    }

    fn push(&mut self, event: Option<RawEvent>, now_ms: i64) -> ReplayId {
        let gap = 1 + mix(self.seed ^ self.last.0) % 5;
        self.last = ReplayId(self.last.0 + gap);
        if self.slots.len() == EVENTS_MAX {
            self.slots.pop_front();
        }
        self.slots.push_back(Slot { position: self.last, at_ms: now_ms, event });
        self.last
    }

    /// The position after which a subscription reads.
    pub(super) fn begin(&mut self, start: Start, now_ms: i64) -> Result<ReplayId, StartError> {
        self.purge(now_ms);
        match start {
            Start::Latest => Ok(self.latest(now_ms)),
            Start::Earliest => {
                Ok(ReplayId(self.slots.front().map_or(self.last.0, |slot| slot.position.0.saturating_sub(1))))
            }
            Start::After(position) => {
                match self.slots.binary_search_by_key(&position, |slot| slot.position) {
                    Ok(_) => Ok(position),
                    Err(_) => Err(StartError::UnknownReplayId),
                }
            }
        }
    }

    /// The newest position, issued anew on a topic that has been quiet for long, so that it can be replayed from.
    pub(super) fn latest(&mut self, now_ms: i64) -> ReplayId {
        self.purge(now_ms);
        let fresh = self.slots.back().is_some_and(|slot| now_ms - slot.at_ms < MARK_EVERY_MS);
        if fresh { self.last } else { self.push(None, now_ms) }
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

    fn event(id: &str) -> RawEvent {
        RawEvent { id: id.to_owned(), schema_id: "s".to_owned(), payload: Bytes::new(), headers: Vec::new() }
    }

    fn ids(log: &mut Log, from: ReplayId, now_ms: i64) -> Vec<String> {
        log.read(from, 100, now_ms).into_iter().map(|delivery| delivery.event.id).collect()
    }

    #[test]
    fn reads_on_from_any_issued_position() {
        let mut log = Log::new(1, 0);
        let start = log.begin(Start::Latest, 0).unwrap();
        let a = log.append(event("a"), 1);
        let b = log.append(event("b"), 2);
        assert!(b.0 > a.0);
        assert_eq!(ids(&mut log, start, 3), ["a", "b"]);
        let after_a = log.begin(Start::After(a), 3).unwrap();
        assert_eq!(ids(&mut log, after_a, 3), ["b"]);
        let earliest = log.begin(Start::Earliest, 3).unwrap();
        assert_eq!(ids(&mut log, earliest, 3), ["a", "b"]);
        assert_eq!(log.begin(Start::After(ReplayId(b.0 + 1)), 3), Err(StartError::UnknownReplayId));
    }

    #[test]
    fn positions_have_holes() {
        let mut log = Log::new(7, 0);
        let positions: Vec<u64> = (0..50).map(|at| log.append(event("x"), at).0).collect();
        assert!(positions.windows(2).any(|pair| pair[1] - pair[0] > 1));
    }

    #[test]
    fn old_events_go_and_a_quiet_topic_keeps_a_fresh_position() {
        let mut log = Log::new(1, 0);
        let a = log.append(event("a"), 0);
        let later = RETENTION.as_millis() as i64 + 1;
        let mark = log.latest(later - 10);
        assert_eq!(log.begin(Start::After(a), later), Err(StartError::UnknownReplayId));
        assert_eq!(log.begin(Start::After(mark), later), Ok(mark));
        let b = log.append(event("b"), later);
        assert_eq!(ids(&mut log, mark, later), ["b"]);
        assert_eq!(log.latest(later), b);
    }
}
