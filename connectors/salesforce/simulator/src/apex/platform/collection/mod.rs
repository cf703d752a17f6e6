//! Lists, sets, maps, what goes through them and what compares.

mod iterator;
mod list;
mod map;
mod set;
#[cfg(test)]
mod tests;

pub(super) use iterator::iterator_over;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = iterator::definitions();
    all.extend([list::definition(), map::definition(), set::definition()]);
    all
}
