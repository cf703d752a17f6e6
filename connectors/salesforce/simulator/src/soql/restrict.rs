//! What Salesforce does not let a query do.

use super::ast::{Condition, Item, Literal, Operand, Operator, Query};
use super::bind::Binder;
use super::point::malformed;
use crate::org::{Field, FieldType};
use crate::surface::ApiError;
use crate::tables;

/// Rows of EntityDefinition that one query may find: there is no second page.
pub(super) const CATALOGUE_ROWS_MAX: usize = 2_000;

/// Tables of the metadata catalogue, whose queries may do less.
pub(super) fn is_catalogue(table: &str) -> bool {
    matches!(table, "EntityDefinition" | "FieldDefinition" | "EntityParticle")
}

/// Refuses a query that the table does not support. `below_parent`: it is a subquery in the SELECT of another.
pub(super) fn check(binder: &Binder<'_>, query: &Query, below_parent: bool) -> Result<(), ApiError> {
    let table = binder.object.name.as_str();
    let refuse = |message: &str| Err(malformed(binder.text, query.from.at, message));
    if is_catalogue(table) {
        if query.aggregates() {
            return refuse(&format!("{table} does not support GROUP BY or aggregate functions"));
        }
        if let Some(condition) = &query.condition {
            catalogue_condition(condition).or_else(refuse)?;
        }
    }
    if matches!(table, "SubscriberPackage" | "SubscriberPackageVersion")
        && !by_id_alone(query.condition.as_ref(), table)
    {
        return refuse(
            "Implementation restriction: You can only perform queries of the form Id='<some_value>'.",
        );
    }
    // Below a parent the parent is the filter.
    let reified: &[&str] = match table {
        _ if below_parent => &[],
        "FieldDefinition" => &["EntityDefinitionId", "DurableId"],
        "EntityParticle" => &["EntityDefinitionId", "FieldDefinitionId", "DurableId"],
        _ => &[],
    };
    if !reified.is_empty() && !pins(query.condition.as_ref(), reified, Some("EntityDefinition")) {
        return refuse(&format!("{table}: a filter on a reified column is required [{}]", reified.join(",")));
    }
    if table == "ContentDocumentLink" && !below_parent && !binder.view.rights.has("QueryAllFiles") {
        let columns = ["Id", "ContentDocumentId", "LinkedEntityId"];
        if !pins(query.condition.as_ref(), &columns, None) {
            return refuse(
                "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
            );
        }
    }
    Ok(())
}

/// `Metadata` and `FullName` of Tooling tables come one row at a time.
pub(super) fn one_row_only(binder: &Binder<'_>, query: &Query) -> bool {
    let costly = |path: &super::ast::Path| {
        path.parts.last().is_some_and(|name| {
            ["Metadata", "FullName", "SymbolTable"].iter().any(|one| one.eq_ignore_ascii_case(name))
        })
    };
    binder.view.tooling
        && query
            .items
            .iter()
            .any(|item| matches!(item, Item::Field { path, .. } if path.parts.len() == 1 && costly(path)))
}

/// Refuses a field that cannot stand in a condition, or a value of the wrong type.
pub(super) fn comparable(field: &Field, operator: Operator, values: &[Literal]) -> Result<(), String> {
    if !tables::filterable(field) {
        return Err(format!("field '{}' can not be filtered in a query call", field.name));
    }
    let wanted = match field.kind {
        FieldType::Boolean => "boolean",
        FieldType::DateTime => "dateTime",
        FieldType::Date => "date",
        FieldType::Time => "time",
        FieldType::Int | FieldType::Long => "int",
        kind if kind.is_number() => kind.as_str(),
        _ => "string",
    };
    let multi = field.kind == FieldType::MultiPicklist;
    match operator {
        Operator::Includes | Operator::Excludes if !multi => {
            return Err(format!(
                "invalid operator on field '{}': it is not a multi-select picklist",
                field.name
            ));
        }
        Operator::Like
            if wanted != "string" || matches!(field.kind, FieldType::Id | FieldType::Reference) || multi =>
        {
            return Err(format!("invalid operator on {} field", field.kind.as_str()));
        }
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
            if multi || matches!(field.kind, FieldType::Boolean) =>
        {
            return Err(format!("invalid operator on {} field", field.kind.as_str()));
        }
        _ => {}
    }
    for value in values {
        let fits = match (wanted, value) {
            (_, Literal::Null | Literal::Any) => true,
            ("boolean", Literal::Bool(_))
            | ("dateTime", Literal::Time(_) | Literal::Days(_) | Literal::Moment(_) | Literal::Day(_))
            | ("date", Literal::Time(_) | Literal::Days(_) | Literal::Date(_) | Literal::Day(_))
            | ("string", Literal::Text(_)) => true,
            // Binds bring times of day as texts.
            ("time", Literal::Clock(_) | Literal::Text(_)) => true,
            ("boolean" | "dateTime" | "date" | "time" | "string", _) => false,
            (_, Literal::Number(number)) => wanted != "int" || number.fract() == 0.0,
            _ => false,
        };
        if !fits {
            let quotes = if wanted == "string" {
                "should be enclosed in quotes"
            } else {
                "should not be enclosed in quotes"
            };
            return Err(format!(
                "value of filter criterion for field '{}' must be of type {wanted} and {quotes}",
                field.name
            ));
        }
        // A word that is no id names an object where ids of objects are compared.
        if let Literal::Text(text) = value
            && field.kind == FieldType::Id
            && !text.is_empty()
            && crate::org::Id::parse(text).is_none()
            && text.len() != 15
            && text.len() != 18
            && field.name == "Id"
        {
            return Err(format!("invalid ID field: {text}"));
        }
    }
    Ok(())
}

fn catalogue_condition(condition: &Condition) -> Result<(), &'static str> {
    match condition {
        Condition::Or(_) => Err("Disjunctions not supported"),
        Condition::And(all) => all.iter().try_for_each(catalogue_condition),
        Condition::Not(inner) => catalogue_condition(inner),
        Condition::Compare { operator: Operator::NotEqual | Operator::NotIn, .. }
        | Condition::InQuery { negated: true, .. } => Err("Only equals comparisons permitted"),
        Condition::Compare { operator: Operator::Includes | Operator::Excludes, .. } => {
            Err("INCLUDES and EXCLUDES are not supported")
        }
        Condition::Compare { .. } | Condition::InQuery { .. } => Ok(()),
    }
}

/// `Id = '…'`, and for a version its installation key beside it.
fn by_id_alone(condition: Option<&Condition>, table: &str) -> bool {
    let is = |condition: &Condition, name: &str| {
        matches!(condition, Condition::Compare { left: Operand::Field(path), operator: Operator::Equal, .. }
            if path.parts.len() == 1 && path.parts[0].eq_ignore_ascii_case(name))
    };
    match condition {
        Some(Condition::And(both)) if table == "SubscriberPackageVersion" => {
            both.len() == 2
                && both.iter().any(|one| is(one, "Id"))
                && both.iter().any(|one| is(one, INSTALLATION_KEY))
        }
        Some(one) => is(one, "Id"),
        None => false,
    }
}

/// A column that may be compared and is never shown; for managed packages it may be left out and changes nothing.
pub(super) const INSTALLATION_KEY: &str = "InstallationKey";

/// Whether a condition that always applies fixes one of `columns`, or any column of the parent `through`.
fn pins(condition: Option<&Condition>, columns: &[&str], through: Option<&str>) -> bool {
    let named = |path: &super::ast::Path| {
        let last = path.parts.last().map(String::as_str).unwrap_or_default();
        let parent = path.parts.len() > 1
            && through.is_some_and(|through| path.parts[path.parts.len() - 2].eq_ignore_ascii_case(through));
        parent || path.parts.len() == 1 && columns.iter().any(|column| column.eq_ignore_ascii_case(last))
    };
    match condition {
        Some(Condition::And(all)) => all.iter().any(|one| pins(Some(one), columns, through)),
        Some(Condition::Compare {
            left: Operand::Field(path),
            operator: Operator::Equal | Operator::In,
            ..
        }) => named(path),
        Some(Condition::InQuery { left, negated: false, .. }) => named(left),
        _ => false,
    }
}

/// The objects that a query on fields is about, where its condition names them.
pub(super) fn named_entities(condition: Option<&Condition>) -> Option<Vec<String>> {
    match condition? {
        Condition::And(all) => all.iter().find_map(|one| named_entities(Some(one))),
        Condition::Compare {
            left: Operand::Field(path),
            operator: Operator::Equal | Operator::In,
            values,
        } => {
            let text = path.text().to_ascii_lowercase();
            if !matches!(
                text.as_str(),
                "entitydefinitionid" | "entitydefinition.qualifiedapiname" | "entitydefinition.durableid"
            ) {
                return None;
            }
            let names = values
                .iter()
                .filter_map(|value| if let Literal::Text(name) = value { Some(name.clone()) } else { None });
            Some(names.collect())
        }
        _ => None,
    }
}
