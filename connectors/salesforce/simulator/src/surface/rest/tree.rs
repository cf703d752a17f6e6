//! `composite/tree/X`: records with their children, all or none.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Call, Door, apply, write};
use crate::dml::{Operation, RowError};
use crate::org::Id;
use crate::soql;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::transaction::Transaction;

const RECORDS_MAX: usize = 200;
const TYPES_MAX: usize = 5;
const DEPTH_MAX: usize = 5;

/// A record that waits for its parent.
struct Node {
    object: String,
    reference: String,
    body: Map<String, Value>,
    /// The parent's place, and the relationship that leads here.
    parent: Option<(usize, String)>,
    depth: usize,
}

/// What became of a record.
enum Fate {
    Made(Id),
    Refused(Vec<RowError>),
    Undone,
}

/// `POST …/composite/tree/X`.
pub(super) fn create(site: &Site, call: &Call, door: &mut Door<'_>, name: &str) -> ApiResult {
    let nodes = nodes(name, call.object()?)?;
    let mut fates = Vec::new();
    // What fails undoes the whole tree: the door sees an error, the answer tells the rows.
    let done = door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        fates = grow(tx, &object.name, &nodes)?;
        let failed = fates.iter().any(|fate| !matches!(fate, Fate::Made(_)));
        if failed { Err(ApiError::bad("ROLLED_BACK", "the tree is undone")) } else { Ok(()) }
    });
    match done {
        Ok(()) => {
            let made = nodes.iter().zip(&fates).filter_map(|(node, fate)| match fate {
                Fate::Made(id) => Some(json!({"referenceId": node.reference, "id": id})),
                _ => None,
            });
            let results: Value = made.collect();
            Ok(Answer::json(StatusCode::CREATED, json!({"hasErrors": false, "results": results})))
        }
        Err(error) if fates.is_empty() => Err(error),
        Err(_) => {
            let failed = nodes.iter().zip(&fates).filter_map(|(node, fate)| match fate {
                Fate::Refused(errors) => {
                    let errors = errors.iter().map(|error| ApiError::from(error.clone()).to_row_json());
                    Some(json!({"referenceId": node.reference, "errors": errors.collect::<Value>()}))
                }
                _ => None,
            });
            let results: Value = failed.collect();
            Ok(Answer::json(StatusCode::BAD_REQUEST, json!({"hasErrors": true, "results": results})))
        }
    }
}

/// All records, parents before their children, level by level.
fn nodes(name: &str, body: Map<String, Value>) -> Result<Vec<Node>, ApiError> {
    let invalid = |message: String| ApiError::bad("INVALID_INPUT", message);
    let mut nodes: Vec<Node> = Vec::new();
    let mut references = BTreeSet::new();
    let mut open = vec![(body, None::<(usize, String)>, 1)];
    while let Some((list, parent, depth)) = (!open.is_empty()).then(|| open.remove(0)) {
        let records = match list.get("records") {
            Some(Value::Array(records)) => records.clone(),
            _ => return Err(invalid("A records array is required".to_owned())),
        };
        if depth > DEPTH_MAX {
            return Err(invalid(format!("A tree is at most {DEPTH_MAX} levels deep")));
        }
        for record in records {
            let Value::Object(mut record) = record else {
                return Err(invalid("A record has to be a JSON object".to_owned()));
            };
            let attributes = record.remove("attributes").unwrap_or_default();
            let text = |member: &str| attributes.get(member).and_then(Value::as_str).map(str::to_owned);
            let reference = text("referenceId").ok_or_else(|| {
                invalid("Include a reference ID value for each record in the request.".to_owned())
            })?;
            if !references.insert(reference.clone()) {
                return Err(invalid(format!("Duplicate ReferenceId provided in the request: {reference}")));
            }
            let object = text("type")
                .ok_or_else(|| invalid("attributes.type is required for each record".to_owned()))?;
            if depth == 1 && !object.eq_ignore_ascii_case(name) {
                return Err(invalid(format!(
                    "The records of a tree of {name} have to be of this type, not {object}"
                )));
            }
            let at = nodes.len();
            let nested = |value: &Value| value.get("records").is_some_and(Value::is_array);
            let lists: Vec<String> =
                record.iter().filter(|(_, value)| nested(value)).map(|(member, _)| member.clone()).collect();
            for relationship in lists {
                if let Some(Value::Object(list)) = record.remove(&relationship) {
                    open.push((list, Some((at, relationship)), depth + 1));
                }
            }
            nodes.push(Node { object, reference, body: record, parent: parent.clone(), depth });
            if nodes.len() > RECORDS_MAX {
                return Err(invalid(format!("A tree holds at most {RECORDS_MAX} records")));
            }
        }
    }
    let types: BTreeSet<String> = nodes.iter().map(|node| node.object.to_lowercase()).collect();
    if types.len() > TYPES_MAX {
        return Err(invalid(format!("A tree holds records of at most {TYPES_MAX} types")));
    }
    Ok(nodes)
}

/// Inserts level by level until one of them fails.
fn grow(tx: &mut Transaction, root: &str, nodes: &[Node]) -> Result<Vec<Fate>, ApiError> {
    let mut fates: Vec<Fate> = Vec::new();
    let deepest = nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    let mut failed = false;
    for depth in 1..=deepest {
        let level: Vec<&Node> = nodes.iter().filter(|node| node.depth == depth).collect();
        if failed {
            fates.extend(level.iter().map(|_| Fate::Undone));
            continue;
        }
        let rows = level.iter().map(|node| {
            let object = write::target(tx, &node.object)?;
            let mut body = node.body.clone();
            if let Some((parent, relationship)) = &node.parent {
                let above = nodes.get(*parent).map_or(root, |parent| parent.object.as_str());
                let link = link(tx, above, &object, relationship)?;
                if let Some(Fate::Made(id)) = fates.get(*parent) {
                    body.insert(link, (*id).into());
                }
            }
            write::new_row(tx, &object, &body, None)
        });
        let rows = rows.collect();
        let results = apply(tx, Operation::Insert, rows, true);
        failed |= results.iter().any(|result| !result.errors.is_empty());
        fates.extend(results.into_iter().map(|result| match result.id {
            Some(id) if result.errors.is_empty() => Fate::Made(id),
            _ if result.failed() => Fate::Refused(result.errors),
            _ => Fate::Undone,
        }));
    }
    Ok(fates)
}

/// The field of a child that leads to its parent.
fn link(
    tx: &Transaction,
    parent: &str,
    child: &crate::org::ObjectType,
    relationship: &str,
) -> Result<String, ApiError> {
    let leads = |field: &crate::org::Field| {
        field.reference_to.iter().any(|to| to.eq_ignore_ascii_case(parent))
            && soql::child_relationship(child, field)
                .is_some_and(|own| own.eq_ignore_ascii_case(relationship))
    };
    let field = child.fields.iter().find(|field| leads(field) && tx.rights.field(child, field).read);
    field.map(|field| field.name.clone()).ok_or_else(|| {
        let message = format!("No such relationship '{relationship}' from {parent} to {}", child.name);
        ApiError::bad("INVALID_FIELD", message)
    })
}
