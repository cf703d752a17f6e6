use std::sync::Arc;

use serde_json::{Value, json};

use crate::config::Config;
use crate::dml::{Operation, Options, Row, RowResult};
use crate::org::{Field, FieldType, Id, Org, Reach};
use crate::transaction::Transaction;

pub const SYSTEM: Options = Options { all_or_none: true, as_user: false, with_sharing: false };
pub const PARTIAL: Options = Options { all_or_none: false, ..SYSTEM };

/// An org in which `Account.Key__c` is a unique external id and `Account.Code__c` an external id that is not.
pub fn org() -> Arc<Org> {
    let org = Org::new(Config { objects: 0, ..Config::default() }).unwrap();
    org.change_metadata(|metadata| {
        let mut account = metadata.object("Account").unwrap().as_ref().clone();
        let key = Field { unique: true, external_id: true, ..Field::new("Key__c", FieldType::String) };
        account.fields.push(Arc::new(key));
        account
            .fields
            .push(Arc::new(Field { external_id: true, ..Field::new("Code__c", FieldType::Double) }));
        metadata.put_object(account);
        Ok::<_, ()>(())
    })
    .unwrap();
    org
}

pub fn begin(org: &Arc<Org>) -> Transaction {
    let rights = org.read().rights(org.admin).reaching(Reach::User);
    Transaction::begin(org, rights)
}

pub fn row(tx: &Transaction, object: &str, id: Option<Id>, values: Value) -> Row {
    let object = tx.state.metadata.object(object).unwrap().clone();
    let values = values.as_object().unwrap().clone().into_iter().collect();
    Row { object, id, values, blob: None }
}

pub fn apply(
    tx: &mut Transaction,
    operation: Operation,
    options: Options,
    rows: &[(&str, Option<Id>, Value)],
) -> Vec<RowResult> {
    let rows = rows.iter().map(|(object, id, values)| row(tx, object, *id, values.clone())).collect();
    tx.apply(operation, rows, options).unwrap()
}

/// Inserts one record.
pub fn insert(tx: &mut Transaction, object: &str, values: Value) -> Id {
    let results = apply(tx, Operation::Insert, SYSTEM, &[(object, None, values)]);
    assert_eq!(results[0].errors, []);
    results[0].id.unwrap()
}

/// One status per row; empty = done.
pub fn statuses(results: &[RowResult]) -> Vec<&str> {
    results.iter().map(|result| result.errors.first().map_or("", |error| error.status.as_str())).collect()
}

pub fn account(name: &str) -> (&'static str, Option<Id>, Value) {
    ("Account", None, json!({"Name": name}))
}
