//! Fewer rows to look at: by id or by an indexed field where the condition names values, and long lists as sets.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::ast::{Literal, Operator};
use super::reach::{Bound, Read};
use super::run::Test;
use crate::org::{FieldType, Id, ObjectType};
use crate::tables::{self, Row, View};

/// Lists longer than this become sets.
const LIST_MAX: usize = 8;

/// The rows that can meet a condition, in the order of their ids; `None`: all have to be looked at.
pub(super) fn candidates(
    view: &View<'_>,
    object: &ObjectType,
    test: Option<&Test>,
    deleted: bool,
) -> Option<Vec<Row>> {
    if deleted || !(tables::stores(object) || object.name == "User") {
        return None;
    }
    let ids = ids(view, object, test?)?;
    Some(ids.into_iter().filter_map(|id| tables::by_key(view, object, id.as_str())).collect())
}

fn ids(view: &View<'_>, object: &ObjectType, test: &Test) -> Option<BTreeSet<Id>> {
    let (left, texts) = match test {
        Test::All(tests) => return tests.iter().find_map(|test| ids(view, object, test)),
        Test::Compare { left, operator: Operator::Equal | Operator::In, values } => {
            let texts = values.iter().map(|value| match value {
                Literal::Text(text) => Some(text.clone()),
                _ => None,
            });
            (left, texts.collect::<Option<Vec<_>>>()?)
        }
        Test::Among { left, negated: false, null: false, keys } => (left, keys.iter().cloned().collect()),
        _ => return None,
    };
    if !left.steps.is_empty() || !matches!(left.read, Read::Whole) {
        return None;
    }
    let field = &left.field;
    if field.kind == FieldType::Id {
        return Some(texts.iter().filter_map(|text| Id::parse(text)).collect());
    }
    let indexed = field.kind == FieldType::Reference || field.unique || field.external_id;
    if !indexed || object.name == "User" || texts.iter().any(String::is_empty) {
        return None;
    }
    let found = texts.iter().flat_map(|text| {
        let value = match Id::parse(text).filter(|_| field.kind == FieldType::Reference) {
            Some(id) => id.into(),
            None => Value::from(text.as_str()),
        };
        view.state.records.with_value(&object.name, &field.name, &value)
    });
    Some(found.collect())
}

/// A comparison with a long list of texts, as a look into a set.
pub(super) fn among(left: &Bound, operator: Operator, values: &[Literal]) -> Option<Test> {
    let negated = match operator {
        Operator::In => false,
        Operator::NotIn => true,
        _ => return None,
    };
    if values.len() <= LIST_MAX {
        return None;
    }
    let mut null = false;
    let mut keys = HashSet::with_capacity(values.len());
    for value in values {
        match value {
            Literal::Null => null = true,
            Literal::Text(text) => {
                null |= text.is_empty();
                keys.insert(key(left.field.kind, text));
            }
            _ => return None,
        }
    }
    Some(Test::Among { left: left.clone(), negated, null, keys: Arc::new(keys) })
}

/// What texts that count as equal have in common.
pub(super) fn key(kind: FieldType, text: &str) -> String {
    let id = Id::parse(text).filter(|_| matches!(kind, FieldType::Id | FieldType::Reference));
    id.map_or_else(|| text.to_lowercase(), |id| id.as_str().to_owned())
}
