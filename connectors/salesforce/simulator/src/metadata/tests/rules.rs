//! Deploys validation rules, with their object and one by one.

use serde_json::json;

use super::support::{NS, World, Zip, event, item, row};

fn rule(name: &str, formula: &str, more: &str) -> String {
    let formula = formula.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<validationRules><fullName>{name}</fullName><active>true</active>\
         <errorConditionFormula>{formula}</errorConditionFormula>{more}<errorMessage>No</errorMessage></validationRules>"
    )
}

fn account(inner: &str) -> Zip {
    Zip::default().object("Account", inner)
}

#[tokio::test]
async fn rules_come_with_their_object_and_know_its_new_fields() {
    let world = World::new();
    let rules = rule(
        "Needs_note",
        "ISBLANK(Note__c) && LEN(Key__c) < 3",
        "<errorDisplayField>note__C</errorDisplayField>",
    );
    let result = world
        .succeeds(
            &Zip::default()
                .object("Item__c", &item("").replace("<label>Item", &format!("{rules}<label>Item"))),
        )
        .await;
    let created = row(&result, "componentSuccesses", "Item__c.Needs_note");
    assert_eq!((&created["componentType"], &created["created"]), (&json!("ValidationRule"), &json!(true)));
    assert!(created["id"].as_str().unwrap().starts_with("03d"));
    let metadata = world.org.metadata();
    let rule = metadata.rules.rule("item__c", "needs_note").unwrap();
    assert_eq!(
        (rule.active, rule.display_field.as_deref(), rule.message.as_str()),
        (true, Some("Note__c"), "No")
    );
}

#[tokio::test]
async fn a_rule_can_be_named_alone_changed_and_deleted() {
    let world = World::new();
    let both = format!("{}{}", rule("One", "ISBLANK(Phone)", ""), rule("Two", "FALSE", ""));
    let content = format!("<CustomObject xmlns=\"{NS}\">{both}</CustomObject>");
    let alone = Zip::default()
        .member("ValidationRule", "Account.One")
        .file("objects/Account.object", content.clone());
    world.succeeds(&alone).await;
    assert_eq!(world.org.metadata().rules.all_rules().count(), 1);
    let again = world.succeeds(&alone).await;
    assert_eq!(row(&again, "componentSuccesses", "Account.One")["changed"], false);
    let changed = world.succeeds(&account(&rule("One", "TRUE", ""))).await;
    let changed = row(&changed, "componentSuccesses", "Account.One");
    assert_eq!((&changed["changed"], &changed["created"]), (&json!(true), &json!(false)));
    let missing =
        Zip::default().member("ValidationRule", "Account.Three").file("objects/Account.object", content);
    assert_eq!(
        world.refusal(&missing).await,
        "An object 'Account.Three' of type ValidationRule was named in package.xml, but was not found in zipped directory"
    );
    world.succeeds(&Zip::default().deletes(&[("ValidationRule", "Account.One")])).await;
    assert_eq!(world.org.metadata().rules.all_rules().count(), 0);
    let gone = Zip::default().deletes(&[("ValidationRule", "Account.One")]);
    assert_eq!(world.refusal(&gone).await, "No ValidationRule named: Account.One found");
}

#[tokio::test]
async fn bad_rules_are_refused() {
    let world = World::new();
    for (inner, expected) in [
        (rule("R", "Nope = 1", ""), "Field Nope does not exist. Check spelling."),
        (rule("R", "AND(TRUE, 'x')", ""), "Incorrect parameter type for function 'AND()'. Expected Boolean, received Text"),
        (rule("R", "(TRUE", ""), "Syntax error. Missing ')'"),
        (rule("R", "1", ""), "Formula result is data type (Number), incompatible with expected data type (true or false)."),
        (rule("R", "TRUE", "<errorDisplayField>X</errorDisplayField>"), "In field: errorDisplayField - no CustomField named Account.X found"),
        (rule("R", "TRUE", "<colour/>"), "Error parsing file: Element colour invalid at this location in type ValidationRule"),
        ("<validationRules><fullName>R</fullName><active>true</active><errorMessage>x</errorMessage></validationRules>".to_owned(), "Required field is missing: errorConditionFormula"),
    ] {
        assert_eq!(world.refusal(&account(&inner)).await, expected);
    }
    assert!(world.refusal(&account(&rule("A b", "TRUE", ""))).await.starts_with("The Validation Rule name"));
    let long = rule("R", "TRUE", "").replace(">No<", &format!(">{}<", "x".repeat(256)));
    assert!(world.refusal(&account(&long)).await.ends_with("(max length=255)"));
    let event = event().replace("<label>Change", &format!("{}<label>Change", rule("R", "TRUE", "")));
    assert!(world.refusal(&Zip::default().object("Change__e", &event)).await.contains("validationRules"));
    assert_eq!(world.org.metadata().rules.all_rules().count(), 0);
}

#[tokio::test]
async fn a_field_that_a_rule_looks_at_stays_and_an_object_takes_its_rules_with_it() {
    let world = World::new();
    let rules = rule("R", "ISBLANK(Note__c)", "");
    world
        .succeeds(
            &Zip::default()
                .object("Item__c", &item("").replace("<label>Item", &format!("{rules}<label>Item"))),
        )
        .await;
    assert_eq!(
        world.refusal(&Zip::default().deletes(&[("CustomField", "Item__c.Note__c")])).await,
        "This custom field is referenced elsewhere in salesforce.com: Validation Rule - Item__c.R"
    );
    world.succeeds(&Zip::default().deletes(&[("CustomObject", "Item__c")])).await;
    assert_eq!(world.org.metadata().rules.all_rules().count(), 0);
}
