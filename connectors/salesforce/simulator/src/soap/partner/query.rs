//! `query`, `queryAll`, `queryMore`, `retrieve`.

use std::sync::Arc;

use serde_json::Value;

use super::record::record;
use crate::fault::Operation;
use crate::metadata::xml::Element;
use crate::org::{Id, State, prefix};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;
use crate::soql::{self, Outcome};
use crate::surface::rest::{Cursor, Remaining};
use crate::tables::View;

/// Rows of a page: as many as are asked for, within these bounds.
const BATCH_DEFAULT: usize = 500;
const BATCH_MIN: usize = 200;
const BATCH_MAX: usize = 2_000;
/// Ids of one `retrieve`.
const IDS_MAX: usize = 2_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    Start { text: String, deleted: bool },
    More { locator: String },
    Retrieve { object: String, fields: String, ids: Vec<String> },
}

impl Query {
    /// The query in an element, if it is one.
    pub(super) fn of(element: &Element) -> Option<Self> {
        let text = |name: &str| element.text_of(name).unwrap_or_default().to_owned();
        Some(match element.name.as_str() {
            "query" => Self::Start { text: text("queryString"), deleted: false },
            "queryAll" => Self::Start { text: text("queryString"), deleted: true },
            "queryMore" => Self::More { locator: text("queryLocator") },
            "retrieve" => Self::Retrieve {
                object: text("sObjectType"),
                fields: text("fieldList"),
                ids: element.all("ids").map(|id| id.text.clone()).collect(),
            },
            _ => return None,
        })
    }

    /// What it means to the fault rules.
    pub(super) fn meaning(&self) -> Operation {
        match self {
            Self::Start { text, .. } => {
                let mut words = text.split_whitespace();
                let table = words.find(|word| word.eq_ignore_ascii_case("from")).and_then(|_| words.next());
                Operation::Query { table: table.map(str::to_owned) }
            }
            Self::More { .. } => Operation::QueryMore,
            Self::Retrieve { object, .. } => Operation::RecordGet { object: Some(object.clone()) },
        }
    }
}

/// Finds the records and writes them.
pub(super) fn answer(
    caller: &Caller<'_>,
    query: &Query,
    batch: Option<usize>,
    out: &mut Xml,
) -> Result<(), SoapFault> {
    let org = &caller.site.org;
    let state = org.snapshot();
    let view = view(caller, &state);
    match query {
        Query::Retrieve { object, fields, ids } => retrieve(caller, &view, (object, fields, ids), out),
        Query::Start { text, deleted } => {
            let prepared = soql::prepare(&view, text)?;
            let remaining = match soql::run(&view, &prepared, *deleted)? {
                Outcome::Count(count) => {
                    out.open_typed("result", "QueryResult").flag("done", true).nil("queryLocator");
                    out.number("size", count).close("result");
                    return Ok(());
                }
                Outcome::Rows(rows) => Remaining::Rows { query: Box::new(prepared), rows },
                Outcome::Groups(groups) => Remaining::Groups(groups),
            };
            let batch = batch.map_or(BATCH_DEFAULT, |rows| rows.clamp(BATCH_MIN, BATCH_MAX));
            let (user, opened_ms) = (caller.rights.user, org.now_ms());
            let cursor = Arc::new(Cursor { user, opened_ms, remaining, batch });
            let id = org.ids.next(prefix::QUERY_CURSOR);
            if page(caller, &view, (&cursor, id, 0), batch, out)? {
                caller.site.cursors().open(id, cursor);
            }
            Ok(())
        }
        Query::More { locator } => {
            let (id, from) = locator.rsplit_once('-').ok_or_else(invalid)?;
            let (id, from) = (Id::parse(id).ok_or_else(invalid)?, from.parse().map_err(|_| invalid())?);
            let cursor = caller.site.cursors().get(id, caller.rights.user, org.now_ms());
            let cursor = cursor.ok_or_else(invalid)?;
            let batch = batch.map_or(cursor.batch, |rows| rows.clamp(BATCH_MIN, BATCH_MAX));
            page(caller, &view, (&cursor, id, from), batch, out).map(drop)
        }
    }
}

fn invalid() -> SoapFault {
    SoapFault::api("INVALID_QUERY_LOCATOR", "invalid query locator")
}

fn view<'a>(caller: &'a Caller<'_>, state: &'a State) -> View<'a> {
    View { org: &caller.site.org, state, rights: &caller.rights, tooling: false }
}

/// Where the paths of blobs begin.
fn root(caller: &Caller<'_>) -> String {
    format!("/services/data/v{}.0", caller.version)
}

/// One page; whether another follows.
fn page(
    caller: &Caller<'_>,
    view: &View<'_>,
    (cursor, id, from): (&Cursor, Id, usize),
    batch: usize,
    out: &mut Xml,
) -> Result<bool, SoapFault> {
    let size = match &cursor.remaining {
        Remaining::Rows { rows, .. } => rows.len(),
        Remaining::Groups(groups) => groups.len(),
    };
    if from > size {
        return Err(invalid());
    }
    let batch = batch.min(caller.site.org.config.page_rows_max.unwrap_or(usize::MAX)).max(1);
    let to = size.min(from + batch);
    let records = match &cursor.remaining {
        Remaining::Rows { query, rows } => soql::records(view, query, &rows[from..to], &root(caller))?,
        Remaining::Groups(groups) => groups[from..to].to_vec(),
    };
    let done = to == size;
    out.open_typed("result", "QueryResult").flag("done", done);
    match done {
        true => out.nil("queryLocator"),
        false => out.text("queryLocator", &format!("{id}-{to}")),
    };
    let metadata = &view.state.metadata;
    records.iter().for_each(|found| record(out, metadata, caller.dialect, "records", found));
    out.number("size", size).close("result");
    Ok(!done)
}

/// The records of these ids in their order; what is not there, or not for the caller, is null.
fn retrieve(
    caller: &Caller<'_>,
    view: &View<'_>,
    (object, fields, ids): (&str, &str, &[String]),
    out: &mut Xml,
) -> Result<(), SoapFault> {
    if ids.len() > IDS_MAX {
        let message = format!("retrieve id limit reached: {IDS_MAX}");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.'))
    };
    if !is_name(object) {
        return Err(SoapFault::api("INVALID_TYPE", format!("sObject type '{object}' is not supported.")));
    }
    let fields: Vec<&str> = fields.split(',').map(str::trim).collect();
    if let Some(bad) = fields.iter().find(|field| !is_name(field)) {
        let message = format!("No such column '{bad}' on entity '{object}'.");
        return Err(SoapFault::api("INVALID_FIELD", message));
    }
    let parsed: Option<Vec<Id>> = ids.iter().map(|id| Id::parse(id)).collect();
    let parsed = parsed.ok_or_else(|| SoapFault::api("MALFORMED_ID", "malformed id in retrieve"))?;
    if parsed.is_empty() {
        return Ok(());
    }
    let quoted: Vec<String> = parsed.iter().map(|id| format!("'{id}'")).collect();
    let mut columns = fields.clone();
    if !columns.iter().any(|field| field.eq_ignore_ascii_case("Id")) {
        columns.push("Id");
    }
    let text = format!("SELECT {} FROM {object} WHERE Id IN ({})", columns.join(","), quoted.join(","));
    let prepared = soql::prepare(view, &text)?;
    let found = match soql::run(view, &prepared, false)? {
        Outcome::Rows(rows) => soql::records(view, &prepared, &rows, &root(caller))?,
        Outcome::Count(_) | Outcome::Groups(_) => Vec::new(),
    };
    for id in parsed {
        let is_it = |record: &&Value| record["Id"].as_str().and_then(Id::parse) == Some(id);
        match found.iter().find(is_it) {
            Some(found) => record(out, &view.state.metadata, caller.dialect, "result", found),
            None => drop(out.nil("result")),
        }
    }
    Ok(())
}
