//! What stands in an organisation of the app, and how it compares with what should.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use crate::api::tooling::ApexRow;
use crate::delivery::PackageVersion;
use crate::package::Installed;
use crate::render::{App, Content, Grants, MARKER, Rendered, Scope};
use crate::steps::{ASSIGNMENT, INSTALLED_PACKAGE, Target};

/// What stands in an organisation of ours, and under our names.
#[derive(Default)]
pub(crate) struct Snapshot {
    /// Classes and triggers, by API name.
    classes: BTreeMap<String, ApexRow>,
    triggers: BTreeMap<String, ApexRow>,
    /// By API name.
    objects: BTreeMap<String, Object>,
    custom_permissions: BTreeMap<String, Described>,
    permission_set: Option<(Described, Grants)>,
    /// The assignment of the permission set to the session's user.
    assignment: Option<String>,
    /// The vendor's package, where the app comes in one.
    package: Option<Installed>,
    package_minimum: Option<PackageVersion>,
}

/// Something that carries its mark in its description.
struct Described {
    id: String,
    description: String,
}

struct Object {
    described: Described,
    /// API names.
    fields: BTreeSet<String>,
}

/// How a component stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    Missing,
    Present {
        id: String,
    },
    /// Ours, and not as it should be.
    Modified {
        id: String,
        how: String,
        /// Somebody has switched it off.
        inactive: bool,
    },
    /// Somebody else's under our name.
    Foreign {
        id: String,
    },
}

impl Standing {
    fn modified(id: &str, how: String) -> Self {
        Standing::Modified { id: id.to_owned(), how, inactive: false }
    }

    pub(crate) fn is_present(&self) -> bool {
        matches!(self, Standing::Present { .. })
    }

    /// Salesforce's id; empty where there is none.
    pub(crate) fn id(&self) -> &str {
        match self {
            Standing::Missing => "",
            Standing::Present { id } | Standing::Modified { id, .. } | Standing::Foreign { id } => id,
        }
    }
}

impl Snapshot {
    /// How a component stands that should look like that.
    pub(crate) fn standing(&self, target: &Target<'_>, should: &Rendered) -> Standing {
        let (app, name) = (target.app, should.full_name.as_str());
        match (should.kind, &should.content) {
            (_, Content::Managed(_)) => self.managed(target, should),
            ("ApexClass", Content::Apex { body, .. }) => apex(self.classes.get(name), body),
            ("ApexTrigger", Content::Apex { body, .. }) => apex(self.triggers.get(name), body),
            ("CustomObject", _) => match self.objects.get(name) {
                Some(object) => {
                    marked(app, &object.described, || object.lacks(app.fields(name).iter().cloned()))
                }
                None => Standing::Missing,
            },
            ("CustomPermission", _) => match self.custom_permissions.get(name) {
                Some(permission) => marked(app, permission, || None),
                None => Standing::Missing,
            },
            ("PermissionSet", Content::Xml(text)) => match &self.permission_set {
                Some((set, granted)) => {
                    let scope = [Scope::Event, Scope::Quarantine]
                        .into_iter()
                        .find(|scope| app.permission_set(*scope).content == Content::Xml(text.clone()));
                    let lacking = app.grants(scope.unwrap_or(Scope::App)).missing_from(granted);
                    marked(app, set, || {
                        (!lacking.is_empty()).then(|| format!("it does not grant {}", lacking.join(", ")))
                    })
                }
                None => Standing::Missing,
            },
            (ASSIGNMENT, _) => match &self.assignment {
                Some(id) => Standing::Present { id: id.clone() },
                None => Standing::Missing,
            },
            _ => Standing::Missing,
        }
    }

    /// What comes in a package is as its publisher made it: it is there, or it is not.
    fn managed(&self, target: &Target<'_>, should: &Rendered) -> Standing {
        let name = should.full_name.as_str();
        let present = |id: Option<&String>| match id {
            Some(id) => Standing::Present { id: id.clone() },
            None => Standing::Missing,
        };
        match should.kind {
            INSTALLED_PACKAGE => match &self.package {
                Some(installed)
                    if self.package_minimum.is_some_and(|minimum| installed.version < minimum) =>
                {
                    let how = format!("it is of version {}", installed.version);
                    Standing::modified(&installed.id, how)
                }
                installed => present(installed.as_ref().map(|installed| &installed.id)),
            },
            "ApexClass" => present(self.classes.get(name).map(|class| &class.id)),
            "PermissionSet" => present(self.permission_set.as_ref().map(|(set, _)| &set.id)),
            "CustomObject" => match self.objects.get(name) {
                Some(object) => {
                    let namespace = target.namespace();
                    let bare = name.strip_prefix(&namespace.api("")).unwrap_or(name);
                    match object.lacks(target.app.fields(bare).iter().map(|field| namespace.api(field))) {
                        Some(how) => Standing::modified(&object.described.id, how),
                        None => present(Some(&object.described.id)),
                    }
                }
                None => Standing::Missing,
            },
            _ => Standing::Missing,
        }
    }

    /// Whether a permission set can name it and, for an object, its fields: it is there, even if it is not up to date.
    pub(crate) fn can_be_granted(&self, target: &Target<'_>, component: &Rendered) -> bool {
        match (component.kind, self.objects.get(&component.full_name)) {
            ("CustomObject", Some(object)) => {
                target.app.fields(&component.full_name).iter().all(|field| object.fields.contains(field))
            }
            _ => self.standing(target, component) != Standing::Missing,
        }
    }

    /// Id of the permission set.
    pub(crate) fn permission_set_id(&self) -> Option<&str> {
        self.permission_set.as_ref().map(|(set, _)| set.id.as_str())
    }

    /// The package as it is installed.
    pub(crate) fn package(&self) -> Option<&Installed> {
        self.package.as_ref()
    }
}

impl Object {
    fn lacks(&self, fields: impl Iterator<Item = String>) -> Option<String> {
        let missing: Vec<String> = fields.filter(|field| !self.fields.contains(field)).collect();
        (!missing.is_empty()).then(|| format!("fields are missing: {}", missing.join(", ")))
    }
}

/// Ours has the mark in its first line; what matters is the text, not how its lines end.
fn apex(row: Option<&ApexRow>, should: &str) -> Standing {
    let Some(row) = row else { return Standing::Missing };
    let id = row.id.clone();
    let body = row.body.as_deref().unwrap_or_default();
    if !body.lines().next().is_some_and(|line| line.contains(MARKER)) {
        return Standing::Foreign { id };
    }
    if row.status != "Active" {
        return Standing::Modified { id, how: format!("its status is {}", row.status), inactive: true };
    }
    let lines = |text: &str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    if lines(body) == lines(should) {
        Standing::Present { id }
    } else {
        Standing::modified(&id, "its text differs".to_owned())
    }
}

fn marked(app: &App, described: &Described, differs: impl FnOnce() -> Option<String>) -> Standing {
    let id = described.id.clone();
    if !described.description.contains(MARKER) {
        return Standing::Foreign { id };
    }
    let how = if described.description.contains(&format!("{MARKER} {}.", app.version)) {
        differs()
    } else {
        Some("it is of another version".to_owned())
    };
    match how {
        Some(how) => Standing::modified(&id, how),
        None => Standing::Present { id },
    }
}
