//! Visualforce pages as controllers see them: where a page is, its messages, its standard controllers.

mod controller;
mod reference;

use super::define::Definition;

pub(super) use reference::methods as test_methods;

pub(super) fn types() -> Vec<Definition> {
    let mut all = reference::definitions();
    all.extend(controller::definitions());
    all
}
