//! Names of the components that are made for each protected object. The same object has the same names everywhere and
//! for ever: a later daemon finds an earlier one's components by them.

use sha2::{Digest, Sha256};

/// Objects with a name of up to this length lend it to their components unchanged.
const STEM_MAX: usize = 24;

/// The trigger on the app's own object, and its test. No object has such a name.
pub(crate) const CANARY: &str = "CAS_Canary";
pub(crate) const CANARY_TEST: &str = "CAS_Canary_Test";

/// The trigger of an object.
pub(crate) fn trigger(object: &str) -> String {
    format!("CAS_{}", stem(object))
}

/// The test class of an object's trigger; 40 characters at most, which is the limit for classes.
pub(crate) fn trigger_test(object: &str) -> String {
    format!("CAS_{}_Test", stem(object))
}

/// Whether a component tests a trigger: no other of ours has such a name.
pub(crate) fn is_trigger_test(full_name: &str) -> bool {
    full_name.ends_with("_Test")
}

/// The name of a standard object; for others what is left of it, with a digest of the whole: `Order`, `Order__c` and
/// `ns__Order__c` stay apart.
fn stem(object: &str) -> String {
    if object.len() <= STEM_MAX && !object.contains("__") {
        return object.to_owned();
    }
    let short: String = object.replace("__", "_").chars().take(STEM_MAX).collect();
    let digest = hex::encode(Sha256::digest(object));
    format!("{}_{}", short.trim_end_matches('_'), &digest[..6])
}

/// The events that an object's trigger runs on. The first makes sure that a test covers the trigger even where the
/// organisation refuses the test's record: it runs ahead of required fields and validation rules.
pub(crate) fn trigger_events(object: &str, updateable: bool, deletable: bool) -> Vec<&'static str> {
    /// Standard objects whose records can come back from the recycle bin with their triggers running.
    const UNDELETABLE: [&str; 13] = [
        "Account",
        "Asset",
        "Campaign",
        "Case",
        "Contact",
        "ContentDocument",
        "Contract",
        "Event",
        "Lead",
        "Opportunity",
        "Product2",
        "Solution",
        "Task",
    ];
    let mut events = vec!["before insert", "after insert"];
    if updateable {
        events.push("after update");
    }
    if deletable {
        events.push("after delete");
        if UNDELETABLE.contains(&object) || object.ends_with("__c") {
            events.push("after undelete");
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_short_and_differ() {
        assert_eq!(trigger("ContentVersion"), "CAS_ContentVersion");
        assert_eq!(trigger_test("ContentVersion"), "CAS_ContentVersion_Test");
        let objects = ["Order", "Order__c", "ns__Order__c", "A_Very_Long_Object_Name_Indeed_1__c", "X_y__c"];
        let mut seen = std::collections::BTreeSet::new();
        for object in objects {
            let name = trigger_test(object);
            assert!(name.len() <= 40 && !name.contains("__"), "{name}");
            assert!(seen.insert(name));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_api_name_makes_a_legal_name(object in "[A-Za-z][A-Za-z0-9]{0,14}(__[A-Za-z](_?[A-Za-z0-9]){0,38}__c)?") {
            let name = trigger_test(&object);
            proptest::prop_assert!(name.len() <= 40 && !name.contains("__"), "{}", name);
        }
    }
}
