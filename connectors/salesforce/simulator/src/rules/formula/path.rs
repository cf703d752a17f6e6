//! Names in formulas: fields of the record, of records it points to, and of what is always there.

use serde_json::Value;

use super::FormulaError;
use super::datum::{Datum, Kind};
use super::eval::Scene;
use crate::org::{Field, FieldType, Id, Metadata, ObjectType};
use crate::tables::{Row, by_key, computed, stores};

/// Steps from record to record.
const STEPS_MAX: usize = 10;

/// Where a field is found.
#[derive(Debug)]
pub(super) struct Path {
    root: Root,
    steps: Vec<Step>,
    field: String,
    kind: FieldType,
}

#[derive(Debug, Clone, Copy)]
enum Root {
    Record,
    User,
    Profile,
    Organization,
}

/// From a record to the one that its reference names.
#[derive(Debug)]
struct Step {
    field: String,
    parents: Vec<String>,
}

/// What a name stands for.
pub(super) enum Named {
    Field(Path, Kind),
    Permission(String),
}

fn unknown(name: &str) -> FormulaError {
    FormulaError(format!("Field {name} does not exist. Check spelling."))
}

/// Finds what a name stands for.
pub(super) fn resolve(name: &str, metadata: &Metadata, object: &ObjectType) -> Result<Named, FormulaError> {
    let missing = || unknown(name);
    let mut parts: Vec<&str> = name.split('.').collect();
    let mut at = object;
    let mut root = Root::Record;
    if name.starts_with('$') {
        if parts.len() < 2 {
            return Err(missing());
        }
        let global = parts.remove(0);
        let (found, table) = match global.to_ascii_lowercase().as_str() {
            "$user" => (Root::User, "User"),
            "$profile" => (Root::Profile, "Profile"),
            "$organization" => (Root::Organization, "Organization"),
            "$permission" => {
                let [permission] = parts.as_slice() else { return Err(missing()) };
                let own = metadata.custom_permissions.keys();
                let known = own.into_iter().find(|known| known.eq_ignore_ascii_case(permission));
                return known.cloned().map(Named::Permission).ok_or_else(missing);
            }
            _ => return Err(missing()),
        };
        root = found;
        at = metadata.object(table).ok_or_else(missing)?;
    }
    let Some((last, before)) = parts.split_last() else { return Err(missing()) };
    if before.len() > STEPS_MAX {
        return Err(missing());
    }
    let mut steps = Vec::with_capacity(before.len());
    for part in before {
        let (word, wanted) = part.split_once(':').map_or((*part, None), |(word, to)| (word, Some(to)));
        let field = at
            .fields
            .iter()
            .find(|field| field.relationship.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(word)));
        let field = field.ok_or_else(missing)?;
        let mut parents = field.reference_to.clone();
        if let Some(wanted) = wanted {
            parents.retain(|parent| parent.eq_ignore_ascii_case(wanted));
            if parents.is_empty() {
                return Err(FormulaError(format!(
                    "{wanted} is an invalid object type for the {word} field. Check spelling."
                )));
            }
        }
        // Where several are possible, the one that has the name.
        let next = parents.iter().rev().find_map(|parent| metadata.object(parent));
        at = next.ok_or_else(missing)?;
        steps.push(Step { field: field.name.clone(), parents });
    }
    let field = at.field(last).ok_or_else(missing)?;
    let kind = Kind::of(field.kind).ok_or_else(|| unsupported(name, field))?;
    Ok(Named::Field(Path { root, steps, field: field.name.clone(), kind: field.kind }, kind))
}

fn unsupported(name: &str, field: &Field) -> FormulaError {
    FormulaError(format!(
        "You referenced an unsupported field type called \"{}\" using the following field: {name}",
        field.metadata_type.as_deref().unwrap_or(field.kind.as_str())
    ))
}

impl Path {
    /// Whether it is a field of the record itself, which alone has a value before.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.root, Root::Record) && self.steps.is_empty()
    }

    /// The value as it is to be.
    pub(super) fn value(&self, scene: &Scene<'_>) -> Datum {
        Datum::from_stored(self.kind, &self.raw(scene))
    }

    /// The value as it was; of a record that was not, as it is to be.
    pub(super) fn before(&self, scene: &Scene<'_>) -> Datum {
        if scene.subject.old.is_none() {
            return self.value(scene);
        }
        Datum::from_stored(self.kind, &scene.subject.before(&self.field))
    }

    /// Whether a stored record is about to get another value.
    pub(super) fn changed(&self, scene: &Scene<'_>) -> bool {
        scene.subject.old.is_some() && self.value(scene) != self.before(scene)
    }

    fn raw(&self, scene: &Scene<'_>) -> Value {
        let view = scene.view;
        let state = view.state;
        let first = self.steps.first().map_or(&self.field, |step| &step.field);
        let mut value = match self.root {
            Root::Record => scene.subject.whole_value(view, first),
            Root::User => of(scene, "User", view.rights.user, first),
            Root::Profile => {
                let profile = state.users.get(&view.rights.user).map(|user| user.profile);
                profile.map(|profile| of(scene, "Profile", profile, first)).unwrap_or_default()
            }
            Root::Organization => of(scene, "Organization", view.org.id, first),
        };
        for (at, step) in self.steps.iter().enumerate() {
            let Some(id) = value.as_str().and_then(Id::parse) else { return Value::Null };
            let next = self.steps.get(at + 1).map_or(&self.field, |next| &next.field);
            let found = step
                .parents
                .iter()
                .find_map(|parent| row(scene, parent, id).map(|row| row.value(view, next)));
            value = found.unwrap_or_default();
        }
        value
    }
}

fn of(scene: &Scene<'_>, table: &str, id: Id, column: &str) -> Value {
    row(scene, table, id).map(|row| row.value(scene.view, column)).unwrap_or_default()
}

/// A row, whoever may see it: formulas look at everything.
fn row(scene: &Scene<'_>, table: &str, id: Id) -> Option<Row> {
    let state = scene.view.state;
    let object = state.metadata.object(table)?;
    if stores(object) {
        let record = state.records.get(&object.name, id).filter(|record| !record.deleted)?;
        return Some(Row::Stored(computed::whole(scene.view, object, record)));
    }
    by_key(scene.view, object, id.as_str())
}
