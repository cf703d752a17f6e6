//! Who may do what: permission sets, the shadow sets of profiles, and what they add up to for one user.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::field::Field;
use super::id::Id;
use super::schema::{ObjectKind, ObjectType, RecordType};

/// Rights on an object's records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectAccess {
    pub read: bool,
    pub create: bool,
    pub edit: bool,
    pub delete: bool,
    pub view_all: bool,
    pub modify_all: bool,
}

impl ObjectAccess {
    /// Every right.
    pub const FULL: Self =
        Self { read: true, create: true, edit: true, delete: true, view_all: true, modify_all: true };
    /// Read, create, edit and delete what sharing shows.
    pub const CRUD: Self = Self { view_all: false, modify_all: false, ..Self::FULL };
    /// Read what sharing shows.
    pub const READ: Self =
        Self { read: true, create: false, edit: false, delete: false, view_all: false, modify_all: false };

    /// Without what is muted, and without what depends on that.
    fn without(self, muted: Self) -> Self {
        let read = self.read && !muted.read;
        let edit = read && self.edit && !muted.edit;
        let delete = edit && self.delete && !muted.delete;
        let view_all = read && self.view_all && !muted.view_all;
        Self {
            read,
            create: read && self.create && !muted.create,
            edit,
            delete,
            view_all,
            modify_all: delete && view_all && self.modify_all && !muted.modify_all,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            read: self.read || other.read,
            create: self.create || other.create,
            edit: self.edit || other.edit,
            delete: self.delete || other.delete,
            view_all: self.view_all || other.view_all,
            modify_all: self.modify_all || other.modify_all,
        }
    }
}

/// Rights on one field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldAccess {
    pub read: bool,
    pub edit: bool,
}

impl FieldAccess {
    /// Read and edit.
    pub const FULL: Self = Self { read: true, edit: true };

    fn or(self, other: Self) -> Self {
        Self { read: self.read || other.read, edit: self.edit || other.edit }
    }
}

/// Which record types of an object a user may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordTypeAccess {
    pub visible: bool,
    /// What a new record gets that names none.
    pub default: bool,
}

/// A permission set; every profile owns one too, which holds the profile's rights.
#[derive(Debug, Clone, PartialEq)]
pub struct PermissionSet {
    pub id: Id,
    /// API name; `X00e…` for the shadow set of a profile.
    pub name: String,
    /// Of the package that brought it; `None` = the org's own.
    pub namespace: Option<String>,
    pub label: String,
    pub description: Option<String>,
    pub license: Option<Id>,
    /// The profile whose rights this set holds.
    pub profile: Option<Id>,
    pub has_activation_required: bool,
    /// User permissions without their `Permissions` prefix: `ModifyAllData`, `ApiEnabled`…
    pub permissions: BTreeSet<String>,
    /// Rights on the objects that were there before any deployment.
    pub built_in_objects: ObjectAccess,
    /// Rights on the fields that were there before any deployment.
    pub built_in_fields: FieldAccess,
    /// Rights by API name of the object (as deployed or written); wins over `built_in_objects`.
    pub objects: BTreeMap<String, ObjectAccess>,
    /// Rights by `(object, field)`; wins over `built_in_fields`.
    pub fields: BTreeMap<(String, String), FieldAccess>,
    /// Apex classes, by id.
    pub classes: BTreeSet<Id>,
    /// Custom permissions, by API name.
    pub custom_permissions: BTreeSet<String>,
    /// Record types, by full name: `Account.Partner`.
    pub record_types: BTreeMap<String, RecordTypeAccess>,
    /// The permission set group whose sum this set is, by API name.
    pub group: Option<String>,
    pub created_ms: i64,
    pub created_by: Option<Id>,
    pub modified_ms: i64,
    pub modified_by: Option<Id>,
}

/// A custom permission: a word that code asks for and permission sets grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPermission {
    pub id: Id,
    /// API name, with its namespace.
    pub name: String,
    /// Of the package that brought it; `None` = the org's own.
    pub namespace: Option<String>,
    pub label: String,
    pub description: Option<String>,
    pub licensed: bool,
}

impl PermissionSet {
    /// A set that grants nothing.
    pub fn new(id: Id, name: &str, label: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            namespace: None,
            label: label.to_owned(),
            description: None,
            license: None,
            profile: None,
            has_activation_required: false,
            permissions: BTreeSet::new(),
            built_in_objects: ObjectAccess::default(),
            built_in_fields: FieldAccess::default(),
            objects: BTreeMap::new(),
            fields: BTreeMap::new(),
            classes: BTreeSet::new(),
            custom_permissions: BTreeSet::new(),
            record_types: BTreeMap::new(),
            group: None,
            created_ms: 0,
            created_by: None,
            modified_ms: 0,
            modified_by: None,
        }
    }

    /// Adds what another set grants.
    pub fn add(&mut self, other: &Self) {
        self.permissions.extend(other.permissions.iter().cloned());
        self.built_in_objects = self.built_in_objects.or(other.built_in_objects);
        self.built_in_fields = self.built_in_fields.or(other.built_in_fields);
        for (object, access) in &other.objects {
            let own = self.objects.entry(object.clone()).or_default();
            *own = own.or(*access);
        }
        for (field, access) in &other.fields {
            let own = self.fields.entry(field.clone()).or_default();
            *own = own.or(*access);
        }
        self.classes.extend(&other.classes);
        self.custom_permissions.extend(other.custom_permissions.iter().cloned());
        for (name, access) in &other.record_types {
            let own = self.record_types.entry(name.clone()).or_default();
            own.visible |= access.visible;
        }
    }

    /// Takes away what another set names: what it grants is muted here.
    pub fn mute(&mut self, other: &Self) {
        self.permissions.retain(|name| !other.permissions.contains(name));
        for (object, muted) in &other.objects {
            if let Some(own) = self.objects.get_mut(object) {
                *own = own.without(*muted);
            }
        }
        for (field, muted) in &other.fields {
            if let Some(own) = self.fields.get_mut(field) {
                *own = FieldAccess {
                    read: own.read && !muted.read,
                    edit: own.edit && !muted.edit && !muted.read,
                };
            }
        }
        self.classes.retain(|class| !other.classes.contains(class));
        self.custom_permissions.retain(|name| !other.custom_permissions.contains(name));
    }

    /// This set's own row of rights on an object.
    pub fn object_access(&self, object: &ObjectType) -> ObjectAccess {
        match self.objects.get(&object.name) {
            Some(access) => *access,
            None if object.built_in && has_object_permissions(object) => self.built_in_objects,
            None => ObjectAccess::default(),
        }
    }

    /// This set's own row of rights on a field.
    pub fn field_access(&self, object: &ObjectType, field: &Field) -> FieldAccess {
        // The map is nearly always empty of this object, and a key must own its strings.
        let own = if self.fields.is_empty() {
            None
        } else {
            self.fields.get(&(object.name.clone(), field.name.clone()))
        };
        match own {
            Some(access) => *access,
            None if field.built_in && self.reads_fields(object) => self.built_in_fields,
            None => FieldAccess::default(),
        }
    }

    /// Whether there are fields to see: who may see all data needs no right on the object itself.
    fn reads_fields(&self, object: &ObjectType) -> bool {
        let all = ["ViewAllData", "ModifyAllData"];
        self.object_access(object).read || all.iter().any(|name| self.permissions.contains(*name))
    }
}

/// Tables of groups, queues and who is in them.
const GROUPS: [&str; 3] = ["Group", "GroupMember", "QueueSobject"];

/// Whether rights on this object are given by ObjectPermissions rows at all.
pub fn has_object_permissions(object: &ObjectType) -> bool {
    matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom | ObjectKind::Event)
}

/// A profile; its rights are in the permission set `shadow`.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub id: Id,
    pub name: String,
    pub license: Id,
    pub user_type: String,
    pub shadow: Id,
    pub created_ms: i64,
}

/// Gives a user the rights of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub id: Id,
    pub assignee: Id,
    pub set: Id,
    pub created_ms: i64,
}

/// What all sets of one user add up to.
#[derive(Debug, Clone)]
pub struct Rights {
    pub user: Id,
    pub sets: Vec<Arc<PermissionSet>>,
    pub reach: Reach,
}

/// How much of what the sets say counts for objects, fields and sharing. User permissions always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All of it: the API, and Apex in user mode.
    #[default]
    User,
    /// Sharing alone: Apex in a class with sharing.
    Shared,
    /// Nothing: Apex in system mode without sharing.
    System,
}

impl Rights {
    /// Whether the user holds a permission, e.g. `ModifyAllData`.
    pub fn has(&self, permission: &str) -> bool {
        self.sets.iter().any(|set| set.permissions.contains(permission))
    }

    /// Whether the user may deploy metadata at all.
    pub fn may_deploy(&self) -> bool {
        self.has("ApiEnabled") && (self.has("ModifyMetadata") || self.has("ModifyAllData"))
    }

    /// The same user with another reach.
    pub fn reaching(&self, reach: Reach) -> Self {
        Self { reach, ..self.clone() }
    }

    /// Rights on an object, with "View All Data" and "Modify All Data" counted in.
    pub fn object(&self, object: &ObjectType) -> ObjectAccess {
        match self.reach {
            Reach::System => ObjectAccess::FULL,
            Reach::Shared => self.own_object(object).or(ObjectAccess::CRUD),
            Reach::User => self.own_object(object),
        }
    }

    fn own_object(&self, object: &ObjectType) -> ObjectAccess {
        let mut access = match object.kind {
            // Who manages users manages their groups.
            ObjectKind::Open if GROUPS.contains(&object.name.as_str()) && self.has("ManageUsers") => {
                ObjectAccess::FULL
            }
            ObjectKind::Open => ObjectAccess::READ,
            ObjectKind::Setup if self.has("ViewSetup") => {
                ObjectAccess { view_all: true, ..ObjectAccess::READ }
            }
            ObjectKind::Setup => ObjectAccess::default(),
            ObjectKind::CustomMetadata if self.has("ViewSetup") || self.has("CustomizeApplication") => {
                ObjectAccess::FULL
            }
            ObjectKind::CustomMetadata => ObjectAccess::default(),
            _ => self.sets.iter().fold(ObjectAccess::default(), |sum, set| sum.or(set.object_access(object))),
        };
        if has_object_permissions(object) {
            if self.has("ModifyAllData") {
                access = ObjectAccess::FULL;
            } else if self.has("ViewAllData") {
                access = access.or(ObjectAccess { view_all: true, ..ObjectAccess::READ });
            }
        }
        access
    }

    /// Field-level security. "Modify All Data" does not help here: a freshly deployed field is hidden from administrators too.
    pub fn field(&self, object: &ObjectType, field: &Field) -> FieldAccess {
        if self.reach != Reach::User || !field.permissionable || !has_object_permissions(object) {
            return FieldAccess::FULL;
        }
        self.sets.iter().fold(FieldAccess::default(), |sum, set| {
            let own = set.field_access(object, field);
            FieldAccess { read: sum.read || own.read || own.edit, edit: sum.edit || own.edit }
        })
    }

    /// What the user may do with a record type.
    pub fn record_type(&self, object: &ObjectType, record_type: &RecordType) -> RecordTypeAccess {
        let full_name = format!("{}.{}", object.name, record_type.name);
        self.sets.iter().filter_map(|set| set.record_types.get(&full_name)).fold(
            RecordTypeAccess::default(),
            |sum, own| RecordTypeAccess {
                visible: sum.visible || own.visible,
                default: sum.default || own.default,
            },
        )
    }

    /// Whether the user may run an Apex class.
    pub fn class(&self, class: Id) -> bool {
        self.has("AuthorApex") || self.sets.iter().any(|set| set.classes.contains(&class))
    }
}
