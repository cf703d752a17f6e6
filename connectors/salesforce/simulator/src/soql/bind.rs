//! Names become fields that the caller may see; a field hidden by field-level security is as good as absent.

use std::sync::Arc;

use serde_json::Value;

use super::ast::Path;
use super::parse::pointing;
use super::parts::Part;
use crate::org::{Field, ObjectType};
use crate::surface::ApiError;
use crate::tables::{self, Row, View};

/// Relationships in one path.
const STEPS_MAX: usize = 5;

/// A step to a parent.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// As the schema spells it.
    pub relationship: String,
    key: String,
    targets: Vec<Arc<ObjectType>>,
}

/// A field reached from the queried object.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub steps: Vec<Step>,
    /// As its part is, where only a part is taken.
    pub field: Arc<Field>,
    /// The part of a date that is taken.
    pub part: Option<Part>,
}

impl Step {
    /// The parent's object and row.
    pub(crate) fn follow(&self, view: &View<'_>, row: &Row) -> Option<(Arc<ObjectType>, Row)> {
        let key = row.value(view, &self.key);
        let key = key.as_str()?;
        let fits = |object: &&Arc<ObjectType>| object.key_prefix.as_deref() == key.get(..3);
        let target =
            if let [only] = self.targets.as_slice() { Some(only) } else { self.targets.iter().find(fits) };
        let target = target?;
        tables::by_key(view, target, key).map(|row| (target.clone(), row))
    }
}

impl Bound {
    /// The field's value for a row; null when a parent is missing.
    pub(crate) fn value(&self, view: &View<'_>, row: &Row) -> Value {
        let whole = self.whole(view, row);
        if let Some(part) = self.part { part.of(&whole) } else { whole }
    }

    fn whole(&self, view: &View<'_>, row: &Row) -> Value {
        let Some((first, rest)) = self.steps.split_first() else { return row.value(view, &self.field.name) };
        let mut current = first.follow(view, row);
        for step in rest {
            current = current.and_then(|(_, row)| step.follow(view, &row));
        }
        current.map(|(_, row)| row.value(view, &self.field.name)).unwrap_or_default()
    }
}

/// Binds the names of one query.
pub(super) struct Binder<'a> {
    pub view: View<'a>,
    pub text: &'a str,
    pub object: Arc<ObjectType>,
    pub alias: Option<&'a str>,
}

impl Binder<'_> {
    /// Finds what a path names.
    pub(super) fn bind(&self, path: &Path) -> Result<Bound, ApiError> {
        let mut parts = path.parts.as_slice();
        // `a.Name` with `FROM Account a`, and `Account.Name`.
        let own = |part: &str| {
            self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(part))
                || self.object.name.eq_ignore_ascii_case(part)
        };
        if parts.len() > 1 && own(&parts[0]) && relation(&self.object, &parts[0]).is_none() {
            parts = &parts[1..];
        }
        let Some((last, path_to)) = parts.split_last() else {
            return Err(self.no_column(path, "", &self.object));
        };
        if path_to.len() > STEPS_MAX {
            return Err(self.refuse(
                path,
                &format!("maximum number of child relationships is {STEPS_MAX}: {}", path.text()),
            ));
        }
        let mut steps = Vec::new();
        let mut candidates = vec![self.object.clone()];
        for part in path_to {
            let found = candidates.iter().find_map(|object| {
                let field =
                    relation(object, part).filter(|field| self.view.rights.field(object, field).read)?;
                Some(field.clone())
            });
            let targets: Vec<_> = found
                .iter()
                .flat_map(|field| &field.reference_to)
                .filter_map(|name| self.view.object(name).cloned())
                .collect();
            let Some(field) = found.filter(|_| !targets.is_empty()) else {
                return Err(self.refuse(path, &format!(
                    "Didn't understand relationship '{part}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
                )));
            };
            let relationship = field.relationship.clone().unwrap_or_default();
            steps.push(Step { relationship, key: field.name.clone(), targets: targets.clone() });
            candidates = targets;
        }
        let visible = |object: &Arc<ObjectType>| {
            let field = object.field(last)?;
            self.view.rights.field(object, field).read.then(|| field.clone())
        };
        match candidates.iter().find_map(visible) {
            Some(field) => self.part(path, steps, field),
            None => Err(self.no_column(path, last, candidates.first().unwrap_or(&self.object))),
        }
    }

    /// The field itself, or the part of it that the path's function takes.
    fn part(&self, path: &Path, steps: Vec<Step>, field: Arc<Field>) -> Result<Bound, ApiError> {
        let Some((part, function)) = &path.function else { return Ok(Bound { steps, field, part: None }) };
        match part.of_field(&field) {
            Some(made) => Ok(Bound { steps, field: Arc::new(made), part: Some(*part) }),
            None => {
                let message = format!("field {} does not support date function {function}", field.name);
                Err(self.refuse(path, &message))
            }
        }
    }

    fn no_column(&self, path: &Path, column: &str, object: &ObjectType) -> ApiError {
        self.refuse(path, &format!(
            "No such column '{column}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            object.name
        ))
    }

    pub(super) fn refuse(&self, path: &Path, message: &str) -> ApiError {
        ApiError::bad("INVALID_FIELD", pointing(self.text, path.at, message))
    }
}

fn relation<'a>(object: &'a ObjectType, name: &str) -> Option<&'a Arc<Field>> {
    object
        .fields
        .iter()
        .find(|field| field.relationship.as_deref().is_some_and(|step| step.eq_ignore_ascii_case(name)))
}
