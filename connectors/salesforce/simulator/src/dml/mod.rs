//! The one door through which records change, whoever asks: REST, SOAP, composite, Apex, flows.

mod apply;
mod error;
mod files;
mod grants;
mod lead;
mod merge;
mod mix;
mod people;
mod prepare;
mod publish;
mod record_type;
mod remove;
mod save;
mod special;
#[cfg(test)]
mod tests;
mod trigger;
mod upsert;
mod validate;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

pub use lead::{Converted, Failure as ConvertFailure, LeadConvert};
pub use mix::Mix;
pub(crate) use prepare::{may_insert, may_update};
pub(crate) use publish::{deliver, deliver_changes};
pub(crate) use remove::may_delete;
pub use trigger::{Fired, Invocation, TriggerRow};
pub(crate) use trigger::{listens, trigger_of};

use crate::org::{Id, ObjectType};

/// What is done to records.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    Insert,
    Update,
    /// By the field of this name; `None` = by id.
    Upsert(Option<Arc<str>>),
    Delete,
    Undelete,
    /// Into the first row.
    Merge,
}

/// A row as it is asked for: values by the API name of their field, as the store keeps them; `Null` empties a field.
#[derive(Debug, Clone)]
pub struct Row {
    pub object: Arc<ObjectType>,
    pub id: Option<Id>,
    pub values: BTreeMap<String, Value>,
    pub blob: Option<Bytes>,
}

/// Why a row was refused, in Salesforce's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// `REQUIRED_FIELD_MISSING`, `CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY`, …
    pub status: String,
    pub message: String,
    pub fields: Vec<String>,
}

/// How a call wants its rows treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// One bad row undoes the call. Otherwise good rows stay, and are tried again when a trigger refused others.
    pub all_or_none: bool,
    /// Object and field rights of the running user, and sharing, are enforced (the API, `as user`).
    pub as_user: bool,
    /// Sharing alone is enforced (Apex in a class with sharing).
    pub with_sharing: bool,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    pub id: Option<Id>,
    /// By an upsert.
    pub created: bool,
    /// Empty = done.
    pub errors: Vec<RowError>,
}

impl Options {
    /// As the API has it for one row.
    pub const API: Self = Self { all_or_none: true, as_user: true, with_sharing: true };
}

impl Row {
    /// A row without values, as a deletion needs it.
    pub fn of(object: &Arc<ObjectType>, id: Id) -> Self {
        Self { object: object.clone(), id: Some(id), values: BTreeMap::new(), blob: None }
    }
}

impl RowResult {
    fn open(id: Option<Id>) -> Self {
        Self { id, created: false, errors: Vec::new() }
    }

    /// Whether the row itself was at fault, and not only undone with others of its call.
    pub fn failed(&self) -> bool {
        self.errors.iter().any(|error| error.status != error::ROLLED_BACK)
    }
}
