use serde_json::{Value, json};

use super::support::*;
use crate::dml::Operation;
use crate::ledger::Kind;
use crate::transaction::Transaction;

#[test]
fn a_transaction_is_seen_by_others_when_it_is_committed_and_never_when_it_is_dropped() {
    let org = org();
    let mut tx = begin(&org);
    let id = insert(&mut tx, "Account", json!({"Name": "a"}));
    assert!(org.read().records.get("Account", id).is_none());
    assert_eq!(org.ledger.count(Kind::RecordCreated), 0);
    tx.commit();
    assert!(org.read().records.get("Account", id).is_some());
    assert_eq!(org.ledger.count(Kind::RecordCreated), 1);
    let mut tx = begin(&org);
    apply(&mut tx, Operation::Delete, SYSTEM, &[("Account", Some(id), json!({}))]);
    drop(tx);
    assert!(!org.read().records.get("Account", id).unwrap().deleted);
}

#[test]
fn a_savepoint_is_gone_back_to_as_often_as_wanted() {
    let org = org();
    let mut tx = begin(&org);
    let savepoint = tx.savepoint();
    let later = tx.savepoint();
    for _ in 0..2 {
        insert(&mut tx, "Account", json!({"Name": "a"}));
        assert!(tx.rollback_to(savepoint));
        assert_eq!(tx.state.records.table("Account").count(), 0);
    }
    assert!(!tx.rollback_to(later), "a later savepoint went with it");
}

#[test]
fn all_or_none_undoes_good_rows_and_says_so() {
    let org = org();
    let mut tx = begin(&org);
    let rows = [account("a"), ("Account", None, json!({})), account("c")];
    let results = apply(&mut tx, Operation::Insert, SYSTEM, &rows);
    let rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK";
    assert_eq!(statuses(&results), [rolled_back, "REQUIRED_FIELD_MISSING", rolled_back]);
    assert_eq!(results.iter().map(|result| result.failed()).collect::<Vec<_>>(), [false, true, false]);
    assert!(results.iter().all(|result| result.id.is_none()));
    assert_eq!(tx.state.records.table("Account").count(), 0);
    let results = apply(&mut tx, Operation::Insert, PARTIAL, &rows);
    assert_eq!(statuses(&results), ["", "REQUIRED_FIELD_MISSING", ""]);
    assert_eq!(tx.state.records.table("Account").count(), 2);
}

#[test]
fn each_row_is_refused_for_its_own_reason() {
    let org = org();
    let mut tx = begin(&org);
    let gone = insert(&mut tx, "Account", json!({"Name": "gone"}));
    let kept = insert(&mut tx, "Account", json!({"Name": "kept", "Key__c": "K"}));
    apply(&mut tx, Operation::Delete, SYSTEM, &[("Account", Some(gone), json!({}))]);
    let unknown = crate::org::Id::parse("001000000000999").unwrap();
    let rows = [
        ("Account", Some(gone), json!({"Name": "x"})),
        ("Account", Some(unknown), json!({"Name": "x"})),
        ("Account", None, json!({"Name": "x"})),
        ("Account", Some(kept), json!({"Name": null})),
        ("Account", Some(kept), json!({"Name": "x".repeat(300)})),
        ("Account", Some(kept), json!({"ParentId": unknown})),
        ("Account", Some(kept), json!({"Key__c": "k"})),
    ];
    let results = apply(&mut tx, Operation::Update, PARTIAL, &rows);
    assert_eq!(
        statuses(&results),
        [
            "ENTITY_IS_DELETED",
            "INVALID_CROSS_REFERENCE_KEY",
            "MISSING_ARGUMENT",
            "REQUIRED_FIELD_MISSING",
            "STRING_TOO_LONG",
            "INVALID_CROSS_REFERENCE_KEY",
            "",
        ]
    );
    let twin = ("Account", None, json!({"Name": "y", "Key__c": "K"}));
    let results = apply(&mut tx, Operation::Insert, PARTIAL, &[twin]);
    let message =
        format!("duplicate value found: Key__c duplicates value on record with id: {}", kept.short());
    assert_eq!((statuses(&results), &results[0].errors[0].message), (vec!["DUPLICATE_VALUE"], &message));
}

#[test]
fn an_upsert_finds_none_one_or_many() {
    let org = org();
    let mut tx = begin(&org);
    let one = insert(&mut tx, "Account", json!({"Name": "one", "Key__c": "1", "Code__c": 5}));
    insert(&mut tx, "Account", json!({"Name": "two", "Code__c": 5.0}));
    let by = |name: &str| Operation::Upsert(Some(name.into()));
    let rows = [
        ("Account", None, json!({"Name": "new", "Key__c": "2"})),
        ("Account", None, json!({"Name": "changed", "Key__c": "1"})),
        ("Account", None, json!({"Name": "nothing"})),
        ("Account", None, json!({"Name": "again", "Key__c": "1"})),
    ];
    let results = apply(&mut tx, by("key__c"), PARTIAL, &rows);
    assert_eq!(statuses(&results), ["", "", "MISSING_ARGUMENT", "DUPLICATE_VALUE"]);
    assert_eq!((results[0].created, results[1].created, results[1].id), (true, false, Some(one)));
    assert_eq!(tx.state.records.get("Account", one).unwrap().get("Name"), "changed");
    let results =
        apply(&mut tx, by("Code__c"), PARTIAL, &[("Account", None, json!({"Name": "x", "Code__c": 5}))]);
    assert_eq!(statuses(&results), ["DUPLICATE_EXTERNAL_ID"]);
}

#[test]
fn setup_objects_and_others_do_not_mix() {
    let org = org();
    let mut tx = begin(&org);
    insert(&mut tx, "Account", json!({"Name": "a"}));
    let set = tx.state.metadata.permission_sets.values().find(|set| set.profile.is_none()).unwrap().id;
    let assignment = json!({"AssigneeId": org.user, "PermissionSetId": set});
    let results =
        apply(&mut tx, Operation::Insert, SYSTEM, &[("PermissionSetAssignment", None, assignment.clone())]);
    assert_eq!(
        results[0].errors[0].message,
        "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): PermissionSetAssignment, original object: Account"
    );
    let outer = std::mem::take(&mut tx.mix);
    let results = apply(&mut tx, Operation::Insert, SYSTEM, &[("PermissionSetAssignment", None, assignment)]);
    assert_eq!(statuses(&results), [""]);
    tx.mix = outer;
    insert(&mut tx, "Account", json!({"Name": "b"}));
}

#[test]
fn a_user_comes_and_goes_with_the_transaction() {
    let org = org();
    let mut tx = begin(&org);
    let profile = tx.state.users[&org.user].profile;
    let values = json!({
        "Username": "new@x.example", "LastName": "New", "Email": "new@x.example", "Alias": "new",
        "ProfileId": profile, "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
    });
    let mark = tx.mark();
    let id = insert(&mut tx, "User", values.clone());
    assert!(tx.state.users[&id].active && tx.state.assignments.values().any(|one| one.assignee == id));
    tx.restore(mark);
    assert!(!tx.state.users.contains_key(&id));
    let id = insert(&mut tx, "User", values);
    let off = ("User", Some(id), json!({"IsActive": false, "FirstName": "F"}));
    assert_eq!(statuses(&apply(&mut tx, Operation::Update, SYSTEM, &[off])), [""]);
    let named = ("User", Some(id), json!({"Username": "other@x.example"}));
    assert_eq!(statuses(&apply(&mut tx, Operation::Update, SYSTEM, &[named])), [""]);
    assert_eq!(tx.state.users[&id].username, "other@x.example");
    let taken = tx.state.users.values().find(|user| user.id != id).expect("others").username.clone();
    let taken = ("User", Some(id), json!({"Username": taken}));
    assert_eq!(statuses(&apply(&mut tx, Operation::Update, SYSTEM, &[taken])), ["DUPLICATE_USERNAME"]);
    let other = ("User", Some(id), json!({"Department": "Sales"}));
    assert_eq!(
        statuses(&apply(&mut tx, Operation::Update, SYSTEM, &[other])),
        ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    );
    tx.commit();
    let state = org.read();
    assert_eq!((state.users[&id].active, state.users[&id].first_name.as_str()), (false, "F"));
}

#[test]
fn the_rights_of_the_user_count_only_when_asked_for() {
    let org = org();
    let rights = org.read().rights(org.user);
    let mut tx = Transaction::begin(&org, rights);
    let object = tx.state.metadata.object("Account").unwrap().clone();
    let create = tx.rights.object(&object).create;
    let hidden = ("Account", None, json!({"Name": "a", "Key__c": "x"}));
    let as_user = crate::dml::Options { as_user: true, ..SYSTEM };
    let results = apply(&mut tx, Operation::Insert, as_user, std::slice::from_ref(&hidden));
    assert!(create, "the test needs a user who may create accounts");
    assert_eq!(
        results[0].errors[0].message,
        "Operation failed due to fields being inaccessible on Sobject Account, check errors on Exception or Result!"
    );
    assert_eq!(results[0].errors[0].fields, ["Key__c"]);
    assert_eq!(statuses(&apply(&mut tx, Operation::Insert, SYSTEM, &[hidden])), [""]);
}

#[test]
fn rows_of_too_many_kinds_are_refused_as_a_whole() {
    let org = org();
    let mut tx = begin(&org);
    let rows: Vec<_> = (0..12)
        .map(|at| if at % 2 == 0 { account("a") } else { ("Contact", None, json!({"LastName": "c"})) })
        .collect();
    let rows: Vec<_> =
        rows.iter().map(|(object, id, values)| row(&tx, object, *id, values.clone())).collect();
    assert!(tx.apply(Operation::Insert, rows[..10].to_vec(), SYSTEM).is_ok());
    let refused = tx.apply(Operation::Insert, rows, SYSTEM).unwrap_err();
    assert!(refused.message().starts_with("Cannot have more than 10 chunks"), "{}", refused.message());
}

#[test]
fn events_wait_for_the_commit_or_do_not() {
    let org = org();
    org.change_metadata(|metadata| {
        for (name, behaviour) in [("Late__e", "PublishAfterCommit"), ("Now__e", "PublishImmediately")] {
            let id = org.ids.next("01I");
            let prefix = metadata.free_key_prefix("e");
            let fields = vec![crate::org::Field::new("T__c", crate::org::FieldType::String)];
            let mut event = crate::org::ObjectType::event(name, name, id, &prefix, fields);
            event.publish_behavior = Some(behaviour.to_owned());
            metadata.put_object(event);
        }
        Ok::<_, ()>(())
    })
    .unwrap();
    let published = || org.ledger.count(Kind::EventPublished);
    let mut tx = begin(&org);
    let rows = [("Late__e", None, json!({"T__c": "x"})), ("Now__e", None, json!({"T__c": "x"}))];
    assert_eq!(statuses(&apply(&mut tx, Operation::Insert, SYSTEM, &rows)), ["", ""]);
    assert_eq!(published(), 1);
    drop(tx);
    assert_eq!(published(), 1);
    let mut tx = begin(&org);
    apply(&mut tx, Operation::Insert, SYSTEM, &rows[..1]);
    let bad = [("Late__e", None, json!({"T__c": Value::from("x".repeat(300))}))];
    assert_eq!(statuses(&apply(&mut tx, Operation::Insert, PARTIAL, &bad)), ["STRING_TOO_LONG"]);
    tx.commit();
    assert_eq!(published(), 2);
}
