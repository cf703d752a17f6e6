//! Whose turn it is to change records.

use std::sync::{Arc, Condvar, Mutex};

use super::Org;

/// Hands out one turn at a time.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: Mutex<bool>,
    free: Condvar,
}

/// The right to change records; it ends when it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<Org>);

impl Org {
    /// Waits until nobody else changes records. Waiting for a second turn while holding one never ends.
    pub fn turn(self: &Arc<Self>) -> Turn {
        let mut taken = self.turns.taken.lock().unwrap_or_else(|broken| broken.into_inner());
        while *taken {
            taken = self.turns.free.wait(taken).unwrap_or_else(|broken| broken.into_inner());
        }
        *taken = true;
        drop(taken);
        Turn(self.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.turns.taken.lock().unwrap_or_else(|broken| broken.into_inner()) = false;
        self.0.turns.free.notify_one();
    }
}
