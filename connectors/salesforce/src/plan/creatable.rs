//! Of which objects a test can create a record.

use provision_connector_sdk::core::inventory::{Inventory, ObjectType};

use super::choose::known;

/// The app's tests know how to make these, whatever their describe says.
const KNOWN_TO_TESTS: [&str; 7] = [
    "Attachment",
    "ContentDocument",
    "ContentDocumentLink",
    "ContentVersion",
    "FeedComment",
    "FeedItem",
    "User",
];
/// Stand ready in every organisation: a test refers to them and need not make them.
const READY: [&str; 6] = ["User", "Profile", "Organization", "RecordType", "Group", "UserRole"];
/// A required parent needs a required parent of its own: the tests go no further than this.
const DEEPEST: usize = 2;

/// Tells it by the inventory.
pub(super) struct Creatable<'i>(&'i Inventory);

impl<'i> Creatable<'i> {
    pub(super) fn of(inventory: &'i Inventory) -> Self {
        Creatable(inventory)
    }

    /// Why no test can create a record of the object; `None` where one can.
    pub(super) fn obstacle(&self, object: &ObjectType) -> Option<String> {
        self.within(object, 0)
    }

    fn within(&self, object: &ObjectType, depth: usize) -> Option<String> {
        if KNOWN_TO_TESTS.contains(&object.api_name.as_str()) {
            return None;
        }
        if !object.createable {
            return Some(format!("no record of {} can be created", object.api_name));
        }
        if depth >= DEEPEST {
            return None;
        }
        object.fields.iter().filter(|field| field.required).find_map(|field| {
            let parents = &field.reference_to;
            if parents.is_empty() || parents.iter().any(|parent| READY.contains(&parent.as_str())) {
                return None;
            }
            // What the user cannot see may still be there for a test, which sees everything.
            let obstacles: Option<Vec<String>> = parents
                .iter()
                .map(|parent| known(self.0, parent).and_then(|parent| self.within(parent, depth + 1)))
                .collect();
            let first = obstacles?.into_iter().next()?;
            Some(format!("it needs a {}, and {first}", field.api_name))
        })
    }
}
