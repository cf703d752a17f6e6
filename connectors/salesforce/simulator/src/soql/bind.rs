//! Names become fields that the caller may see; a field hidden by field-level security is as good as absent.

use std::sync::Arc;

use serde_json::Value;

use super::ast::Path;
use super::point::pointing;
use super::reach::{Bound, Read, Step};
use crate::org::{Field, FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::View;

/// Relationships in one path.
const STEPS_MAX: usize = 5;
/// What is known of a record whatever its object is: the fields of `Name`.
const OF_EVERY_NAME: [&str; 16] = [
    "Alias",
    "Email",
    "FirstName",
    "Id",
    "IsActive",
    "LastName",
    "LastReferencedDate",
    "LastViewedDate",
    "Name",
    "Phone",
    "Profile",
    "ProfileId",
    "Title",
    "Type",
    "UserRoleId",
    "Username",
];

/// Binds the names of one query.
pub(super) struct Binder<'a> {
    pub view: View<'a>,
    pub text: &'a str,
    pub object: Arc<ObjectType>,
    pub alias: Option<&'a str>,
    /// Names for parents.
    pub parents: &'a [(String, Path)],
}

impl<'a> Binder<'a> {
    /// The same query's names seen from another object.
    pub(super) fn on(&self, object: Arc<ObjectType>) -> Binder<'a> {
        Binder { view: self.view, text: self.text, object, alias: None, parents: &[] }
    }

    /// Finds what a path names.
    pub(super) fn bind(&self, path: &Path) -> Result<Bound, ApiError> {
        let parts = self.parts(path);
        let Some((last, before)) = parts.split_last() else {
            return Err(self.no_column(path, "", &self.object.name));
        };
        let (steps, candidates) = self.steps(path, before)?;
        if steps.last().is_some_and(|step| step.polymorphic) {
            return self.of_any(path, steps, last, &candidates);
        }
        let visible = |object: &Arc<ObjectType>| {
            let field = object.field(last)?;
            self.view.rights.field(object, field).read.then(|| field.clone())
        };
        match candidates.iter().find_map(visible) {
            Some(field) => self.read(path, steps, field),
            None => {
                let entity = candidates.first().unwrap_or(&self.object);
                Err(self.no_column(path, last, &entity.name))
            }
        }
    }

    /// Finds where a path of relationships alone leads.
    pub(super) fn relationship(&self, path: &Path) -> Result<(Vec<Step>, Vec<Arc<ObjectType>>), ApiError> {
        self.steps(path, &self.parts(path))
    }

    /// A path from the queried object on: the names that `FROM` gave are taken off or written out.
    fn parts(&self, path: &Path) -> Vec<String> {
        let mut parts = path.parts.clone();
        // A parent's name may itself begin with another's, so often at most.
        for _ in 0..=self.parents.len() {
            if parts.len() < 2 || relation(&self.object, &parts[0]).is_some() {
                break;
            }
            let parent = self.parents.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&parts[0]));
            if let Some((_, parent)) = parent {
                parts.splice(0..1, parent.parts.iter().cloned());
                continue;
            }
            let own = self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(&parts[0]))
                || self.object.name.eq_ignore_ascii_case(&parts[0]);
            if !own {
                break;
            }
            parts.remove(0);
        }
        parts
    }

    fn steps(&self, path: &Path, names: &[String]) -> Result<(Vec<Step>, Vec<Arc<ObjectType>>), ApiError> {
        if names.len() > STEPS_MAX {
            let message =
                format!("SOQL relationship paths cannot have more than {STEPS_MAX} levels: {}", path.text());
            return Err(self.refuse(path, &message));
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut candidates = vec![self.object.clone()];
        for name in names {
            let found = candidates.iter().find_map(|object| {
                relation(object, name).filter(|field| self.view.rights.field(object, field).read).cloned()
            });
            let targets: Vec<_> = found
                .iter()
                .flat_map(|field| &field.reference_to)
                .filter_map(|name| self.view.object(name).cloned())
                .collect();
            let Some(field) = found.filter(|_| !targets.is_empty()) else {
                return Err(self.refuse(path, &format!(
                    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
                )));
            };
            steps.push(Step {
                relationship: field.relationship.clone().unwrap_or_default(),
                key: field.name.clone(),
                polymorphic: field.reference_to.len() > 1,
                targets: targets.clone(),
            });
            candidates = targets;
        }
        Ok((steps, candidates))
    }

    /// A column of a record that may be of several objects.
    fn of_any(
        &self,
        path: &Path,
        steps: Vec<Step>,
        name: &str,
        candidates: &[Arc<ObjectType>],
    ) -> Result<Bound, ApiError> {
        let known = OF_EVERY_NAME.iter().any(|one| one.eq_ignore_ascii_case(name));
        if name.eq_ignore_ascii_case("Type") {
            let field = Arc::new(Field::system("Type", FieldType::Picklist));
            return Ok(Bound { steps, field, read: Read::TypeName });
        }
        let visible = |object: &Arc<ObjectType>| {
            let named = name.eq_ignore_ascii_case("Name");
            let field = if named { name_of(object) } else { object.field(name) }?;
            self.view.rights.field(object, field).read.then(|| field.clone())
        };
        match candidates.iter().find_map(visible).filter(|_| known) {
            Some(field) if name.eq_ignore_ascii_case("Name") => {
                let field = Arc::new(Field { name: "Name".to_owned(), ..Field::clone(&field) });
                Ok(Bound { steps, field, read: Read::Name })
            }
            Some(field) => self.read(path, steps, field),
            None => Err(self.no_column(path, name, "Name")),
        }
    }

    /// The field itself, or the part of it that the path's function takes.
    fn read(&self, path: &Path, steps: Vec<Step>, field: Arc<Field>) -> Result<Bound, ApiError> {
        let Some(function) = &path.function else { return Ok(Bound { steps, field, read: Read::Whole }) };
        match function.part.of_field(&field) {
            Some(made) if !function.zoned || field.kind == FieldType::DateTime => {
                let zone = if function.zoned { zone(&self.view) } else { chrono_tz::Tz::UTC };
                Ok(Bound { steps, field: Arc::new(made), read: Read::Part(function.part, zone) })
            }
            _ => {
                let written = &function.written;
                let message = format!("field {} does not support date function {written}", field.name);
                Err(self.refuse(path, &message))
            }
        }
    }

    fn no_column(&self, path: &Path, column: &str, entity: &str) -> ApiError {
        self.refuse(path, &format!(
            "No such column '{column}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
        ))
    }

    pub(super) fn refuse(&self, path: &Path, message: &str) -> ApiError {
        ApiError::bad("INVALID_FIELD", pointing(self.text, path.at, message))
    }
}

/// The running user's time zone.
pub(super) fn zone(view: &View<'_>) -> chrono_tz::Tz {
    let user = view
        .any_object("User")
        .and_then(|object| crate::tables::by_key(view, object, view.rights.user.as_str()));
    let name = user.map(|row| row.value(view, "TimeZoneSidKey"));
    name.as_ref().and_then(Value::as_str).and_then(|name| name.parse().ok()).unwrap_or_default()
}

/// The field that names an object's records.
pub(super) fn name_of(object: &ObjectType) -> Option<&Arc<Field>> {
    object.fields.iter().find(|field| field.name_field).or_else(|| object.field("Name"))
}

fn relation<'a>(object: &'a ObjectType, name: &str) -> Option<&'a Arc<Field>> {
    object
        .fields
        .iter()
        .find(|field| field.relationship.as_deref().is_some_and(|step| step.eq_ignore_ascii_case(name)))
}
