//! Taking the app out of an organisation: what is marked as ours, in the order in which Salesforce lets it go.
//!
//! Every call looks first and deletes only what is still there, so a step can be begun again at any time. What Salesforce
//! refuses to delete, because something of the organisation's needs it, is left out of the next try and told.

mod handle;
mod leftover;
mod plan;
mod records;
mod refusal;
mod step;
mod survey;

pub(crate) use plan::plan;
pub(crate) use records::delete as delete_records;
pub(crate) use step::remove;

/// Stable ids: a stored plan is carried out by them, perhaps by a later daemon.
const TRIGGERS: &str = "remove-triggers";
const PERMISSIONS: &str = "remove-permissions";
const CLASSES: &str = "remove-classes";
const OBJECTS: &str = "remove-objects";
const LAST_TEST: &str = "remove-last-test";
