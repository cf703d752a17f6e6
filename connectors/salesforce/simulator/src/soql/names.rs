//! The names in a query, checked against a schema alone: what a compiler knows before anything runs.

use std::sync::Arc;

use super::ast::{Condition, Item, Path, Query, With};
use super::binds::Binds;
use super::parse;
use super::prepare::{child_relationship, no_children, relationship_of, unsupported};
use crate::org::{Metadata, ObjectType};

/// What the text alone says of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The object that is queried, as the schema spells it.
    pub object: String,
    /// `SELECT COUNT()`.
    pub count: bool,
    /// It answers groups.
    pub groups: bool,
    /// `WITH SECURITY_ENFORCED`.
    pub security_enforced: bool,
}

/// Checks the names of a query, or says in Salesforce's words what is wrong. Binds stand as `:name`.
pub fn check_names(metadata: &Metadata, text: &str) -> Result<Named, String> {
    let query = parse::parse(text, 0, Binds::Unknown).map_err(|error| error.message)?;
    let name = query.from.text();
    let object =
        metadata.object(&name).filter(|object| object.queryable).ok_or_else(|| unsupported(&name))?;
    Names { metadata, object: object.clone() }.query(&query)?;
    Ok(Named {
        object: object.name.clone(),
        count: query.count,
        groups: query.aggregates(),
        security_enforced: query.with == Some(With::SecurityEnforced),
    })
}

struct Names<'a> {
    metadata: &'a Metadata,
    object: Arc<ObjectType>,
}

impl Names<'_> {
    fn query(&self, query: &Query) -> Result<(), String> {
        let alias = query.alias.as_deref();
        if !query.parents.is_empty() {
            // Which names stand for what is known when it runs.
            return Ok(());
        }
        for item in &query.items {
            match item {
                Item::Field { path, .. } => self.path(path, alias)?,
                Item::Distance { distance, .. } => self.path(&distance.path, alias)?,
                Item::Aggregate(aggregate) => self.path(&aggregate.path, alias)?,
                Item::Fields { which, .. } if which != "STANDARD" => {
                    return Err(
                        "The SOQL FIELDS function is not supported with an unbounded set of fields in this API."
                            .to_owned(),
                    );
                }
                Item::Fields { .. } | Item::TypeOf(_) => {}
                Item::Child(child) => self.children(child)?,
            }
        }
        if let Some(condition) = &query.condition {
            self.condition(condition, alias)?;
        }
        query.group_by.iter().try_for_each(|path| self.path(path, alias))?;
        if !query.aggregates() {
            for order in &query.order {
                self.path(order.by.path(), alias)?;
            }
        }
        Ok(())
    }

    fn condition(&self, condition: &Condition, alias: Option<&str>) -> Result<(), String> {
        match condition {
            Condition::And(all) | Condition::Or(all) => {
                all.iter().try_for_each(|one| self.condition(one, alias))
            }
            Condition::Not(inner) => self.condition(inner, alias),
            Condition::Compare { left, .. } => self.path(left.path(), alias),
            Condition::InQuery { left, query, .. } => {
                self.path(left, alias)?;
                let name = query.from.text();
                match self.metadata.object(&name) {
                    Some(object) => Names { metadata: self.metadata, object: object.clone() }.query(query),
                    None => Err(unsupported(&name)),
                }
            }
        }
    }

    fn children(&self, query: &Query) -> Result<(), String> {
        let name = relationship_of(&self.object.name, query);
        let references = self.metadata.references_to(&self.object.name);
        let child = references.iter().find(|(object, field)| {
            child_relationship(object, field).is_some_and(|step| step.eq_ignore_ascii_case(&name))
        });
        match child {
            Some((object, _)) => Names { metadata: self.metadata, object: object.clone() }.query(query),
            None => Err(no_children(&name)),
        }
    }

    fn path(&self, path: &Path, alias: Option<&str>) -> Result<(), String> {
        let mut parts = path.parts.as_slice();
        let step = |object: &ObjectType, name: &str| {
            let field = object.fields.iter().find(|field| {
                field.relationship.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
            });
            field.cloned()
        };
        if let [first, rest @ ..] = parts
            && !rest.is_empty()
            && (alias.is_some_and(|alias| alias.eq_ignore_ascii_case(first))
                || self.object.name.eq_ignore_ascii_case(first))
            && step(&self.object, first).is_none()
        {
            parts = rest;
        }
        let Some((last, before)) = parts.split_last() else { return Ok(()) };
        let mut candidates = vec![self.object.clone()];
        for (place, name) in before.iter().enumerate() {
            let Some(field) = candidates.iter().find_map(|object| step(object, name)) else {
                // A part of a compound field is written like a step.
                let compound =
                    place + 1 == before.len() && candidates.iter().any(|object| object.field(name).is_some());
                if compound {
                    return Ok(());
                }
                return Err(format!(
                    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
                ));
            };
            candidates =
                field.reference_to.iter().filter_map(|name| self.metadata.object(name).cloned()).collect();
        }
        let of_any =
            candidates.len() > 1 && ["Name", "Type"].iter().any(|one| one.eq_ignore_ascii_case(last));
        if of_any || candidates.iter().any(|object| object.field(last).is_some()) {
            return Ok(());
        }
        let entity = candidates.first().map_or(self.object.name.as_str(), |object| object.name.as_str());
        Err(format!(
            "No such column '{last}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
        ))
    }
}
