//! Numbers, booleans and mathematics.

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
