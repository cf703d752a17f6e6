//! Records in memory, settings, rights on them.

mod row;
mod settings;
mod strip;

pub(super) use row::{clone as clone_row, get};

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = vec![row::definition()];
    all.extend(settings::definitions());
    all.extend(strip::definitions());
    all
}
