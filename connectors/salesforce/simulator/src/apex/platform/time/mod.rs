//! Dates and times.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
