//! Tests and jobs.

mod batch;
mod cron;
mod install;
mod job;
mod load;
mod queue;
mod schedule;
mod stub;
mod test;

pub(super) use batch::methods as batch_methods;

use super::define::Definition;

/// Methods of `System` that start jobs.
pub(super) fn methods(system: Definition) -> Definition {
    schedule::methods(queue::methods(system))
}

pub(super) fn types() -> Vec<Definition> {
    let mut all = test::definitions();
    all.extend(install::definitions());
    all.extend(queue::definitions());
    all.extend(batch::definitions());
    all.extend(schedule::definitions());
    all.extend(stub::definitions());
    all
}
