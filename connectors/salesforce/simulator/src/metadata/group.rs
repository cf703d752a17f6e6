//! Permission set groups: a permission set of its own adds up what the sets of a group grant, less what is muted.

use std::sync::Arc;

use super::contents::held::Held;
use super::stage::Stage;
use super::xml::Element;
use crate::org::{FieldAccess, ObjectAccess, PermissionSet, prefix};

const GROUP: &str = "PermissionSetGroup";
const MUTING: &str = "MutingPermissionSet";

/// Adds all groups up anew: a group follows its sets.
pub(super) fn sum_groups(stage: &mut Stage<'_>) {
    let groups: Vec<Arc<Held>> = stage.metadata.components.of(GROUP).cloned().collect();
    let gone = |set: &PermissionSet| {
        set.group.as_ref().is_some_and(|name| !groups.iter().any(|group| group.full_name == *name))
    };
    stage.metadata.permission_sets.retain(|_, set| !gone(set));
    for group in groups {
        let set = sum(stage, &group);
        let before = stage.metadata.permission_sets.get(&set.id);
        if before.is_none_or(|before| **before != set) {
            stage.metadata.permission_sets.insert(set.id, Arc::new(set));
        }
    }
}

fn sum(stage: &Stage<'_>, group: &Held) -> PermissionSet {
    let metadata = &stage.metadata;
    let mut sets = metadata.permission_sets.values();
    let before = sets.find(|set| set.group.as_deref() == Some(group.full_name.as_str()));
    let id = before.map_or_else(|| stage.org.ids.next(prefix::PERMISSION_SET), |set| set.id);
    let element = group.element.as_deref();
    let label = element.and_then(|element| element.text_of("label")).unwrap_or(&group.full_name);
    let mut set = PermissionSet {
        group: Some(group.full_name.clone()),
        created_ms: group.created_ms,
        created_by: Some(group.created_by),
        modified_ms: group.modified_ms,
        modified_by: Some(group.modified_by),
        ..PermissionSet::new(id, &group.full_name, label)
    };
    let names = |kind: &'static str| {
        element.into_iter().flat_map(move |element| element.all(kind)).map(|name| name.text.as_str())
    };
    for member in names("permissionSets").filter_map(|name| metadata.permission_set(name)) {
        set.add(member);
    }
    for muting in names("mutingPermissionSets").filter_map(|name| metadata.components.get(MUTING, name)) {
        let mut muted = PermissionSet::new(muting.id, &muting.full_name, &muting.full_name);
        if let Some(element) = muting.element.as_deref() {
            name_muted(stage, &mut muted, element);
            set.mute(&muted);
        }
    }
    set
}

/// What a muting permission set names. A right that is muted brings no weaker one with it, and what is gone since the
/// set was deployed needs no muting.
fn name_muted(stage: &Stage<'_>, muted: &mut PermissionSet, element: &Element) {
    for access in element.all("objectPermissions") {
        let object = access.text_of("object").and_then(|name| stage.metadata.object(name));
        let Some(object) = object else { continue };
        let access = ObjectAccess {
            read: access.is_true("allowRead"),
            create: access.is_true("allowCreate"),
            edit: access.is_true("allowEdit"),
            delete: access.is_true("allowDelete"),
            view_all: access.is_true("viewAllRecords"),
            modify_all: access.is_true("modifyAllRecords"),
        };
        muted.objects.insert(object.name.clone(), access);
    }
    for access in element.all("fieldPermissions") {
        let name = access.text_of("field").and_then(|name| name.split_once('.'));
        let Some((object, field)) = name.and_then(|(object, field)| {
            let object = stage.metadata.object(object)?;
            Some((object.name.clone(), object.field(field)?.name.clone()))
        }) else {
            continue;
        };
        let access = FieldAccess { read: access.is_true("readable"), edit: access.is_true("editable") };
        muted.fields.insert((object, field), access);
    }
    let enabled = |list: &'static str, name: &'static str| {
        let all = element.all(list).filter(|access| access.is_true("enabled"));
        all.filter_map(move |access| access.text_of(name).map(str::to_owned))
    };
    muted.permissions.extend(enabled("userPermissions", "name"));
    muted.custom_permissions.extend(enabled("customPermissions", "name"));
    let classes = enabled("classAccesses", "apexClass");
    muted.classes.extend(classes.filter_map(|name| stage.metadata.class(&name).map(|class| class.unit.id)));
}
