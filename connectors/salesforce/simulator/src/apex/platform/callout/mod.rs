//! Callouts: requests, answers, and the mocks that tests answer with. Nothing ever leaves the org.

mod http;
mod mock;

use super::define::Definition;

pub(super) use mock::methods as test_methods;

pub(super) fn types() -> Vec<Definition> {
    let mut all = http::definitions();
    all.extend(mock::definitions());
    all
}
