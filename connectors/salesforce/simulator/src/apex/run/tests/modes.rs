//! Whose rights and which records count, by the API version that code is saved with.

use std::sync::Arc;

use super::source::{org, run};
use crate::apex::program::{Program, Sharing};
use crate::org::{Field, FieldType, TriggerEvent};
use crate::transaction::Transaction;

/// An org with a field that nobody has a right to; its classes and triggers are saved with this version.
fn saved_with(version: &str, classes: &[(&str, &str)], trigger: Option<&str>) -> Transaction {
    let mut tx = org(classes, trigger.map(|body| (body, &[TriggerEvent::BeforeInsert][..])));
    let metadata = Arc::make_mut(&mut tx.state.metadata);
    let mut account = metadata.object("Account").unwrap().as_ref().clone();
    account.fields.push(Arc::new(Field::new("Hidden__c", FieldType::String)));
    metadata.put_object(account);
    for class in metadata.classes.values_mut() {
        Arc::make_mut(class).unit.api_version = version.to_owned();
    }
    for trigger in metadata.triggers.values_mut() {
        Arc::make_mut(trigger).unit.api_version = version.to_owned();
    }
    tx.program = Program::of(&tx.state.metadata);
    tx
}

const WAYS: &[(&str, &str)] = &[
    ("query", "List<Account> rows = [SELECT Hidden__c FROM Account];"),
    ("dynamic", "Database.query('SELECT Hidden__c FROM Account');"),
    ("count", "Database.countQuery('SELECT COUNT() FROM Account WHERE Hidden__c = null');"),
    ("statement", "insert new Account(Name = 'a', Hidden__c = 'x');"),
    ("method", "Database.insert(new Account(Name = 'a', Hidden__c = 'x'));"),
    ("queryAsSystem", "List<Account> rows = [SELECT Hidden__c FROM Account WITH SYSTEM_MODE];"),
    ("dynamicAsSystem", "Database.query('SELECT Hidden__c FROM Account', AccessLevel.SYSTEM_MODE);"),
    ("statementAsSystem", "insert as system new Account(Name = 'a', Hidden__c = 'x');"),
    ("methodAsSystem", "Database.insert(new Account(Name = 'a', Hidden__c = 'x'), AccessLevel.SYSTEM_MODE);"),
    ("queryAsUser", "List<Account> rows = [SELECT Hidden__c FROM Account WITH USER_MODE];"),
    ("statementAsUser", "insert as user new Account(Name = 'a', Hidden__c = 'x');"),
    ("methodAsUser", "Database.insert(new Account(Name = 'a', Hidden__c = 'x'), AccessLevel.USER_MODE);"),
];

#[test]
fn classes_have_the_rights_of_the_user_from_version_67_on() {
    let methods: Vec<String> =
        WAYS.iter().map(|(name, body)| format!("public static void {name}() {{ {body} }}")).collect();
    let class = format!("public without sharing class Ways {{ {} }}", methods.join("\n"));
    for (version, secure) in [("66.0", false), ("67.0", true)] {
        for (name, _) in WAYS {
            let tx = &mut saved_with(version, &[("Ways", &class)], None);
            let refused = name.ends_with("AsUser") || secure && !name.ends_with("AsSystem");
            let outcome = run(tx, &format!("Ways.{name}();"));
            assert_eq!(!outcome.is_empty(), refused, "{version} {name}: {outcome}");
        }
    }
}

#[test]
fn triggers_stay_in_system_mode() {
    let trigger = "trigger T on Account (before insert) {
        for (Account row : Trigger.new) { row.Description = 'found ' + [SELECT Hidden__c FROM Account].size(); }
        Database.query('SELECT Hidden__c FROM Account');
    }";
    let tx = &mut saved_with("67.0", &[], Some(trigger));
    let source = "Account row = new Account(Name = 'a'); insert row;
        System.debug([SELECT Description FROM Account WHERE Id = :row.Id WITH SYSTEM_MODE].Description);";
    assert_eq!(run(tx, source), "found 0");
}

#[test]
fn anonymous_code_has_the_newest_version() {
    let tx = &mut saved_with("66.0", &[], None);
    let refused = "System.QueryException: No such column 'Hidden__c' on entity 'Account'.";
    assert!(run(tx, "Database.query('SELECT Hidden__c FROM Account');").starts_with(refused));
    assert_eq!(run(tx, "Database.query('SELECT Hidden__c FROM Account', AccessLevel.SYSTEM_MODE);"), "");
}

#[test]
fn a_class_that_says_nothing_of_sharing_shares_from_version_67_on() {
    let classes = [
        ("Said", "public without sharing class Said { public class Inner { } }"),
        ("Open", "public virtual class Open { }"),
        ("Below", "public class Below extends Open { }"),
    ];
    let sharing = |tx: &Transaction, name: &str| {
        let class = tx.program.class_named(name).unwrap();
        tx.program.class(class).sharing
    };
    let old = saved_with("66.0", &classes, None);
    let mut new = saved_with("67.0", &classes, None);
    for name in ["Open", "Below", "Said.Inner"] {
        assert_eq!((sharing(&old, name), sharing(&new, name)), (Sharing::Unsaid, Sharing::With), "{name}");
    }
    assert_eq!((sharing(&old, "Said"), sharing(&new, "Said")), (Sharing::Without, Sharing::Without));
    // One class of a line of classes is enough for those below it.
    for class in Arc::make_mut(&mut new.state.metadata).classes.values_mut() {
        if class.unit.name == "Below" {
            Arc::make_mut(class).unit.api_version = "66.0".to_owned();
        }
    }
    new.program = Program::of(&new.state.metadata);
    assert_eq!(sharing(&new, "Below"), Sharing::With);
}

#[test]
fn security_enforced_is_a_matter_of_old_versions() {
    let class = "public class Old { public static void run() {
        List<Account> rows = [SELECT Name FROM Account WITH SECURITY_ENFORCED]; } }";
    let old = saved_with("66.0", &[("Old", class)], None);
    let new = saved_with("67.0", &[("Old", class)], None);
    let problems = |tx: &Transaction| tx.program.problems(tx.state.metadata.classes.keys().copied()).len();
    assert_eq!((problems(&old), problems(&new)), (0, 1));
}
