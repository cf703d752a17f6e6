//! Rows that deployed components stand for: record types, queues and groups, tabs, apps, static resources, labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Row, View};
use crate::metadata::contents::held::Held;
use crate::metadata::xml::Element;
use crate::org::{Id, Metadata, ObjectType, Record, RecordType, State, prefix, rest_time};

/// The tables in here; those of the Tooling API alone come last.
pub(super) const TABLES: [&str; 11] = [
    "AppDefinition",
    "AppMenuItem",
    "Group",
    "GroupMember",
    "PermissionSetGroup",
    "PermissionSetGroupComponent",
    "QueueSobject",
    "RecordType",
    "StaticResource",
    "TabDefinition",
    "ExternalString",
];
/// Tables that hold records beside the rows of components.
pub(super) const GROWN: [&str; 3] = ["Group", "GroupMember", "QueueSobject"];
/// Types whose components are groups of users.
const GROUPS: [(&str, &str); 2] = [("Queue", "Queue"), ("Group", "Regular")];

pub(super) type Values = Vec<(&'static str, Value)>;

/// Visits the rows of one of [`TABLES`].
pub(super) fn rows(view: &View<'_>, table: &str, visit: &mut dyn FnMut(Row)) {
    let metadata = &view.state.metadata;
    let components = &metadata.components;
    if GROWN.contains(&table) {
        let records = view.state.records.table(table).filter(|record| !record.deleted);
        records.for_each(|record| visit(Row::Stored(record.clone())));
    }
    match table {
        "RecordType" => {
            for object in metadata.objects().filter(|object| view.rights.object(object).read) {
                object.record_types.iter().for_each(|one| visit(record_type(object, one)));
            }
        }
        "Group" => groups(metadata).for_each(|(held, kind)| visit(group(held, kind))),
        "GroupMember" => {
            for (held, _) in groups(metadata) {
                members(view, held).into_iter().for_each(|member| {
                    let id = Id::derived("011", &[held.id.as_str(), member.as_str()]);
                    visit(row(id, held, vec![("GroupId", held.id.into()), ("UserOrGroupId", member.into())]));
                });
            }
        }
        "QueueSobject" => {
            for (held, object) in
                components.of("Queue").flat_map(|held| queued(held).map(move |one| (held, one)))
            {
                let id = Id::derived("03g", &[held.id.as_str(), object]);
                visit(row(id, held, vec![("QueueId", held.id.into()), ("SobjectType", object.into())]));
            }
        }
        "PermissionSetGroup" => components.of(table).for_each(|held| visit(set_group(held))),
        "PermissionSetGroupComponent" => {
            for held in components.of("PermissionSetGroup") {
                let sets = all(held, "permissionSets").filter_map(|name| metadata.permission_set(name));
                for set in sets {
                    let id = Id::derived("0PK", &[held.id.as_str(), set.id.as_str()]);
                    let values =
                        vec![("PermissionSetGroupId", held.id.into()), ("PermissionSetId", set.id.into())];
                    visit(row(id, held, values));
                }
            }
        }
        "StaticResource" => components.of(table).for_each(|held| visit(resource(held))),
        "AppDefinition" => components.of("CustomApplication").for_each(|held| visit(app(held))),
        "AppMenuItem" => {
            for (at, held) in components.of("CustomApplication").enumerate() {
                visit(menu_item(held, at + 1));
            }
        }
        "TabDefinition" => tabs(view, visit),
        "ExternalString" => components.of("CustomLabel").for_each(|held| visit(label(held))),
        _ => {}
    }
}

/// Whether a component that records may refer to has this id.
pub(crate) fn is_there(metadata: &Metadata, id: Id) -> bool {
    match id.prefix() {
        prefix::RECORD_TYPE => {
            metadata.objects().any(|object| object.record_types.iter().any(|one| one.id == id))
        }
        prefix::GROUP => groups(metadata).any(|(held, _)| held.id == id),
        _ => false,
    }
}

/// The queue with this id, with the objects whose records it may own.
pub(crate) fn queue_objects(state: &State, id: Id) -> Option<Vec<String>> {
    let made = state.records.get("Group", id).is_some_and(|row| row.get("Type").as_str() == Some("Queue"));
    let rows = state.records.table("QueueSobject").filter(|row| !row.deleted);
    let rows = rows.filter(|row| row.reference("QueueId") == Some(id));
    let mut objects: Vec<String> =
        rows.filter_map(|row| row.get("SobjectType").as_str().map(str::to_owned)).collect();
    match state.metadata.components.of("Queue").find(|held| held.id == id) {
        Some(held) => objects.extend(queued(held).map(str::to_owned)),
        None if made => {}
        None => return None,
    }
    Some(objects)
}

/// Whether a user is in a group or queue, by name or through other groups.
pub(crate) fn is_member(view: &View<'_>, group: Id, user: Id) -> bool {
    let metadata = &view.state.metadata;
    let mut open = vec![group];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(group) = open.pop() {
        if !seen.insert(group) {
            continue;
        }
        let rows = view.state.records.table("GroupMember").filter(|row| !row.deleted);
        let rows = rows.filter(|row| row.reference("GroupId") == Some(group));
        let mut all: Vec<Id> = rows.filter_map(|row| row.reference("UserOrGroupId")).collect();
        if let Some((held, _)) = groups(metadata).find(|(held, _)| held.id == group) {
            all.extend(members(view, held));
        }
        for member in all {
            if member == user {
                return true;
            }
            if member.prefix() == prefix::GROUP {
                open.push(member);
            }
        }
    }
    false
}

/// The bytes of a static resource.
pub(crate) fn body(metadata: &Metadata, id: Id) -> Option<&Bytes> {
    let held = metadata.components.of("StaticResource").find(|held| held.id == id)?;
    held.files.values().next()
}

fn groups(metadata: &Metadata) -> impl Iterator<Item = (&Arc<Held>, &'static str)> {
    GROUPS.into_iter().flat_map(|(kind, word)| metadata.components.of(kind).map(move |held| (held, word)))
}

/// Users, groups and roles that are named in a queue or a group.
fn members(view: &View<'_>, held: &Held) -> Vec<Id> {
    let metadata = &view.state.metadata;
    let Some(element) = held.element.as_deref() else { return Vec::new() };
    let Some(members) = element.get("queueMembers") else { return Vec::new() };
    let named = |list: &'static str, one: &'static str| {
        members.all(list).flat_map(move |list| list.all(one)).map(|name| name.text.as_str())
    };
    let users = named("users", "user").filter_map(|name| {
        let mut users = view.state.users.values();
        users.find(|user| user.username.eq_ignore_ascii_case(name)).map(|user| user.id)
    });
    let groups = named("publicGroups", "publicGroup");
    let groups = groups.filter_map(|name| metadata.components.get("Group", name).map(|held| held.id));
    users.chain(groups).collect()
}

fn queued(held: &Held) -> impl Iterator<Item = &str> {
    let element = held.element.as_deref().into_iter();
    let objects = element.flat_map(|element| element.all("queueSobject"));
    objects.filter_map(|object| object.text_of("sobjectType"))
}

fn text<'a>(held: &'a Held, name: &str) -> Option<&'a str> {
    held.element.as_deref().and_then(|element| element.text_of(name))
}

fn is(held: &Held, name: &str) -> bool {
    held.element.as_deref().is_some_and(|element| element.is_true(name))
}

pub(super) fn all<'a>(held: &'a Held, name: &'a str) -> impl Iterator<Item = &'a str> {
    let element = held.element.as_deref().into_iter();
    element.flat_map(move |element: &Element| element.all(name)).map(|one| one.text.as_str())
}

/// A row with what every component is known by.
pub(super) fn row(id: Id, held: &Held, values: Values) -> Row {
    let stamps = [
        ("CreatedDate", rest_time(held.created_ms).into()),
        ("CreatedById", held.created_by.into()),
        ("LastModifiedDate", rest_time(held.modified_ms).into()),
        ("LastModifiedById", held.modified_by.into()),
        ("SystemModstamp", rest_time(held.modified_ms).into()),
    ];
    stored(id, values.into_iter().chain(stamps).collect())
}

fn stored(id: Id, values: Values) -> Row {
    let values = values.into_iter().filter(|(_, value)| !value.is_null());
    let values: BTreeMap<String, Value> = values.map(|(name, value)| (name.to_owned(), value)).collect();
    Row::Stored(Arc::new(Record { id, values, deleted: false }))
}

fn record_type(object: &ObjectType, one: &RecordType) -> Row {
    stored(
        one.id,
        vec![
            ("Name", one.label.clone().into()),
            ("DeveloperName", one.name.clone().into()),
            ("SobjectType", object.name.clone().into()),
            ("Description", one.description.clone().into()),
            ("IsActive", one.active.into()),
            ("CreatedDate", rest_time(one.created_ms).into()),
            ("CreatedById", one.created_by.into()),
            ("LastModifiedDate", rest_time(one.modified_ms).into()),
            ("LastModifiedById", one.modified_by.into()),
            ("SystemModstamp", rest_time(one.modified_ms).into()),
        ],
    )
}

fn group(held: &Held, kind: &str) -> Row {
    let values = vec![
        ("Name", text(held, "name").unwrap_or(&held.full_name).into()),
        ("DeveloperName", held.full_name.clone().into()),
        ("Type", kind.into()),
        ("Email", text(held, "email").into()),
        ("DoesSendEmailToMembers", is(held, "doesSendEmailToMembers").into()),
        ("DoesIncludeBosses", is(held, "doesIncludeBosses").into()),
    ];
    row(held.id, held, values)
}

fn set_group(held: &Held) -> Row {
    let values = vec![
        ("DeveloperName", held.full_name.clone().into()),
        ("MasterLabel", text(held, "label").unwrap_or(&held.full_name).into()),
        ("Language", "en_US".into()),
        ("Description", text(held, "description").into()),
        // What a group adds up to is worked out in the deployment itself.
        ("Status", "Updated".into()),
        ("HasActivationRequired", is(held, "hasActivationRequired").into()),
    ];
    row(held.id, held, values)
}

fn resource(held: &Held) -> Row {
    let length = held.files.values().next().map_or(0, Bytes::len);
    let values = vec![
        ("Name", held.full_name.clone().into()),
        ("ContentType", text(held, "contentType").into()),
        ("CacheControl", text(held, "cacheControl").into()),
        ("Description", text(held, "description").into()),
        ("BodyLength", length.into()),
    ];
    row(held.id, held, values)
}

fn app(held: &Held) -> Row {
    let values = vec![
        ("DurableId", Id::derived("06m", &[held.id.as_str()]).into()),
        ("DeveloperName", held.full_name.clone().into()),
        ("Label", text(held, "label").unwrap_or(&held.full_name).into()),
        ("MasterLabel", text(held, "label").unwrap_or(&held.full_name).into()),
        ("Description", text(held, "description").into()),
        ("UiType", text(held, "uiType").unwrap_or("Aloha").into()),
        ("NavType", text(held, "navType").unwrap_or("Standard").into()),
        ("IsNavPersonalizationDisabled", is(held, "isNavPersonalizationDisabled").into()),
    ];
    row(Id::derived("06m", &[held.id.as_str()]), held, values)
}

fn menu_item(held: &Held, at: usize) -> Row {
    let values = vec![
        ("Name", held.full_name.clone().into()),
        ("Label", text(held, "label").unwrap_or(&held.full_name).into()),
        ("Description", text(held, "description").into()),
        ("Type", "TabSet".into()),
        ("ApplicationId", held.id.into()),
        ("IsVisible", true.into()),
        ("IsAccessible", true.into()),
        ("SortOrder", at.into()),
        ("UserSortOrder", at.into()),
        ("StartUrl", format!("/app/mytabs.jsp?tsid={}", held.id.short()).into()),
    ];
    row(Id::derived("0DS", &[held.id.as_str()]), held, values)
}

fn label(held: &Held) -> Row {
    let short = text(held, "shortDescription");
    let values = vec![
        ("Name", held.full_name.clone().into()),
        ("FullName", held.full_name.clone().into()),
        ("MasterLabel", short.unwrap_or(&held.full_name).into()),
        ("Value", text(held, "value").into()),
        ("Category", text(held, "categories").into()),
        ("Language", text(held, "language").unwrap_or("en_US").into()),
        ("IsProtected", is(held, "protected").into()),
        ("ManageableState", "unmanaged".into()),
        (
            "Metadata",
            json!({
                "categories": text(held, "categories"), "language": text(held, "language"), "protected": is(held, "protected"),
                "shortDescription": short, "value": text(held, "value"), "urls": null,
            }),
        ),
    ];
    row(held.id, held, values)
}

/// A tab for each object that is laid out, as every org has them, and those that were deployed.
fn tabs(view: &View<'_>, visit: &mut dyn FnMut(Row)) {
    let metadata = &view.state.metadata;
    let seen = |object: &&Arc<ObjectType>| object.layoutable && view.rights.object(object).read;
    let standard = metadata.objects().filter(seen).filter(|object| !object.is_custom());
    for object in standard {
        let name = format!("standard-{}", object.name);
        visit(tab(&name, &object.label_plural, Some(&object.name), false));
    }
    for held in metadata.components.of("CustomTab") {
        let object = metadata.object(&held.full_name);
        if object.is_some_and(|object| !view.rights.object(object).read) {
            continue;
        }
        let label = text(held, "label").or(object.map(|object| object.label_plural.as_str()));
        let object = object.map(|object| object.name.as_str());
        visit(tab(&held.full_name, label.unwrap_or(&held.full_name), object, true));
    }
}

fn tab(name: &str, label: &str, object: Option<&str>, custom: bool) -> Row {
    let id = Id::derived("01r", &[name]);
    stored(
        id,
        vec![
            ("DurableId", name.into()),
            ("Name", name.into()),
            ("Label", label.into()),
            ("SobjectName", object.into()),
            ("IsCustom", custom.into()),
            ("IsAvailableInDesktop", true.into()),
            ("IsAvailableInLightning", true.into()),
            ("IsAvailableInMobile", true.into()),
        ],
    )
}
