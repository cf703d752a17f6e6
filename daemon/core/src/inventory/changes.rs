//! What is different between two readings of an organisation.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Field, Inventory, ObjectType, Profile};

/// Names of each list of a [`ChangedNames`].
pub const NAMES_MAX: usize = 200;
/// Bytes of all names of an [`InventoryChanges`]: it is stored within an operation's record.
const NAMES_BYTES_MAX: usize = 24 * 1024;
/// Bytes of one entry.
const ENTRY_BYTES_MAX: usize = 300;
/// Smallest number whose loss can be a sudden fall, and the share of a count, in percent, whose loss is one.
const FALL_MIN: usize = 10;
const FALL_PERCENT: usize = 20;

/// What is different between two readings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InventoryChanges {
    pub object_types: ChangedNames,
    /// Profiles and permission sets.
    pub profiles: ChangedNames,
}

/// What came, went and changed: how many, and the names of the first [`NAMES_MAX`] (fewer where they are long).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangedNames {
    pub added_count: u64,
    pub removed_count: u64,
    pub changed_count: u64,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Each with what has changed, for people.
    pub changed: Vec<String>,
}

impl InventoryChanges {
    /// Compares two readings.
    pub fn between(before: &Inventory, after: &Inventory) -> Self {
        let mut budget = NAMES_BYTES_MAX;
        let objects = |inventory| -> BTreeMap<_, _> { Inventory::objects(inventory).collect() };
        let profiles = |inventory| -> BTreeMap<_, _> { Inventory::holders(inventory).collect() };
        InventoryChanges {
            object_types: compare(
                &objects(before),
                &objects(after),
                |o| o.api_name.clone(),
                object_changes,
                &mut budget,
            ),
            profiles: compare(
                &profiles(before),
                &profiles(after),
                |p| p.display_name.clone(),
                profile_changes,
                &mut budget,
            ),
        }
    }

    /// True when nothing is different.
    pub fn is_empty(&self) -> bool {
        [&self.object_types, &self.profiles]
            .into_iter()
            .all(|names| names.added_count + names.removed_count + names.changed_count == 0)
    }

    /// Counts, in one line for people.
    pub fn summary(&self) -> String {
        let parts = [("object types", &self.object_types), ("profiles and permission sets", &self.profiles)];
        let told: Vec<_> = parts
            .into_iter()
            .filter(|(_, n)| n.added_count + n.removed_count + n.changed_count > 0)
            .map(|(what, n)| {
                format!(
                    "{what}: {} added, {} removed, {} changed",
                    n.added_count, n.removed_count, n.changed_count
                )
            })
            .collect();
        if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
    }
}

/// True when one of the counts has fallen by more than a fifth and by more than ten: rather a reading that saw too
/// little, or a right that was lost, than an organisation that was cleared out.
pub fn fell(before: &Inventory, after: &Inventory) -> bool {
    let fallen = |before: usize, after: usize| {
        let lost = before.saturating_sub(after);
        lost > FALL_MIN && lost * 100 > before * FALL_PERCENT
    };
    fallen(before.object_types.len(), after.object_types.len())
        || fallen(before.profiles.len(), after.profiles.len())
}

impl Inventory {
    fn objects(&self) -> impl Iterator<Item = (&str, &ObjectType)> {
        self.object_types.iter().map(|o| (o.api_name.as_str(), o))
    }

    fn holders(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles.iter().map(|p| (p.remote_id.as_str(), p))
    }
}

fn compare<T: PartialEq>(
    before: &BTreeMap<&str, &T>,
    after: &BTreeMap<&str, &T>,
    name: impl Fn(&T) -> String,
    describe: impl Fn(&T, &T) -> String,
    budget: &mut usize,
) -> ChangedNames {
    let mut out = ChangedNames::default();
    let mut keep = |list: &mut Vec<String>, text: String| {
        let text = cut(text);
        if list.len() < NAMES_MAX && text.len() <= *budget {
            *budget -= text.len();
            list.push(text);
        }
    };
    for (key, gone) in before {
        if !after.contains_key(key) {
            out.removed_count += 1;
            keep(&mut out.removed, name(gone));
        }
    }
    for (key, now) in after {
        match before.get(key) {
            None => {
                out.added_count += 1;
                keep(&mut out.added, name(now));
            }
            Some(was) if was != now => {
                out.changed_count += 1;
                if out.changed.len() < NAMES_MAX {
                    keep(&mut out.changed, format!("{}: {}", name(now), describe(was, now)));
                }
            }
            Some(_) => {}
        }
    }
    out
}

fn cut(mut text: String) -> String {
    if text.len() > ENTRY_BYTES_MAX {
        let end = (0..=ENTRY_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn object_changes(before: &ObjectType, after: &ObjectType) -> String {
    let names =
        |o: &ObjectType| -> BTreeSet<String> { o.fields.iter().map(|f| f.api_name.clone()).collect() };
    let (old, new) = (names(before), names(after));
    let mut told = Vec::new();
    let mut list = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            let more = names.len().saturating_sub(5);
            let first = names[..names.len().min(5)].join(", ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            told.push(format!("{} {what} ({first}{rest})", count(names.len(), "field")));
        }
    };
    list("added", new.difference(&old).cloned().collect());
    list("removed", old.difference(&new).cloned().collect());
    let known: BTreeMap<&str, &Field> = before.fields.iter().map(|f| (f.api_name.as_str(), f)).collect();
    let other = |f: &&Field| known.get(f.api_name.as_str()).is_some_and(|was| was != f);
    list("changed", after.fields.iter().filter(other).map(|f| f.api_name.clone()).collect());
    let flags = [
        ("accepts triggers", before.accepts_triggers, after.accepts_triggers),
        ("holds files", before.holds_files, after.holds_files),
        ("holds a feed", before.holds_feed, after.holds_feed),
        ("queryable", before.queryable, after.queryable),
        ("createable", before.createable, after.createable),
        ("updateable", before.updateable, after.updateable),
        ("deletable", before.deletable, after.deletable),
    ];
    for (word, was, is) in flags {
        if was != is {
            told.push(format!("{}{word}", if is { "now " } else { "no longer " }));
        }
    }
    if before.label != after.label {
        told.push(format!("label '{}'", after.label));
    }
    if told.is_empty() { "in another order".to_owned() } else { told.join(", ") }
}

fn profile_changes(before: &Profile, after: &Profile) -> String {
    let mut told = Vec::new();
    if before.display_name != after.display_name {
        told.push(format!("was called '{}'", before.display_name));
    }
    let rights = |p: &'_ Profile| -> BTreeMap<String, _> {
        p.object_permissions.iter().map(|r| (r.object_type.clone(), r.clone())).collect()
    };
    let (old, new) = (rights(before), rights(after));
    let differ = new.iter().filter(|(object, right)| old.get(*object) != Some(right)).count()
        + old.keys().filter(|object| !new.contains_key(*object)).count();
    if differ > 0 {
        told.push(format!("rights on {}", count(differ, "object type")));
    }
    if told.is_empty() { "its kind".to_owned() } else { told.join(", ") }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{ObjectPermission, ProfileKind};

    fn field(name: &str) -> Field {
        Field {
            api_name: name.to_owned(),
            label: name.to_owned(),
            kind: "string".to_owned(),
            length: 10,
            required: false,
            custom: false,
            reference_to: Vec::new(),
        }
    }

    fn object(name: &str, fields: &[&str]) -> ObjectType {
        ObjectType {
            api_name: name.to_owned(),
            label: name.to_owned(),
            custom: false,
            accepts_triggers: true,
            holds_files: false,
            holds_feed: false,
            queryable: true,
            createable: true,
            updateable: true,
            deletable: true,
            fields: fields.iter().map(|f| field(f)).collect(),
        }
    }

    fn profile(id: &str, objects: &[&str]) -> Profile {
        Profile {
            remote_id: id.to_owned(),
            display_name: format!("Profile {id}"),
            kind: ProfileKind::Profile,
            custom: false,
            object_permissions: objects
                .iter()
                .map(|o| ObjectPermission {
                    object_type: (*o).to_owned(),
                    read: true,
                    create: false,
                    edit: false,
                    delete: false,
                    view_all: false,
                    modify_all: false,
                })
                .collect(),
        }
    }

    fn inventory(objects: Vec<ObjectType>, profiles: Vec<Profile>) -> Inventory {
        Inventory { object_types: objects, profiles, ..Inventory::default() }
    }

    #[test]
    fn what_came_went_and_changed_is_named() {
        let before = inventory(vec![object("A", &["x", "y"]), object("B", &[])], vec![profile("1", &["A"])]);
        let mut changed = object("A", &["x", "z"]);
        changed.accepts_triggers = false;
        let after = inventory(vec![changed, object("C", &[])], vec![profile("1", &["A", "C"])]);
        let changes = InventoryChanges::between(&before, &after);
        assert_eq!(changes.object_types.added, ["C"]);
        assert_eq!(changes.object_types.removed, ["B"]);
        assert_eq!(
            changes.object_types.changed,
            ["A: 1 field added (z), 1 field removed (y), no longer accepts triggers"]
        );
        assert_eq!(changes.profiles.changed, ["Profile 1: rights on 1 object type"]);
        assert_eq!(
            changes.summary(),
            "object types: 1 added, 1 removed, 1 changed; profiles and permission sets: 0 added, 0 removed, 1 changed"
        );
        assert!(InventoryChanges::between(&before, &before).is_empty());
    }

    #[test]
    fn counts_are_exact_where_names_are_cut() {
        let many: Vec<_> = (0..1_000).map(|n| object(&format!("{n:0160}"), &[])).collect();
        let changes = InventoryChanges::between(&Inventory::default(), &inventory(many, vec![]));
        assert_eq!(changes.object_types.added_count, 1_000);
        let bytes: usize = changes.object_types.added.iter().map(String::len).sum();
        assert!(changes.object_types.added.len() <= NAMES_MAX && bytes <= NAMES_BYTES_MAX);
    }

    #[test]
    fn only_a_large_loss_is_a_fall() {
        let of = |count: usize| inventory((0..count).map(|n| object(&n.to_string(), &[])).collect(), vec![]);
        for (before, after, held) in
            [(100, 80, false), (100, 79, true), (12, 2, false), (12, 1, true), (50, 60, false), (0, 0, false)]
        {
            assert_eq!(fell(&of(before), &of(after)), held, "{before} to {after}");
        }
    }
}
