use std::collections::BTreeMap;

use serde_json::json;

use super::support::*;
use crate::soql::{ApexRow, ApexRows, BindValue, Mode, Node, check_names, query};
use crate::transaction::Transaction;

const SYSTEM_MODE: Mode = Mode::System { with_sharing: false };

fn binds(values: &[(&str, BindValue)]) -> BTreeMap<String, BindValue> {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn records(tx: &Transaction, text: &str, values: &[(&str, BindValue)]) -> Vec<ApexRow> {
    match query(tx, text, &binds(values), SYSTEM_MODE).unwrap() {
        ApexRows::Records(rows) => rows,
        other => panic!("no records: {other:?}"),
    }
}

fn text(value: &str) -> BindValue {
    BindValue::Text(value.to_owned())
}

#[test]
fn binds_of_every_kind_find_what_they_name() {
    let org = org();
    let mut tx = begin(&org);
    let a = insert(&mut tx, "Account", json!({"Name": "a", "Code__c": 1}));
    let b = insert(&mut tx, "Account", json!({"Name": "b", "ParentId": a}));
    let found = |text: &str, values: &[(&str, BindValue)]| {
        records(&tx, text, values).iter().map(|row| row.id.unwrap()).collect::<Vec<_>>()
    };
    let select = |rest: &str| format!("SELECT Id FROM Account WHERE {rest} ORDER BY Name");
    assert_eq!(found(&select("Id = :b0"), &[("b0", BindValue::Id(a))]), [a]);
    assert_eq!(found(&select("Name = :N"), &[("n", text("A"))]), [a]);
    assert_eq!(found(&select("Code__c = :n"), &[("n", BindValue::Number(1.0))]), [a]);
    assert_eq!(found(&select("Code__c = :n"), &[("n", BindValue::Null)]), [b]);
    let list = BindValue::List(vec![BindValue::Id(a), BindValue::Id(b)]);
    assert_eq!(found(&select("Id IN :l AND ParentId IN:l"), &[("l", list.clone())]), [b]);
    assert_eq!(found(&select("Id NOT IN :l"), &[("l", list)]), []);
    assert_eq!(found(&select("Id IN :l"), &[("l", BindValue::List(Vec::new()))]), []);
    assert_eq!(found(&select("Name IN (:x, :y)"), &[("x", text("a")), ("y", text("b"))]), [a, b]);
    let now = BindValue::Moment(org.now_ms() + 86_400_000);
    assert_eq!(found(&select("CreatedDate < :m"), &[("m", now)]).len(), 2);
    let day = BindValue::Date("2020-01-01".to_owned());
    assert_eq!(found(&select("CreatedDate > :d"), &[("d", day)]).len(), 2);
    let page = "SELECT Id FROM Account ORDER BY Name LIMIT :n OFFSET :o";
    assert_eq!(found(page, &[("n", BindValue::Number(1.0)), ("o", BindValue::Number(1.0))]), [b]);
    let many: Vec<BindValue> = (0..50).map(|at| text(&format!("x{at}"))).chain([text("B")]).collect();
    assert_eq!(found(&select("Name IN :many"), &[("many", BindValue::List(many.clone()))]), [b]);
    assert_eq!(found(&select("Name NOT IN :many"), &[("many", BindValue::List(many))]), [a]);
}

#[test]
fn rows_hold_parents_children_and_groups() {
    let org = org();
    let mut tx = begin(&org);
    let a = insert(&mut tx, "Account", json!({"Name": "a"}));
    insert(&mut tx, "Contact", json!({"LastName": "c", "AccountId": a}));
    insert(&mut tx, "Contact", json!({"LastName": "d"}));
    let rows =
        records(&tx, "SELECT LastName, Account.Name, Account.Owner.Name FROM Contact ORDER BY LastName", &[]);
    let Some(Node::Parent(Some(account))) = rows[0].values.get("Account") else { panic!("a parent") };
    assert!(matches!(account.values.get("Name"), Some(Node::Value(_, name)) if name == "a"));
    assert!(matches!(account.values.get("Owner"), Some(Node::Parent(Some(_)))));
    assert!(matches!(rows[1].values.get("Account"), Some(Node::Parent(None))));
    let rows = records(&tx, "SELECT Id, (SELECT LastName FROM Contacts) FROM Account", &[]);
    let Some(Node::Children(contacts)) = rows[0].values.get("Contacts") else { panic!("children") };
    assert_eq!(contacts.len(), 1);
    let count = query(&tx, "SELECT COUNT() FROM Contact", &BTreeMap::new(), SYSTEM_MODE).unwrap();
    assert!(matches!(count, ApexRows::Count(2)));
    let groups = query(
        &tx,
        "SELECT LastName n, COUNT(Id) FROM Contact GROUP BY LastName",
        &BTreeMap::new(),
        SYSTEM_MODE,
    );
    let Ok(ApexRows::Groups(groups)) = groups else { panic!("groups") };
    assert!(
        matches!(groups[0].get("expr0"), Some(Node::Number(crate::org::FieldType::Int, count)) if count == 1)
    );
    assert!(matches!(groups[0].get("n"), Some(Node::Value(_, name)) if name == "c"));
}

#[test]
fn parts_of_dates_filter_and_group() {
    let org = org();
    let mut tx = begin(&org);
    insert(&mut tx, "Account", json!({"Name": "a"}));
    insert(&mut tx, "Account", json!({"Name": "b"}));
    let year = crate::org::rest_time(org.now_ms())[..4].parse::<f64>().unwrap();
    let filter = "SELECT Id FROM Account WHERE CALENDAR_YEAR(CreatedDate) = :y";
    assert_eq!(records(&tx, filter, &[("y", BindValue::Number(year))]).len(), 2);
    assert_eq!(records(&tx, filter, &[("y", BindValue::Number(1999.0))]).len(), 0);
    let grouped =
        "SELECT CALENDAR_YEAR(CreatedDate), COUNT(Id) n FROM Account GROUP BY CALENDAR_YEAR(CreatedDate)";
    let Ok(ApexRows::Groups(groups)) = query(&tx, grouped, &BTreeMap::new(), SYSTEM_MODE) else {
        panic!("groups")
    };
    assert!(matches!(groups[0].get("expr0"), Some(Node::Value(_, found)) if found.as_f64() == Some(year)));
    let wrong =
        query(&tx, "SELECT Id FROM Account WHERE CALENDAR_YEAR(Name) = 1", &BTreeMap::new(), SYSTEM_MODE);
    assert_eq!(wrong.unwrap_err().code, "INVALID_FIELD");
}

#[test]
fn modes_decide_what_is_seen() {
    let org = org();
    let mut tx = begin(&org);
    insert(&mut tx, "Account", json!({"Name": "a", "Key__c": "k"}));
    let none = BTreeMap::new();
    let hidden = "SELECT Key__c FROM Account";
    assert!(query(&tx, hidden, &none, SYSTEM_MODE).is_ok());
    let code = |text: &str, mode| query(&tx, text, &none, mode).map_err(|error| error.code);
    assert_eq!(code(hidden, Mode::User).unwrap_err(), "INVALID_FIELD");
    assert_eq!(code(&format!("{hidden} WITH USER_MODE"), SYSTEM_MODE).unwrap_err(), "INVALID_FIELD");
    assert!(code(&format!("{hidden} WITH SYSTEM_MODE"), Mode::User).is_ok());
    let refused =
        query(&tx, &format!("{hidden} WITH SECURITY_ENFORCED LIMIT 1"), &none, SYSTEM_MODE).unwrap_err();
    assert_eq!(refused.message, "Insufficient permissions: secure query included inaccessible field");
}

#[test]
fn the_bin_is_looked_into_when_asked_and_locks_are_taken_for_granted() {
    let org = org();
    let mut tx = begin(&org);
    let id = insert(&mut tx, "Account", json!({"Name": "a"}));
    apply(&mut tx, crate::dml::Operation::Delete, SYSTEM, &[("Account", Some(id), json!({}))]);
    assert_eq!(records(&tx, "SELECT Id FROM Account FOR UPDATE", &[]).len(), 0);
    assert_eq!(records(&tx, "SELECT Id FROM Account WHERE IsDeleted = true ALL ROWS", &[]).len(), 1);
    assert_eq!(
        records(&tx, "SELECT Id FROM Account WHERE Id = :i ALL ROWS", &[("i", BindValue::Id(id))]).len(),
        1
    );
}

#[test]
fn a_query_is_checked_before_its_binds_are_known() {
    let org = org();
    let schema = org.snapshot().metadata;
    let checked =
        check_names(&schema, "SELECT COUNT() FROM Account WHERE Code__c > :b0 AND Id IN :b1").unwrap();
    assert!(checked.count && !checked.groups && checked.object == "Account");
    let refused = check_names(&schema, "SELECT Nope FROM Account").unwrap_err();
    assert!(refused.starts_with("No such column 'Nope'"), "{refused}");
    let tx = begin(&org);
    let unknown = query(&tx, "SELECT Id FROM Account WHERE Name = :gone", &BTreeMap::new(), SYSTEM_MODE);
    assert_eq!(unknown.unwrap_err().message, "Variable does not exist: gone");
}
