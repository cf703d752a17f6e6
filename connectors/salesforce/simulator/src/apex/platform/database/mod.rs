//! Changes and queries.

mod changes;
mod queries;
mod status;

pub(in crate::apex::platform) use changes::{answered, error, kept};

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    let mut all = vec![super::testing::batch_methods(queries::methods(changes::methods(Definition::class(
        "Database.Database",
    ))))];
    all.extend(changes::results());
    all.extend(queries::types());
    all.push(status::definition());
    all
}
