//! The part of the org that a deployment changes: schema, Apex, permission sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::access::{CustomPermission, PermissionSet, Profile};
use super::apex::{ApexClass, ApexTrigger};
use super::field::Field;
use super::id::Id;
use super::schema::ObjectType;
use crate::apex::program::Program;
use crate::apex::test_run::UnitCoverage;
use crate::metadata::Components;
use crate::package::namespace_of;
use crate::rules::RuleBook;

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
    /// Validation rules and flows.
    pub rules: RuleBook,
    /// Every component that was deployed, with all that it came with.
    pub(crate) components: Components,
    /// Channels of events and managed subscriptions.
    pub streams: crate::events::Definitions,
    /// Profiles that a deployment makes; they move to the org's people when it takes effect.
    pub profiles_made: BTreeMap<Id, Profile>,
    /// What the tests that have run in the org covered, by class or trigger.
    pub coverage: BTreeMap<Id, Arc<UnitCoverage>>,
    revision: Revision,
    references: OnceLock<Arc<References>>,
    beside: Neighbours,
    program: Cached,
}

/// Objects beside the others, made when one of them is named first. A copy may be changed, and starts without them.
#[derive(Debug, Default)]
struct Neighbours(OnceLock<super::beside::Beside>);

impl Clone for Neighbours {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The program of the Apex in here. A copy may be changed, and starts without one.
#[derive(Debug, Default)]
struct Cached(OnceLock<Arc<Program>>);

impl Clone for Cached {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Reference fields by the name of the object they point to.
type References = BTreeMap<String, Vec<(Arc<ObjectType>, Arc<Field>)>>;

/// How far the schema has come since the org was born.
#[derive(Debug, Clone, Default)]
struct Revision {
    number: u64,
    modified_ms: i64,
    /// Objects whose describe changed since birth, in lower case.
    objects: BTreeMap<String, i64>,
}

impl Metadata {
    /// The object of this API name, ignoring case; those that stand beside another are among them.
    pub fn object(&self, name: &str) -> Option<&Arc<ObjectType>> {
        let name = name.to_ascii_lowercase();
        self.objects.get(&name).or_else(|| {
            let made = super::beside::may_be(&name);
            made.then(|| self.beside.0.get_or_init(|| super::beside::all(self.objects.values())))?.get(&name)
        })
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

    /// Takes over what tests covered; `before` are the sources that earlier runs were of.
    pub fn measured(&mut self, coverage: &[UnitCoverage], before: &Self) {
        for unit in coverage {
            let mut unit = unit.clone();
            if let Some(earlier) = self.coverage.get(&unit.id)
                && self.source_of(unit.id) == before.source_of(unit.id)
            {
                unit.join(earlier);
            }
            self.coverage.insert(unit.id, Arc::new(unit));
        }
        let mut coverage = std::mem::take(&mut self.coverage);
        coverage.retain(|id, _| self.source_of(*id).is_some());
        self.coverage = coverage;
    }

    /// The source of a class or trigger.
    fn source_of(&self, id: Id) -> Option<&str> {
        let class = self.classes.get(&id).map(|class| &class.unit);
        let unit = class.or_else(|| self.triggers.get(&id).map(|trigger| &trigger.unit))?;
        Some(&unit.body)
    }

    /// The checked program of all Apex in here, made by `make` the first time. What is changed afterwards is not in it:
    /// change a copy.
    pub(crate) fn program(&self, make: impl FnOnce() -> Arc<Program>) -> Arc<Program> {
        self.program.0.get_or_init(make).clone()
    }

    /// A copy of the objects and of what code may name (labels, pages), without people's rights and without code.
    pub(crate) fn schema(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            references: self.references.clone(),
            components: self.components.clone(),
            ..Self::default()
        }
    }

    /// Adds an object or replaces the one of the same name.
    pub fn put_object(&mut self, object: ObjectType) {
        self.references = OnceLock::new();
        self.beside = Neighbours::default();
        self.program = Cached::default();
        self.objects.insert(object.name.to_ascii_lowercase(), Arc::new(object));
    }

    /// Adds a table of the Tooling API.
    pub fn put_tooling_object(&mut self, object: ObjectType) {
        self.tooling.insert(object.name.to_ascii_lowercase(), Arc::new(object));
    }

    /// Takes an object away; the caller has checked that nothing refers to it.
    pub fn remove_object(&mut self, name: &str) -> Option<Arc<ObjectType>> {
        self.references = OnceLock::new();
        self.beside = Neighbours::default();
        self.program = Cached::default();
        self.objects.remove(&name.to_ascii_lowercase())
    }

    /// The fields of other objects that point to this one, ordered by object.
    pub fn references_to(&self, parent: &str) -> &[(Arc<ObjectType>, Arc<Field>)] {
        let references = self.references.get_or_init(|| {
            let mut all = References::new();
            for object in self.objects.values() {
                for field in &object.fields {
                    for parent in &field.reference_to {
                        all.entry(parent.clone()).or_default().push((object.clone(), field.clone()));
                    }
                }
            }
            Arc::new(all)
        });
        references.get(parent).map(Vec::as_slice).unwrap_or_default()
    }

    /// How often the set of objects and fields has changed.
    pub fn schema_revision(&self) -> u64 {
        self.revision.number
    }

    /// When an object or a field was last added, removed or changed; whole seconds, later with every change.
    pub fn schema_modified_ms(&self) -> i64 {
        self.revision.modified_ms
    }

    /// When the describe of an object last changed; whole seconds, later with every change.
    pub fn object_modified_ms(&self, object: &ObjectType) -> i64 {
        let changed = self.revision.objects.get(&object.name.to_ascii_lowercase());
        changed.copied().unwrap_or(object.modified_ms / 1_000 * 1_000)
    }

    /// Marks the schema as it is now as the one that the org was born with.
    pub(super) fn born(&mut self, now_ms: i64) {
        self.revision = Revision { number: 0, modified_ms: now_ms / 1_000 * 1_000, objects: BTreeMap::new() };
    }

    /// Dates what is different from the schema before this one.
    ///
    /// HTTP dates have whole seconds, and two changes may fall into one: each gets a second of its own, so that a
    /// conditional request never misses the later one.
    pub(super) fn succeed(&mut self, before: &Self, now_ms: i64) {
        self.revision = before.revision.clone();
        let mut changed = BTreeSet::new();
        let mut parents = BTreeSet::new();
        for name in self.objects.keys().chain(before.objects.keys()) {
            let (old, new) = (before.objects.get(name), self.objects.get(name));
            let same = match (old, new) {
                (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old == new,
                _ => false,
            };
            if same || !changed.insert(name.clone()) {
                continue;
            }
            // The parents' describes list their children.
            let fields = old.iter().chain(new.iter()).flat_map(|object| &object.fields);
            parents
                .extend(fields.flat_map(|field| &field.reference_to).map(|name| name.to_ascii_lowercase()));
        }
        if changed.is_empty() {
            return;
        }
        let second = now_ms.div_euclid(1_000) * 1_000;
        self.revision.number += 1;
        self.revision.modified_ms = second.max(before.revision.modified_ms + 1_000);
        let modified_ms = self.revision.modified_ms;
        self.revision.objects.extend(changed.into_iter().chain(parents).map(|name| (name, modified_ms)));
    }

    /// The object a record belongs to by its id; several objects may share a prefix, the first by name wins.
    pub fn object_of(&self, id: Id) -> Option<&Arc<ObjectType>> {
        let beside = self.beside.0.get().into_iter().flat_map(|beside| beside.values());
        let mut all = self.objects.values().chain(beside);
        all.find(|object| object.key_prefix.as_deref() == Some(id.prefix()))
    }

    /// The class of this name, ignoring case; `ns__Name` is one of an installed package.
    pub fn class(&self, name: &str) -> Option<&Arc<ApexClass>> {
        let (namespace, name) = owned(name);
        self.classes.values().find(|class| named(&class.unit.namespace, &class.unit.name, namespace, name))
    }

    /// The trigger of this name, ignoring case; `ns__Name` is one of an installed package.
    pub fn trigger(&self, name: &str) -> Option<&Arc<ApexTrigger>> {
        let (namespace, name) = owned(name);
        self.triggers
            .values()
            .find(|trigger| named(&trigger.unit.namespace, &trigger.unit.name, namespace, name))
    }

    /// The permission set of this API name, ignoring case; `ns__Name` is one of an installed package. Shadow sets of
    /// profiles are not found by name.
    pub fn permission_set(&self, name: &str) -> Option<&Arc<PermissionSet>> {
        let (namespace, name) = owned(name);
        let mut sets =
            self.permission_sets.values().filter(|set| set.profile.is_none() && set.group.is_none());
        sets.find(|set| named(&set.namespace, &set.name, namespace, name))
    }

    /// The permission set that is the sum of a permission set group.
    pub fn set_of_group(&self, group: Id) -> Option<Id> {
        let held = self.components.of("PermissionSetGroup").find(|held| held.id == group)?;
        let mut sets = self.permission_sets.values();
        sets.find(|set| set.group.as_deref() == Some(held.full_name.as_str())).map(|set| set.id)
    }

    /// Whether a package with this namespace is here.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        let same = |own: &str| own.eq_ignore_ascii_case(namespace);
        let prefix = format!("{}__", namespace.to_ascii_lowercase());
        let mut objects = self
            .objects
            .range(prefix.clone()..)
            .map_while(|(name, _)| name.starts_with(&prefix).then_some(name));
        self.classes.values().any(|class| class.unit.namespace.as_deref().is_some_and(same))
            || objects.any(|name| namespace_of(name).is_some_and(same))
    }

    /// A key prefix that no object uses: the letter and two base-36 digits.
    pub fn free_key_prefix(&self, letter: &str) -> String {
        let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        let taken: std::collections::BTreeSet<&str> =
            self.objects().filter_map(|object| object.key_prefix.as_deref()).collect();
        let mut letters = letter.chars().chain('f'..='z');
        letters
            .find_map(|first| {
                digits
                    .iter()
                    .flat_map(|second| digits.iter().map(move |third| format!("{first}{second}{third}")))
                    .find(|key| !taken.contains(key.as_str()))
            })
            .unwrap_or_else(|| format!("{letter}zz"))
    }
}

/// Namespace and name of `ns__Name`; what an org makes itself has no two underscores together.
fn owned(name: &str) -> (Option<&str>, &str) {
    name.split_once("__").map_or((None, name), |(namespace, name)| (Some(namespace), name))
}

fn named(own_namespace: &Option<String>, own_name: &str, namespace: Option<&str>, name: &str) -> bool {
    own_name.eq_ignore_ascii_case(name)
        && match (own_namespace, namespace) {
            (None, None) => true,
            (Some(own), Some(namespace)) => own.eq_ignore_ascii_case(namespace),
            _ => false,
        }
}
