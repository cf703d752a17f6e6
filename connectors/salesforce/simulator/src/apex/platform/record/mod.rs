//! Records in memory, settings, rights on them.

mod row;
mod settings;

pub(super) use row::{clone as clone_row, get};

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = vec![row::definition()];
    all.extend(settings::definitions());
    all
}
