//! The columns of a query without groups.

use std::collections::BTreeSet;

use super::ast::{Item, Path, Query, Shown, TypeOf};
use super::bind::Binder;
use super::point::{malformed, pointing};
use super::prepare::{children, distance_bound, unsupported};
use super::reach::Bound;
use super::run::Column;
use crate::org::FieldType;
use crate::surface::ApiError;

/// Rows that `FIELDS(ALL)` and `FIELDS(CUSTOM)` may bring.
const FIELDS_ROWS_MAX: usize = 200;

/// Binds what is selected.
pub(super) fn bind(binder: &Binder<'_>, query: &Query) -> Result<Vec<Column>, ApiError> {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen = BTreeSet::new();
    // Whether a name comes a second time.
    let mut again = |name: &str| !seen.insert(name.to_ascii_lowercase());
    let twice = |name: &str| ApiError::bad("INVALID_FIELD", format!("duplicate field selected: {name}"));
    let mut unnamed = 0;
    for item in &query.items {
        match item {
            Item::Field { path, shown, alias } => {
                let column = field(binder, path, *shown, alias.as_deref())?;
                let name = alias.clone().unwrap_or_else(|| own_name(binder, path));
                if again(&name) {
                    return Err(twice(&name));
                }
                columns.push(column);
            }
            Item::Distance { distance, alias } => {
                let bound = Bound { steps: Vec::new(), ..distance_bound(binder, distance)? };
                let key = alias.clone().unwrap_or_else(|| {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                });
                if again(&key) {
                    return Err(malformed(binder.text, distance.path.at, &format!("duplicate alias: {key}")));
                }
                columns.push(Column::Field { bound, shown: Shown::default(), key });
            }
            Item::Fields { which, .. } => {
                for column in all_fields(binder, query, which)? {
                    if let Column::Field { key, .. } = &column
                        && again(key)
                    {
                        return Err(twice(key));
                    }
                    columns.push(column);
                }
            }
            Item::Child(query) => {
                let column = children(binder, query)?;
                if let Column::Children { relationship, .. } = &column
                    && again(relationship)
                {
                    return Err(twice(relationship));
                }
                columns.push(column);
            }
            Item::TypeOf(of) => columns.push(type_of(binder, of)?),
            Item::Aggregate(_) => {}
        }
    }
    Ok(columns)
}

/// A path without the name that FROM gave.
fn own_name(binder: &Binder<'_>, path: &Path) -> String {
    match path.parts.split_first() {
        Some((first, rest))
            if !rest.is_empty()
                && (binder.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(first))
                    || binder.object.name.eq_ignore_ascii_case(first)) =>
        {
            rest.join(".")
        }
        _ => path.text(),
    }
}

fn field(binder: &Binder<'_>, path: &Path, shown: Shown, alias: Option<&str>) -> Result<Column, ApiError> {
    let bound = binder.bind(path)?;
    if path.function.is_some() {
        let message = format!("Field must be grouped or aggregated: {}", path.text());
        return Err(malformed(binder.text, path.at, &message));
    }
    if shown.converted && bound.field.kind != FieldType::Currency {
        let message = format!("field {} does not support convertCurrency", bound.field.name);
        return Err(malformed(binder.text, path.at, &message));
    }
    if shown.format && !formattable(bound.field.kind) {
        let message = format!("field {} does not support format", bound.field.name);
        return Err(malformed(binder.text, path.at, &message));
    }
    let key = alias.map_or_else(|| bound.field.name.clone(), str::to_owned);
    Ok(Column::Field { bound, shown, key })
}

fn formattable(kind: FieldType) -> bool {
    kind.is_number() || matches!(kind, FieldType::Date | FieldType::DateTime | FieldType::Time)
}

fn all_fields(binder: &Binder<'_>, query: &Query, which: &str) -> Result<Vec<Column>, ApiError> {
    // The standard fields are known in number.
    if which != "STANDARD" && query.limit.is_none_or(|limit| limit > FIELDS_ROWS_MAX) {
        let message = format!("The SOQL FIELDS function must have a LIMIT of at most {FIELDS_ROWS_MAX}");
        return Err(ApiError::bad("MALFORMED_QUERY", message));
    }
    let object = &binder.object;
    let wanted = object.fields.iter().filter(|field| match which {
        "CUSTOM" => field.custom,
        "STANDARD" => !field.custom,
        _ => true,
    });
    let visible = wanted.filter(|field| binder.view.rights.field(object, field).read);
    Ok(visible
        .map(|field| Column::Field {
            bound: Bound::own(field),
            shown: Shown::default(),
            key: field.name.clone(),
        })
        .collect())
}

fn type_of(binder: &Binder<'_>, of: &TypeOf) -> Result<Column, ApiError> {
    let (steps, targets) = binder.relationship(&of.path)?;
    if !steps.last().is_some_and(|step| step.polymorphic) {
        let message = format!("field '{}' is not a polymorphic relationship", of.path.text());
        return Err(binder.refuse(&of.path, &message));
    }
    let mut when = Vec::new();
    for (object, fields) in &of.when {
        let name = object.text();
        let Some(found) = targets.iter().find(|target| target.name.eq_ignore_ascii_case(&name)) else {
            return Err(ApiError::bad("INVALID_TYPE", pointing(binder.text, object.at, &unsupported(&name))));
        };
        let inner = binder.on(found.clone());
        let bounds = fields.iter().map(|path| inner.bind(path)).collect::<Result<Vec<_>, _>>()?;
        when.push((found.clone(), bounds));
    }
    let otherwise = of.otherwise.iter().map(|path| {
        let parts = of.path.parts.iter().chain(&path.parts).cloned().collect();
        let bound = binder.bind(&Path { parts, ..path.clone() })?;
        // From the parent on.
        let taken = steps.len().min(bound.steps.len());
        Ok(Bound { steps: bound.steps[taken..].to_vec(), ..bound })
    });
    let otherwise = otherwise.collect::<Result<Vec<_>, ApiError>>()?;
    Ok(Column::TypeOf { steps, when, otherwise: (!otherwise.is_empty()).then_some(otherwise) })
}
