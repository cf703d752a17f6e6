//! The permission set, cut to what exists when it is deployed: it cannot name what comes only with a later step, and a
//! deployment replaces the whole set.

use std::collections::BTreeSet;

use super::xml::Document;

/// How much of the app is in, or comes in with the same deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// The event alone.
    Event,
    /// And the objects that keep quarantined content.
    Quarantine,
    /// And the classes: everything.
    App,
}

/// What a permission set grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Object, and each right as the column of `ObjectPermissions` is named.
    pub objects: BTreeSet<(String, &'static str)>,
    /// `Object.Field`, and whether it can be edited.
    pub fields: BTreeSet<(String, bool)>,
    pub classes: BTreeSet<String>,
    pub custom_permissions: BTreeSet<String>,
}

impl Grants {
    /// What of `self` is not in `other`, for people; empty where `other` grants at least as much.
    pub(crate) fn missing_from(&self, other: &Grants) -> Vec<String> {
        let objects =
            self.objects.difference(&other.objects).map(|(object, right)| format!("{right} on {object}"));
        let fields = self
            .fields
            .iter()
            .filter(|(field, edit)| {
                !other.fields.contains(&(field.clone(), true))
                    && (*edit || !other.fields.contains(&(field.clone(), false)))
            })
            .map(|(field, _)| format!("access to {field}"));
        let classes = self.classes.difference(&other.classes).map(|class| format!("access to {class}"));
        let custom = self
            .custom_permissions
            .difference(&other.custom_permissions)
            .map(|name| format!("permission {name}"));
        objects.chain(fields).chain(classes).chain(custom).collect()
    }
}

/// The rights of an object permission: the element, and the column of the table.
const RIGHTS: [(&str, &str); 6] = [
    ("allowRead", "PermissionsRead"),
    ("allowCreate", "PermissionsCreate"),
    ("allowEdit", "PermissionsEdit"),
    ("allowDelete", "PermissionsDelete"),
    ("viewAllRecords", "PermissionsViewAllRecords"),
    ("modifyAllRecords", "PermissionsModifyAllRecords"),
];

/// The set with only what the scope holds.
pub(super) fn cut(set: &Document, scope: Scope) -> Document {
    let belongs = |object: &str| {
        if object == super::EVENT { Scope::Event } else { Scope::Quarantine }
    };
    let elements = set.elements.iter().filter(|element| {
        let needs = match element.name.as_str() {
            "objectPermissions" => element.child("object").map_or(Scope::App, belongs),
            "fieldPermissions" => {
                let object = element.child("field").and_then(|field| field.split_once('.'));
                object.map_or(Scope::App, |(object, _)| belongs(object))
            }
            "classAccesses" | "customPermissions" => Scope::App,
            _ => Scope::Event,
        };
        needs <= scope
    });
    Document { root: set.root.clone(), elements: elements.cloned().collect() }
}

/// What the set grants.
pub(super) fn grants(set: &Document) -> Grants {
    let mut grants = Grants::default();
    for element in &set.elements {
        let is = |name: &str| element.child(name) == Some("true");
        let text = |name: &str| element.child(name).unwrap_or_default().to_owned();
        match element.name.as_str() {
            "objectPermissions" => {
                let rights = RIGHTS.iter().filter(|(name, _)| is(name));
                grants.objects.extend(rights.map(|(_, column)| (text("object"), *column)));
            }
            "fieldPermissions" if is("readable") => {
                grants.fields.insert((text("field"), is("editable")));
            }
            "classAccesses" if is("enabled") => {
                grants.classes.insert(text("apexClass"));
            }
            "customPermissions" if is("enabled") => {
                grants.custom_permissions.insert(text("name"));
            }
            _ => {}
        }
    }
    grants
}
