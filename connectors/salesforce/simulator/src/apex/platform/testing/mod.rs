//! Tests and jobs.

mod queue;
mod test;

pub(super) use queue::methods;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = test::definitions();
    all.extend(queue::definitions());
    all
}
