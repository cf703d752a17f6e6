//! Records, their fields and relationships, and queries.

use super::support::{Sources, refuses, takes};

#[test]
fn fields_are_of_their_objects() {
    takes(&[
        "Account a = new Account(Name = 'x', NumberOfEmployees = 3); a.Name = 'y'; Integer n = a.NumberOfEmployees;",
        "Item__c i = new Item__c(Price__c = 1, Day__c = Date.today()); Decimal p = i.Price__c; Id k = i.Account__c;",
        "Item__c i; String s = i.Account__r.Name; i.Account__r = new Account(); s = i.Owner.Name;",
        "Account a; List<Item__c> items = a.Items__r; for (Item__c i : a.Items__r) {}",
        "SObject s = new Account(); Id i = s.Id; Object o = s.get('Name'); s.put('Name', 'x');",
        "Account a; Account b = a.clone(); a.addError('x'); a.Name.addError('x');",
        "Schema.SObjectField f = Account.Name; Schema.SObjectType t = Account.SObjectType; t = Schema.Item__c.SObjectType;",
        "Schema.Account a; Schema.SObjectType t = Schema.SObjectType.Account.getSObjectType();",
    ]);
    refuses(&[
        ("Account a; a.Nothing__c = 'x';", "1:14 Variable does not exist: Nothing__c"),
        ("Account a = new Account(Nothing__c = 'x');", "1:25 Field does not exist: Nothing__c on Account"),
        ("Object o = Account.Nothing__c;", "1:20 Field does not exist: Nothing__c on Account"),
        ("Account a = new Account(Name = 1);", "1:25 Illegal assignment from Integer to String"),
        ("Account a = new Account(Name = 'x', NAME = 'y');", "1:37 Duplicate field initialization: NAME"),
        ("Account a = new Account('x');", "1:13 Type requires name=value pair construction: Account"),
        (
            "Account a; Object o = a.Name.Nothing;",
            "1:30 A non foreign key field cannot be referenced in a path expression: Name",
        ),
        (
            "SObject s; Object o = s.Name;",
            "1:25 Initial term of field expression must be a concrete SObject: SObject",
        ),
        ("Item__c i = new Nope__c();", "1:17 Invalid type: Nope__c"),
        ("SObject s; Account a = s;", "1:20 Illegal assignment from SObject to Account"),
    ]);
}

#[test]
fn queries_are_used_as_what_is_wanted() {
    takes(&[
        "List<Account> l = [SELECT Id, Owner.Name FROM Account WHERE Name = 'x' LIMIT 1]; Account a = [SELECT Id FROM Account];",
        "Integer n = [SELECT COUNT() FROM Account]; Boolean b = [SELECT COUNT() FROM Account] == 0;",
        "List<AggregateResult> g = [SELECT COUNT(Id) n FROM Account GROUP BY Name]; Object o = g[0].get('n');",
        "String s = [SELECT Name FROM Account LIMIT 1].Name; Integer i = [SELECT Id FROM Account].size();",
        "Set<Id> ids; List<Item__c> l = [SELECT Id, Account__r.Name, Account__r.Owner.Name FROM Item__c WHERE Id IN :ids AND Price__c > :(1 + 2)];",
        "List<Account> l = [SELECT Id, (SELECT Key__c FROM Items__r) FROM Account WHERE Id IN (SELECT Account__c FROM Item__c)];",
        "List<SObject> l = [SELECT Id FROM Account]; SObject s = [SELECT Id FROM Account];",
    ]);
    refuses(&[
        (
            "List<Account> l = [SELECT Id FROM Contact];",
            "1:15 Illegal assignment from List<Contact> to List<Account>",
        ),
        ("Account a = [SELECT Id FROM Contact];", "1:9 Illegal assignment from List<Contact> to Account"),
        ("Object o = [SELECT Id FROM Account WHERE Id = :nope];", "1:48 Variable does not exist: nope"),
    ]);
    for (query, words) in [
        ("SELECT Nope__c FROM Account", "No such column 'Nope__c' on entity 'Account'. If you"),
        ("SELECT Id FROM Account WHERE Nope__c = 1", "No such column 'Nope__c' on entity 'Account'. If you"),
        ("SELECT Id FROM Account ORDER BY Nope__c", "No such column 'Nope__c' on entity 'Account'. If you"),
        ("SELECT Account__r.Nope__c FROM Item__c", "No such column 'Nope__c' on entity 'Account'. If you"),
        (
            "SELECT Nope__r.Name FROM Item__c",
            "Didn't understand relationship 'Nope__r' in field path. If you",
        ),
        ("SELECT Id FROM Nope__c", "sObject type 'Nope__c' is not supported. If you"),
        (
            "SELECT Id, (SELECT Id FROM Nopes__r) FROM Account",
            "Didn't understand relationship 'Nopes__r' in FROM",
        ),
    ] {
        let problem = super::support::statements(&format!("Object o = [{query}];")).unwrap_err();
        assert!(problem.starts_with(&format!("1:12 {words}")), "{problem}");
    }
}

#[test]
fn a_triggers_variables_are_records_of_its_object() {
    let body = "trigger T on Account (before insert, after update) {\n  for (Account a : Trigger.new) { a.Name = Trigger.oldMap.get(a.Id).Name; }\n  if (Trigger.isBefore && Trigger.size > 1 && Trigger.operationType == TriggerOperation.BEFORE_INSERT) { return; }\n}";
    assert_eq!(Sources::new().trigger("T", body).problems(), Vec::<String>::new());
    let bad = |body: &str| Sources::new().trigger("T", &format!("trigger T on {body}")).problems();
    assert_eq!(
        bad("Account (after insert) {\n  for (Contact c : Trigger.new) {}\n}"),
        ["T 2:16 Invalid loop variable type expected Account was Contact"]
    );
    assert_eq!(
        bad("Account (after insert) { return 1; }"),
        ["T 1:39 Trigger bodies must not return a value"]
    );
    assert_eq!(
        bad("Account (before undelete) { }"),
        ["T 1:23 Trigger Usage Before Undelete is not supported"]
    );
    assert_eq!(
        bad("Account (before insert, before insert) { }"),
        ["T 1:38 Duplicate Trigger Usage: before insert"]
    );
    assert_eq!(bad("Nope__c (before insert) { }"), ["T 1:14 Invalid type: Nope__c"]);
    assert_eq!(
        bad("AccountChangeEvent (before insert) { }"),
        ["T 1:14 Platform Event SObjects only supports after insert: AccountChangeEvent"]
    );
    // What never happens to an object may be named all the same.
    assert_eq!(bad("User (before delete, after undelete) { }"), Vec::<String>::new());
}

#[test]
fn a_trigger_may_declare_what_it_uses() {
    let body = "trigger T on Account (before insert) {\n  Integer count(List<Account> l) { return l.size(); }\n  Integer n = count(Trigger.new);\n}";
    assert_eq!(Sources::new().trigger("T", body).problems(), Vec::<String>::new());
}
