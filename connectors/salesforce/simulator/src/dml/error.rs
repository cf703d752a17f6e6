//! The door's refusals in Salesforce's words.

use super::RowError;
use crate::org::{Id, ObjectType};

/// Status of a row that was good and undone for the others' sake.
pub(super) const ROLLED_BACK: &str = "ALL_OR_NONE_OPERATION_ROLLED_BACK";

const HIDDEN: &str = "Operation failed due to fields being inaccessible on Sobject";

impl RowError {
    /// A refusal of the row as a whole.
    pub fn new(status: &str, message: impl Into<String>) -> Self {
        Self { status: status.to_owned(), message: message.into(), fields: Vec::new() }
    }

    /// Names the fields at fault.
    pub fn on(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    pub(crate) fn no_access() -> Self {
        Self::new("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    }

    pub(crate) fn unsupported(object: &ObjectType, what: &str) -> Self {
        let message = format!("entity type {} does not support {what}", object.name);
        Self::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
    }

    pub(crate) fn deleted() -> Self {
        Self::new("ENTITY_IS_DELETED", "entity is deleted")
    }

    pub(crate) fn unknown_reference() -> Self {
        Self::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    }

    pub(crate) fn required(fields: &[&str]) -> Self {
        let message = format!("Required fields are missing: [{}]", fields.join(", "));
        Self::new("REQUIRED_FIELD_MISSING", message).on(fields)
    }

    pub(super) fn no_id(what: &str) -> Self {
        Self::new("MISSING_ARGUMENT", format!("Id not specified in an {what} call"))
    }

    pub(crate) fn unwritable(fields: &[&str]) -> Self {
        let message = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
            fields.join(", ")
        );
        Self::new("INVALID_FIELD_FOR_INSERT_UPDATE", message).on(fields)
    }

    /// Fields that the user may not write, as Apex in user mode is told.
    pub(super) fn hidden(object: &ObjectType, fields: &[&str]) -> Self {
        let message = format!("{HIDDEN} {}, check errors on Exception or Result!", object.name);
        Self::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message).on(fields)
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.message.starts_with(HIDDEN)
    }

    pub(super) fn duplicate(field: &str, twin: Option<Id>) -> Self {
        let twin = twin.map_or_else(|| "<unknown>".to_owned(), |id| id.short().to_owned());
        let message = format!("duplicate value found: {field} duplicates value on record with id: {twin}");
        Self::new("DUPLICATE_VALUE", message).on(&[field])
    }

    pub(crate) fn rolled_back() -> Self {
        let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        Self::new(ROLLED_BACK, message)
    }

    pub(super) fn too_many_retries() -> Self {
        let message = "Too many batch retries in the presence of Apex triggers and partial failures.";
        Self::new("TOO_MANY_APEX_REQUESTS", message)
    }

    pub(super) fn not_in_bin() -> Self {
        Self::new("UNDELETE_FAILED", "Entity is not in the recycle bin")
    }
}
