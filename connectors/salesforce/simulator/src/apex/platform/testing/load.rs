//! `Test.loadData` and `Test.getStandardPricebookId`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::arguments::{argument, null_argument, text};
use crate::apex::run::{self, Manner, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{RecordState, RecordValue, Value, store};
use crate::bulk::csv::Format;
use crate::dml::Operation;
use crate::org::{Field, FieldType, Record, rest_time};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const PRICEBOOK: &str = "Pricebook2";
/// Records of one file.
const ROWS_MAX: usize = 10_000;

/// Inserts the records of a static resource that is a CSV file, and answers them.
pub(super) fn load(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let Value::RecordType(object) = argument(given, 0).clone() else { return Err(null_argument(tx)) };
    let name = text(tx, argument(given, 1))?;
    let Some(bytes) = super::super::resource(tx, &name) else {
        let message = format!("Static Resource not found: {name}");
        return Err(throw(tx, "System.StringException", message));
    };
    let content = String::from_utf8_lossy(&bytes).into_owned();
    let mut rows = Format::default().rows(content.trim_start_matches('\u{feff}'));
    let wrong = |tx: &mut Transaction, what: String| throw(tx, "System.StringException", what);
    let Some(Ok(header)) = rows.next() else {
        return Err(wrong(tx, format!("Static Resource {name} is empty")));
    };
    let mut records = Vec::new();
    for row in rows {
        let Ok(row) = row else { return Err(wrong(tx, format!("Static Resource {name} is no CSV file"))) };
        if records.len() == ROWS_MAX {
            return Err(wrong(tx, format!("Static Resource {name} has more than {ROWS_MAX} rows")));
        }
        let mut state = RecordState::default();
        for (column, cell) in header.iter().zip(&row) {
            let column = column.trim();
            // Ids of the file tie its records to each other at most.
            if column.is_empty() || column.eq_ignore_ascii_case("Id") || cell.is_empty() {
                continue;
            }
            let Some(field) = object.field(column) else {
                return Err(wrong(tx, format!("Invalid field: {column} on {}", object.name)));
            };
            let value = store::from_json(field, &of_cell(field, cell));
            state.fields.insert(field.name.as_str().into(), value);
        }
        records.push(RecordValue::of(object.clone(), state));
    }
    run::change(tx, Operation::Insert, &records, Manner { all_or_none: true, as_user: false })?;
    let of = Type::Record(object.name.as_str().into());
    Ok(Value::list(of, records.into_iter().map(Value::Record).collect()))
}

fn of_cell(field: &Field, cell: &str) -> Json {
    match field.kind {
        FieldType::Boolean => json!(cell.eq_ignore_ascii_case("true") || cell == "1"),
        FieldType::Int | FieldType::Long | FieldType::Double | FieldType::Currency | FieldType::Percent => {
            serde_json::from_str::<serde_json::Number>(cell.trim()).map_or(Json::Null, Json::Number)
        }
        _ => json!(cell),
    }
}

/// The standard price book, which every org has, also where a test sees no data.
pub(super) fn standard_pricebook(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let standard = tx.state.records.table(PRICEBOOK).find(|row| row.get("IsStandard") == true);
    if let Some(row) = standard {
        return Ok(Value::Id(row.id));
    }
    let (id, now) = (tx.org.ids.next("01s"), rest_time(tx.org.now_ms()));
    let values = [
        ("Name", json!("Standard Price Book")),
        ("IsStandard", json!(true)),
        ("IsActive", json!(true)),
        ("CreatedDate", json!(now)),
        ("LastModifiedDate", json!(now)),
        ("SystemModstamp", json!(now)),
    ];
    let values: BTreeMap<String, Json> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    tx.state.records.put(PRICEBOOK, Record { id, values, deleted: false });
    Ok(Value::Id(id))
}
