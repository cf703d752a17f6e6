//! Formulas, rules and flows on an object that has every kind of field.

mod door;
mod errors;
mod flows;
mod functions;
mod robust;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::formula::{Datum, Formula, Wanted};
use super::*;
use crate::config::Config;
use crate::org::{CustomPermission, Field, FieldType, Id, ManualClock, ObjectType, Org, Record, prefix};

/// 2026-11-24T12:30:00Z, a Tuesday.
const NOW_MS: i64 = 1_795_523_400_000;

pub(super) struct World {
    pub(super) org: Arc<Org>,
    account: Id,
}

pub(super) fn field(name: &str, kind: FieldType) -> Field {
    Field::new(name, kind)
}

impl World {
    pub(super) fn new() -> Self {
        let config = Config { clock: Arc::new(ManualClock::new(NOW_MS)), ..Config::default() };
        let org = Org::new(config).unwrap();
        let account = org.ids.next("001");
        let id = org.ids.next(prefix::CUSTOM_OBJECT);
        let mut lookup = Field::reference("Account__c", &["Account"], "Account__r");
        lookup.custom = true;
        let fields = vec![
            field("Title__c", FieldType::String),
            field("Amount__c", FieldType::Double),
            field("Share__c", FieldType::Percent),
            field("Open__c", FieldType::Boolean),
            field("Due__c", FieldType::Date),
            field("At__c", FieldType::DateTime),
            field("Stage__c", FieldType::Picklist),
            field("Tags__c", FieldType::MultiPicklist),
            field("Place__c", FieldType::Location),
            lookup,
        ];
        let name = Field::new("Name", FieldType::String);
        org.change_metadata(|metadata| {
            metadata.put_object(ObjectType::custom("Deal__c", "Deal", id, "a77", name, fields));
            let permission = CustomPermission {
                id: org.ids.next("0CP"),
                name: "May_Skip".to_owned(),
                namespace: None,
                label: "May skip".to_owned(),
                description: None,
                licensed: false,
            };
            metadata.custom_permissions.insert("May_Skip".to_owned(), Arc::new(permission));
            Ok::<_, ()>(())
        })
        .unwrap();
        let mut values = BTreeMap::from([("Name".to_owned(), json!("Acme"))]);
        values.insert("OwnerId".to_owned(), org.admin.into());
        org.write().records.put("Account", Record { id: account, values, deleted: false });
        Self { org, account }
    }

    pub(super) fn object(&self) -> Arc<ObjectType> {
        self.org.metadata().object("Deal__c").unwrap().clone()
    }

    pub(super) fn values(&self) -> BTreeMap<String, Value> {
        let values = json!({
            "Name": "D-1", "Title__c": "Big deal", "Amount__c": 12.5, "Share__c": 40, "Open__c": true,
            "Due__c": "2026-11-30", "At__c": "2026-11-24T08:00:00.000+0000", "Stage__c": "Won",
            "Tags__c": "a;b", "Account__c": self.account, "OwnerId": self.org.admin,
        });
        values.as_object().unwrap().clone().into_iter().collect()
    }

    /// Hands over a view of the org and the object.
    pub(super) fn with<T>(&self, run: impl FnOnce(&View<'_>, &ObjectType) -> T) -> T {
        let state = self.org.snapshot();
        let rights = state.rights(self.org.admin);
        let view = View { org: &self.org, state: &state, rights: &rights, tooling: false };
        run(&view, &self.object())
    }

    pub(super) fn compile(&self, source: &str, wanted: Wanted) -> Result<Formula, String> {
        Formula::compile(source, &self.org.metadata(), &self.object(), wanted).map_err(|error| error.0)
    }

    /// Works out a formula of any type for a new record, or for one that had `old` values.
    pub(super) fn on(&self, source: &str, new: &Value, old: Option<&Value>) -> Result<Datum, String> {
        let kinds = [Wanted::Boolean, Wanted::Text, Wanted::Number, Wanted::Date, Wanted::DateTime];
        let formula = kinds.iter().find_map(|kind| self.compile(source, *kind).ok());
        let formula = match formula {
            Some(formula) => formula,
            None => self.compile(source, Wanted::Boolean)?,
        };
        let overlay = |more: &Value| {
            let mut values = self.values();
            values.extend(more.as_object().unwrap().clone());
            values
        };
        let new = overlay(new);
        let id = Id::parse("a77000000000001").unwrap();
        let old = old.map(|old| Record { id, values: overlay(old), deleted: false });
        self.with(|view, object| {
            let subject =
                Subject { object, id: old.as_ref().map(|old| old.id), new: &new, old: old.as_ref() };
            formula.evaluate(view, &subject).map_err(|fault| fault.to_string())
        })
    }

    pub(super) fn value(&self, source: &str) -> Datum {
        self.on(source, &json!({}), None).unwrap_or_else(|error| panic!("{source}: {error}"))
    }

    pub(super) fn refusal(&self, source: &str) -> String {
        self.compile(source, Wanted::Boolean).expect_err(source)
    }
}

pub(super) fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

pub(super) fn number(text: &str) -> Datum {
    Datum::Number(text.parse().unwrap())
}

pub(super) fn day(text: &str) -> Datum {
    Datum::Date(text.parse().unwrap())
}

fn rule(world: &World, name: &str, condition: &str, display_field: Option<&str>) -> ValidationRule {
    ValidationRule {
        id: world.org.ids.next(PREFIX),
        object: "Deal__c".to_owned(),
        name: name.to_owned(),
        active: true,
        description: None,
        condition: world.compile(condition, Wanted::Boolean).unwrap(),
        message: format!("{name} says no"),
        display_field: display_field.map(str::to_owned),
        created_ms: 0,
        created_by: world.org.admin,
        modified_ms: 0,
        modified_by: world.org.admin,
    }
}

#[test]
fn every_active_rule_that_holds_refuses_the_record() {
    let world = World::new();
    let rules = [
        rule(&world, "Closed", "ISPICKVAL(Stage__c, 'Won')", Some("Stage__c")),
        rule(&world, "Broken", "1 / (Amount__c - 12.5) > 0", None),
        rule(&world, "Fine", "Amount__c < 0", None),
        rule(&world, "Unknown", "NULL > 3", None),
        ValidationRule { active: false, ..rule(&world, "Off", "TRUE", None) },
    ];
    world
        .org
        .change_metadata(|metadata| {
            rules.into_iter().for_each(|rule| metadata.rules.put_rule(rule));
            Ok::<_, ()>(())
        })
        .unwrap();
    let values = world.values();
    let errors =
        world.with(|view, object| validate(view, &Subject { object, id: None, new: &values, old: None }));
    let shown: Vec<_> = errors
        .iter()
        .map(|error| (error.status.as_str(), error.message.as_str(), error.fields.join(",")))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "FIELD_INTEGRITY_EXCEPTION",
                "Validation Formula \"Broken\" Invalid (Division by zero)",
                String::new()
            ),
            ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Closed says no", "Stage__c".to_owned()),
        ]
    );
}

#[test]
fn the_book_finds_rules_without_case_and_forgets_objects() {
    let world = World::new();
    let mut book = RuleBook::default();
    book.put_rule(rule(&world, "One", "TRUE", None));
    assert_eq!(book.rule("deal__C", "ONE").unwrap().full_name(), "Deal__c.One");
    book.put_rule(rule(&world, "one", "FALSE", None));
    assert_eq!(book.all_rules().count(), 1);
    assert!(book.remove_rule("Deal__c", "One").is_some() && book.remove_rule("Deal__c", "One").is_none());
    book.put_rule(rule(&world, "Two", "TRUE", None));
    book.forget("DEAL__C");
    assert_eq!(book.rules("Deal__c").count(), 0);
}
