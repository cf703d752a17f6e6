//! Tokens and secrets. They are drawn from the seed: they guard nothing but a simulation.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// A source of unguessable-looking words.
#[derive(Debug)]
pub struct Secrets {
    seed: u64,
    drawn: AtomicU64,
}

impl Secrets {
    /// The same seed gives the same words in the same order.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    /// Any number.
    pub fn number(&self) -> u64 {
        let digest = self.draw();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn draw(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut hash = Sha256::new();
        hash.update(b"salesforce-simulator");
        hash.update(self.seed.to_be_bytes());
        hash.update(number.to_be_bytes());
        hash.finalize().into()
    }

    /// A word of `length` letters, digits, dots and underscores.
    pub fn word(&self, length: usize) -> String {
        let mut word = String::with_capacity(length);
        while word.len() < length {
            let digest = self.draw();
            word.extend(digest.iter().map(|byte| ALPHABET[usize::from(byte & 63)] as char));
        }
        word.truncate(length);
        word
    }
}
impl super::Org {
    /// Every access token, refresh token (rotated ones too) and code that was ever good here: what must stand in nobody's
    /// log.
    pub fn secrets(&self) -> Vec<String> {
        let state = self.read();
        let tokens = state.sessions.tokens().chain(state.grants.refresh_tokens.keys());
        tokens.chain(state.grants.codes.keys()).cloned().collect()
    }
}
