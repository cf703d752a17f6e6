//! What was read of an organisation.

use provision_client::api::v1;

use crate::table::card;
use crate::text::{count, escape, some};

/// Most names shown of what came, went or changed.
const NAMES_MAX: usize = 10;

/// The counts, and what is different from the reading before.
pub fn inventory(read: &v1::RefreshInventoryResponse) -> String {
    let mut text = card(&[
        ("Object types", read.object_types.to_string()),
        ("Fields", read.fields.to_string()),
        ("Profiles", read.profiles.to_string()),
        ("Permission sets", read.permission_sets.to_string()),
        ("API calls", read.api_calls.to_string()),
    ]);
    let Some(changes) = &read.changes else {
        if read.unchanged {
            text.push_str("Nothing has changed since the last reading.\n");
        }
        return text;
    };
    let mut told = changed("object type", changes.object_types.as_ref());
    told.push_str(&changed("profile", changes.profiles.as_ref()));
    match told.is_empty() {
        true => text.push_str("Nothing has changed since the last reading.\n"),
        false => text.push_str(&format!("\nSince the last reading:\n{told}")),
    }
    text
}

fn changed(noun: &str, names: Option<&v1::ChangedNames>) -> String {
    let Some(names) = names else { return String::new() };
    [
        ("added", names.added_count, &names.added),
        ("removed", names.removed_count, &names.removed),
        ("changed", names.changed_count, &names.changed),
    ]
    .into_iter()
    .filter(|(_, number, _)| *number > 0)
    .map(|(what, number, names)| {
        let names = some(names, usize::try_from(number).unwrap_or(names.len()), NAMES_MAX);
        format!("  {} {what}: {}\n", count(number, noun), escape(&names))
    })
    .collect()
}
