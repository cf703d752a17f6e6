use std::rc::Rc;
use std::sync::Arc;

use super::support::*;
use crate::apex::program::RecordFieldKind::{Children, Parent, Value as Plain};
use crate::apex::run::{self, Binds, Found, Limit, Manner, Thrown, bind_value};
use crate::apex::types::Type;
use crate::apex::value::{RecordValue, Value, store};
use crate::dml::Operation;
use crate::transaction::Transaction;

fn record(tx: &mut Transaction, object: &str, fields: &[(&str, Value)]) -> Rc<RecordValue> {
    let record = RecordValue::new(tx.state.metadata.object(object).unwrap().clone());
    for (name, value) in fields {
        run::put_field(tx, &record, name, value.clone()).unwrap();
    }
    record
}

fn insert(tx: &mut Transaction, records: &[Rc<RecordValue>]) -> Result<(), Thrown> {
    run::change(tx, Operation::Insert, records, Manner::STATEMENT).map(|_| ())
}

fn rows(tx: &mut Transaction, text: &str, binds: &Binds) -> Vec<Rc<RecordValue>> {
    match run::query(tx, text, binds, false) {
        Ok(Found::Records(all)) => all
            .into_iter()
            .map(|value| match value {
                Value::Record(record) => record,
                other => panic!("{other:?}"),
            })
            .collect(),
        Ok(other) => panic!("{other:?}"),
        Err(thrown) => panic!("{}", failure(tx, &thrown)),
    }
}

fn shown(tx: &mut Transaction, result: Result<Value, Thrown>) -> String {
    match result {
        Ok(value) => run::joined(tx, &value).unwrap().to_string(),
        Err(thrown) => failure(tx, &thrown),
    }
}

#[test]
fn records_are_inserted_and_found_again() {
    let tx = &mut transaction();
    let account = record(tx, "Account", &[("name", Value::string("Acme"))]);
    insert(tx, std::slice::from_ref(&account)).unwrap();
    let id = account.state.borrow().fields.get("Id").cloned().unwrap();
    let contact = record(tx, "Contact", &[("LastName", Value::string("Doe")), ("AccountId", id.clone())]);
    insert(tx, std::slice::from_ref(&contact)).unwrap();
    assert_eq!(tx.machine.limits.used(Limit::DmlStatements), 2);
    assert_eq!(tx.machine.limits.used(Limit::DmlRows), 2);

    let binds: Binds = [("b0".to_owned(), bind_value(&Value::list(Type::Id, vec![id.clone()])))].into();
    let found = rows(tx, "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id IN :b0", &binds);
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let name = run::field(tx, found, "Name", Plain);
    assert_eq!(shown(tx, name), "Acme");
    let children = run::field(tx, found, "Contacts", Children);
    assert!(shown(tx, children).contains("LastName=Doe"));
    let missing = run::field(tx, found, "Industry", Plain);
    assert_eq!(
        shown(tx, missing),
        "System.SObjectException: SObject row was retrieved via SOQL without querying the requested field: Account.Industry"
    );

    let orphan = record(tx, "Contact", &[("LastName", Value::string("Zed"))]);
    insert(tx, &[orphan]).unwrap();
    let found = rows(tx, "SELECT Account.Name FROM Contact ORDER BY LastName", &Binds::new());
    let [found, orphan] = found.as_slice() else { panic!("{found:?}") };
    let parent = run::field(tx, found, "Account", Parent);
    assert!(shown(tx, parent).contains("Name=Acme"));
    let nobody = run::field(tx, orphan, "Account", Parent);
    assert_eq!(shown(tx, nobody), "null");
    assert_eq!(tx.machine.limits.used(Limit::Queries), 2);
    assert_eq!(tx.machine.limits.used(Limit::QueryRows), 4);
}

#[test]
fn groups_and_counts_are_found() {
    let tx = &mut transaction();
    let all: Vec<_> = (0..3)
        .map(|number| record(tx, "Account", &[("Name", Value::string(&format!("A{}", number % 2)))]))
        .collect();
    insert(tx, &all).unwrap();
    match run::query(tx, "SELECT COUNT() FROM Account", &Binds::new(), false) {
        Ok(Found::Count(3)) => {}
        other => panic!("{other:?}"),
    }
    let groups =
        rows(tx, "SELECT Name, COUNT(Id) many FROM Account GROUP BY Name ORDER BY Name", &Binds::new());
    let first = run::field(tx, &groups[0], "many", Plain);
    assert_eq!(shown(tx, first), "2");
    assert_eq!(groups[0].object.name, "AggregateResult");
}

#[test]
fn what_a_change_refuses_is_a_dml_exception() {
    let tx = &mut transaction();
    let nameless = record(tx, "Account", &[]);
    let thrown = insert(tx, std::slice::from_ref(&nameless)).unwrap_err();
    assert_eq!(
        failure(tx, &thrown),
        "System.DmlException: Insert failed. First exception on row 0; first error: REQUIRED_FIELD_MISSING, Required fields are missing: [Name]: [Name]"
    );
    assert!(!nameless.state.borrow().fields.contains_key("Id"));
    let manner = Manner { all_or_none: false, as_user: false };
    let results = run::change(tx, Operation::Insert, &[nameless], manner).unwrap();
    assert_eq!(results[0].errors[0].status, "REQUIRED_FIELD_MISSING");

    let twice = record(tx, "Account", &[("Name", Value::string("A"))]);
    let thrown = insert(tx, &[twice.clone(), twice]).unwrap_err();
    assert_eq!(
        failure(tx, &thrown),
        "System.ListException: Before Insert or Upsert list must not have two identically equal elements"
    );
    let thrown = run::query(tx, "SELECT Nothing FROM Account", &Binds::new(), false).unwrap_err();
    assert!(failure(tx, &thrown).starts_with("System.QueryException: "), "{}", failure(tx, &thrown));
}

#[test]
fn limits_of_records_are_uncatchable() {
    let tx = &mut transaction();
    for _ in 0..100 {
        rows(tx, "SELECT Id FROM Account", &Binds::new());
    }
    let thrown = run::query(tx, "SELECT Id FROM Account", &Binds::new(), false).unwrap_err();
    assert!(matches!(thrown, Thrown::Fatal { .. }));
    assert_eq!(failure(tx, &thrown), "System.LimitException: Too many SOQL queries: 101");
    let object = tx.state.metadata.object("Account").unwrap().clone();
    let many: Vec<_> = (0..10_001).map(|_| RecordValue::new(object.clone())).collect();
    let thrown = insert(tx, &many).unwrap_err();
    assert_eq!(failure(tx, &thrown), "System.LimitException: Too many DML rows: 10001");
}

#[test]
fn read_only_records_stay_as_they_are() {
    let tx = &mut transaction();
    let account = record(tx, "Account", &[("Name", Value::string("A"))]);
    account.state.borrow_mut().read_only = true;
    let name: Arc<str> = "Name".into();
    let thrown = run::set_field(tx, &account, &name, Plain, Value::Null).unwrap_err();
    assert_eq!(failure(tx, &thrown), "System.FinalException: Record is read-only");
    let thrown = insert(tx, &[account]).unwrap_err();
    assert_eq!(
        failure(tx, &thrown),
        "System.SObjectException: DML statement cannot operate on trigger.new or trigger.old"
    );
    let account = record(tx, "Account", &[]);
    let thrown = run::put_field(tx, &account, "Name", Value::Boolean(true)).unwrap_err();
    assert_eq!(failure(tx, &thrown), "System.SObjectException: Illegal assignment from Boolean to String");
    let thrown = run::put_field(tx, &account, "Nothing", Value::Null).unwrap_err();
    assert_eq!(failure(tx, &thrown), "System.SObjectException: Invalid field Nothing for Account");
}

#[test]
fn values_come_back_from_the_store_as_they_went() {
    use crate::org::{Field, FieldType};
    let tx = &mut transaction();
    let id = crate::org::Id::parse("001D000000IRFma").unwrap();
    for (kind, scale, value, printed) in [
        (FieldType::Boolean, 0, Value::Boolean(true), "true"),
        (FieldType::Int, 0, Value::Integer(-7), "-7"),
        (FieldType::Double, 2, Value::decimal("1.005".parse().unwrap()), "1.01"),
        (FieldType::Double, 2, Value::decimal("3".parse().unwrap()), "3.00"),
        (FieldType::Currency, 0, Value::decimal("1500".parse().unwrap()), "1500"),
        (FieldType::Date, 0, Value::Date("2024-02-29".parse().unwrap()), "2024-02-29 00:00:00"),
        (FieldType::DateTime, 0, Value::Datetime(1_700_000_000_000), "2023-11-14 22:13:20"),
        (FieldType::Time, 0, Value::Time("10:20:30.005".parse().unwrap()), "10:20:30.005Z"),
        (FieldType::Reference, 0, Value::Id(id), "001D000000IRFmaIAH"),
        (FieldType::String, 0, Value::string("é"), "é"),
        (FieldType::MultiPicklist, 0, Value::Null, "null"),
    ] {
        let field = Field { scale, ..Field::new("F__c", kind) };
        let stored = store::to_json(&field, &value).unwrap();
        let back = store::from_json(&field, &stored);
        assert_eq!(&*run::joined(tx, &back).unwrap(), printed, "{kind:?}");
    }
    assert!(store::to_json(&Field::new("F__c", FieldType::String), &Value::Type(Type::Id)).is_err());
}
