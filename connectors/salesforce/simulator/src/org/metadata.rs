//! The part of the org that a deployment changes: schema, Apex, permission sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::{CustomPermission, PermissionSet};
use super::apex::{ApexClass, ApexTrigger};
use super::id::Id;
use super::schema::ObjectType;

/// Everything a deployment may touch. Cheap to clone: each part is shared until it changes.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// By API name in lower case, since Salesforce's names ignore case.
    objects: BTreeMap<String, Arc<ObjectType>>,
    /// Objects that exist for the Tooling API alone.
    tooling: BTreeMap<String, Arc<ObjectType>>,
    pub permission_sets: BTreeMap<Id, Arc<PermissionSet>>,
    pub classes: BTreeMap<Id, Arc<ApexClass>>,
    pub triggers: BTreeMap<Id, Arc<ApexTrigger>>,
    /// Custom permissions by API name.
    pub custom_permissions: BTreeMap<String, Arc<CustomPermission>>,
}

impl Metadata {
    /// The object of this API name, ignoring case.
    pub fn object(&self, name: &str) -> Option<&Arc<ObjectType>> {
        self.objects.get(&name.to_ascii_lowercase())
    }

    /// The object that the Tooling API knows under this name: its own tables first, then everybody's.
    pub fn tooling_object(&self, name: &str) -> Option<&Arc<ObjectType>> {
        let name = name.to_ascii_lowercase();
        self.tooling.get(&name).or_else(|| self.objects.get(&name))
    }

    /// All objects, ordered by name.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<ObjectType>> {
        self.objects.values()
    }

    /// The Tooling API's own objects, ordered by name.
    pub fn tooling_objects(&self) -> impl Iterator<Item = &Arc<ObjectType>> {
        self.tooling.values()
    }

    /// Adds an object or replaces the one of the same name.
    pub fn put_object(&mut self, object: ObjectType) {
        self.objects.insert(object.name.to_ascii_lowercase(), Arc::new(object));
    }

    /// Adds a table of the Tooling API.
    pub fn put_tooling_object(&mut self, object: ObjectType) {
        self.tooling.insert(object.name.to_ascii_lowercase(), Arc::new(object));
    }

    /// Takes an object away; the caller has checked that nothing refers to it.
    pub fn remove_object(&mut self, name: &str) -> Option<Arc<ObjectType>> {
        self.objects.remove(&name.to_ascii_lowercase())
    }

    /// The object a record belongs to by its id; several objects may share a prefix, the first by name wins.
    pub fn object_of(&self, id: Id) -> Option<&Arc<ObjectType>> {
        self.objects.values().find(|object| object.key_prefix.as_deref() == Some(id.prefix()))
    }

    /// The class of this name, ignoring case.
    pub fn class(&self, name: &str) -> Option<&Arc<ApexClass>> {
        self.classes.values().find(|class| class.unit.name.eq_ignore_ascii_case(name))
    }

    /// The trigger of this name, ignoring case.
    pub fn trigger(&self, name: &str) -> Option<&Arc<ApexTrigger>> {
        self.triggers.values().find(|trigger| trigger.unit.name.eq_ignore_ascii_case(name))
    }

    /// The permission set of this API name, ignoring case; shadow sets of profiles are not found by name.
    pub fn permission_set(&self, name: &str) -> Option<&Arc<PermissionSet>> {
        self.permission_sets.values().find(|set| set.profile.is_none() && set.name.eq_ignore_ascii_case(name))
    }
}
