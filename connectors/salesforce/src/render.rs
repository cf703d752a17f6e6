//! The app's source, made into what the Metadata API takes.
//!
//! The source is an ordinary SFDX project (source format: one file per field); a deployment wants the metadata format
//! (all fields within their object). Same input, same bytes: a plan's checksums can be compared.

mod app;
mod archive;
mod component;
pub(crate) mod names;
mod namespace;
mod permissions;
mod removal_test;
mod templates;
mod xml;

pub(crate) use app::{App, Home, TriggerOf};
pub(crate) use archive::Archive;
pub(crate) use component::{Content, Rendered};
pub(crate) use namespace::Namespace;
pub(crate) use permissions::{Grants, Scope};
pub(crate) use removal_test::REMOVAL_TEST;

/// Ours is what carries this word: the first line of Apex, the description of the rest.
pub(crate) const MARKER: &str = "CAS-COMPONENT";

/// What all names of ours begin with.
pub(crate) const PREFIX: &str = "CAS_";

/// API names of the app's parts that code refers to.
pub(crate) const EVENT: &str = "CAS_Record_Change__e";
pub(crate) const PERMISSION_SET: &str = "CAS_Service_Account";
pub(crate) const ITEM_OBJECT: &str = "CAS_Quarantined_Item__c";
pub(crate) const CHUNK_OBJECT: &str = "CAS_Quarantined_Chunk__c";
pub(crate) const QUARANTINE_OBJECTS: [&str; 2] = [CHUNK_OBJECT, ITEM_OBJECT];
pub(crate) const SWITCH: &str = "CAS_Switch__c";

#[cfg(test)]
mod tests;
