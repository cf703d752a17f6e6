//! Apex classes and triggers as the org stores them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::id::Id;
use super::schema::TriggerEvent;

/// What classes and triggers have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexUnit {
    pub id: Id,
    pub name: String,
    /// Of the package that brought it; `None` = the org's own.
    pub namespace: Option<String>,
    pub body: String,
    /// `67.0`, as the meta file names it.
    pub api_version: String,
    /// `Active`, `Inactive` or `Deleted`.
    pub status: String,
    pub is_valid: bool,
    /// CRC-32 of the body.
    pub body_crc: u32,
    pub length_without_comments: u32,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

/// An Apex class.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexClass {
    pub unit: ApexUnit,
    /// Whether the class is annotated `@IsTest`.
    pub is_test: bool,
    /// What the code of others may use of a packaged class, whose body nobody sees.
    pub surface: Option<Arc<Surface>>,
}

/// The names of a class and who may use them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surface {
    /// The class itself is `global`.
    pub global: bool,
    /// Methods, in lower case.
    pub methods: BTreeSet<String>,
    /// Methods that are `global`, in lower case.
    pub global_methods: BTreeSet<String>,
}

/// An Apex trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexTrigger {
    pub unit: ApexUnit,
    /// API name of the object it stands on.
    pub object: String,
    pub events: Vec<TriggerEvent>,
}
