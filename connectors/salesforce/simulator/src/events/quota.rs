//! Allocations over rolling windows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much an org may publish and have delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocations {
    /// Events published in any hour.
    pub published_per_hour: u64,
    /// Events delivered to API subscribers in any 24 hours, counted per subscriber.
    pub delivered_per_day: u64,
    /// Streams open at a time over all topics, of publishers and subscribers.
    pub concurrent_clients: usize,
}

impl Default for Allocations {
    /// Those of an Enterprise Edition org without add-ons.
    fn default() -> Self {
        // The number of clients is that of the other streaming API.
        Self { published_per_hour: 250_000, delivered_per_day: 25_000, concurrent_clients: 1_000 }
    }
}

/// How many streams are open.
#[derive(Debug, Default)]
pub struct Clients(AtomicUsize);

/// One open stream, until it is dropped.
#[derive(Debug)]
pub struct Client(Arc<Clients>);

impl Clients {
    /// Lets one more in, unless there are `most`.
    pub fn enter(self: &Arc<Self>, most: usize) -> Option<Client> {
        let more = |count: usize| (count < most).then_some(count + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Client(self.clone()))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Counts in a window that moves along; sixty buckets, so that the memory does not grow with the count.
#[derive(Debug)]
pub(super) struct Rolling {
    bucket_ms: i64,
    buckets: VecDeque<(i64, u64)>,
    total: u64,
}

const BUCKETS: i64 = 60;

impl Rolling {
    pub(super) fn new(window_ms: i64) -> Self {
        Self { bucket_ms: (window_ms / BUCKETS).max(1), buckets: VecDeque::new(), total: 0 }
    }

    /// How many of `wanted` still fit below `limit`.
    pub(super) fn room(&mut self, wanted: u64, limit: u64, now_ms: i64) -> u64 {
        let oldest = now_ms / self.bucket_ms - BUCKETS;
        while let Some(&(bucket, count)) = self.buckets.front()
            && bucket <= oldest
        {
            self.total -= count;
            self.buckets.pop_front();
        }
        wanted.min(limit.saturating_sub(self.total))
    }

    pub(super) fn add(&mut self, count: u64, now_ms: i64) {
        let bucket = now_ms / self.bucket_ms;
        self.total += count;
        match self.buckets.back_mut() {
            Some((last, sum)) if *last == bucket => *sum += count,
            _ => self.buckets.push_back((bucket, count)),
        }
    }

    pub(super) fn used(&mut self, now_ms: i64) -> u64 {
        self.room(0, 0, now_ms);
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_moves() {
        let mut rolling = Rolling::new(3_600_000);
        assert_eq!(rolling.room(5, 3, 0), 3);
        rolling.add(3, 0);
        assert_eq!(rolling.room(1, 3, 1_000), 0);
        assert_eq!(rolling.room(1, 3, 3_600_000), 1);
        assert_eq!(rolling.used(3_600_000), 0);
    }
}
