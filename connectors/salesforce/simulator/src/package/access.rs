//! Who gets access to what a package brings.

use std::sync::Arc;

use super::model::Security;
use super::namespace_of;
use crate::org::{
    FieldAccess, Id, Metadata, ObjectAccess, ObjectKind, PermissionSet, State, has_object_permissions,
};

/// The profile of administrators.
const ADMINISTRATOR: &str = "System Administrator";

/// Gives the profiles that `security` names full access to a namespace: objects, fields, code.
pub(super) fn grant(state: &State, metadata: &mut Metadata, namespace: &str, security: Security) {
    let shadows: Vec<Id> = state
        .profiles
        .values()
        .filter(|profile| {
            profile.name == ADMINISTRATOR || security == Security::Full && profile.user_type == "Standard"
        })
        .map(|profile| profile.shadow)
        .collect();
    for shadow in shadows {
        let Some(set) = metadata.permission_sets.get(&shadow) else { continue };
        let mut set = PermissionSet::clone(set);
        extend(&mut set, metadata, namespace);
        metadata.permission_sets.insert(shadow, Arc::new(set));
    }
}

fn extend(set: &mut PermissionSet, metadata: &Metadata, namespace: &str) {
    let ours = |name: &str| namespace_of(name).is_some_and(|own| own.eq_ignore_ascii_case(namespace));
    for object in metadata.objects().filter(|object| has_object_permissions(object)) {
        if ours(&object.name) {
            let event = ObjectAccess { create: true, ..ObjectAccess::READ };
            let access = if object.kind == ObjectKind::Event { event } else { ObjectAccess::FULL };
            set.objects.insert(object.name.clone(), access);
        }
        for field in object.fields.iter().filter(|field| field.permissionable && ours(&field.name)) {
            set.fields.insert((object.name.clone(), field.name.clone()), FieldAccess::FULL);
        }
    }
    let managed =
        metadata.classes.values().filter(|class| class.unit.namespace.as_deref() == Some(namespace));
    set.classes.extend(managed.map(|class| class.unit.id));
}
