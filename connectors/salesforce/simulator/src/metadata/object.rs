//! Deploys `CustomObject` files: objects, platform events, custom settings, and fields of standard objects.

use std::sync::Arc;

use super::activities::activities;
use super::field::{Owner, is_api_name, read as read_field};
use super::kinds::Kind;
use super::package::Component;
use super::row::{Complaint, Row};
use super::settings::{metadata_type, setting};
use super::stage::Stage;
use super::types::CUSTOM_FIELD_TYPE;
use super::xml::Element;
use crate::org::{Field, FieldType, Id, ObjectKind, ObjectType, SharingModel, prefix};
use crate::package::namespace_of;

/// Elements that a platform event must not have.
const NOT_FOR_EVENTS: &[&str] = &[
    "nameField",
    "sharingModel",
    "externalSharingModel",
    "enableActivities",
    "enableFeeds",
    "enableHistory",
    "customSettingsType",
    "validationRules",
];
/// Switches of the bulk and streaming access that Salesforce allows only together.
const TOGETHER: [&str; 3] = ["enableSharing", "enableBulkApi", "enableStreamingApi"];

/// A parsed object file that waits for its second pass, when all objects of the deploy exist.
pub(super) struct Pending {
    pub(super) component: Component,
    pub(super) element: Element,
    /// API name of the object.
    pub(super) object: String,
    /// The object as it was before this deploy.
    before: Option<Arc<ObjectType>>,
}

/// First pass: the objects without their custom fields.
pub(super) fn deploy_objects(stage: &mut Stage<'_>, components: Vec<Component>) -> Vec<Pending> {
    let mut pending = Vec::new();
    for component in components {
        let row = Row::of("CustomObject", &component.full_name, &component.file);
        let element = match component.metadata() {
            Ok(element) => element,
            Err(complaint) => {
                stage.rows.push(row.failed(complaint));
                continue;
            }
        };
        let before = stage.metadata.object(&component.full_name).cloned();
        if component.only.is_some() {
            let object =
                before.as_ref().map_or_else(|| component.full_name.clone(), |object| object.name.clone());
            pending.push(Pending { component, element, object, before });
            continue;
        }
        match shell(stage, &component.full_name, &element) {
            Ok((object, created, changed)) => {
                let name = object.name.clone();
                stage.rows.push(Row { id: object.id, created, changed, ..row });
                if created || changed {
                    stage.metadata.put_object(object);
                }
                if name.ends_with("__c") {
                    activities(stage, &name, element.is_true("enableActivities"));
                }
                pending.push(Pending { component, element, object: name, before });
            }
            // What lies in the file of an object that cannot be deployed is not looked at.
            Err(complaint) => stage.rows.push(row.failed(complaint)),
        }
    }
    pending
}

/// Second pass: the fields, which may refer to any object of the deploy.
pub(super) fn deploy_fields(stage: &mut Stage<'_>, pending: &[Pending]) {
    for Pending { component, element, object, before } in pending {
        let first = stage.rows.len();
        for definition in element.all("fields") {
            let name = definition.text_of("fullName").unwrap_or_default();
            if !component.takes(CUSTOM_FIELD_TYPE, name) {
                continue;
            }
            let row = Row::of(CUSTOM_FIELD_TYPE, &format!("{}.{name}", component.full_name), &component.file);
            let row = field(stage, object, definition, row);
            stage.rows.push(row);
        }
        let fields_are_good = stage.rows[first..].iter().all(|row| row.problem.is_none());
        if fields_are_good && let Some(text) = sharing_problem(stage, object) {
            take_back(stage, component, object, before.clone(), text);
        }
    }
}

/// The object itself: `(object, created, changed)`. Fields that the org has already stay.
fn shell(stage: &Stage<'_>, name: &str, element: &Element) -> Result<(ObjectType, bool, bool), Complaint> {
    stage.needs("CustomizeApplication")?;
    let existing = stage.metadata.object(name).cloned();
    let Some((stem, suffix)) = name.rsplit_once("__").filter(|(stem, _)| is_api_name(stem)) else {
        let object = existing
            .ok_or_else(|| format!("Entity of type 'CustomObject' named '{name}' cannot be found"))?;
        let is_part = |name: &str| {
            Kind::named("CustomObject").is_some_and(|kind| kind.parts.iter().any(|part| part.element == name))
        };
        if let Some(stray) =
            element.children.iter().find(|child| child.name != "fullName" && !is_part(&child.name))
        {
            if namespace_of(name).is_some() {
                return Err(format!(
                    "Cannot modify managed object: entity=CustomObject, component={name}, field={}, state=installed",
                    stray.name
                )
                .into());
            }
            let changed = standard(element, &object)?;
            let differs = changed != *object;
            return Ok((changed, false, differs));
        }
        return Ok((ObjectType::clone(&object), false, false));
    };
    if stem.is_empty() {
        return Err(format!("Invalid fullName: {name}").into());
    }
    let label = element.text_of("label").ok_or("Must specify a non-empty label for the CustomObject")?;
    let id = existing
        .as_ref()
        .and_then(|object| object.id)
        .unwrap_or_else(|| stage.org.ids.next(prefix::CUSTOM_OBJECT));
    let key = |letter: &str| match existing.as_ref().and_then(|object| object.key_prefix.clone()) {
        Some(key) => key,
        None => stage.metadata.free_key_prefix(letter),
    };
    let mut object = match suffix {
        "e" => {
            stage.takes_code()?;
            event(name, element, ObjectType::event(name, label, id, &key("e"), Vec::new()))?
        }
        "c" if element.get("customSettingsType").is_some() => {
            setting(element, ObjectType::custom(name, label, id, &key("a"), name_field("Name"), Vec::new()))
        }
        "c" => custom(element, name, label, id, &key("a"))?,
        "mdt" => {
            metadata_type(ObjectType::custom(name, label, id, &key("m"), name_field("Name"), Vec::new()))
        }
        _ => return Err(format!("Invalid fullName, must end in a custom suffix (e.g. __c): {name}").into()),
    };
    object.description = element.text_of("description").map(str::to_owned);
    if let Some(existing) = existing {
        if existing.kind != object.kind {
            return Err(format!("Cannot change the kind of {name}").into());
        }
        let own: Vec<Arc<Field>> = existing.fields.iter().filter(|field| field.custom).cloned().collect();
        object.fields.extend(own);
        (object.created_ms, object.created_by) = (existing.created_ms, existing.created_by);
        (object.modified_ms, object.modified_by) = (existing.modified_ms, existing.modified_by);
        let changed = object != *existing;
        if changed {
            (object.modified_ms, object.modified_by) = (stage.now_ms, Some(stage.by));
        }
        return Ok((object, false, changed));
    }
    (object.created_ms, object.created_by) = (stage.now_ms, Some(stage.by));
    (object.modified_ms, object.modified_by) = (stage.now_ms, Some(stage.by));
    Ok((object, true, true))
}

/// A standard object with what its file says of sharing and feeds.
fn standard(element: &Element, object: &ObjectType) -> Result<ObjectType, Complaint> {
    let mut changed = ObjectType::clone(object);
    // Models that custom objects do not have (leads that may be transferred) leave what is there.
    let model = |name: &str| element.text_of(name).and_then(|word| sharing_model(word).ok());
    changed.sharing = model("sharingModel").unwrap_or(changed.sharing);
    changed.external_sharing = model("externalSharingModel").unwrap_or(changed.external_sharing);
    if element.get("enableFeeds").is_some() {
        changed.feed_enabled = element.is_true("enableFeeds");
    }
    Ok(changed)
}

fn custom(
    element: &Element,
    name: &str,
    label: &str,
    id: crate::org::Id,
    key: &str,
) -> Result<ObjectType, Complaint> {
    let plural =
        element.text_of("pluralLabel").ok_or("Must specify a non-empty pluralLabel for the CustomObject")?;
    let status = element.text_of("deploymentStatus").ok_or("Required field is missing: deploymentStatus")?;
    let sharing = element.text_of("sharingModel").ok_or("Required field is missing: sharingModel")?;
    let named = element.get("nameField").filter(|field| field.text_of("label").is_some());
    let named = named.ok_or("Must specify a nameField of type Text or AutoNumber")?;
    let auto = match named.text_of("type") {
        Some("AutoNumber") if named.text_of("displayFormat").is_none() => {
            return Err("Must specify 'displayFormat' for a CustomField of type AutoNumber".into());
        }
        Some("AutoNumber") => true,
        Some("Text") => false,
        _ => return Err("Must specify a nameField of type Text or AutoNumber".into()),
    };
    let name_field = Field {
        auto_number: auto,
        createable: !auto,
        updateable: !auto,
        defaulted: auto,
        nillable: true,
        length: 80,
        metadata_type: Some(if auto { "AutoNumber" } else { "Text" }.to_owned()),
        ..name_field(named.text_of("label").unwrap_or_default())
    };
    if TOGETHER.iter().any(|flag| element.is_true(flag) != element.is_true(TOGETHER[0])) {
        return Err("Enable Sharing, Enable Bulk API and Enable Streaming API must be either all enabled or all disabled".into());
    }
    let mut object = ObjectType::custom(name, label, id, key, name_field, Vec::new());
    object.label_plural = plural.to_owned();
    object.deployment_status = Some(status.to_owned());
    object.sharing = sharing_model(sharing)?;
    object.external_sharing = match element.text_of("externalSharingModel") {
        Some(external) => sharing_model(external)?,
        None if object.sharing == SharingModel::ControlledByParent => SharingModel::ControlledByParent,
        None => SharingModel::Private,
    };
    if openness(object.external_sharing) > openness(object.sharing) {
        return Err("externalSharingModel cannot be more permissive than sharingModel".into());
    }
    object.searchable = element.is_true("enableSearch");
    object.feed_enabled = element.is_true("enableFeeds");
    Ok(object)
}

fn event(name: &str, element: &Element, mut object: ObjectType) -> Result<ObjectType, Complaint> {
    if let Some(stray) = NOT_FOR_EVENTS.iter().find(|stray| element.get(stray).is_some()) {
        return Err(format!("Cannot specify: {stray} for Platform Event {name}").into());
    }
    match element.text_of("eventType") {
        Some("HighVolume") => {}
        Some(other) => {
            return Err(format!(
                "eventType {other} is not available: only HighVolume platform events can be defined"
            )
            .into());
        }
        None => return Err("Required field is missing: eventType".into()),
    }
    let plural =
        element.text_of("pluralLabel").ok_or("Must specify a non-empty pluralLabel for the CustomObject")?;
    object.label_plural = plural.to_owned();
    object.publish_behavior =
        Some(element.text_of("publishBehavior").unwrap_or("PublishAfterCommit").to_owned());
    object.deployment_status = element.text_of("deploymentStatus").or(Some("Deployed")).map(str::to_owned);
    Ok(object)
}

fn field(stage: &mut Stage<'_>, object: &str, definition: &Element, row: Row) -> Row {
    if let Err(complaint) = stage.needs("CustomizeApplication") {
        return row.failed(complaint);
    }
    let Some(owner) = stage.metadata.object(object).cloned() else {
        return row.failed(format!("In field: field - no CustomObject named {object} found"));
    };
    let name = definition.text_of("fullName").unwrap_or_default();
    let existing = owner.field(name).cloned();
    if let Some(standard) = existing.as_ref().filter(|field| !field.custom && !name.ends_with("__c")) {
        // Standard fields carry settings of the user interface, which the store keeps.
        return Row { id: standard.id.or(Some(Id::derived(prefix::CUSTOM_FIELD, &[object, name]))), ..row };
    }
    let kind = match owner.kind {
        ObjectKind::Event => Owner::Event,
        ObjectKind::CustomMetadata => Owner::Setting,
        _ => Owner::Object,
    };
    let mut field = match read_field(definition, kind, &stage.metadata, existing.as_deref()) {
        Ok(field) => field,
        Err(complaint) => return row.failed(complaint),
    };
    if let Some(relation) = &field.child_relationship
        && let Some(other) = stage.child_relationship(&field.reference_to, relation)
        && !(other.0.eq_ignore_ascii_case(object) && other.1.eq_ignore_ascii_case(name))
    {
        return row.failed(format!(
            "duplicate value found: ChildRelationshipName duplicates value on {}.{}",
            other.0, other.1
        ));
    }
    if let Some(existing) = &existing {
        if existing.metadata_type != field.metadata_type && stage.has_records(object) {
            return row.failed("Cannot change type due to existing data");
        }
        field.modified_ms = existing.modified_ms;
        if field == **existing {
            return Row { id: existing.id, ..row };
        }
    }
    let created = existing.is_none();
    let id = *field.id.get_or_insert_with(|| stage.org.ids.next(prefix::CUSTOM_FIELD));
    field.modified_ms = stage.now_ms;
    let detail = field.master_detail;
    let mut owner = ObjectType::clone(&owner);
    match owner.fields.iter_mut().find(|own| own.name.eq_ignore_ascii_case(name)) {
        Some(own) => *own = Arc::new(field),
        None => owner.fields.push(Arc::new(field)),
    }
    coordinates(&mut owner, name);
    if detail {
        // A detail record has no owner of its own.
        owner.fields.retain(|field| field.name != "OwnerId");
    }
    (owner.modified_ms, owner.modified_by) = (stage.now_ms, Some(stage.by));
    stage.metadata.put_object(owner);
    Row { id: Some(id), created, changed: true, ..row }
}

/// A place is kept in two fields beside it: `Site__Latitude__s` and `Site__Longitude__s`.
fn coordinates(owner: &mut ObjectType, name: &str) {
    let place = owner.field(name).filter(|field| field.kind == FieldType::Location).cloned();
    let (Some(place), Some(stem)) = (place, name.strip_suffix("__c")) else { return };
    for part in ["Latitude", "Longitude"] {
        let name = format!("{stem}__{part}__s");
        if owner.field(&name).is_none() {
            let label = format!("{} ({part})", place.label);
            owner.fields.push(Arc::new(Field { label, scale: 15, ..Field::new(&name, FieldType::Double) }));
        }
    }
}

/// Whether the sharing model fits the fields, known only after the second pass.
fn sharing_problem(stage: &Stage<'_>, object: &str) -> Option<String> {
    let object = stage.metadata.object(object).filter(|object| object.kind == ObjectKind::Custom)?;
    let detail = object.fields.iter().any(|field| field.master_detail);
    let (word, how) = match (detail, object.sharing) {
        (true, SharingModel::ControlledByParent) => return None,
        (true, other) => (other.as_str(), "with"),
        (false, SharingModel::ControlledByParent) => ("ControlledByParent", "without"),
        (false, _) => return None,
    };
    Some(format!(
        "Cannot set sharingModel to {word} on a CustomObject {how} a MasterDetail relationship field"
    ))
}

/// Fails an object whose fields are in place already: it is again as it was before, and its fields go unmentioned.
fn take_back(
    stage: &mut Stage<'_>,
    component: &Component,
    object: &str,
    before: Option<Arc<ObjectType>>,
    text: String,
) {
    match before {
        Some(before) => stage.metadata.put_object(ObjectType::clone(&before)),
        None => {
            stage.metadata.remove_object(object);
        }
    }
    stage.rows.retain(|row| row.component_type != CUSTOM_FIELD_TYPE || row.file_name != component.file);
    let own = |row: &&mut Row| row.component_type == "CustomObject" && row.full_name == component.full_name;
    if let Some(row) = stage.rows.iter_mut().find(own) {
        *row = Row::of("CustomObject", &component.full_name, &component.file).failed(text);
    }
}

fn name_field(label: &str) -> Field {
    Field { label: label.to_owned(), nillable: true, length: 80, ..Field::new("Name", FieldType::String) }
}

fn sharing_model(word: &str) -> Result<SharingModel, Complaint> {
    match word {
        "Private" => Ok(SharingModel::Private),
        "Read" => Ok(SharingModel::Read),
        "ReadWrite" => Ok(SharingModel::ReadWrite),
        "ControlledByParent" => Ok(SharingModel::ControlledByParent),
        other => Err(format!("sharingModel {other} is not available for custom objects").into()),
    }
}

fn openness(model: SharingModel) -> u8 {
    match model {
        SharingModel::ControlledByParent | SharingModel::Private => 0,
        SharingModel::Read => 1,
        SharingModel::ReadWrite => 2,
    }
}
