//! Rows of `AsyncApexJob`, which tell what became of asynchronous Apex.

use std::collections::BTreeMap;

use serde_json::json;

use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::org::{Id, Record, rest_time};
use crate::transaction::Transaction;

const OBJECT: &str = "AsyncApexJob";

/// A job waits.
pub(super) fn queued(tx: &mut Transaction, id: Id, job: &Value, kind: &str) {
    let class = match job {
        Value::Object(object) => match object.class {
            Type::Class(class) => tx.program.unit(tx.program.class(class).unit).id,
            _ => None,
        },
        _ => None,
    };
    let (now, user) = (rest_time(tx.org.now_ms()), tx.rights.user);
    let values = [
        ("JobType", json!(kind)),
        ("ApexClassId", json!(class.map(|id| id.as_str().to_owned()))),
        ("Status", json!("Queued")),
        ("JobItemsProcessed", json!(0)),
        ("TotalJobItems", json!(0)),
        ("NumberOfErrors", json!(0)),
        ("CreatedDate", json!(now)),
        ("CreatedById", json!(user.as_str())),
    ];
    let values: BTreeMap<String, serde_json::Value> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    tx.state.records.put(OBJECT, Record { id, values, deleted: false });
}

/// A job has come to its end, or on its way.
pub(super) fn told(tx: &mut Transaction, id: Id, values: &[(&str, serde_json::Value)]) {
    let Some(row) = tx.state.records.get(OBJECT, id).cloned() else { return };
    let mut row = (*row).clone();
    for (name, value) in values {
        row.values.insert((*name).to_owned(), value.clone());
    }
    if values.iter().any(|(name, value)| *name == "Status" && (value == "Completed" || value == "Failed")) {
        row.values.insert("CompletedDate".to_owned(), json!(rest_time(tx.org.now_ms())));
    }
    tx.state.records.put(OBJECT, row);
}
