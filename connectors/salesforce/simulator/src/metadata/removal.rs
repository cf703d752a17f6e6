//! Deletes what the destructive manifests name.

use super::activities::activities;
use super::kinds::{Kind, is_known};
use super::permission::{forget, forget_class};
use super::record_type::{RECORD_TYPE, retype};
use super::row::Row;
use super::stage::Stage;
use super::types::{CUSTOM_FIELD_TYPE, VALIDATION_RULE_TYPE};
use super::xml::Element;
use crate::apex::mentions;
use crate::events::change::event_of;
use crate::org::ObjectKind;
use crate::package::namespace_of;

/// Deletion order: what refers to others goes first.
const ORDER: [&str; 7] = [
    "PermissionSet",
    "ValidationRule",
    "ApexTrigger",
    "ApexClass",
    "CustomPermission",
    "CustomField",
    "CustomObject",
];

/// So many types of [`ORDER`] go before those that are not in it.
const FIRST: usize = 5;

/// Deletes `members` (`(type, full name)`); `file` is the manifest that names them.
pub(super) fn remove(stage: &mut Stage<'_>, members: &[(String, String)], file: &str) {
    removed(stage, members, file, &ORDER[..FIRST]);
    // Layouts, tabs and views before the objects that they are of.
    for (kind, name) in members.iter().filter(|(kind, _)| !ORDER.contains(&kind.as_str())) {
        let row = Row::of(kind, name, file);
        let row = match stage.needs("CustomizeApplication") {
            Err(complaint) => row.failed(complaint),
            Ok(()) if !is_known(kind) => {
                row.failed(format!("Unknown type name '{kind}' specified in package.xml"))
            }
            Ok(()) if name == "*" => row.failed("Wildcards are not supported in destructive changes"),
            Ok(()) => kept(stage, kind, name, row),
        };
        stage.rows.push(row);
    }
    removed(stage, members, file, &ORDER[FIRST..]);
}

/// Deletes the members of these types, one type after the other.
fn removed(stage: &mut Stage<'_>, members: &[(String, String)], file: &str, kinds: &[&str]) {
    for kind in kinds {
        for (_, name) in members.iter().filter(|(a_kind, _)| a_kind == kind) {
            let row = Row::of(kind, name, file);
            let row = if name == "*" {
                row.failed("Wildcards are not supported in destructive changes")
            } else {
                remove_one(stage, kind, name, row, members)
            };
            stage.rows.push(row);
        }
    }
}

/// A component that the org keeps as it came.
fn kept(stage: &mut Stage<'_>, kind: &str, name: &str, row: Row) -> Row {
    stage.metadata.streams.remove(kind, name);
    let Some(held) = stage.metadata.components.remove(kind, name) else { return absent(row) };
    // With a file go all parts of it.
    let parts = Kind::named(kind).map(|kind| kind.parts.as_slice()).unwrap_or_default();
    for part in parts {
        let stem = part.full_name(&held.full_name, "");
        stage.metadata.components.remove_beginning(part.name, &stem);
    }
    if let Some((object, _)) = name.split_once('.').filter(|_| kind == RECORD_TYPE) {
        retype(stage, object);
    }
    gone(row, Some(held.id))
}

fn remove_one(stage: &mut Stage<'_>, kind: &str, name: &str, row: Row, members: &[(String, String)]) -> Row {
    let right = match kind {
        "ApexClass" | "ApexTrigger" => "AuthorApex",
        "PermissionSet" => "ManageProfilesPermissionsets",
        _ => "CustomizeApplication",
    };
    if let Err(complaint) = stage.needs(right) {
        return row.failed(complaint);
    }
    if is_managed(stage, kind, name) {
        return row.failed(format!("Cannot delete managed object: {name}"));
    }
    let row = remove_modelled(stage, kind, name, row, members);
    if row.deleted {
        stage.metadata.components.remove(kind, name);
    }
    row
}

fn remove_modelled(
    stage: &mut Stage<'_>,
    kind: &str,
    name: &str,
    row: Row,
    members: &[(String, String)],
) -> Row {
    match kind {
        "PermissionSet" => permission_set(stage, name, row),
        "ApexTrigger" => match stage.metadata.trigger(name).map(|trigger| trigger.unit.id) {
            Some(id) => {
                stage.metadata.triggers.remove(&id);
                gone(row, Some(id))
            }
            None => absent(row),
        },
        "ApexClass" => class(stage, name, row, members),
        "CustomPermission" => match stage.metadata.custom_permissions.remove(name) {
            Some(permission) => {
                for set in stage
                    .metadata
                    .permission_sets
                    .values_mut()
                    .filter(|set| set.custom_permissions.contains(name))
                {
                    std::sync::Arc::make_mut(set).custom_permissions.remove(name);
                }
                gone(row, Some(permission.id))
            }
            None => absent(row),
        },
        CUSTOM_FIELD_TYPE => field(stage, name, row),
        VALIDATION_RULE_TYPE => {
            let (object, rule) = name.split_once('.').unwrap_or_default();
            match stage.metadata.rules.remove_rule(object, rule) {
                Some(rule) => gone(row, Some(rule.id)),
                None => absent(row),
            }
        }
        _ => object(stage, name, row, members),
    }
}

/// Whether a package brought it; its things go with it alone.
fn is_managed(stage: &Stage<'_>, kind: &str, name: &str) -> bool {
    let namespace = match kind {
        "CustomObject" => namespace_of(name),
        CUSTOM_FIELD_TYPE => name.split_once('.').and_then(|(_, field)| namespace_of(field)),
        _ => name.split_once("__").map(|(namespace, _)| namespace),
    };
    namespace.is_some_and(|namespace| stage.metadata.has_namespace(namespace))
}

fn gone(row: Row, id: Option<crate::org::Id>) -> Row {
    Row { id, deleted: true, changed: true, ..row }
}

fn absent(row: Row) -> Row {
    let text = format!("No {} named: {} found", row.component_type, row.full_name);
    row.warned(text)
}

fn permission_set(stage: &mut Stage<'_>, name: &str, row: Row) -> Row {
    let Some(id) = stage.metadata.permission_set(name).map(|set| set.id) else { return absent(row) };
    // Salesforce deletes only permission sets that are assigned to nobody.
    if stage.org.read().assignments.values().any(|assignment| assignment.set == id) {
        return row
            .failed(format!("The permission set {name} cannot be deleted because it is assigned to users"));
    }
    stage.metadata.permission_sets.remove(&id);
    gone(row, Some(id))
}

fn class(stage: &mut Stage<'_>, name: &str, row: Row, members: &[(String, String)]) -> Row {
    let Some(id) = stage.metadata.class(name).map(|class| class.unit.id) else { return absent(row) };
    if let Some(user) = user_of(stage, name, members) {
        return row.failed(format!("This apex class is referenced elsewhere in salesforce.com: {user}"));
    }
    stage.metadata.classes.remove(&id);
    forget_class(stage, id);
    gone(row, Some(id))
}

fn field(stage: &mut Stage<'_>, name: &str, row: Row) -> Row {
    let found = name.split_once('.').and_then(|(object, field)| {
        let object = stage.metadata.object(object)?.clone();
        let field = object.field(field)?.clone();
        Some((object, field))
    });
    let Some((object, field)) = found else { return absent(row) };
    if !field.custom {
        return row.failed(format!("The standard field {name} cannot be deleted"));
    }
    if let Some(user) = rule_with(stage, &field.name).or_else(|| user_of(stage, &field.name, &[])) {
        return row.failed(format!("This custom field is referenced elsewhere in salesforce.com: {user}"));
    }
    let mut object = crate::org::ObjectType::clone(&object);
    let stem = field.name.strip_suffix("__c").unwrap_or(&field.name);
    let parts = ["Latitude", "Longitude"].map(|part| format!("{stem}__{part}__s"));
    object.fields.retain(|own| own.name != field.name && !parts.contains(&own.name));
    (object.modified_ms, object.modified_by) = (stage.now_ms, Some(stage.by));
    let object_name = object.name.clone();
    stage.metadata.put_object(object);
    forget(stage, &object_name, Some(&field.name));
    gone(row, field.id)
}

fn object(stage: &mut Stage<'_>, name: &str, row: Row, members: &[(String, String)]) -> Row {
    let Some(object) = stage.metadata.object(name).cloned() else { return absent(row) };
    if !object.is_custom() {
        return row.failed(format!("The standard object {name} cannot be deleted"));
    }
    let what = if object.kind == ObjectKind::Event { "platform event" } else { "custom object" };
    let lookup = stage.metadata.objects().find_map(|other| {
        let also_deleted = members
            .iter()
            .any(|(kind, member)| kind == "CustomObject" && member.eq_ignore_ascii_case(&other.name));
        let field =
            other.fields.iter().find(|field| field.custom && field.reference_to.contains(&object.name))?;
        (!also_deleted && other.name != object.name)
            .then(|| format!("Custom Field - {}.{}", other.name, field.name))
    });
    let changes = event_of(&object);
    let stands = |on: &str| on == object.name || changes.as_deref() == Some(on);
    let trigger = stage.metadata.triggers.values().find(|trigger| stands(&trigger.object));
    let trigger = trigger.map(|trigger| format!("Apex Trigger - {}", trigger.unit.name));
    let flow = || flow_with(stage, &object.name, members);
    if let Some(user) = lookup.or(trigger).or_else(flow).or_else(|| user_of(stage, &object.name, &[])) {
        return row.failed(format!("This {what} is referenced elsewhere in salesforce.com: {user}"));
    }
    activities(stage, &object.name, false);
    stage.metadata.remove_object(&object.name);
    stage.metadata.rules.forget(&object.name);
    let parts = Kind::named("CustomObject").map(|kind| kind.parts.as_slice()).unwrap_or_default();
    for part in parts {
        stage.metadata.components.remove_beginning(part.name, &format!("{}.", object.name));
    }
    stage.metadata.components.remove_beginning("Layout", &format!("{}-", object.name));
    stage.metadata.components.remove("CustomTab", &object.name);
    forget(stage, &object.name, None);
    stage.dropped.push(object.name.clone());
    gone(row, object.id)
}

/// The first flow that names an object; flows that `members` delete too do not count.
fn flow_with(stage: &Stage<'_>, object: &str, members: &[(String, String)]) -> Option<String> {
    let goes_too =
        |flow: &str| members.iter().any(|(kind, member)| kind == "Flow" && member.eq_ignore_ascii_case(flow));
    let mut flows = stage.metadata.components.of("Flow").filter(|flow| !goes_too(&flow.full_name));
    let deployed = flows.find(|flow| flow.element.as_ref().is_some_and(|element| has_text(element, object)));
    deployed.map(|flow| format!("Flow - {}", flow.full_name)).or_else(|| {
        let flow = stage.metadata.rules.flows().find(|flow| flow.object.eq_ignore_ascii_case(object))?;
        Some(format!("Flow - {}", flow.label))
    })
}

/// Whether an element or one below it consists of that text.
fn has_text(element: &Element, text: &str) -> bool {
    element.text.eq_ignore_ascii_case(text) || element.children.iter().any(|child| has_text(child, text))
}

/// The first validation rule whose formula names a field.
fn rule_with(stage: &Stage<'_>, field: &str) -> Option<String> {
    let mut rules = stage.metadata.rules.all_rules();
    let rule = rules.find(|rule| rule.condition.names(field))?;
    Some(format!("Validation Rule - {}", rule.full_name()))
}

/// The first class or trigger whose source names `name`; classes that `members` delete too do not count.
fn user_of(stage: &Stage<'_>, name: &str, members: &[(String, String)]) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let names =
        |source: &str| source.to_ascii_lowercase().contains(&name) && mentions(source).contains(&name);
    let trigger = stage.metadata.triggers.values().find(|trigger| names(&trigger.unit.body));
    if let Some(trigger) = trigger {
        return Some(format!("Apex Trigger - {}", trigger.unit.name));
    }
    let goes_too = |class: &str| {
        members.iter().any(|(kind, member)| kind == "ApexClass" && member.eq_ignore_ascii_case(class))
    };
    let mut classes = stage.metadata.classes.values().filter(|class| !goes_too(&class.unit.name));
    classes.find(|class| names(&class.unit.body)).map(|class| format!("Apex Class - {}", class.unit.name))
}
