//! Which objects are protected, and why the others are not.

use std::collections::BTreeSet;

use provision_connector_sdk::core::inventory::{Inventory, ObjectType};
use provision_connector_sdk::core::plan::{ObjectSelection, Unprotected};
use provision_connector_sdk::{ConnectorFault, PlanRequest};

use super::creatable::Creatable;
use crate::render::PREFIX;
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{self, Protected, Target, broken};

/// What holds content by default: documents, posts, files, cases and mail. Those that the organisation has.
const DEFAULT_OBJECTS: [&str; 10] = [
    "Attachment",
    "Case",
    "CaseComment",
    "ContentDocument",
    "ContentDocumentLink",
    "ContentVersion",
    "EmailMessage",
    "FeedComment",
    "FeedItem",
    "Note",
];

/// What all Apex of an organisation may have in characters, comments and tests left out.
const CODE_MAX: u64 = 6_000_000;

/// The objects to protect, ordered by name, and those that were asked for and cannot be.
pub(super) fn choose(
    request: &PlanRequest<'_>,
    target: &Target<'_>,
    production: bool,
) -> (Vec<Protected>, Vec<Unprotected>) {
    let inventory = request.inventory;
    let asked: BTreeSet<&str> = match request.selection {
        ObjectSelection::Default => DEFAULT_OBJECTS.into_iter().collect(),
        ObjectSelection::Listed(names) => names.iter().map(String::as_str).collect(),
        ObjectSelection::All => {
            inventory.object_types.iter().map(|object| object.api_name.as_str()).collect()
        }
    };
    let creatable = Creatable::of(inventory);
    let ours = target.namespace().api(PREFIX);
    let (mut objects, mut unprotected) = (Vec::new(), Vec::new());
    for name in asked {
        if name.starts_with(PREFIX) || name.starts_with(&ours) {
            unprotected.push(because(name, "it belongs to the protection itself"));
            continue;
        }
        let Some(object) = known(inventory, name) else {
            let why =
                "the organisation has no such object, or does not show it to the service account's user";
            unprotected.push(because(name, why));
            continue;
        };
        if !object.accepts_triggers {
            unprotected.push(because(name, no_triggers(name)));
            continue;
        }
        match creatable.obstacle(object) {
            Some(obstacle) if production => {
                let why = format!(
                    "{obstacle}, so no test can cover its trigger, and production takes none that is not covered"
                );
                unprotected.push(because(name, &why));
            }
            obstacle => objects.push(Protected {
                api_name: object.api_name.clone(),
                updateable: object.updateable,
                deletable: object.deletable,
                creatable: obstacle.is_none(),
            }),
        }
    }
    (objects, unprotected)
}

pub(super) fn known<'i>(inventory: &'i Inventory, name: &str) -> Option<&'i ObjectType> {
    let types = &inventory.object_types;
    let index = types.binary_search_by(|object| object.api_name.as_str().cmp(name)).ok()?;
    types.get(index)
}

/// Why an object takes no triggers, as far as its name tells.
fn no_triggers(name: &str) -> &'static str {
    const BY_ENDING: [(&str, &str); 9] = [
        ("ChangeEvent", "it is an event that tells of changes, and no record"),
        ("__e", "it is an event, and no record"),
        ("__mdt", "it is configuration, and no record"),
        ("__x", "its records are kept outside of Salesforce"),
        ("__Share", "it says who sees records of another object; Salesforce runs no triggers on it"),
        ("Share", "it says who sees records of another object; Salesforce runs no triggers on it"),
        ("History", "it is the history of another object; Salesforce runs no triggers on it"),
        ("__Feed", "it is a view of posts, which FeedItem holds; Salesforce runs no triggers on it"),
        ("Feed", "it is a view of posts, which FeedItem holds; Salesforce runs no triggers on it"),
    ];
    let found = BY_ENDING.iter().find(|(ending, _)| name.ends_with(ending));
    found.map_or("Salesforce runs no triggers on it", |(_, why)| why)
}

pub(super) fn because(object: &str, reason: &str) -> Unprotected {
    Unprotected { object_type: object.to_owned(), reason: reason.to_owned() }
}

/// An object whose trigger's name, or whose test's, is taken by somebody else stays unprotected.
pub(super) fn keep_off_foreign(
    target: &Target<'_>,
    snapshot: &Snapshot,
    objects: &mut Vec<Protected>,
    unprotected: &mut Vec<Unprotected>,
) -> Result<(), ConnectorFault> {
    let mut kept = Vec::with_capacity(objects.len());
    for object in objects.drain(..) {
        let rendered = steps::trigger(target, &object).map_err(broken)?;
        let taken = rendered
            .iter()
            .find(|component| matches!(snapshot.standing(target, component), Standing::Foreign { .. }));
        match taken {
            Some(component) => unprotected.push(because(
                &object.api_name,
                &format!(
                    "the organisation has an {} of its own named {}",
                    component.kind, component.full_name
                ),
            )),
            None => kept.push(object),
        }
    }
    *objects = kept;
    Ok(())
}

/// Objects whose code would not fit into what Salesforce allows an organisation, from the end of the list.
///
/// An organisation that has more than that already was given a limit of its own, which it does not tell.
pub(super) fn keep_within_code(
    target: &Target<'_>,
    foreign_code: u64,
    objects: &mut Vec<Protected>,
    unprotected: &mut Vec<Unprotected>,
) -> Result<(), ConnectorFault> {
    if foreign_code > CODE_MAX {
        return Ok(());
    }
    let app = steps::components(target, steps::CLASSES, &[]).map_err(broken)?;
    let mut used = foreign_code + app.iter().map(|component| component.code_size()).sum::<u64>();
    let mut kept = Vec::with_capacity(objects.len());
    for object in objects.drain(..) {
        let rendered = steps::trigger(target, &object).map_err(broken)?;
        let size = rendered.iter().map(|component| component.code_size()).sum::<u64>();
        if used + size > CODE_MAX {
            let why = format!(
                "with its trigger, the organisation's Apex would have more than the {CODE_MAX} characters that \
                 Salesforce allows"
            );
            unprotected.push(because(&object.api_name, &why));
        } else {
            used += size;
            kept.push(object);
        }
    }
    *objects = kept;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Delivery;
    use crate::render::{App, Rendered};

    #[test]
    fn code_that_would_not_fit_is_left_out_from_the_end() {
        let app = App::load().expect("the embedded app");
        let target = Target {
            app: &app,
            delivery: &Delivery::Source,
            organization_id: "00D000000000001EAA",
            user_id: "005",
        };
        let object = |name: &str| Protected {
            api_name: name.to_owned(),
            updateable: true,
            deletable: true,
            creatable: true,
        };
        let all = ["Case", "Lead", "Note", "Task"].map(object);
        let size = |parts: &[Rendered]| parts.iter().map(Rendered::code_size).sum::<u64>();
        let app_size = size(&steps::components(&target, steps::CLASSES, &[]).expect("the classes"));
        let of_one = size(&steps::trigger(&target, &all[0]).expect("a trigger"));
        assert!(app_size > 5_000 && of_one > 100, "{app_size}, {of_one}");
        let kept = |foreign: u64| {
            let (mut objects, mut unprotected) = (all.to_vec(), Vec::new());
            keep_within_code(&target, foreign, &mut objects, &mut unprotected).expect("it is counted");
            assert_eq!(objects.len() + unprotected.len(), all.len());
            objects.len()
        };
        assert_eq!(kept(0), 4);
        assert_eq!(kept(CODE_MAX - app_size - of_one * 5 / 2), 2);
        assert_eq!(kept(CODE_MAX), 0);
        assert_eq!(kept(CODE_MAX + 1), 4, "it was given more");
    }

    #[test]
    fn every_object_without_triggers_has_a_reason() {
        assert!(no_triggers("Case__e").contains("event"));
        assert!(no_triggers("AccountHistory").contains("history"));
        assert_eq!(no_triggers("FeedAttachment"), "Salesforce runs no triggers on it");
    }
}
