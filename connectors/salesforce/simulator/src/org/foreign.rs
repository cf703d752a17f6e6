//! Objects of a schema file as objects of the org.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::field::{Field, FieldType, spaced};
use super::id::{Id, prefix};
use super::schema::{ObjectKind, ObjectType, SharingModel, TriggerEvent, system_field};
use super::standard::plural;
use super::whole::{FieldLine, ObjectLine};

/// Objects whose triggers never run, whatever a file says of them.
const NEVER: [&str; 11] = [
    "FeedAttachment",
    "FeedTrackedChange",
    "ChatterMessage",
    "KnowledgeArticle",
    "KnowledgeArticleVersion",
    "Organization",
    "UserRole",
    "Profile",
    "GroupMember",
    "ContentBody",
    "ContentVersionComment",
];
/// Tables that stand beside an object and take no triggers.
const BESIDE: [&str; 6] = ["Share", "History", "Feed", "Tag", "OwnerSharingRule", "VoteStats"];
/// Standard objects whose records come back from the recycle bin with a trigger.
const UNDELETED: [&str; 12] = [
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
    "Task",
];

/// An object that the org does not have yet. `free_prefix` answers a key prefix for a custom one that has none.
pub(super) fn object(line: &ObjectLine, born_ms: i64, free_prefix: impl FnOnce() -> String) -> ObjectType {
    let kind = kind(&line.name);
    let custom = matches!(kind, ObjectKind::Custom | ObjectKind::CustomMetadata | ObjectKind::Event);
    let own = line.key_prefix.clone().filter(|prefix| is_prefix(prefix));
    let key_prefix = if custom { Some(own.unwrap_or_else(free_prefix)) } else { own };
    let layoutable = line.createable && line.updateable && key_prefix.is_some() && kind != ObjectKind::Event;
    ObjectType {
        id: custom.then(|| Id::derived(prefix::CUSTOM_OBJECT, &[&line.name])),
        label: line.label.clone(),
        label_plural: plural(&line.label),
        key_prefix,
        createable: line.createable,
        updateable: line.updateable,
        deletable: line.deletable,
        undeletable: line.deletable && (custom || UNDELETED.contains(&line.name.as_str())),
        queryable: line.queryable,
        searchable: line.searchable,
        layoutable,
        trigger_events: trigger_events(line, kind),
        sharing: SharingModel::ReadWrite,
        built_in: true,
        deployment_status: custom.then(|| "Deployed".to_owned()),
        fields: fields(line, &BTreeSet::new(), false, born_ms),
        ..ObjectType::bare(&line.name, kind)
    }
}

/// A built-in object with the fields that it has in the file and not here.
pub(super) fn enriched(built_in: &ObjectType, line: &ObjectLine, born_ms: i64) -> ObjectType {
    let mut object = built_in.clone();
    let known: BTreeSet<String> = object.fields.iter().map(|field| field.name.to_ascii_lowercase()).collect();
    object.fields.extend(fields(line, &known, true, born_ms));
    object
}

fn kind(name: &str) -> ObjectKind {
    match name.rsplit_once("__") {
        Some((_, "c")) => ObjectKind::Custom,
        Some((_, "e")) => ObjectKind::Event,
        Some((_, "mdt")) => ObjectKind::CustomMetadata,
        _ => ObjectKind::Standard,
    }
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() == 3 && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn trigger_events(line: &ObjectLine, kind: ObjectKind) -> Vec<TriggerEvent> {
    let name = line.name.as_str();
    let beside = BESIDE.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
    if !line.triggerable || NEVER.contains(&name) || beside {
        return Vec::new();
    }
    if kind == ObjectKind::Event || name.ends_with("ChangeEvent") {
        return vec![TriggerEvent::AfterInsert];
    }
    let allowed = |event: &TriggerEvent| match event {
        TriggerEvent::BeforeInsert | TriggerEvent::AfterInsert => true,
        TriggerEvent::BeforeUpdate | TriggerEvent::AfterUpdate => line.updateable,
        TriggerEvent::BeforeDelete | TriggerEvent::AfterDelete => line.deletable,
        TriggerEvent::AfterUndelete => {
            line.deletable && (kind == ObjectKind::Custom || UNDELETED.contains(&name))
        }
    };
    TriggerEvent::ALL.into_iter().filter(allowed).collect()
}

/// The fields not `known`, `Id` first. `optional`: a create never has to bring them.
fn fields(line: &ObjectLine, known: &BTreeSet<String>, optional: bool, born_ms: i64) -> Vec<Arc<Field>> {
    let mut seen = known.clone();
    let mut fields = Vec::with_capacity(line.fields.len() + 1);
    if seen.insert("id".to_owned()) {
        fields.extend(system_field("Id"));
    }
    for field in &line.fields {
        if seen.insert(field.name.to_ascii_lowercase()) {
            fields.push(
                system_field(&field.name).unwrap_or_else(|| {
                    Arc::new(Field { modified_ms: born_ms, ..own(line, field, optional) })
                }),
            );
        }
    }
    fields
}

fn own(object: &ObjectLine, line: &FieldLine, optional: bool) -> Field {
    let base = Field::new(&line.name, line.kind);
    let boolean = line.kind == FieldType::Boolean;
    let reference_to = line.reference_to.clone().unwrap_or_default();
    // What cannot be updated is computed, or fixed when the record is made: only references show which.
    let fixed = !line.nillable && line.kind == FieldType::Reference && !reference_to.is_empty();
    let createable = object.createable && (line.updateable || fixed);
    let name_field = line.name == "Name";
    Field {
        id: base.custom.then(|| Id::derived(prefix::CUSTOM_FIELD, &[&object.name, &line.name])),
        label: spaced(
            line.name.strip_suffix("Id").filter(|_| !reference_to.is_empty()).unwrap_or(&line.name),
        ),
        length: line.length.unwrap_or(base.length),
        nillable: line.nillable && !boolean,
        createable,
        updateable: object.updateable && line.updateable,
        defaulted: boolean || optional || !createable,
        name_field,
        permissionable: !name_field && (line.nillable || boolean),
        built_in: true,
        relationship: relationship(&line.name, line.kind),
        reference_to,
        picklist: line.picklist_values.clone().unwrap_or_default(),
        ..base
    }
}

fn relationship(name: &str, kind: FieldType) -> Option<String> {
    let stem = match name.strip_suffix("__c") {
        Some(stem) => return (kind == FieldType::Reference).then(|| format!("{stem}__r")),
        None => name.strip_suffix("Id")?,
    };
    (kind == FieldType::Reference && !stem.is_empty()).then(|| stem.to_owned())
}
