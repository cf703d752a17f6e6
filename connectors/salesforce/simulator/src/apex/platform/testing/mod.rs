//! Tests and jobs.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
