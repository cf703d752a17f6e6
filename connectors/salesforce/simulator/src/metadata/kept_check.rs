//! What Salesforce holds against components that the org keeps: names, and references to what is not there.

use super::field::is_api_name;
use super::package::Component;
use super::row::Complaint;
use super::stage::Stage;
use super::xml::Element;
use crate::org::{Metadata, ObjectKind};

/// Types whose names are API names without a namespace of their own.
const NAMED: &[&str] = &[
    "ApexComponent",
    "ApexPage",
    "AuraDefinitionBundle",
    "CustomApplication",
    "FlexiPage",
    "GlobalValueSet",
    "Group",
    "LightningComponentBundle",
    "PermissionSetGroup",
    "Queue",
    "RemoteSiteSetting",
    "Role",
    "StaticResource",
];
/// Characters of a component's name.
const NAME_MAX: usize = 80;

/// Checks a component with a file of its own.
pub(super) fn check_kept(
    stage: &Stage<'_>,
    component: &Component,
    element: &Element,
) -> Result<(), Complaint> {
    let name = component.full_name.as_str();
    let kind = component.kind.name;
    let metadata = &stage.metadata;
    if NAMED.contains(&kind) && !is_name(name) {
        return Err(format!("The {kind} name '{name}' can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.").into());
    }
    match kind {
        "CustomTab" => tab(metadata, name, element),
        "Layout" => layout(metadata, name, element),
        "CustomMetadata" => record(metadata, name, element),
        "SharingRules" | "AssignmentRules" | "AutoResponseRules" | "EscalationRules" | "MatchingRules"
        | "Workflow" => owner(metadata, name).map_err(Complaint::from),
        "QuickAction" => match name.split_once('.') {
            Some((object, _)) => owner(metadata, object).map_err(Complaint::from),
            None => Ok(()),
        },
        "FlexiPage" => match element.get("sobjectType").filter(|at| !at.text.is_empty()) {
            Some(object) => {
                named(object, "sobjectType", "CustomObject", metadata.object(&object.text).is_some())
            }
            None => Ok(()),
        },
        "PermissionSetGroup" => element.all("permissionSets").try_for_each(|set| {
            named(set, "permissionSet", "PermissionSet", metadata.permission_set(&set.text).is_some())
        }),
        "Queue" => element.all("queueSobject").filter_map(|sobject| sobject.get("sobjectType")).try_for_each(
            |object| named(object, "sobjectType", "CustomObject", metadata.object(&object.text).is_some()),
        ),
        "Role" => element.all("parentRole").try_for_each(|role| {
            named(role, "parentRole", "Role", metadata.components.get("Role", &role.text).is_some())
        }),
        "CustomApplication" => element.all("tabs").try_for_each(|tab| {
            let given =
                tab.text.starts_with("standard-") || tab.text.contains("__") && !tab.text.ends_with("__c");
            let there = given || metadata.components.get("CustomTab", &tab.text).is_some();
            named(tab, "tab", "CustomTab", there)
        }),
        "Flow" => flow(metadata, element),
        "Report" | "Dashboard" | "Document" | "EmailTemplate" => folder(metadata, component),
        _ => Ok(()),
    }
}

/// Checks a part of an object's file.
pub(super) fn check_part(
    stage: &Stage<'_>,
    object: &str,
    kind: &str,
    element: &Element,
) -> Result<(), Complaint> {
    stage.needs("CustomizeApplication")?;
    owner(&stage.metadata, object)?;
    let name = element.text_of("fullName").unwrap_or_default();
    if kind != "SharingReason" && !name.is_empty() && !is_name(name.trim_end_matches("__c")) {
        return Err(at(
            element,
            format!(
                "The {kind} name '{name}' can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores."
            ),
        ));
    }
    let field_exists = |name: &str| has_field(&stage.metadata, object, name);
    match kind {
        "ListView" => element.all("columns").try_for_each(|column| {
            if field_exists(&column.text) {
                return Ok(());
            }
            Err(at(column, format!("Could not resolve list view column: {}", column.text)))
        }),
        "CompactLayout" => {
            element.all("fields").try_for_each(|field| custom_field(field, object, field_exists(&field.text)))
        }
        "FieldSet" => element
            .all("displayedFields")
            .chain(element.all("availableFields"))
            .filter_map(|item| item.get("field"))
            .try_for_each(|field| custom_field(field, object, field_exists(&field.text))),
        "RecordType" => element
            .all("picklistValues")
            .filter_map(|item| item.get("picklist"))
            .try_for_each(|field| custom_field(field, object, field_exists(&field.text))),
        _ => Ok(()),
    }
}

fn at(element: &Element, text: String) -> Complaint {
    Complaint { text, warning: false, at: Some((element.at.line, element.at.column)) }
}

fn is_name(name: &str) -> bool {
    let own = name.split_once("__").map_or(name, |(_, own)| own);
    name.len() <= NAME_MAX
        && own.len() <= NAME_MAX
        && (is_api_name(own) || own.len() > 40 && is_api_name(&own[..1]))
}

/// `In field: x - no T named Y found`, unless it is there.
fn named(element: &Element, field: &str, kind: &str, there: bool) -> Result<(), Complaint> {
    if there {
        return Ok(());
    }
    Err(at(element, format!("In field: {field} - no {kind} named {} found", element.text)))
}

fn owner(metadata: &Metadata, object: &str) -> Result<(), String> {
    // Activities and accounts of people have rules of their own although no such object is there.
    let given = matches!(object, "Activity" | "PersonAccount" | "CaseComment" | "Global");
    if given || metadata.object(object).is_some() {
        return Ok(());
    }
    Err(format!("In field: field - no CustomObject named {object} found"))
}

/// Whether a field is there; standard ones go by many names (`NAME`, `CREATED_DATE`) and are taken as they are.
fn has_field(metadata: &Metadata, object: &str, name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    if !last.ends_with("__c") || name.contains("__r.") || name.contains('.') {
        return true;
    }
    let on = |object: &str| metadata.object(object).is_some_and(|object| object.field(name).is_some());
    on(object) || (matches!(object, "Task" | "Event") && on("Activity"))
}

fn custom_field(element: &Element, object: &str, there: bool) -> Result<(), Complaint> {
    if there {
        return Ok(());
    }
    Err(at(element, format!("In field: field - no CustomField named {object}.{} found", element.text)))
}

fn tab(metadata: &Metadata, name: &str, element: &Element) -> Result<(), Complaint> {
    if element.is_true("customObject") {
        owner(metadata, name)?;
    }
    for (field, kind) in [
        ("flexiPage", "FlexiPage"),
        ("page", "ApexPage"),
        ("lwcComponent", "LightningComponentBundle"),
        ("auraComponent", "AuraDefinitionBundle"),
    ] {
        if let Some(reference) = element.get(field).filter(|reference| !reference.text.contains("__")) {
            named(reference, field, kind, metadata.components.get(kind, &reference.text).is_some())?;
        }
    }
    Ok(())
}

fn layout(metadata: &Metadata, name: &str, element: &Element) -> Result<(), Complaint> {
    let Some((object, _)) = name.split_once('-') else {
        return Err(format!(
            "Invalid fullName: {name}. A layout is named by its object, a hyphen and its own name"
        )
        .into());
    };
    // Pages of an object that are layouts of their own.
    let object = match object {
        "CaseClose" | "CaseInteraction" => "Case",
        "UserAlt" => "User",
        object => object,
    };
    owner(metadata, object)?;
    let columns = element.all("layoutSections").flat_map(|section| section.all("layoutColumns"));
    columns
        .flat_map(|column| column.all("layoutItems"))
        .filter_map(|item| item.get("field"))
        .try_for_each(|field| custom_field(field, object, has_field(metadata, object, &field.text)))
}

fn record(metadata: &Metadata, name: &str, element: &Element) -> Result<(), Complaint> {
    let Some((kind, own)) = name.split_once('.') else {
        return Err(format!(
            "Invalid fullName: {name}. A record is named by its type, a dot and its own name"
        )
        .into());
    };
    let type_name = format!("{}__mdt", kind.trim_end_matches("__mdt"));
    let object = metadata
        .object(&type_name)
        .filter(|object| object.kind == ObjectKind::CustomMetadata)
        .ok_or_else(|| format!("In field: type - no CustomObject named {type_name} found"))?;
    if !is_name(own) {
        return Err(format!("The Custom Metadata Record Name '{own}' can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.").into());
    }
    for field in element.all("values").filter_map(|value| value.get("field")) {
        custom_field(field, &object.name, object.field(&field.text).is_some())?;
    }
    Ok(())
}

fn flow(metadata: &Metadata, element: &Element) -> Result<(), Complaint> {
    match element.get("start").and_then(|start| start.get("object")) {
        Some(object) if !object.text.is_empty() => {
            named(object, "object", "CustomObject", metadata.object(&object.text).is_some())
        }
        _ => Ok(()),
    }
}

/// What lies in a folder needs the folder.
fn folder(metadata: &Metadata, component: &Component) -> Result<(), Complaint> {
    let Some((folder, _)) = component.full_name.rsplit_once('/') else { return Ok(()) };
    let given = matches!(folder, "unfiled$public" | "PublicReports" | "public" | "SharedDocs");
    if given || metadata.components.get(component.kind.name, folder).is_some() {
        return Ok(());
    }
    Err(format!("Cannot find folder:{folder}").into())
}
