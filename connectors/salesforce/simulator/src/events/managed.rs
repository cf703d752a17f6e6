//! Where clients of managed subscriptions have come to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use super::replay::ReplayId;
use crate::org::Id;

/// Committed positions, and which subscriptions have a client.
#[derive(Debug, Default)]
pub struct Managed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    committed: BTreeMap<Id, ReplayId>,
    active: BTreeSet<Id>,
}

/// The one client of a subscription, until it is dropped.
#[derive(Debug)]
pub struct Active<'a> {
    managed: &'a Managed,
    subscription: Id,
}

impl Managed {
    /// Makes the caller the subscription's client, unless it has one.
    pub fn enter(&self, subscription: Id) -> Option<Active<'_>> {
        let entered = self.lock().active.insert(subscription);
        entered.then(|| Active { managed: self, subscription })
    }

    /// The position that was committed last.
    pub fn committed(&self, subscription: Id) -> Option<ReplayId> {
        self.lock().committed.get(&subscription).copied()
    }

    /// Moves the position on; false when it is further already.
    pub fn commit(&self, subscription: Id, position: ReplayId) -> bool {
        let mut inner = self.lock();
        let at = inner.committed.entry(subscription).or_insert(position);
        if position < *at {
            return false;
        }
        *at = position;
        true
    }

    /// Forgets a position that cannot be read from any more.
    pub fn forget(&self, subscription: Id) {
        self.lock().committed.remove(&subscription);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.managed.lock().active.remove(&self.subscription);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_at_a_time_and_no_way_back() {
        let managed = Managed::default();
        let id = Id::parse("18x000000000001").unwrap();
        let client = managed.enter(id).unwrap();
        assert!(managed.enter(id).is_none());
        drop(client);
        assert!(managed.enter(id).is_some());
        assert_eq!(managed.committed(id), None);
        assert!(managed.commit(id, ReplayId(5)) && managed.commit(id, ReplayId(5)));
        assert!(!managed.commit(id, ReplayId(4)));
        assert_eq!(managed.committed(id), Some(ReplayId(5)));
    }
}
