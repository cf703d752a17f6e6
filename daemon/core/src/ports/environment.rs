//! Time and randomness, so that tests can hold them still.

use crate::Timestamp;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Unpredictable bytes, for ids and secrets.
pub trait Randomness: Send + Sync {
    /// Fills the buffer from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}
