//! Validation rules.

use super::formula::{Datum, Formula};
use super::record::Subject;
use crate::dml::RowError;
use crate::org::Id;
use crate::tables::View;

/// Key prefix of rules.
pub(crate) const PREFIX: &str = "03d";

/// A formula that must not hold when a record is saved.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidationRule {
    /// `03d…`.
    pub id: Id,
    /// API name of its object.
    pub object: String,
    /// API name of its own.
    pub name: String,
    pub active: bool,
    pub description: Option<String>,
    pub condition: Formula,
    /// What the user is told.
    pub message: String,
    /// The field at which the message stands; absent = the top of the page.
    pub display_field: Option<String>,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

impl ValidationRule {
    /// `Account.Needs_a_phone`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.object, self.name)
    }

    /// What the rule holds against a record. A formula that cannot be worked out refuses it too.
    pub(super) fn violated(&self, view: &View<'_>, subject: &Subject<'_>) -> Option<RowError> {
        match self.condition.evaluate(view, subject) {
            Ok(Datum::Boolean(true)) => Some(RowError {
                status: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
                message: self.message.clone(),
                fields: self.display_field.iter().cloned().collect(),
            }),
            Ok(_) => None,
            Err(fault) => Some(RowError {
                status: "FIELD_INTEGRITY_EXCEPTION".to_owned(),
                message: format!("Validation Formula \"{}\" Invalid ({fault})", self.name),
                fields: Vec::new(),
            }),
        }
    }
}
