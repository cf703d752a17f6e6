//! The system: debug, assertions, limits, the user, types, requests, exceptions.

mod debug;
mod exception;
mod label;
mod limits;
mod object;
mod org;
mod reflect;
mod user;

pub(in crate::apex) use object::OF_CLASSES;
pub(super) use object::text as object_text;

use super::define::Definition;

pub(super) fn types() -> Vec<Definition> {
    [
        object::definitions(),
        exception::definitions(),
        debug::definitions(),
        label::definitions(),
        limits::definitions(),
        org::definitions(),
        user::definitions(),
        reflect::definitions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
