//! Dates and times.

mod day;
mod format;
mod moment;
#[cfg(test)]
mod tests;
mod zone;

pub(super) use zone::users_zone;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = day::definitions();
    all.extend([moment::definition(), zone::definition()]);
    all
}

/// Methods of `System` that tell the time.
pub(super) fn methods(system: Definition) -> Definition {
    moment::methods(system)
}
