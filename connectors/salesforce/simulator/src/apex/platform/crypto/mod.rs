//! Digests, encodings, random numbers.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
