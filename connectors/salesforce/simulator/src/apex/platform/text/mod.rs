//! Strings, patterns, ids as text, blobs, URLs.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
