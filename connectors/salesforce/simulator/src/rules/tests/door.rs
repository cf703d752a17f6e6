//! Rules and flows where they belong: in the save of a record.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::Config;
use crate::dml::{Operation, Options, Row, RowResult};
use crate::org::{Conditions, Customer, FlowFixture, Org};
use crate::transaction::Transaction;

fn org(customer: Customer) -> std::sync::Arc<Org> {
    Org::new(Config { conditions: Conditions { customer, ..Conditions::default() }, ..Config::default() })
        .unwrap()
}

fn saved(org: &std::sync::Arc<Org>, object: &str, values: Value) -> RowResult {
    let object = org.metadata().object(object).unwrap().clone();
    let values: BTreeMap<String, Value> = values.as_object().unwrap().clone().into_iter().collect();
    let rights = org.read().rights(org.admin);
    let mut tx = Transaction::begin(org, rights);
    let options = Options { all_or_none: false, as_user: true, with_sharing: false };
    let row = Row { object, id: None, values, blob: None };
    let result = tx.apply(Operation::Insert, vec![row], options).unwrap().remove(0);
    tx.commit();
    result
}

#[test]
fn a_hostile_customer_refuses_records_for_two_reasons() {
    let org = org(Customer::hostile());
    let result = saved(&org, "Account", json!({"Name": "Acme"}));
    let [error] = result.errors.as_slice() else { panic!("{result:?}") };
    assert_eq!(
        (error.status.as_str(), error.fields.as_slice()),
        ("REQUIRED_FIELD_MISSING", &["Customer_Code__c".to_owned()][..])
    );
    let result = saved(&org, "Account", json!({"Name": "Acme", "Customer_Code__c": "X"}));
    let [error] = result.errors.as_slice() else { panic!("{result:?}") };
    assert_eq!(error.status, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    assert_eq!(error.message, "The customer does not want this record.");
    assert_eq!(org.read().records.count("Account"), 0);
}

#[test]
fn flows_assign_before_and_refuse_after_the_save() {
    let flow = |json: &str| serde_json::from_str::<FlowFixture>(json).unwrap();
    let flows = vec![
        flow(
            r#"{"label":"Names","object":"Account","moment":"before-save","events":"create","field":"Description","value":"UPPER(Name)"}"#,
        ),
        flow(
            r#"{"label":"Guard","object":"Account","moment":"after-save","events":"create","condition":"AND(NOT(ISBLANK(Id)), BEGINS(Description, 'BAD'))","error":"No bad names"}"#,
        ),
    ];
    let org = org(Customer { flows, ..Customer::default() });
    let good = saved(&org, "Account", json!({"Name": "acme"}));
    let record = org.read().records.get("Account", good.id.unwrap()).unwrap().clone();
    assert_eq!(record.get("Description"), "ACME");
    let bad = saved(&org, "Account", json!({"Name": "bad"}));
    assert_eq!(bad.errors[0].status, "CANNOT_EXECUTE_FLOW_TRIGGER");
    assert!(bad.errors[0].message.ends_with("Give your Salesforce admin these details. No bad names"));
    assert_eq!(org.read().records.table("Account").count(), 1);
}
