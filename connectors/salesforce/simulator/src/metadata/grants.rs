//! What the elements of permission sets and profiles grant.

use super::row::Complaint;
use super::stage::Stage;
use super::xml::Element;
use crate::org::{
    FieldAccess, ObjectAccess, ObjectKind, PermissionSet, RecordTypeAccess, has_object_permissions,
    user_permissions,
};

/// Takes over what an element grants; what it does not name stays as it was.
pub(super) fn grant(stage: &Stage<'_>, set: &mut PermissionSet, element: &Element) -> Result<(), Complaint> {
    for access in element.all("objectPermissions") {
        object_permission(stage, set, access)?;
    }
    for access in element.all("fieldPermissions") {
        field_permission(stage, set, access)?;
    }
    for access in element.all("classAccesses") {
        let name = access.text_of("apexClass").unwrap_or_default();
        let class = stage
            .metadata
            .class(name)
            .ok_or_else(|| at(access, format!("In field: apexClass - no ApexClass named {name} found")))?;
        toggle(&mut set.classes, class.unit.id, access.is_true("enabled"));
    }
    for access in element.all("customPermissions") {
        let name = access.text_of("name").unwrap_or_default();
        if !stage.metadata.custom_permissions.contains_key(name) {
            return Err(at(
                access,
                format!("In field: customPermission - no CustomPermission named {name} found"),
            ));
        }
        toggle(&mut set.custom_permissions, name.to_owned(), access.is_true("enabled"));
    }
    for access in element.all("userPermissions") {
        let name = access.text_of("name").unwrap_or_default();
        if !user_permissions().any(|known| known == name) {
            return Err(at(access, format!("Unknown user permission: {name}")));
        }
        toggle(&mut set.permissions, name.to_owned(), access.is_true("enabled"));
    }
    for access in element.all("recordTypeVisibilities") {
        let name = access.text_of("recordType").unwrap_or_default();
        let held = stage.metadata.components.get("RecordType", name);
        let held = held
            .ok_or_else(|| at(access, format!("In field: recordType - no RecordType named {name} found")))?;
        let wanted =
            RecordTypeAccess { visible: access.is_true("visible"), default: access.is_true("default") };
        set.record_types.insert(held.full_name.clone(), wanted);
    }
    Ok(())
}

fn at(element: &Element, text: String) -> Complaint {
    Complaint { text, warning: false, at: Some((element.at.line, element.at.column)) }
}

/// Puts a value into a list, or takes it out.
fn toggle<T: Ord>(set: &mut std::collections::BTreeSet<T>, value: T, on: bool) {
    if on {
        set.insert(value);
    } else {
        set.remove(&value);
    }
}

fn object_permission(stage: &Stage<'_>, set: &mut PermissionSet, element: &Element) -> Result<(), Complaint> {
    let name = element.text_of("object").unwrap_or_default();
    let object = stage.metadata.object(name).filter(|object| has_object_permissions(object));
    let object =
        object.ok_or_else(|| at(element, format!("In field: field - no CustomObject named {name} found")))?;
    let access = ObjectAccess {
        read: element.is_true("allowRead"),
        create: element.is_true("allowCreate"),
        edit: element.is_true("allowEdit"),
        delete: element.is_true("allowDelete"),
        view_all: element.is_true("viewAllRecords"),
        modify_all: element.is_true("modifyAllRecords"),
    };
    closed(access).map_err(|text| at(element, text))?;
    if object.kind == ObjectKind::Event
        && (access.edit || access.delete || access.view_all || access.modify_all)
    {
        return Err(at(
            element,
            format!("Only Read and Create can be granted on the platform event {}", object.name),
        ));
    }
    if access == ObjectAccess::default() {
        set.objects.remove(&object.name);
    } else {
        set.objects.insert(object.name.clone(), access);
    }
    Ok(())
}

/// Each right brings the weaker ones it needs.
fn closed(access: ObjectAccess) -> Result<(), String> {
    let ObjectAccess { read, create, edit, delete, view_all, modify_all } = access;
    let (r, e, d) = ((read, "Read"), (edit, "Edit"), (delete, "Delete"));
    requires(create, "Create", &[r])?;
    requires(edit, "Edit", &[r])?;
    requires(delete, "Delete", &[r, e])?;
    requires(view_all, "ViewAllRecords", &[r])?;
    requires(modify_all, "ModifyAllRecords", &[r, e, d, (view_all, "ViewAllRecords")])
}

fn requires(granted: bool, right: &str, weaker: &[(bool, &str)]) -> Result<(), String> {
    let missing: Vec<&str> =
        weaker.iter().filter(|(held, _)| granted && !held).map(|(_, name)| *name).collect();
    if !missing.is_empty() {
        return Err(format!("Permission {right} depends on permission(s): {}", missing.join(", ")));
    }
    Ok(())
}

fn field_permission(stage: &Stage<'_>, set: &mut PermissionSet, element: &Element) -> Result<(), Complaint> {
    let full_name = element.text_of("field").unwrap_or_default();
    let Some((object_name, field_name)) = full_name.split_once('.') else {
        return Err(at(element, format!("In field: field - no CustomField named {full_name} found")));
    };
    let object = stage.metadata.object(object_name).filter(|object| has_object_permissions(object));
    let object = object
        .ok_or_else(|| at(element, format!("In field: field - no CustomObject named {object_name} found")))?;
    let field = object
        .field(field_name)
        .ok_or_else(|| at(element, format!("In field: field - no CustomField named {full_name} found")))?;
    // The name of a custom object's record is everybody's who sees the record; saying so changes nothing.
    if field.name_field && object.is_custom() {
        return Ok(());
    }
    if !field.permissionable {
        return Err(at(
            element,
            format!("You cannot deploy to a required field: {}.{}", object.name, field.name),
        ));
    }
    let access = FieldAccess { read: element.is_true("readable"), edit: element.is_true("editable") };
    if access.edit && !access.read {
        return Err(at(
            element,
            format!("Permission Edit {full_name} depends on permission(s): Read {full_name}"),
        ));
    }
    let key = (object.name.clone(), field.name.clone());
    if access == FieldAccess::default() {
        set.fields.remove(&key);
    } else {
        set.fields.insert(key, access);
    }
    Ok(())
}
