//! `search` by SOSL, and `parameterizedSearch`. Records are found as soon as they are there, without an index.

mod sosl;
mod term;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Call, Door};
use crate::org::{FieldType, Id, ObjectType};
use crate::soql::{self, Outcome};
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{Row, View};
pub(crate) use sosl::{Returning, Search};

use sosl::Group;
use term::Term;

/// Records of one answer.
const RECORDS_MAX: usize = 2_000;

/// `GET …/search?q=FIND {…}`.
pub(super) fn find(site: &Site, call: &Call, door: &Door<'_>) -> ApiResult {
    let Some(text) = call.parameter("q") else {
        return Err(malformed("A search string has to be specified"));
    };
    run(site, call, door, Search::parse(text)?)
}

/// `GET …/parameterizedSearch?q=…&sobject=…`, or the same as the body of a `POST`.
pub(super) fn parameterized(site: &Site, call: &Call, door: &Door<'_>) -> ApiResult {
    let body = if call.method == axum::http::Method::POST { call.object()? } else { by_parameters(call) };
    let text =
        |value: &Map<String, Value>, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |value: &Map<String, Value>, name: &str| {
        let value = value.get(name);
        value
            .and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
            .map(|number| number as usize)
    };
    let q = text(&body, "q").ok_or_else(|| malformed("q is required"))?;
    let fields = |value: &Map<String, Value>| -> Vec<String> {
        let list = value.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let usual = fields(&body);
    let default_limit = number(&body, "defaultLimit");
    let mut returning = Vec::new();
    for object in body.get("sobjects").and_then(Value::as_array).into_iter().flatten() {
        let members = object.as_object().cloned().unwrap_or_default();
        let object =
            text(&members, "name").ok_or_else(|| malformed("The name of each sobject is required"))?;
        let own = fields(&members);
        let rest = text(&members, "where").map(|clause| format!(" WHERE {clause}")).unwrap_or_default();
        let limit = number(&members, "limit").or(default_limit);
        returning.push(Returning {
            object,
            fields: if own.is_empty() { usual.clone() } else { own },
            rest,
            limit,
        });
    }
    let group = text(&body, "in").map(|word| Group::named(&word)).unwrap_or(Some(Group::All));
    let group = group.ok_or_else(|| malformed("in has to be ALL, NAME, EMAIL, PHONE or SIDEBAR"))?;
    let search = Search { term: Term::parse(&q)?, group, returning, limit: number(&body, "overallLimit") };
    run(site, call, door, search)
}

/// `sobject=Account&Account.fields=Id,Name&Account.limit=5` as a body says it.
fn by_parameters(call: &Call) -> Map<String, Value> {
    let mut body = Map::new();
    let listed = |text: &str| {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect::<Value>()
    };
    for name in ["q", "in", "overallLimit", "defaultLimit"] {
        if let Some(value) = call.parameter(name) {
            body.insert(name.to_owned(), value.into());
        }
    }
    if let Some(fields) = call.parameter("fields") {
        body.insert("fields".to_owned(), listed(fields));
    }
    let named = call.query.iter().filter(|(name, _)| name == "sobject");
    let objects = named.flat_map(|(_, names)| names.split(',')).map(|name| {
        let name = name.trim();
        let mut object = Map::from_iter([("name".to_owned(), Value::from(name))]);
        if let Some(fields) = call.parameter(&format!("{name}.fields")) {
            object.insert("fields".to_owned(), listed(fields));
        }
        for member in ["where", "limit"] {
            if let Some(value) = call.parameter(&format!("{name}.{member}")) {
                object.insert(member.to_owned(), value.into());
            }
        }
        Value::Object(object)
    });
    let objects: Vec<Value> = objects.collect();
    body.insert("sobjects".to_owned(), objects.into());
    body
}

fn run(site: &Site, call: &Call, door: &Door<'_>, search: Search) -> ApiResult {
    let state = door.snapshot(&site.org);
    let view = call.view(&site.org, &state);
    let limit = search.limit.unwrap_or(RECORDS_MAX).min(RECORDS_MAX);
    let mut found: Vec<Value> = Vec::new();
    let returning = if search.returning.is_empty() { everywhere(&view) } else { search.returning };
    for returning in returning {
        let object = view.object(&returning.object).ok_or_else(|| {
            let message = format!("sObject type '{}' is not supported.", returning.object);
            ApiError::bad("INVALID_TYPE", message)
        })?;
        if !object.searchable {
            let message = format!("entity type {} does not support search", object.name);
            return Err(ApiError::bad("INVALID_TYPE", message));
        }
        let fields = if returning.fields.is_empty() { "Id".to_owned() } else { returning.fields.join(", ") };
        let text = format!("SELECT {fields} FROM {}{}", object.name, returning.rest);
        let prepared = soql::prepare(&view, &text)?;
        let Outcome::Rows(mut rows) = soql::run(&view, &prepared, false)? else {
            return Err(malformed("A search returns fields alone"));
        };
        rows.retain(|row| matches(&view, object, row, search.group, &search.term));
        rows.truncate(returning.limit.unwrap_or(limit).min(limit - found.len()));
        found.extend(soql::records(&view, &prepared, &rows, &call.root)?);
    }
    // Before version 37 the answer was the array alone.
    Ok(Answer::ok(if call.version < 37 { found.into() } else { json!({"searchRecords": found}) }))
}

/// Reads a search.
pub(crate) fn read(text: &str) -> Result<Search, String> {
    Search::parse(text).map_err(|error| error.message)
}

/// What a search finds, by object in lower case; its conditions are left to whoever asks.
pub(crate) fn ids(view: &View<'_>, search: &Search) -> Result<BTreeMap<String, Vec<Id>>, String> {
    let mut found = BTreeMap::new();
    for returning in &search.returning {
        let Some(object) = view.object(&returning.object) else {
            return Err(format!("sObject type '{}' is not supported.", returning.object));
        };
        if !object.searchable {
            return Err(format!("entity type {} does not support search", object.name));
        }
        let text = format!("SELECT Id FROM {}", object.name);
        let prepared = soql::prepare(view, &text).map_err(|error| error.message)?;
        let rows = soql::run(view, &prepared, false).map_err(|error| error.message)?;
        let Outcome::Rows(rows) = rows else { continue };
        let rows = rows.iter().filter(|row| matches(view, object, row, search.group, &search.term));
        let rows = rows.filter_map(|row| row.value(view, "Id").as_str().and_then(Id::parse));
        found.insert(object.name.to_ascii_lowercase(), rows.take(RECORDS_MAX).collect());
    }
    Ok(found)
}

/// Where nothing is said of what to return, the ids of all that is found.
fn everywhere(view: &View<'_>) -> Vec<Returning> {
    let objects = view.state.metadata.objects();
    let objects = objects.filter(|object| {
        object.searchable
            && object.queryable
            && view.rights.object(object).read
            && view.state.records.count(&object.name) > 0
    });
    let all = |object: &std::sync::Arc<ObjectType>| Returning {
        object: object.name.clone(),
        fields: Vec::new(),
        rest: String::new(),
        limit: None,
    };
    objects.map(all).collect()
}

fn matches(view: &View<'_>, object: &ObjectType, row: &Row, group: Group, term: &Term) -> bool {
    let searched = object.fields.iter().filter(|field| {
        let kind = field.kind;
        let text = matches!(
            kind,
            FieldType::String
                | FieldType::TextArea
                | FieldType::Email
                | FieldType::Phone
                | FieldType::Url
                | FieldType::Picklist
                | FieldType::MultiPicklist
                | FieldType::Combobox
        );
        let own = match group {
            Group::All => text,
            Group::Name => field.name_field || matches!(field.name.as_str(), "FirstName" | "LastName"),
            Group::Email => kind == FieldType::Email,
            Group::Phone => kind == FieldType::Phone,
            Group::Sidebar => {
                text && (field.name_field || matches!(kind, FieldType::Email | FieldType::Phone))
            }
        };
        own && view.rights.field(object, field).read
    });
    let texts: Vec<String> =
        searched.filter_map(|field| row.value(view, &field.name).as_str().map(str::to_lowercase)).collect();
    term.is_in(&texts)
}

/// A search that cannot be read.
fn malformed(message: &str) -> ApiError {
    ApiError::bad("MALFORMED_SEARCH", message)
}
