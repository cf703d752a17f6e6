//! The services: one file each, every method parse → port → convert.

mod admin;
mod component;
mod connector;
mod inventory;
mod notification;
mod operations;
mod provisioning;
mod scopes;

use std::sync::Arc;

use crate::door::Door;

/// All services; what they share is the door.
#[derive(Clone)]
pub(crate) struct Service {
    door: Arc<Door>,
}

impl Service {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        Service { door }
    }
}

/// The arguments of a list request, whose parent is in `$parent`.
macro_rules! list {
    ($request:expr, $parent:ident) => {
        crate::door::List {
            parent: &$request.$parent,
            page_size: $request.page_size,
            page_token: &$request.page_token,
            filter: &$request.filter,
        }
    };
    ($request:expr, $parent:ident, no filter) => {
        crate::door::List {
            parent: &$request.$parent,
            page_size: $request.page_size,
            page_token: &$request.page_token,
            filter: "",
        }
    };
}
pub(crate) use list;
