//! Components as elements: as they were deployed, brought up to date with the org's model, or made of the model where
//! nobody deployed them.

use std::collections::BTreeSet;

use super::held::canonical;
use crate::metadata::kinds::Kind;
use crate::metadata::types::{CUSTOM_FIELD_TYPE, VALIDATION_RULE_TYPE};
use crate::metadata::xml::Element;
use crate::org::{
    ApexUnit, Field, FieldType, Metadata, ObjectKind, ObjectType, Org, PermissionSet, SharingModel, State,
};
use crate::rules::ValidationRule;

/// The parts of an object that a read or a retrieve wants: all of them, or these `(type, own name)`.
pub(super) type Wanted<'a> = Option<&'a BTreeSet<(&'static str, String)>>;

/// A component's metadata without its parts; absent where there is no such component.
pub(super) fn element(org: &Org, state: &State, kind: &'static str, full_name: &str) -> Option<Element> {
    let metadata = &state.metadata;
    let held = metadata.components.get(kind, full_name).and_then(|held| held.element.as_deref().cloned());
    match kind {
        "CustomObject" => {
            let object = metadata.object(full_name)?;
            Some(held.unwrap_or_else(|| shell(object)))
        }
        CUSTOM_FIELD_TYPE => {
            let (object, field) = full_name.split_once('.')?;
            let field = metadata.object(object)?.field(field)?;
            Some(held.unwrap_or_else(|| custom_field(field)))
        }
        VALIDATION_RULE_TYPE => {
            let (object, rule) = full_name.split_once('.')?;
            let rule = metadata.rules.rule(object, rule)?;
            Some(held.unwrap_or_else(|| validation_rule(rule)))
        }
        "ApexClass" => Some(unit("ApexClass", &metadata.class(full_name)?.unit, held)),
        "ApexTrigger" => Some(unit("ApexTrigger", &metadata.trigger(full_name)?.unit, held)),
        "PermissionSet" => {
            let set = metadata.permission_set(full_name)?;
            Some(permissions(org, metadata, set, "PermissionSet", held))
        }
        "CustomPermission" => {
            let permission = metadata.custom_permissions.get(full_name)?;
            let mut children = vec![Element::leaf("isLicensed", permission.licensed.to_string())];
            children.extend(permission.description.iter().map(|text| Element::leaf("description", text)));
            children.push(Element::leaf("label", &permission.label));
            Some(held.unwrap_or_else(|| canonical(Element::node(kind, children), true)))
        }
        "Profile" => {
            let mut profiles = state.profiles.values();
            let profile = profiles
                .find(|profile| super::entries::profile_name(profile).eq_ignore_ascii_case(full_name));
            match profile.and_then(|profile| metadata.permission_sets.get(&profile.shadow)) {
                Some(shadow) => Some(permissions(org, metadata, shadow, "Profile", held)),
                None => held,
            }
        }
        _ => held,
    }
}

/// A component's metadata with its parts, as its file shows them.
pub(super) fn whole(
    org: &Org,
    state: &State,
    kind: &'static Kind,
    full_name: &str,
    wanted: Wanted<'_>,
) -> Option<Element> {
    let shell = element(org, state, kind.name, full_name);
    let mut root = match wanted {
        None => shell?,
        Some(_) => Element::node(kind.name, Vec::new()),
    };
    for part in &kind.parts {
        let stem = part.full_name(full_name, "");
        for name in part_names(state, part.name, full_name, &stem) {
            let own = name.get(stem.len()..).unwrap_or_default();
            let is_wanted =
                wanted.is_none_or(|wanted| wanted.contains(&(part.name, own.to_ascii_lowercase())));
            if !is_wanted {
                continue;
            }
            if let Some(mut element) = element(org, state, part.name, &name) {
                part.element.clone_into(&mut element.name);
                root.children.push(element);
            }
        }
    }
    if wanted.is_some() && root.children.is_empty() {
        return None;
    }
    Some(canonical(root, true))
}

/// Full names of the parts of one component.
fn part_names(state: &State, kind: &str, parent: &str, stem: &str) -> Vec<String> {
    let metadata = &state.metadata;
    let Some(object) =
        metadata.object(parent).filter(|_| matches!(kind, CUSTOM_FIELD_TYPE | VALIDATION_RULE_TYPE))
    else {
        return metadata.components.beginning(kind, stem).map(|held| held.full_name.clone()).collect();
    };
    let mut names: Vec<String> = if kind == CUSTOM_FIELD_TYPE {
        let held = |field: &Field| metadata.components.get(kind, &format!("{stem}{}", field.name)).is_some();
        let fields = object.fields.iter().filter(|field| field.custom || held(field));
        fields.map(|field| format!("{stem}{}", field.name)).collect()
    } else {
        metadata.rules.rules(parent).map(|rule| rule.full_name()).collect()
    };
    names.sort();
    names
}

fn flag(name: &str, value: bool) -> Element {
    Element::leaf(name, value.to_string())
}

fn shell(object: &ObjectType) -> Element {
    let mut children = Vec::new();
    let mut text = |name: &str, value: &str| children.push(Element::leaf(name, value));
    if let Some(description) = &object.description {
        text("description", description);
    }
    if object.is_custom() {
        text("label", &object.label);
        text("pluralLabel", &object.label_plural);
        text("deploymentStatus", object.deployment_status.as_deref().unwrap_or("Deployed"));
    }
    match object.kind {
        ObjectKind::Event => {
            text("eventType", "HighVolume");
            text("publishBehavior", object.publish_behavior.as_deref().unwrap_or("PublishAfterCommit"));
        }
        ObjectKind::CustomMetadata => text("visibility", "Public"),
        _ => {
            let word = |model: SharingModel| model.as_str();
            text("sharingModel", word(object.sharing));
            text("externalSharingModel", word(object.external_sharing));
            children.push(flag("enableFeeds", object.feed_enabled));
        }
    }
    if object.kind == ObjectKind::Custom {
        children.push(flag("enableSearch", object.searchable));
        let own = object.field("Name").map(|field| {
            let kind = if field.auto_number { "AutoNumber" } else { "Text" };
            let mut parts = vec![Element::leaf("label", &field.label), Element::leaf("type", kind)];
            if field.auto_number {
                parts.push(Element::leaf("displayFormat", "{0000000000}"));
            }
            Element::node("nameField", parts)
        });
        children.extend(own);
    }
    canonical(Element::node("CustomObject", children), true)
}

fn custom_field(field: &Field) -> Element {
    let kind = field.metadata_type.clone().unwrap_or_else(|| "Text".to_owned());
    let mut children = vec![
        Element::leaf("fullName", &field.name),
        Element::leaf("label", &field.label),
        Element::leaf("type", &kind),
    ];
    let mut text = |name: &str, value: String| children.push(Element::leaf(name, value));
    if let Some(description) = &field.description {
        text("description", description.clone());
    }
    if let Some(help) = &field.help {
        text("inlineHelpText", help.clone());
    }
    match kind.as_str() {
        "Text" | "LongTextArea" | "Html" => text("length", field.length.to_string()),
        "Number" | "Currency" | "Percent" => {
            text("precision", field.precision.to_string());
            text("scale", field.scale.to_string());
        }
        "Checkbox" => {
            let default = field.default.as_ref().and_then(serde_json::Value::as_bool).unwrap_or(false);
            text("defaultValue", default.to_string());
        }
        _ => {}
    }
    if let Some(parent) = field.reference_to.first().filter(|_| field.kind == FieldType::Reference) {
        text("referenceTo", parent.clone());
        if let Some(name) = &field.child_relationship {
            text("relationshipName", name.trim_end_matches("__r").to_owned());
        }
    }
    if !matches!(kind.as_str(), "Checkbox" | "MasterDetail") {
        text("required", (!field.nillable).to_string());
    }
    if field.external_id || field.unique {
        text("externalId", field.external_id.to_string());
        text("unique", field.unique.to_string());
    }
    if !field.picklist.is_empty() {
        let mut values = vec![Element::leaf("sorted", "false")];
        for value in &field.picklist {
            let parts = vec![
                Element::leaf("fullName", value),
                Element::leaf("default", "false"),
                Element::leaf("label", value),
            ];
            values.push(Element::node("value", parts));
        }
        let set = vec![flag("restricted", field.restricted), Element::node("valueSetDefinition", values)];
        children.push(Element::node("valueSet", set));
    }
    canonical(Element::node("CustomField", children), false)
}

fn validation_rule(rule: &ValidationRule) -> Element {
    let mut children = vec![
        Element::leaf("fullName", &rule.name),
        flag("active", rule.active),
        Element::leaf("errorConditionFormula", rule.condition.source()),
        Element::leaf("errorMessage", &rule.message),
    ];
    children.extend(rule.description.iter().map(|text| Element::leaf("description", text)));
    children.extend(rule.display_field.iter().map(|text| Element::leaf("errorDisplayField", text)));
    canonical(Element::node("ValidationRule", children), false)
}

/// Metadata of a class or trigger.
fn unit(kind: &str, unit: &ApexUnit, held: Option<Element>) -> Element {
    let mut root = held.unwrap_or_else(|| Element::node(kind, Vec::new()));
    root.children.retain(|child| !matches!(child.name.as_str(), "apiVersion" | "status"));
    root.children.push(Element::leaf("apiVersion", &unit.api_version));
    root.children.push(Element::leaf("status", &unit.status));
    canonical(root, true)
}

/// A permission set or profile: what the model knows of it, and the rest as it was deployed.
fn permissions(
    _org: &Org,
    metadata: &Metadata,
    set: &PermissionSet,
    kind: &'static str,
    held: Option<Element>,
) -> Element {
    let held = held.unwrap_or_else(|| Element::node(kind, Vec::new()));
    let mut rows: Vec<(&'static str, String, Element)> = Vec::new();
    for (name, access) in &set.objects {
        let row = Element::node(
            "objectPermissions",
            vec![
                flag("allowCreate", access.create),
                flag("allowDelete", access.delete),
                flag("allowEdit", access.edit),
                flag("allowRead", access.read),
                flag("modifyAllRecords", access.modify_all),
                Element::leaf("object", name),
                flag("viewAllRecords", access.view_all),
            ],
        );
        rows.push(("object", name.clone(), row));
    }
    for ((object, field), access) in &set.fields {
        let name = format!("{object}.{field}");
        let row = Element::node(
            "fieldPermissions",
            vec![flag("editable", access.edit), Element::leaf("field", &name), flag("readable", access.read)],
        );
        rows.push(("field", name, row));
    }
    let names: BTreeSet<&str> = set
        .classes
        .iter()
        .filter_map(|id| metadata.classes.get(id).map(|class| class.unit.name.as_str()))
        .collect();
    for name in names {
        let row =
            Element::node("classAccesses", vec![Element::leaf("apexClass", name), flag("enabled", true)]);
        rows.push(("apexClass", name.to_owned(), row));
    }
    for (element, all) in
        [("customPermissions", &set.custom_permissions), ("userPermissions", &set.permissions)]
    {
        for name in all {
            let row = Element::node(element, vec![flag("enabled", true), Element::leaf("name", name)]);
            rows.push(("name", name.clone(), row));
        }
    }
    let modelled =
        ["objectPermissions", "fieldPermissions", "classAccesses", "customPermissions", "userPermissions"];
    let mut root = Element { children: Vec::new(), ..held.clone() };
    root.children.extend(held.children.iter().filter(|own| !modelled.contains(&own.name.as_str())).cloned());
    for (key, name, row) in rows {
        // Details that the model does not hold stand in what was deployed.
        let own = held.children.iter().find(|own| {
            own.name == row.name && own.text_of(key).is_some_and(|own| own.eq_ignore_ascii_case(&name))
        });
        let mut merged = row;
        for detail in own.iter().flat_map(|own| &own.children) {
            if merged.get(&detail.name).is_none() {
                merged.children.push(detail.clone());
            }
        }
        root.children.push(merged);
    }
    if root.get("label").is_none() && kind == "PermissionSet" {
        root.children.push(Element::leaf("label", &set.label));
        root.children.push(flag("hasActivationRequired", set.has_activation_required));
        root.children.extend(set.description.iter().map(|text| Element::leaf("description", text)));
    }
    if kind == "Profile" && root.get("userLicense").is_none() {
        root.children.push(flag("custom", false));
        root.children.push(Element::leaf("userLicense", "Salesforce"));
    }
    canonical(root, true)
}
