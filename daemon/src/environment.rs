//! Time and randomness as the machine has them.

use provision_core::Timestamp;
use provision_core::ports::{Clock, Randomness};
use rand::TryRngCore as _;

/// The machine's clock, to the millisecond.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = chrono::Utc::now();
        chrono::DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }
}

/// The machine's secure random source.
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        // Without it no secret can be made; going on would be worse than ending.
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the machine has a secure random source");
    }
}
