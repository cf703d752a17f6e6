//! What a package brings, compiled in a world of its own and then put into the org under its namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::Package;
use super::{bare, namespace_of};
use crate::apex::{interface, mentions};
use crate::metadata::compile;
use crate::org::{
    ApexClass, ApexTrigger, CustomPermission, Field, Id, Metadata, ObjectKind, ObjectType, Org, PermissionSet,
};

/// What the Tooling API shows instead of managed code.
const HIDDEN: &str = "(hidden)";

/// The org's metadata with this package in it, in place of an older version if there is one; or why it does not compile.
pub(super) fn with_package(
    org: &Org,
    current: &Metadata,
    package: &Package,
    by: Id,
) -> Result<Metadata, Vec<String>> {
    let ground = ground(current, package);
    let compiled = compile(org, ground.clone(), &package.files, by)?;
    let names = Names::of(&package.namespace, &ground, &compiled);
    let mut next = without_package(current, &package.namespace);
    place_objects(&mut next, current, &ground, &compiled, &names);
    place_code(&mut next, current, &compiled, &names)?;
    place_permissions(&mut next, current, &ground, &compiled, &names);
    Ok(next)
}

/// The org's metadata without anything of a namespace.
pub(super) fn without_package(current: &Metadata, namespace: &str) -> Metadata {
    let mut next = current.clone();
    let ours = |name: &str| namespace_of(name).is_some_and(|own| own.eq_ignore_ascii_case(namespace));
    let named = |own: &Option<String>| own.as_deref() == Some(namespace);
    let objects: Vec<Arc<ObjectType>> = current.objects().cloned().collect();
    for object in objects {
        if ours(&object.name) {
            next.remove_object(&object.name);
        } else if object.fields.iter().any(|field| ours(&field.name)) {
            let mut object = ObjectType::clone(&object);
            object.fields.retain(|field| !ours(&field.name));
            next.put_object(object);
        }
    }
    let gone: BTreeSet<Id> = next
        .classes
        .values()
        .filter(|class| named(&class.unit.namespace))
        .map(|class| class.unit.id)
        .collect();
    next.classes.retain(|id, _| !gone.contains(id));
    next.triggers.retain(|_, trigger| !named(&trigger.unit.namespace));
    next.permission_sets.retain(|_, set| !named(&set.namespace));
    next.custom_permissions.retain(|_, permission| !named(&permission.namespace));
    next
}

/// Takes what is gone out of the permission sets that stay.
pub(super) fn forget_missing(metadata: &mut Metadata) {
    let known = metadata.clone();
    for set in metadata.permission_sets.values_mut() {
        let object = |name: &str| known.object(name);
        let missing_field = |(a, f): &(String, String)| object(a).is_none_or(|one| one.field(f).is_none());
        let stale = set.objects.keys().any(|name| object(name).is_none())
            || set.fields.keys().any(missing_field)
            || set.classes.iter().any(|id| !known.classes.contains_key(id))
            || set.custom_permissions.iter().any(|name| !known.custom_permissions.contains_key(name));
        if stale {
            let set = Arc::make_mut(set);
            set.objects.retain(|name, _| object(name).is_some());
            set.fields.retain(|key, _| !missing_field(key));
            set.classes.retain(|id| known.classes.contains_key(id));
            set.custom_permissions.retain(|name| known.custom_permissions.contains_key(name));
        }
    }
}

/// The first local component that refers to something of a namespace, as an uninstall names it.
pub(super) fn referrer(metadata: &Metadata, namespace: &str) -> Option<String> {
    let names = |source: &str| mentions(source).contains(&namespace.to_ascii_lowercase());
    let ours = |name: &str| namespace_of(name).is_some_and(|own| own.eq_ignore_ascii_case(namespace));
    let prefixed = |source: &str| mentions(source).iter().any(|name| ours(name));
    let uses = |source: &str| names(source) || prefixed(source);
    let mut triggers = metadata.triggers.values().filter(|trigger| trigger.unit.namespace.is_none());
    if let Some(trigger) = triggers.find(|trigger| ours(&trigger.object) || uses(&trigger.unit.body)) {
        return Some(format!("Apex Trigger - {}", trigger.unit.name));
    }
    let mut classes = metadata.classes.values().filter(|class| class.unit.namespace.is_none());
    if let Some(class) = classes.find(|class| uses(&class.unit.body)) {
        return Some(format!("Apex Class - {}", class.unit.name));
    }
    metadata.objects().filter(|object| !ours(&object.name)).find_map(|object| {
        let field =
            object.fields.iter().find(|field| field.reference_to.iter().any(|parent| ours(parent)))?;
        (!ours(&field.name)).then(|| format!("Custom Field - {}.{}", object.name, field.name))
    })
}

/// What a package is compiled against: the platform, without the org's own code and without namesakes.
fn ground(current: &Metadata, package: &Package) -> Metadata {
    let mut ground = without_package(current, &package.namespace);
    ground.classes.clear();
    ground.triggers.clear();
    ground.custom_permissions.clear();
    ground.permission_sets.retain(|_, set| set.profile.is_some());
    let brought =
        package.files.keys().filter_map(|file| file.strip_prefix("objects/")?.strip_suffix(".object"));
    for name in brought.filter(|name| namespace_of(name).is_none()) {
        if ground.object(name).is_some_and(|object| object.is_custom()) {
            ground.remove_object(name);
        } else if let Some(object) = ground.object(name).cloned() {
            // The org's own fields on a standard object are not the package's.
            let mut object = ObjectType::clone(&object);
            object.fields.retain(|field| !field.custom);
            ground.put_object(object);
        }
    }
    ground
}

/// How the names of a package change when it is installed.
struct Names<'a> {
    namespace: &'a str,
    objects: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn of(namespace: &'a str, ground: &Metadata, compiled: &Metadata) -> Self {
        let new = compiled.objects().filter(|object| ground.object(&object.name).is_none());
        Self { namespace, objects: new.map(|object| object.name.clone()).collect() }
    }

    fn prefixed(&self, name: &str) -> String {
        format!("{}__{name}", self.namespace)
    }

    fn object(&self, name: &str) -> String {
        if self.objects.contains(name) { self.prefixed(name) } else { name.to_owned() }
    }

    fn field(&self, field: &Field) -> Field {
        let step = |name: &String| if name.ends_with("__r") { self.prefixed(name) } else { name.clone() };
        Field {
            name: if field.custom { self.prefixed(&field.name) } else { field.name.clone() },
            relationship: field.relationship.as_ref().map(step),
            child_relationship: field.child_relationship.as_ref().map(step),
            reference_to: field.reference_to.iter().map(|name| self.object(name)).collect(),
            ..field.clone()
        }
    }
}

fn place_objects(
    next: &mut Metadata,
    current: &Metadata,
    ground: &Metadata,
    compiled: &Metadata,
    names: &Names<'_>,
) {
    for object in compiled.objects() {
        let before = ground.object(&object.name);
        if before.is_some_and(|before| Arc::ptr_eq(before, object)) {
            continue;
        }
        let name = names.object(&object.name);
        let old = current.object(&name);
        let renamed = |field: &Arc<Field>| {
            let mut field = names.field(field);
            if let Some(old) = old.and_then(|old| old.field(&field.name)) {
                (field.id, field.modified_ms) = (old.id, old.modified_ms);
            }
            Arc::new(field)
        };
        let mut whole = if before.is_some() {
            let brought = object.fields.iter().filter(|field| field.custom).map(renamed);
            let mut whole =
                next.object(&name).map_or_else(|| ObjectType::clone(object), |own| ObjectType::clone(own));
            whole.fields.extend(brought);
            whole
        } else {
            let letter = if object.kind == ObjectKind::Event { "e" } else { "a" };
            let key = old.and_then(|old| old.key_prefix.clone());
            ObjectType {
                name: name.clone(),
                key_prefix: Some(key.unwrap_or_else(|| next.free_key_prefix(letter))),
                fields: object.fields.iter().map(renamed).collect(),
                ..ObjectType::clone(object)
            }
        };
        if let Some(old) = old.filter(|_| before.is_none()) {
            whole.id = old.id;
            (whole.created_ms, whole.created_by) = (old.created_ms, old.created_by);
            // What the subscriber has added to a packaged object stays.
            let own = |field: &&Arc<Field>| field.custom && namespace_of(&field.name).is_none();
            whole.fields.extend(old.fields.iter().filter(own).cloned());
        }
        next.put_object(whole);
    }
}

fn place_code(
    next: &mut Metadata,
    current: &Metadata,
    compiled: &Metadata,
    names: &Names<'_>,
) -> Result<(), Vec<String>> {
    let namespace = Some(names.namespace.to_owned());
    for class in compiled.classes.values() {
        let mut managed = ApexClass::clone(class);
        let surface = match &*class.tree() {
            Ok(tree) => interface(tree).map_err(|problem| vec![problem.message])?,
            Err(problem) => return Err(vec![problem.message.clone()]),
        };
        managed.surface = Some(Arc::new(surface));
        managed.unit.namespace.clone_from(&namespace);
        managed.unit.hidden = Some(Arc::from(managed.unit.body.as_str()));
        HIDDEN.clone_into(&mut managed.unit.body);
        if let Some(old) = current.class(&names.prefixed(&class.unit.name)) {
            managed.unit.id = old.unit.id;
            (managed.unit.created_ms, managed.unit.created_by) = (old.unit.created_ms, old.unit.created_by);
        }
        next.classes.insert(managed.unit.id, Arc::new(managed));
    }
    for trigger in compiled.triggers.values() {
        let mut managed = ApexTrigger::clone(trigger);
        managed.object = names.object(&trigger.object);
        managed.unit.namespace.clone_from(&namespace);
        managed.unit.hidden = Some(Arc::from(managed.unit.body.as_str()));
        HIDDEN.clone_into(&mut managed.unit.body);
        if let Some(old) = current.trigger(&names.prefixed(&trigger.unit.name)) {
            managed.unit.id = old.unit.id;
        }
        next.triggers.insert(managed.unit.id, Arc::new(managed));
    }
    Ok(())
}

fn place_permissions(
    next: &mut Metadata,
    current: &Metadata,
    ground: &Metadata,
    compiled: &Metadata,
    names: &Names<'_>,
) {
    let namespace = Some(names.namespace.to_owned());
    for permission in compiled.custom_permissions.values() {
        let name = names.prefixed(&permission.name);
        let id = current.custom_permissions.get(&name).map_or(permission.id, |old| old.id);
        let managed = CustomPermission {
            id,
            name: name.clone(),
            namespace: namespace.clone(),
            ..CustomPermission::clone(permission)
        };
        next.custom_permissions.insert(name, Arc::new(managed));
    }
    // Classes may have kept the ids that an older version gave them.
    let ids: BTreeMap<Id, Id> = compiled
        .classes
        .values()
        .filter_map(|class| Some((class.unit.id, next.class(&names.prefixed(&class.unit.name))?.unit.id)))
        .collect();
    let brought =
        compiled.permission_sets.values().filter(|set| !ground.permission_sets.contains_key(&set.id));
    for set in brought {
        let field = |object: &str, field: &str| {
            let custom =
                compiled.object(object).and_then(|object| object.field(field)).is_some_and(|one| one.custom);
            if custom { names.prefixed(field) } else { field.to_owned() }
        };
        let mut managed = PermissionSet {
            namespace: namespace.clone(),
            objects: set.objects.iter().map(|(name, access)| (names.object(name), *access)).collect(),
            fields: set
                .fields
                .iter()
                .map(|((object, name), access)| ((names.object(object), field(object, name)), *access))
                .collect(),
            classes: set.classes.iter().map(|id| ids.get(id).copied().unwrap_or(*id)).collect(),
            custom_permissions: set.custom_permissions.iter().map(|name| names.prefixed(name)).collect(),
            ..PermissionSet::clone(set)
        };
        if let Some(old) = current.permission_set(&names.prefixed(&set.name)) {
            managed.id = old.id;
            (managed.created_ms, managed.created_by) = (old.created_ms, old.created_by);
        }
        debug_assert_eq!(bare(&managed.name), managed.name);
        next.permission_sets.insert(managed.id, Arc::new(managed));
    }
}
