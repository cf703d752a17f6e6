//! The catalogue: EntityDefinition, FieldDefinition, EntityParticle, and the Tooling API's CustomObject and CustomField.
//! Unlike describes these are not cut by field-level security.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Row, View};
use crate::org::{Field, FieldType, ObjectKind, ObjectType, rest_time};
use crate::package::{bare, namespace_of};

/// The catalogue has no ids of its own.
const NO_ID: &str = "000000000000000AAA";

pub(super) fn entities(view: &View<'_>, visit: &mut dyn FnMut(Row)) {
    view.state.metadata.objects().for_each(|object| visit(Row::Entity(object.clone())));
}

pub(super) fn entity_by_key(view: &View<'_>, key: &str) -> Option<Row> {
    let metadata = &view.state.metadata;
    let by_id = || {
        metadata
            .objects()
            .find(|object| object.id.is_some() && crate::soql::same_id(object.durable_id(), key))
    };
    metadata
        .object(key)
        .filter(|object| object.id.is_none())
        .or_else(by_id)
        .map(|object| Row::Entity(object.clone()))
}

/// As [`entity_by_key`], and by API name for custom objects too.
pub(super) fn entity_by_name_or_key(view: &View<'_>, key: &str) -> Option<Row> {
    let named = view.state.metadata.object(key).map(|object| Row::Entity(object.clone()));
    named.or_else(|| entity_by_key(view, key))
}

pub(super) fn entity(object: &ObjectType, column: &str) -> Value {
    let customizable = matches!(
        object.kind,
        ObjectKind::Standard | ObjectKind::Custom | ObjectKind::Event | ObjectKind::CustomMetadata
    );
    match column {
        "Id" => NO_ID.into(),
        "DurableId" => object.durable_id().into(),
        "QualifiedApiName" => object.name.clone().into(),
        "DeveloperName" => object_name(object).into(),
        "NamespacePrefix" => namespace_of(&object.name).into(),
        "MasterLabel" | "Label" => object.label.clone().into(),
        "PluralLabel" => object.label_plural.clone().into(),
        "KeyPrefix" => object.key_prefix.clone().into(),
        "PublisherId" => publisher(&object.name, object.is_custom()),
        "LastModifiedDate" => {
            if object.is_custom() {
                rest_time(object.modified_ms).into()
            } else {
                Value::Null
            }
        }
        "LastModifiedById" => {
            object.modified_by.filter(|_| object.is_custom()).map(Value::from).unwrap_or_default()
        }
        "InternalSharingModel" => object.sharing.as_str().into(),
        "ExternalSharingModel" => object.external_sharing.as_str().into(),
        "DeploymentStatus" => object.deployment_status.clone().into(),
        "IsApexTriggerable" | "IsTriggerable" => object.triggerable().into(),
        "IsCustomizable" => customizable.into(),
        "IsQueryable" => object.queryable.into(),
        "IsRetrieveable" | "IsReplicateable" | "IsIdEnabled" => object.queryable.into(),
        "IsLayoutable" | "IsCompactLayoutable" | "IsMruEnabled" => object.layoutable.into(),
        "IsSearchable" | "IsSearchLayoutable" => object.searchable.into(),
        "IsEverCreatable" => object.createable.into(),
        "IsEverUpdatable" => object.updateable.into(),
        "IsEverDeletable" => object.deletable.into(),
        "IsWorkflowEnabled" | "IsProcessEnabled" | "IsFlsEnabled" => {
            (customizable && object.kind != ObjectKind::Event).into()
        }
        "IsFeedEnabled" => object.feed_enabled.into(),
        name if name.starts_with("Is") => false.into(),
        _ => Value::Null,
    }
}

pub(super) fn fields(view: &View<'_>, visit: &mut dyn FnMut(Arc<ObjectType>, Arc<Field>)) {
    for object in view.state.metadata.objects() {
        object.fields.iter().for_each(|field| visit(object.clone(), field.clone()));
    }
}

fn durable_id(object: &ObjectType, field: &Field) -> String {
    let field = field.id.as_ref().map_or(
        field.name.strip_suffix("Id").filter(|_| field.kind == FieldType::Reference).unwrap_or(&field.name),
        |id| id.short(),
    );
    format!("{}.{field}", object.durable_id())
}

fn developer_name(field: &Field) -> &str {
    let name = bare(&field.name);
    name.strip_suffix("__c").unwrap_or(name)
}

/// The name without namespace and suffix.
fn object_name(object: &ObjectType) -> &str {
    let name = if object.is_custom() { bare(&object.name) } else { &object.name };
    if object.is_custom() { name.rsplit_once("__").map_or(name, |(stem, _)| stem) } else { name }
}

/// Of a package's things the namespace, which is what its publisher is found by.
fn publisher(name: &str, custom: bool) -> Value {
    match namespace_of(name).filter(|_| custom) {
        Some(namespace) => namespace.into(),
        None if custom => "<local>".into(),
        None => "System".into(),
    }
}

fn manageable(name: &str) -> Value {
    if namespace_of(name).is_some() { "installed" } else { "unmanaged" }.into()
}

fn reference_to(field: &Field) -> Value {
    if field.kind == FieldType::Reference {
        json!({"referenceTo": field.reference_to})
    } else {
        json!({"referenceTo": null})
    }
}

fn common(object: &ObjectType, field: &Field, column: &str) -> Option<Value> {
    Some(match column {
        "Id" => NO_ID.into(),
        "DurableId" => durable_id(object, field).into(),
        "EntityDefinitionId" => object.durable_id().into(),
        "QualifiedApiName" => field.name.clone().into(),
        "DeveloperName" => developer_name(field).into(),
        "NamespacePrefix" => namespace_of(&field.name).into(),
        "MasterLabel" | "Label" => field.label.clone().into(),
        "Length" => field.length.into(),
        "Precision" => field.precision.into(),
        "Scale" => field.scale.into(),
        "IsNillable" => field.nillable.into(),
        "IsNameField" => field.name_field.into(),
        "IsCompound" => matches!(field.kind, FieldType::Address | FieldType::Location).into(),
        "ReferenceTo" => reference_to(field),
        "RelationshipName" => field.relationship.clone().into(),
        "ValueTypeId" => field.kind.as_str().into(),
        "IsApiFilterable" | "IsApiSortable" => filterable(field).into(),
        _ => return None,
    })
}

/// Long texts, blobs and compound values can be selected and nothing else.
pub(crate) fn filterable(field: &Field) -> bool {
    !(matches!(
        field.kind,
        FieldType::Base64 | FieldType::ComplexValue | FieldType::Address | FieldType::Json
    ) || field.kind == FieldType::TextArea && field.length > 255)
}

pub(super) fn field_definition(object: &ObjectType, field: &Field, column: &str) -> Value {
    match column {
        "DataType" => data_type(field).into(),
        "PublisherId" => publisher(&field.name, field.custom),
        "IsIndexed" => (field.external_id || field.unique || field.name == "Id").into(),
        "IsApiGroupable" => filterable(field).into(),
        "Description" => field.description.clone().into(),
        "LastModifiedDate" => {
            if field.custom {
                rest_time(field.modified_ms).into()
            } else {
                Value::Null
            }
        }
        _ => common(object, field, column)
            .unwrap_or_else(|| if column.starts_with("Is") { false.into() } else { Value::Null }),
    }
}

pub(super) fn particle(object: &ObjectType, field: &Field, column: &str) -> Value {
    match column {
        "FieldDefinitionId" => durable_id(object, field).into(),
        "Name" => field.name.clone().into(),
        "DataType" => field.kind.as_str().into(),
        "ByteLength" => (field.length * 3).into(),
        "Digits" => if field.kind == FieldType::Int { 8 } else { 0 }.into(),
        "InlineHelpText" => field.help.clone().into(),
        "IsAutonumber" => field.auto_number.into(),
        "IsUnique" => field.unique.into(),
        "IsCreatable" => field.createable.into(),
        "IsUpdatable" => field.updateable.into(),
        "IsDefaultedOnCreate" => field.defaulted.into(),
        "IsPermissionable" => field.permissionable.into(),
        "IsIdLookup" => (field.external_id || field.name == "Id").into(),
        "IsApiGroupable" => filterable(field).into(),
        "IsNamePointing" => (field.reference_to.len() > 1).into(),
        _ => common(object, field, column)
            .unwrap_or_else(|| if column.starts_with("Is") { false.into() } else { Value::Null }),
    }
}

/// `Text(80)`, `Lookup(User)`, `Number(16, 2)`: the type in the words of the set-up pages.
pub(super) fn data_type(field: &Field) -> String {
    let target = || field.reference_to.join(",");
    let digits = || format!("{}, {}", field.precision.saturating_sub(field.scale), field.scale);
    match field.kind {
        FieldType::Id => "Id".to_owned(),
        FieldType::Reference if field.master_detail => format!("Master-Detail({})", target()),
        FieldType::Reference => format!("Lookup({})", target()),
        FieldType::String if field.auto_number => "Auto Number".to_owned(),
        FieldType::String | FieldType::Combobox => format!("Text({})", field.length),
        FieldType::TextArea if field.length > 255 => format!("Long Text Area({})", field.length),
        FieldType::TextArea => format!("Text Area({})", field.length),
        FieldType::Boolean => "Checkbox".to_owned(),
        FieldType::Int | FieldType::Long | FieldType::Double => format!("Number({})", digits()),
        FieldType::Currency => format!("Currency({})", digits()),
        FieldType::Percent => format!("Percent({})", digits()),
        FieldType::Date => "Date".to_owned(),
        FieldType::DateTime => "Date/Time".to_owned(),
        FieldType::Time => "Time".to_owned(),
        FieldType::Picklist => "Picklist".to_owned(),
        FieldType::MultiPicklist => "Picklist (Multi-Select)".to_owned(),
        FieldType::Email => "Email".to_owned(),
        FieldType::Phone => "Phone".to_owned(),
        FieldType::Url => format!("URL({})", field.length),
        FieldType::Address => "Address".to_owned(),
        FieldType::Location => "Geolocation".to_owned(),
        FieldType::Base64 => "Base64".to_owned(),
        FieldType::EncryptedString => format!("Text (Encrypted)({})", field.length),
        FieldType::AnyType | FieldType::ComplexValue | FieldType::Json => field.kind.as_str().to_owned(),
    }
}

pub(super) fn custom_objects(view: &View<'_>, visit: &mut dyn FnMut(Row)) {
    view.state
        .metadata
        .objects()
        .filter(|object| object.id.is_some())
        .for_each(|object| visit(Row::CustomObject(object.clone())));
}

pub(super) fn custom_object(object: &ObjectType, column: &str) -> Value {
    match column {
        "Id" => object.id.map(Value::from).unwrap_or_default(),
        "DeveloperName" => object_name(object).into(),
        "NamespacePrefix" => namespace_of(&object.name).into(),
        "FullName" => object.name.clone().into(),
        "Description" => object.description.clone().into(),
        "SharingModel" => object.sharing.as_str().into(),
        "Language" => "en_US".into(),
        "ManageableState" => manageable(&object.name),
        "IsDeleted" => false.into(),
        "CreatedDate" => rest_time(object.created_ms).into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(object.modified_ms).into(),
        "CreatedById" => object.created_by.map(Value::from).unwrap_or_default(),
        "LastModifiedById" => object.modified_by.map(Value::from).unwrap_or_default(),
        _ => Value::Null,
    }
}

pub(super) fn custom_fields(view: &View<'_>, visit: &mut dyn FnMut(Row)) {
    for object in view.state.metadata.objects() {
        for field in object.fields.iter().filter(|field| field.id.is_some()) {
            visit(Row::CustomField { object: object.clone(), field: field.clone() });
        }
    }
}

pub(super) fn custom_field(object: &ObjectType, field: &Field, column: &str) -> Value {
    match column {
        "Id" => field.id.map(Value::from).unwrap_or_default(),
        "DeveloperName" => developer_name(field).into(),
        "NamespacePrefix" => namespace_of(&field.name).into(),
        "FullName" => format!("{}.{}", object.name, field.name).into(),
        "TableEnumOrId" | "EntityDefinitionId" => object.durable_id().into(),
        "Description" => field.description.clone().into(),
        "InlineHelpText" => field.help.clone().into(),
        "Length" => field.length.into(),
        "Precision" => field.precision.into(),
        "Scale" => field.scale.into(),
        "Metadata" => json!({
            "type": field.metadata_type.clone().unwrap_or_else(|| metadata_type(field).to_owned()),
            "label": field.label,
            "required": !field.nillable && !field.master_detail && field.kind != FieldType::Boolean,
            "unique": field.unique,
            "externalId": field.external_id,
            "length": field.length,
            "description": field.description,
            "inlineHelpText": field.help,
        }),
        "ManageableState" => manageable(&field.name),
        "IsDeleted" => false.into(),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => rest_time(field.modified_ms).into(),
        "CreatedById" | "LastModifiedById" => object.modified_by.map(Value::from).unwrap_or_default(),
        _ => Value::Null,
    }
}

fn metadata_type(field: &Field) -> &'static str {
    match field.kind {
        FieldType::Reference if field.master_detail => "MasterDetail",
        FieldType::Reference => "Lookup",
        FieldType::String => "Text",
        FieldType::TextArea if field.length > 255 => "LongTextArea",
        FieldType::TextArea => "TextArea",
        FieldType::Boolean => "Checkbox",
        FieldType::Date => "Date",
        FieldType::DateTime => "DateTime",
        FieldType::Picklist => "Picklist",
        FieldType::MultiPicklist => "MultiselectPicklist",
        FieldType::Email => "Email",
        FieldType::Phone => "Phone",
        FieldType::Url => "Url",
        FieldType::Currency => "Currency",
        FieldType::Percent => "Percent",
        _ => "Number",
    }
}
