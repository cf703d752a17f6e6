//! Queries are prepared: names bound, restrictions checked.

use std::sync::Arc;

use super::ast::{Condition, Literal, Operand, Operator, Query, With};
use super::bind::{Binder, zone};
use super::binds::Binds;
use super::dates;
use super::distance::Point;
use super::point::{malformed, pointing};
use super::reach::{Bound, Read};
use super::run::{Column, Prepared, Test};
use super::{aggregate, joins, narrow, parse, restrict, scope, select};
use crate::org::{Field, FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::{self, View};

/// Parses a query and binds it to what the caller may see.
pub(crate) fn prepare(view: &View<'_>, text: &str) -> Result<Prepared, ApiError> {
    let query = parse::parse(text, dates::wall(view.org.now_ms(), zone(view)), Binds::None)?;
    prepare_query(view, text, &query)
}

/// As [`prepare`], for a query that has been read.
pub(super) fn prepare_query(view: &View<'_>, text: &str, query: &Query) -> Result<Prepared, ApiError> {
    let object = object_of(view, text, query)?;
    prepare_on(view, text, object, query, false)
}

/// The object behind FROM.
pub(super) fn object_of(view: &View<'_>, text: &str, query: &Query) -> Result<Arc<ObjectType>, ApiError> {
    let name = query.from.text();
    let object = view.object(&name).filter(|object| object.queryable).cloned();
    object.ok_or_else(|| ApiError::bad("INVALID_TYPE", pointing(text, query.from.at, &unsupported(&name))))
}

/// What is said of an object that is not there.
pub(super) fn unsupported(name: &str) -> String {
    format!(
        "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )
}

/// `below_parent`: it is a subquery in the SELECT of another.
pub(super) fn prepare_on(
    view: &View<'_>,
    text: &str,
    object: Arc<ObjectType>,
    query: &Query,
    below_parent: bool,
) -> Result<Prepared, ApiError> {
    let binder = Binder {
        view: *view,
        text,
        object: object.clone(),
        alias: query.alias.as_deref(),
        parents: &query.parents,
    };
    for (_, path) in &query.parents {
        binder.relationship(path)?;
    }
    restrict::check(&binder, query, below_parent)?;
    if let Some(condition) = &query.condition {
        joins::check(&binder, condition)?;
    }
    let mut condition = query.condition.as_ref().map(|condition| test(&binder, condition)).transpose()?;
    if let Some(scope) = scope::test(&binder, query)? {
        condition = Some(match condition {
            Some(condition) => Test::All(vec![scope, condition]),
            None => scope,
        });
    }
    if let Some(With::DataCategory(at)) = query.with {
        // Only articles and questions have categories, and none are kept here.
        let has = object.name.ends_with("__kav")
            || ["KnowledgeArticleVersion", "Question"].contains(&&*object.name);
        if !has {
            return Err(malformed(
                text,
                at,
                "Implementation restriction: WITH DATA CATEGORY is for articles and questions",
            ));
        }
        condition = Some(Test::Any(Vec::new()));
    }
    if let Some(With::Filter(at)) = query.with {
        return Err(malformed(text, at, &format!("{} does not support filtering using WITH", object.name)));
    }
    let mut prepared = Prepared {
        entities: restrict::named_entities(query.condition.as_ref())
            .filter(|_| restrict::is_catalogue(&object.name)),
        object,
        columns: Vec::new(),
        count: query.count,
        groups: None,
        group_by: Vec::new(),
        totals: query.totals,
        condition,
        having: query.having.clone(),
        order: Vec::new(),
        group_order: Vec::new(),
        limit: query.limit,
        offset: query.offset,
        one_row: restrict::one_row_only(&binder, query),
    };
    if query.aggregates() {
        if below_parent {
            return Err(malformed(text, query.from.at, "only root queries support aggregate expressions"));
        }
        prepared.group_by = aggregate::grouped(&binder, query)?;
        prepared.groups = Some(aggregate::outputs(&binder, query)?);
        prepared.group_order = query.order.clone();
        return Ok(prepared);
    }
    if query.count && below_parent {
        return Err(malformed(text, query.from.at, "only root queries support aggregate expressions"));
    }
    for order in &query.order {
        let bound = operand(&binder, &order.by)?;
        if !tables::filterable(&bound.field) {
            let message = format!("field '{}' can not be sorted in a query call", bound.field.name);
            return Err(binder.refuse(order.by.path(), &message));
        }
        prepared.order.push((bound, order.descending, order.nulls_last));
    }
    prepared.columns = select::bind(&binder, query)?;
    Ok(prepared)
}

/// What a row is compared or sorted by.
fn operand(binder: &Binder<'_>, operand: &Operand) -> Result<Bound, ApiError> {
    match operand {
        // Labels are the values here.
        Operand::Field(path) | Operand::Label(path) => binder.bind(path),
        Operand::Aggregate(aggregate) => {
            let message = format!("Aggregate functions need a GROUP BY: {}", aggregate.function.as_str());
            Err(malformed(binder.text, aggregate.path.at, &message))
        }
        Operand::Distance(distance) => distance_bound(binder, distance),
    }
}

/// A distance, as a field of its own.
pub(super) fn distance_bound(
    binder: &Binder<'_>,
    distance: &super::ast::Distance,
) -> Result<Bound, ApiError> {
    let bound = binder.bind(&distance.path)?;
    if !matches!(bound.field.kind, FieldType::Location | FieldType::Address) {
        let message = format!("field {} does not support DISTANCE", bound.field.name);
        return Err(binder.refuse(&distance.path, &message));
    }
    let (latitude, longitude, miles) = (distance.latitude, distance.longitude, distance.miles);
    let field = Field { name: bound.field.name.clone(), ..Field::new("distance", FieldType::Double) };
    let read = Read::Distance(Point { latitude, longitude, miles });
    Ok(Bound { field: Arc::new(field), read, ..bound })
}

fn test(binder: &Binder<'_>, condition: &Condition) -> Result<Test, ApiError> {
    let all = |conditions: &[Condition]| {
        conditions.iter().map(|one| test(binder, one)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::And(conditions) => Test::All(all(conditions)?),
        Condition::Or(conditions) => Test::Any(all(conditions)?),
        Condition::Not(condition) => Test::Not(Box::new(test(binder, condition)?)),
        Condition::Compare { left: Operand::Field(path), .. }
            if binder.object.name == "SubscriberPackageVersion"
                && path.text().eq_ignore_ascii_case(restrict::INSTALLATION_KEY) =>
        {
            Test::All(Vec::new())
        }
        Condition::Compare { left, operator, values } => {
            let bound = operand(binder, left)?;
            restrict::comparable(&bound.field, *operator, values)
                .map_err(|message| binder.refuse(left.path(), &message))?;
            let values = values.iter().map(|value| at_moments(binder, &bound, value)).collect();
            compared(bound, *operator, values)
        }
        Condition::InQuery { left, negated, query } => {
            let bound = binder.bind(left)?;
            let values = joins::values(binder, left, &bound, query)?;
            let operator = if *negated { Operator::NotIn } else { Operator::In };
            compared(bound, operator, values)
        }
    })
}

fn compared(left: Bound, operator: Operator, values: Vec<Literal>) -> Test {
    narrow::among(&left, operator, &values).unwrap_or(Test::Compare { left, operator, values })
}

/// Where moments are compared, a day from a bind is one, and days of the user's calendar are those between their ends.
fn at_moments(binder: &Binder<'_>, left: &Bound, value: &Literal) -> Literal {
    match value {
        Literal::Days(days) if left.field.kind == FieldType::DateTime => {
            Literal::Time(dates::moments(days, zone(&binder.view)))
        }
        Literal::Day(span) if left.field.kind == FieldType::DateTime => {
            Literal::Time(span.start..span.start.saturating_add(1))
        }
        other => other.clone(),
    }
}

/// The relationship that a query of children goes along; the parent's name may stand before it: `Account.Contacts`.
pub(super) fn relationship_of(parent: &str, query: &Query) -> String {
    match query.from.parts.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && first.eq_ignore_ascii_case(parent) => rest.join("."),
        _ => query.from.text(),
    }
}

/// `(SELECT … FROM Contacts)`.
pub(super) fn children(binder: &Binder<'_>, query: &Query) -> Result<Column, ApiError> {
    let name = relationship_of(&binder.object.name, query);
    for object in binder.view.state.metadata.objects() {
        let link = object.fields.iter().find(|field| {
            field.reference_to.iter().any(|parent| parent.eq_ignore_ascii_case(&binder.object.name))
                && child_relationship(object, field)
                    .is_some_and(|relationship| relationship.eq_ignore_ascii_case(&name))
        });
        let Some(link) = link.filter(|field| binder.view.rights.field(object, field).read) else { continue };
        if !binder.view.rights.object(object).read {
            break;
        }
        let relationship = child_relationship(object, link).unwrap_or_default();
        let prepared = prepare_on(&binder.view, binder.text, object.clone(), query, true)?;
        return Ok(Column::Children { relationship, link: Bound::own(link), query: Box::new(prepared) });
    }
    Err(ApiError::bad("INVALID_TYPE", pointing(binder.text, query.from.at, &no_children(&name))))
}

/// What is said of children that are not there.
pub(super) fn no_children(name: &str) -> String {
    format!(
        "Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
    )
}

/// The word that steps from a parent to the children behind `field`: as deployed, or the plural of a standard object.
pub(crate) fn child_relationship(object: &ObjectType, field: &Field) -> Option<String> {
    if let Some(name) = &field.child_relationship {
        return Some(name.clone());
    }
    match (object.name.as_str(), field.name.as_str()) {
        ("FieldDefinition", "EntityDefinitionId") => return Some("Fields".to_owned()),
        ("EntityParticle", "EntityDefinitionId") => return Some("Particles".to_owned()),
        _ => {}
    }
    let principal = [
        "ParentId",
        "AccountId",
        "ContactId",
        "OpportunityId",
        "CampaignId",
        "ContentDocumentId",
        "LinkedEntityId",
        "WhatId",
        "WhoId",
    ];
    (!object.is_custom() && principal.contains(&field.name.as_str())).then(|| match object.name.as_str() {
        name if name.ends_with('y') => format!("{}ies", &name[..name.len() - 1]),
        name => format!("{name}s"),
    })
}
