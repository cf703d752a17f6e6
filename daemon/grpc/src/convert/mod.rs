//! Domain ↔ wire, one file per noun. Nothing here decides or asks anything.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod checks;
pub(crate) mod component;
pub(crate) mod connector;
pub(crate) mod inventory;
pub(crate) mod mask;
pub(crate) mod notification;
pub(crate) mod operation;
pub(crate) mod plan;
pub(crate) mod precondition;
pub(crate) mod removal;
pub(crate) mod time;
pub(crate) mod value;

/// `message`, packed with the full name of its type.
pub(crate) fn any<M: prost::Message>(type_name: &str, message: &M) -> prost_types::Any {
    prost_types::Any { type_url: format!("type.googleapis.com/{type_name}"), value: message.encode_to_vec() }
}

/// A count of ours as the wire has it.
pub(crate) fn count(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A small count of ours as the wire has it.
pub(crate) fn small_count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
