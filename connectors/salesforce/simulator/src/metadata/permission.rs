//! Deploys permission sets and custom permissions.

use std::sync::Arc;

use super::grants::grant;
use super::package::Component;
use super::row::{Complaint, Row};
use super::stage::Stage;
use crate::org::{CustomPermission, Id, PermissionSet, prefix};

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
    grant(stage, &mut set, &element)?;
    masters_are_readable(stage, &set)?;
    let created = before.is_none();
    let changed = before.as_deref() != Some(&set);
    if changed && !created {
        (set.modified_ms, set.modified_by) = (stage.now_ms, Some(stage.by));
    }
    Ok((set, created, changed))
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
