//! Deploys permission sets and custom permissions.

use std::sync::Arc;

use super::package::Component;
use super::row::{Complaint, Row};
use super::stage::Stage;
use super::xml::Element;
use crate::org::{
    CustomPermission, FieldAccess, Id, ObjectAccess, ObjectKind, PermissionSet, has_object_permissions,
    prefix, user_permissions,
};

/// From this metadata API version on a deploy replaces the whole set; before, it adds to it.
const REPLACES_SINCE: u32 = 40;
/// Key prefix of custom permissions.
const CUSTOM_PERMISSION_PREFIX: &str = "0CP";

/// Deploys custom permissions.
pub(super) fn deploy_custom_permissions(stage: &mut Stage<'_>, components: Vec<Component>) {
    for component in components {
        let row = Row::of("CustomPermission", &component.full_name, &component.file);
        let read = stage
            .needs("CustomizeApplication")
            .and_then(|()| stage.own_name("CustomPermission", &component.full_name))
            .and_then(|()| component.metadata());
        let row = match read {
            Ok(read) => {
                let known = stage.metadata.custom_permissions.get(&component.full_name).cloned();
                let id =
                    known.as_ref().map_or_else(|| stage.org.ids.next(CUSTOM_PERMISSION_PREFIX), |old| old.id);
                let new = CustomPermission {
                    id,
                    name: component.full_name.clone(),
                    namespace: None,
                    label: read.text_of("label").unwrap_or(&component.full_name).to_owned(),
                    description: read.text_of("description").map(str::to_owned),
                    licensed: read.is_true("isLicensed"),
                };
                let changed = known.as_deref() != Some(&new);
                stage.metadata.custom_permissions.insert(component.full_name.clone(), Arc::new(new));
                Row { id: Some(id), created: known.is_none(), changed, ..row }
            }
            Err(complaint) => row.failed(complaint),
        };
        stage.rows.push(row);
    }
}

/// Deploys permission sets.
pub(super) fn deploy_permission_sets(stage: &mut Stage<'_>, components: Vec<Component>) {
    for component in components {
        let row = Row::of("PermissionSet", &component.full_name, &component.file);
        let row = match permission_set(stage, &component) {
            Ok((set, created, changed)) => {
                let id = set.id;
                if changed {
                    stage.metadata.permission_sets.insert(id, Arc::new(set));
                }
                Row { id: Some(id), created, changed, ..row }
            }
            Err(complaint) => row.failed(complaint),
        };
        stage.rows.push(row);
    }
}

/// `(set, created, changed)`.
fn permission_set(
    stage: &Stage<'_>,
    component: &Component,
) -> Result<(PermissionSet, bool, bool), Complaint> {
    if !stage.rights.has("ManageProfilesPermissionsets") {
        stage.needs("ModifyAllData")?;
    }
    stage.own_name("PermissionSet", &component.full_name)?;
    let element = component.metadata()?;
    let before = stage.metadata.permission_set(&component.full_name).cloned();
    let label = element.text_of("label").unwrap_or_default();
    let mut set = match &before {
        Some(before) if stage.api_version < REPLACES_SINCE => PermissionSet::clone(before),
        Some(before) => PermissionSet {
            created_ms: before.created_ms,
            created_by: before.created_by,
            modified_ms: before.modified_ms,
            modified_by: before.modified_by,
            ..PermissionSet::new(before.id, &before.name, label)
        },
        None => PermissionSet {
            created_ms: stage.now_ms,
            created_by: Some(stage.by),
            modified_ms: stage.now_ms,
            modified_by: Some(stage.by),
            ..PermissionSet::new(stage.org.ids.next(prefix::PERMISSION_SET), &component.full_name, label)
        },
    };
    set.label = label.to_owned();
    set.description = element.text_of("description").map(str::to_owned);
    set.has_activation_required = element.is_true("hasActivationRequired");
    if let Some(license) = element.text_of("license") {
        let known =
            stage.org.read().licenses.iter().find(|known| known.name == license).map(|known| known.id);
        set.license =
            Some(known.ok_or_else(|| format!("In field: license - no UserLicense named {license} found"))?);
    }
    for access in element.all("objectPermissions") {
        object_permission(stage, &mut set, access)?;
    }
    masters_are_readable(stage, &set)?;
    for access in element.all("fieldPermissions") {
        field_permission(stage, &mut set, access)?;
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
    let created = before.is_none();
    let changed = before.as_deref() != Some(&set);
    if changed && !created {
        (set.modified_ms, set.modified_by) = (stage.now_ms, Some(stage.by));
    }
    Ok((set, created, changed))
}

fn at(element: &Element, text: String) -> Complaint {
    Complaint { text, warning: false, at: Some((element.at.line, element.at.column)) }
}

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

/// Who reads a detail record reads its master.
fn masters_are_readable(stage: &Stage<'_>, set: &PermissionSet) -> Result<(), Complaint> {
    let readable = |name: &str| set.objects.get(name).is_some_and(|access| access.read);
    for name in set.objects.keys().filter(|name| readable(name)) {
        let Some(object) = stage.metadata.object(name) else { continue };
        let mut masters =
            object.fields.iter().filter(|field| field.master_detail).flat_map(|field| &field.reference_to);
        if let Some(master) = masters.find(|master| !readable(master)) {
            return Err(format!("Permission Read {name} depends on permission(s): Read {master}").into());
        }
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

/// Takes an object (or one of its fields) out of every permission set, as its deletion does.
pub(super) fn forget(stage: &mut Stage<'_>, object: &str, field: Option<&str>) {
    let named = |(an_object, a_field): &(String, String)| {
        an_object == object && field.is_none_or(|field| a_field == field)
    };
    for set in stage.metadata.permission_sets.values_mut() {
        let holds = set.fields.keys().any(named) || (field.is_none() && set.objects.contains_key(object));
        if holds {
            let set = Arc::make_mut(set);
            set.fields.retain(|key, _| !named(key));
            if field.is_none() {
                set.objects.remove(object);
            }
        }
    }
}

/// Takes a class out of every permission set.
pub(super) fn forget_class(stage: &mut Stage<'_>, class: Id) {
    for set in stage.metadata.permission_sets.values_mut() {
        if set.classes.contains(&class) {
            Arc::make_mut(set).classes.remove(&class);
        }
    }
}
