//! The jobs of an org.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::{v1, v2};
use crate::org::Id;

/// Jobs of one kind that are kept; Salesforce keeps them for seven days.
const JOBS_MAX: usize = 500;
/// Bytes of uploads and results that are kept for jobs that have ended.
const BYTES_MAX: usize = 512 << 20;

/// What a store keeps of a job.
pub(super) trait Kept {
    /// Whether nothing will happen to it any more.
    fn ended(&self) -> bool;
    /// Bytes that it holds.
    fn bytes(&self) -> usize;
}

/// Jobs by their id, the oldest first.
pub(super) struct Shelf<T>(BTreeMap<Id, T>);

/// All bulk jobs of an org.
#[derive(Default)]
pub(crate) struct Jobs {
    ingest: Mutex<Shelf<v2::Ingest>>,
    query: Mutex<Shelf<v2::Query>>,
    classic: Mutex<Shelf<v1::Job>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl Jobs {
    pub(super) fn ingest(&self) -> MutexGuard<'_, Shelf<v2::Ingest>> {
        self.ingest.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    pub(super) fn query(&self) -> MutexGuard<'_, Shelf<v2::Query>> {
        self.query.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    pub(super) fn classic(&self) -> MutexGuard<'_, Shelf<v1::Job>> {
        self.classic.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl<T: Kept> Shelf<T> {
    /// Keeps a job. The oldest that have ended go when there are too many.
    pub(super) fn put(&mut self, id: Id, job: T) {
        self.0.insert(id, job);
        while self.0.len() > JOBS_MAX || self.0.values().map(T::bytes).sum::<usize>() > BYTES_MAX {
            let oldest = self.0.iter().find(|(_, job)| job.ended()).map(|(id, _)| *id);
            match oldest {
                Some(oldest) => self.0.remove(&oldest),
                None => return,
            };
        }
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.0.get_mut(&id)
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<T> {
        self.0.remove(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}
