//! Changes of records: `create`, `update`, `upsert`, `delete`, `undelete`, `emptyRecycleBin`.

use serde_json::{Map, Value};

use crate::dml::{Operation, Options, Row, RowResult};
use crate::fault;
use crate::metadata::xml::Element;
use crate::org::{FieldType, Id, ObjectType};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;
use crate::surface::ApiError;
use crate::surface::rest::{apply, changed_row, doomed, new_row, target};
use crate::transaction::Transaction;

/// Rows of one call.
const ROWS_MAX: usize = 200;

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    verb: Verb,
    /// `AllOrNoneHeader`
    all_or_none: bool,
    /// Of `upsert`.
    key: String,
    records: Vec<Fields>,
    /// Of the verbs that take ids alone.
    ids: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Upsert,
    Delete,
    Undelete,
    EmptyRecycleBin,
}

/// A record as it was written: names and texts; no text is null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub object: String,
    values: Vec<(String, Option<String>)>,
}

impl Change {
    /// The change that an element asks for, if it asks for one.
    pub(super) fn of(element: &Element, all_or_none: bool) -> Option<Self> {
        let verb = match element.name.as_str() {
            "create" => Verb::Create,
            "update" => Verb::Update,
            "upsert" => Verb::Upsert,
            "delete" => Verb::Delete,
            "undelete" => Verb::Undelete,
            "emptyRecycleBin" => Verb::EmptyRecycleBin,
            _ => return None,
        };
        Some(Self {
            verb,
            all_or_none,
            key: element.text_of("externalIDFieldName").unwrap_or("Id").to_owned(),
            records: element.all("sObjects").map(Fields::of).collect(),
            // Salesforce goes by the place of what it is given and not by its name: clients write `ids` and `id`.
            ids: if matches!(verb, Verb::Delete | Verb::Undelete | Verb::EmptyRecycleBin) {
                element.children.iter().map(|id| id.text.clone()).collect()
            } else {
                Vec::new()
            },
        })
    }

    /// What it means to the fault rules.
    pub(super) fn meaning(&self) -> fault::Operation {
        let object = self.records.first().map(|record| record.object.clone());
        match self.verb {
            Verb::Create => fault::Operation::RecordCreate { object },
            Verb::Update | Verb::Upsert => fault::Operation::RecordUpdate { object },
            Verb::Delete | Verb::EmptyRecycleBin => fault::Operation::RecordDelete { object },
            Verb::Undelete => fault::Operation::Other,
        }
    }
}

impl Fields {
    pub(super) fn of(element: &Element) -> Self {
        // The enterprise API names the object by the element's type.
        let named = element.kind.clone().filter(|kind| kind != "sObject").unwrap_or_default();
        let mut fields = Self { object: named, values: Vec::new() };
        for child in &element.children {
            match child.name.as_str() {
                "type" if fields.object.is_empty() && fields.values.is_empty() => {
                    fields.object = child.text.clone()
                }
                "fieldsToNull" => fields.values.push((child.text.clone(), None)),
                name => {
                    let text = Some(child.text.clone()).filter(|text| !text.is_empty());
                    fields.values.push((name.to_owned(), text));
                }
            }
        }
        fields
    }

    pub(super) fn id(&self) -> Option<Id> {
        let id = self.values.iter().find(|(name, _)| name.eq_ignore_ascii_case("Id"));
        id.and_then(|(_, text)| text.as_deref().and_then(Id::parse))
    }

    /// As the JSON of a REST call would have them.
    pub(super) fn body(&self, object: &ObjectType) -> Map<String, Value> {
        let fields = self.values.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("Id"));
        let values = fields.map(|(name, text)| {
            let kind = object.field(name).map(|field| field.kind);
            let value = match (text.as_deref(), kind) {
                (None, _) => Value::Null,
                (Some("true" | "1"), Some(FieldType::Boolean)) => true.into(),
                (Some("false" | "0"), Some(FieldType::Boolean)) => false.into(),
                (Some(text), _) => text.into(),
            };
            (name.clone(), value)
        });
        values.collect()
    }
}

/// Does it, and writes a result for each row.
pub(super) fn change(caller: &Caller<'_>, change: &Change, out: &mut Xml) -> Result<(), SoapFault> {
    let org = &caller.site.org;
    if org.is_read_only() {
        return Err(ApiError::maintenance().into());
    }
    if change.records.len().max(change.ids.len()) > ROWS_MAX {
        let message =
            format!("record limit reached. cannot submit more than {ROWS_MAX} records into this call");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let mut tx = Transaction::begin(org, caller.rights.clone());
    let results = results(&mut tx, change);
    tx.commit();
    results.iter().for_each(|result| show(result, change.verb, out));
    Ok(())
}

fn results(tx: &mut Transaction, change: &Change) -> Vec<RowResult> {
    let operation = match change.verb {
        Verb::Create => Operation::Insert,
        Verb::Update => Operation::Update,
        Verb::Upsert => Operation::Upsert(Some(change.key.as_str().into())),
        Verb::Delete => Operation::Delete,
        Verb::Undelete => Operation::Undelete,
        Verb::EmptyRecycleBin => {
            let ids: Vec<Id> = change.ids.iter().filter_map(|id| Id::parse(id)).collect();
            return tx.empty_recycle_bin(&ids, Options::API);
        }
    };
    let rows = match change.verb {
        Verb::Delete | Verb::Undelete => change.ids.iter().map(|id| doomed(tx, id)).collect(),
        verb => change.records.iter().map(|record| row(tx, record, verb)).collect(),
    };
    apply(tx, operation, rows, change.all_or_none)
}

fn row(tx: &Transaction, record: &Fields, verb: Verb) -> Result<Row, ApiError> {
    let object = target(tx, &record.object).map_err(|_| {
        ApiError::bad("INVALID_TYPE", format!("sObject type '{}' is not supported.", record.object))
    })?;
    let body = record.body(&object);
    match (verb, record.id()) {
        (Verb::Create, _) | (Verb::Upsert, None) => new_row(tx, &object, &body, None),
        (_, Some(id)) => changed_row(tx, &object, id, &body),
        (_, None) => Err(ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call")),
    }
}

fn show(result: &RowResult, verb: Verb, out: &mut Xml) {
    out.open("result");
    if verb == Verb::Upsert {
        out.flag("created", result.created);
    }
    for error in &result.errors {
        out.open("errors");
        error.fields.iter().for_each(|field| {
            out.text("fields", field);
        });
        out.text("message", &error.message).text("statusCode", &error.status).close("errors");
    }
    match result.id.filter(|_| result.errors.is_empty()) {
        Some(id) => out.text("id", id.as_str()),
        None => out.nil("id"),
    };
    out.flag("success", result.errors.is_empty()).close("result");
}
