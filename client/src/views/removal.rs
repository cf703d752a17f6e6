//! What has become of a deprovisioning.

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1;
use provision_client::names;

use crate::table::table;
use crate::text::{count, escape};

/// What was exported, and what had to stay; empty for all other operations.
pub fn outcome(operation: &Operation, metadata: &v1::OperationMetadata) -> String {
    let mut text = String::new();
    if metadata.exported_items > 0 {
        text.push_str(&format!(
            "\n{} of quarantined content exported: provisionctl accounts export {} --file FILE\n",
            count(metadata.exported_items, "item"),
            escape(names::last(&operation.name))
        ));
    }
    if !metadata.leftovers.is_empty() {
        let row = |leftover: &v1::Leftover| {
            let what = match leftover.link.as_str() {
                "" => leftover.reason.clone(),
                link => format!("{} ({link})", leftover.reason),
            };
            vec![leftover.kind.clone(), leftover.full_name.clone(), what]
        };
        let rows: Vec<_> = metadata.leftovers.iter().map(row).collect();
        text.push_str("\nStays in the organisation:\n");
        text.push_str(&table(&["KIND", "NAME", "WHY"], &rows));
    }
    text
}
