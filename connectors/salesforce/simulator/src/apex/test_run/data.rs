//! The data that a test sees.

use crate::org::{Records, State};

/// Objects whose records belong to the org's setup: tests see them.
const SETUP: [&str; 6] = ["RecordType", "Group", "Folder", "EmailTemplate", "BusinessHours", "Organization"];

/// The org without the records of its business. Users, profiles and permission sets are no records and stay.
pub(super) fn isolated(state: &State) -> State {
    let mut records = Records::default();
    let setup = state.metadata.objects().filter(|object| {
        SETUP.contains(&object.name.as_str()) || object.name.to_ascii_lowercase().ends_with("__mdt")
    });
    for object in setup {
        for record in state.records.table(&object.name) {
            records.put(&object.name, record.as_ref().clone());
        }
    }
    State { records, ..state.picture() }
}
