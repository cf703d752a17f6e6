//! Apex classes and triggers as the org stores them.

use super::id::Id;
use super::schema::TriggerEvent;

/// What classes and triggers have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexUnit {
    pub id: Id,
    pub name: String,
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
}

/// An Apex trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct ApexTrigger {
    pub unit: ApexUnit,
    /// API name of the object it stands on.
    pub object: String,
    pub events: Vec<TriggerEvent>,
}
