use bytes::Bytes;
use serde_json::json;

use super::support::*;
use crate::dml::{Operation, Row};
use crate::org::Id;
use crate::transaction::Transaction;

fn live(tx: &Transaction, object: &str) -> usize {
    tx.state.records.table(object).filter(|row| !row.deleted).count()
}

fn of(tx: &Transaction, object: &str, id: Id) -> Vec<Row> {
    vec![Row::of(tx.state.metadata.object(object).unwrap(), id)]
}

#[test]
fn a_document_takes_its_versions_and_links_along_and_brings_them_back() {
    let org = org();
    let mut tx = begin(&org);
    let account = insert(&mut tx, "Account", json!({"Name": "a"}));
    let mut version =
        row(&tx, "ContentVersion", None, json!({"PathOnClient": "a.txt", "FirstPublishLocationId": account}));
    version.blob = Some(Bytes::from_static(b"bytes"));
    let version = tx.apply(Operation::Insert, vec![version], SYSTEM).unwrap()[0].id.unwrap();
    let document =
        tx.state.records.get("ContentVersion", version).unwrap().reference("ContentDocumentId").unwrap();
    let links = |tx: &Transaction| live(tx, "ContentDocumentLink");
    assert_eq!((links(&tx), live(&tx, "ContentVersion")), (2, 1));
    let rows = of(&tx, "ContentDocument", document);
    assert_eq!(statuses(&tx.apply(Operation::Delete, rows.clone(), SYSTEM).unwrap()), [""]);
    assert_eq!((links(&tx), live(&tx, "ContentVersion"), live(&tx, "ContentDocument")), (0, 0, 0));
    assert_eq!(statuses(&tx.apply(Operation::Delete, rows.clone(), SYSTEM).unwrap()), ["ENTITY_IS_DELETED"]);
    assert_eq!(statuses(&tx.apply(Operation::Undelete, rows.clone(), SYSTEM).unwrap()), [""]);
    assert_eq!((links(&tx), live(&tx, "ContentVersion"), live(&tx, "ContentDocument")), (2, 1, 1));
    assert_eq!(tx.state.records.blob(version).unwrap(), "bytes");
    assert_eq!(statuses(&tx.apply(Operation::Undelete, rows.clone(), SYSTEM).unwrap()), ["UNDELETE_FAILED"]);
    tx.apply(Operation::Delete, rows.clone(), SYSTEM).unwrap();
    assert_eq!(statuses(&tx.empty_recycle_bin(&[document], SYSTEM)), [""]);
    assert_eq!(statuses(&tx.empty_recycle_bin(&[document], SYSTEM)), ["INVALID_ID_FIELD"]);
    assert_eq!(statuses(&tx.apply(Operation::Undelete, rows, SYSTEM).unwrap()), ["UNDELETE_FAILED"]);
    assert!(tx.state.records.blob(version).is_none());
}

#[test]
fn a_deleted_record_takes_its_links_along_but_not_the_file() {
    let org = org();
    let mut tx = begin(&org);
    let account = insert(&mut tx, "Account", json!({"Name": "a"}));
    let mut version =
        row(&tx, "ContentVersion", None, json!({"PathOnClient": "a.txt", "FirstPublishLocationId": account}));
    version.blob = Some(Bytes::from_static(b"x"));
    tx.apply(Operation::Insert, vec![version], SYSTEM).unwrap();
    let rows = of(&tx, "Account", account);
    tx.apply(Operation::Delete, rows, SYSTEM).unwrap();
    assert_eq!((live(&tx, "ContentDocumentLink"), live(&tx, "ContentDocument")), (1, 1));
}

#[test]
fn a_lookup_is_emptied_and_filled_again() {
    let org = org();
    let mut tx = begin(&org);
    let parent = insert(&mut tx, "Account", json!({"Name": "p"}));
    let child = insert(&mut tx, "Account", json!({"Name": "c", "ParentId": parent}));
    let rows = of(&tx, "Account", parent);
    let seen = |tx: &Transaction| tx.state.records.get("Account", child).unwrap().reference("ParentId");
    tx.apply(Operation::Delete, rows.clone(), SYSTEM).unwrap();
    assert_eq!(seen(&tx), None);
    tx.apply(Operation::Undelete, rows, SYSTEM).unwrap();
    assert_eq!(seen(&tx), Some(parent));
}

#[test]
fn a_value_that_was_taken_meanwhile_keeps_a_record_in_the_bin() {
    let org = org();
    let mut tx = begin(&org);
    let old = insert(&mut tx, "Account", json!({"Name": "a", "Key__c": "k"}));
    let rows = of(&tx, "Account", old);
    tx.apply(Operation::Delete, rows.clone(), SYSTEM).unwrap();
    insert(&mut tx, "Account", json!({"Name": "b", "Key__c": "K"}));
    assert_eq!(statuses(&tx.apply(Operation::Undelete, rows, PARTIAL).unwrap()), ["DUPLICATE_VALUE"]);
    assert!(tx.state.records.get("Account", old).unwrap().deleted);
}

#[test]
fn merged_records_leave_their_children_to_the_first() {
    let org = org();
    let mut tx = begin(&org);
    let master = insert(&mut tx, "Account", json!({"Name": "m"}));
    let loser = insert(&mut tx, "Account", json!({"Name": "l"}));
    let contact = insert(&mut tx, "Contact", json!({"LastName": "c", "AccountId": loser}));
    let rows = [("Account", Some(master), json!({"Name": "merged"})), ("Account", Some(loser), json!({}))];
    assert_eq!(statuses(&apply(&mut tx, Operation::Merge, SYSTEM, &rows)), ["", ""]);
    let records = &tx.state.records;
    assert_eq!(records.get("Contact", contact).unwrap().reference("AccountId"), Some(master));
    assert!(
        !records.get("Contact", contact).unwrap().deleted && records.get("Account", loser).unwrap().deleted
    );
    assert_eq!(records.get("Account", master).unwrap().get("Name"), "merged");
}
