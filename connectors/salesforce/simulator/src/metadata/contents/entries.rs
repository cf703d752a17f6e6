//! Which components there are: from the org's own model where it has one, else from the store.

use crate::metadata::kinds::{Kind, Part};
use crate::metadata::types::{CUSTOM_FIELD_TYPE, VALIDATION_RULE_TYPE};
use crate::org::{ApexUnit, Field, Id, ObjectKind, ObjectType, Org, PermissionSet, Profile, State};
use crate::package::namespace_of;

use super::FileProperties;

/// Profiles whose name in the metadata is not the one that people read.
static PROFILE_NAMES: &[(&str, &str)] = &[
    ("System Administrator", "Admin"),
    ("Standard User", "Standard"),
    ("Read Only", "ReadOnly"),
    ("Solution Manager", "SolutionManager"),
    ("Marketing User", "MarketingProfile"),
    ("Contract Manager", "ContractManager"),
    ("Standard Platform User", "StandardAul"),
];

/// Name of a profile in the metadata.
pub(crate) fn profile_name(profile: &Profile) -> String {
    let given = PROFILE_NAMES.iter().find(|(label, _)| *label == profile.name);
    given.map_or_else(|| encoded(&profile.name), |(_, name)| (*name).to_owned())
}

/// A name with the characters that files do not take in percent notation.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        match letter {
            '%' | '/' | '\\' | ':' | '&' | '\'' | '"' | '(' | ')' | '<' | '>' | '*' | '?' | '|' | ',' => {
                out.push_str(&format!("%{:02X}", letter as u32));
            }
            letter => out.push(letter),
        }
    }
    out
}

/// All components of a type, by name.
pub(super) fn entries(org: &Org, state: &State, kind: &'static str) -> Vec<FileProperties> {
    let metadata = &state.metadata;
    let made = Made { org, kind };
    match kind {
        "CustomObject" => {
            metadata.objects().filter(|object| is_listed(object)).map(|object| made.object(object)).collect()
        }
        CUSTOM_FIELD_TYPE => {
            let objects = metadata.objects().filter(|object| is_listed(object));
            objects
                .flat_map(|object| object.fields.iter().map(move |field| (object, field)))
                .filter(|(_, field)| field.custom)
                .map(|(object, field)| made.field(object, field))
                .collect()
        }
        VALIDATION_RULE_TYPE => metadata
            .rules
            .all_rules()
            .map(|rule| FileProperties {
                id: Some(rule.id),
                created_by: rule.created_by,
                created_ms: rule.created_ms,
                modified_by: rule.modified_by,
                modified_ms: rule.modified_ms,
                ..made.bare(&rule.full_name())
            })
            .collect(),
        "ApexClass" => by_name(metadata.classes.values().map(|class| made.unit(&class.unit))),
        "ApexTrigger" => by_name(metadata.triggers.values().map(|trigger| made.unit(&trigger.unit))),
        "PermissionSet" => by_name(
            metadata
                .permission_sets
                .values()
                .filter(|set| set.profile.is_none() && set.group.is_none())
                .map(|set| made.set(set)),
        ),
        "CustomPermission" => metadata
            .custom_permissions
            .values()
            .map(|permission| {
                let held = metadata.components.get(kind, &permission.name);
                let of_package = permission.namespace.clone();
                let base = held.map_or_else(|| made.bare(&permission.name), |held| made.held(held));
                FileProperties { id: Some(permission.id), ..base.managed(of_package) }
            })
            .collect(),
        "Profile" => {
            let born = state.profiles.values().map(|profile| FileProperties {
                id: Some(profile.id),
                created_ms: profile.created_ms,
                modified_ms: profile.created_ms,
                ..made.bare(&profile_name(profile))
            });
            let mut all = by_name(born);
            for held in metadata.components.of(kind) {
                match all.iter_mut().find(|entry| entry.full_name.eq_ignore_ascii_case(&held.full_name)) {
                    Some(entry) => {
                        (entry.modified_ms, entry.modified_by) = (held.modified_ms, held.modified_by);
                    }
                    None => all.push(made.held(held)),
                }
            }
            all
        }
        _ => metadata.components.of(kind).map(|held| made.held(held)).collect(),
    }
}

/// Whether an object shows in the metadata: tables of the set-up do not.
pub(super) fn is_listed(object: &ObjectType) -> bool {
    match object.kind {
        ObjectKind::Custom | ObjectKind::Event | ObjectKind::CustomMetadata => true,
        ObjectKind::Standard => object.layoutable || object.triggerable(),
        _ => object.name == "User",
    }
}

fn by_name(all: impl Iterator<Item = FileProperties>) -> Vec<FileProperties> {
    let mut all: Vec<FileProperties> = all.collect();
    all.sort_by(|a, b| a.full_name.cmp(&b.full_name));
    all
}

struct Made<'a> {
    org: &'a Org,
    kind: &'static str,
}

impl Made<'_> {
    fn bare(&self, full_name: &str) -> FileProperties {
        FileProperties {
            kind: self.kind,
            full_name: full_name.to_owned(),
            file_name: file_name(self.kind, full_name),
            id: None,
            namespace: None,
            manageable_state: Some("unmanaged"),
            created_by: self.org.admin,
            created_ms: 0,
            modified_by: self.org.admin,
            modified_ms: 0,
        }
    }

    fn held(&self, held: &super::held::Held) -> FileProperties {
        FileProperties {
            id: Some(held.id),
            created_by: held.created_by,
            created_ms: held.created_ms,
            modified_by: held.modified_by,
            modified_ms: held.modified_ms,
            ..self.bare(&held.full_name)
        }
    }

    fn dated(&self, full_name: &str, id: Option<Id>, who: [Option<Id>; 2], when: [i64; 2]) -> FileProperties {
        FileProperties {
            id,
            created_by: who[0].unwrap_or(self.org.admin),
            created_ms: when[0],
            modified_by: who[1].unwrap_or(self.org.admin),
            modified_ms: when[1],
            ..self.bare(full_name)
        }
    }

    fn object(&self, object: &ObjectType) -> FileProperties {
        let who = [object.created_by, object.modified_by];
        let entry = self.dated(&object.name, object.id, who, [object.created_ms, object.modified_ms]);
        match object.is_custom() {
            true => entry.managed(namespace_of(&object.name).map(str::to_owned)),
            false => FileProperties { manageable_state: None, ..entry },
        }
    }

    fn field(&self, object: &ObjectType, field: &Field) -> FileProperties {
        let name = format!("{}.{}", object.name, field.name);
        let entry = self.dated(&name, field.id, [None, None], [field.modified_ms, field.modified_ms]);
        entry.managed(namespace_of(&field.name).map(str::to_owned))
    }

    fn unit(&self, unit: &ApexUnit) -> FileProperties {
        let name = match &unit.namespace {
            Some(namespace) => format!("{namespace}__{}", unit.name),
            None => unit.name.clone(),
        };
        let who = [Some(unit.created_by), Some(unit.modified_by)];
        let entry = self.dated(&name, Some(unit.id), who, [unit.created_ms, unit.modified_ms]);
        entry.managed(unit.namespace.clone())
    }

    fn set(&self, set: &PermissionSet) -> FileProperties {
        let name = match &set.namespace {
            Some(namespace) => format!("{namespace}__{}", set.name),
            None => set.name.clone(),
        };
        let entry = self.dated(
            &name,
            Some(set.id),
            [set.created_by, set.modified_by],
            [set.created_ms, set.modified_ms],
        );
        entry.managed(set.namespace.clone())
    }
}

impl FileProperties {
    fn managed(self, namespace: Option<String>) -> Self {
        let manageable_state = Some(if namespace.is_some() { "installed" } else { "unmanaged" });
        Self { namespace, manageable_state, ..self }
    }
}

/// The file of a component, below the package's folder.
pub(super) fn file_name(kind: &str, full_name: &str) -> String {
    if let Some((parent_kind, part)) = Part::named(kind) {
        let parent = part.split(full_name).map_or(full_name, |(parent, _)| parent);
        return parent_kind.path(parent);
    }
    match Kind::named(kind) {
        // A folder of its type.
        Some(kind) if kind.in_folder && !full_name.contains('/') => format!("{}/{full_name}", kind.folder),
        Some(kind) => kind.path(full_name),
        None => full_name.to_owned(),
    }
}
