//! Records in memory, settings, rights on them.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
