//! The objects that every org is born with, read from the tables under `data/`.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::field::{Field, FieldType, audit_fields, owner_field, spaced};
use super::schema::{ObjectKind, ObjectType, SharingModel, TriggerEvent};

const STANDARD: &str = include_str!("../../data/standard-objects.jsonl");
const SETUP: &str = include_str!("../../data/setup-objects.jsonl");
const OTHERS: &str = include_str!("../../data/other-objects.jsonl");
const PERMISSIONS: &str = include_str!("../../data/user-permissions.txt");

/// The names of all user permissions, without their `Permissions` prefix.
pub fn user_permissions() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.lines().filter(|line| !line.is_empty())
}

/// Business objects, the most important first.
pub fn standard_objects() -> &'static [ObjectType] {
    static OBJECTS: LazyLock<Vec<ObjectType>> = LazyLock::new(|| read(STANDARD, false));
    &OBJECTS
}

/// Objects that real orgs have beside these, and that nothing here treats specially.
pub fn other_objects() -> &'static [ObjectType] {
    static OBJECTS: LazyLock<Vec<ObjectType>> = LazyLock::new(|| read(OTHERS, false));
    &OBJECTS
}

/// The tables of the set-up and of the catalogue, which no org can do without.
pub fn setup_objects() -> &'static [ObjectType] {
    static OBJECTS: LazyLock<Vec<ObjectType>> = LazyLock::new(|| read(SETUP, false));
    &OBJECTS
}

/// The tables that exist for the Tooling API alone, or look different there.
pub fn tooling_objects() -> &'static [ObjectType] {
    static OBJECTS: LazyLock<Vec<ObjectType>> = LazyLock::new(|| read(SETUP, true));
    &OBJECTS
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ObjectLine {
    name: String,
    label: Option<String>,
    key_prefix: Option<String>,
    kind: ObjectKind,
    create: bool,
    update: bool,
    delete: bool,
    search: bool,
    undelete: bool,
    feed: bool,
    layout: bool,
    triggers: Vec<TriggerEvent>,
    sharing: SharingModel,
    fields: Vec<FieldLine>,
    /// Whether a query may name it.
    #[serde(default = "yes")]
    query: bool,
    /// Whether the usual system fields are there.
    #[serde(default = "yes")]
    system: bool,
    #[serde(default)]
    tooling: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FieldLine {
    name: String,
    #[serde(rename = "type")]
    kind: FieldType,
    length: Option<u32>,
    #[serde(default = "yes")]
    createable: bool,
    #[serde(default = "yes")]
    updateable: bool,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    name_field: bool,
    #[serde(default)]
    auto_number: bool,
    #[serde(default)]
    reference_to: Vec<String>,
    #[serde(default)]
    picklist: Vec<String>,
}

fn yes() -> bool {
    true
}

fn read(lines: &str, tooling: bool) -> Vec<ObjectType> {
    let parsed = lines.lines().filter_map(|line| match serde_json::from_str::<ObjectLine>(line) {
        Ok(object) => (object.tooling == tooling).then(|| build(object)),
        // The data is part of the program: a test reads every line.
        Err(error) => {
            tracing::error!(%error, "a line of the built-in schema does not parse");
            None
        }
    });
    parsed.collect()
}

fn build(line: ObjectLine) -> ObjectType {
    let mut fields = vec![Field::system("Id", FieldType::Id)];
    if line.system {
        fields.push(Field::system("IsDeleted", FieldType::Boolean));
    }
    let owner = line.fields.iter().find(|field| field.name == "OwnerId");
    let owner = owner.map(|owner| owner.reference_to.clone());
    fields.extend(line.fields.into_iter().filter(|field| field.name != "OwnerId").map(field));
    if let Some(targets) = owner {
        // Where queues may own records the data names no target.
        let usual = owner_field();
        let targets = if targets.is_empty() { usual.reference_to.clone() } else { targets };
        fields.push(Field { reference_to: targets, ..usual });
    }
    if line.system {
        fields.extend(audit_fields());
    }
    let label = line.label.unwrap_or_else(|| spaced(&line.name));
    ObjectType {
        label_plural: plural(&label),
        label,
        key_prefix: line.key_prefix,
        createable: line.create,
        updateable: line.update,
        deletable: line.delete,
        undeletable: line.undelete,
        queryable: line.query,
        searchable: line.search,
        layoutable: line.layout,
        feed_enabled: line.feed,
        trigger_events: line.triggers,
        sharing: line.sharing,
        built_in: true,
        fields: fields.into_iter().map(Arc::new).collect(),
        ..ObjectType::bare(&line.name, line.kind)
    }
}

fn field(line: FieldLine) -> Field {
    let relationship = match line.kind {
        FieldType::Reference => line.name.strip_suffix("Id").map(str::to_owned),
        _ => None,
    };
    let base = Field::new(&line.name, line.kind);
    Field {
        length: line.length.unwrap_or(base.length),
        createable: line.createable,
        updateable: line.updateable,
        nillable: base.nillable && !line.required && !line.name_field,
        defaulted: base.defaulted || line.auto_number || (line.name_field && !line.required),
        name_field: line.name_field,
        auto_number: line.auto_number,
        permissionable: !(line.required || line.name_field),
        built_in: true,
        reference_to: line.reference_to,
        relationship,
        picklist: line.picklist,
        ..base
    }
}

pub(super) fn plural(label: &str) -> String {
    match label.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if label.ends_with('s') => label.to_owned(),
        _ => format!("{label}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_built_in_schema_parses() {
        assert_eq!(standard_objects().len(), STANDARD.lines().count());
        assert_eq!(other_objects().len(), OTHERS.lines().count());
        assert_eq!(setup_objects().len() + tooling_objects().len(), SETUP.lines().count());
        assert!(user_permissions().count() > 400);
    }

    #[test]
    fn the_objects_that_matter_have_their_flags() {
        let object = |name: &str| standard_objects().iter().find(|object| object.name == name).cloned();
        let version = object("ContentVersion").expect("ContentVersion is built in");
        assert!(!version.deletable && version.createable);
        assert!(!version.trigger_events.contains(&TriggerEvent::BeforeDelete));
        assert!(!object("FeedAttachment").expect("FeedAttachment is built in").triggerable());
        assert!(
            object("Account")
                .expect("Account is built in")
                .trigger_events
                .contains(&TriggerEvent::AfterUndelete)
        );
        assert!(!object("User").expect("User is built in").deletable);
    }
}
