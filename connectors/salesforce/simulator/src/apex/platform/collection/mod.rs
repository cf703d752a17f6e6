//! Lists, sets, maps, what goes through them and what compares.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
