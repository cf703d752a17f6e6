//! Apex REST.

use super::define::Definition;

/// Where the request of Apex REST is kept while it is served.
pub(in crate::apex) const REQUEST: &str = "RestContext.request";
/// Where its answer is made.
pub(in crate::apex) const RESPONSE: &str = "RestContext.response";

pub(super) fn types() -> Vec<Definition> {
    Vec::new()
}
