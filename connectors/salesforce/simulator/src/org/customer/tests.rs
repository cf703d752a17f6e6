use super::*;
use crate::config::Config;
use crate::org::BirthError;

fn org(conditions: Conditions) -> Result<Arc<Org>, BirthError> {
    Org::new(Config { conditions, ..Config::default() })
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_hostile_org_has_everything_on_every_object() {
    let conditions =
        Conditions { customer: Customer::hostile(), org_coverage_percent: Some(74), ..Conditions::default() };
    let org = org(conditions).unwrap();
    let metadata = org.metadata();
    for name in ["Account", "Case", "Contact", "Lead", "Opportunity", "ContentVersion"] {
        let object = metadata.object(name).unwrap();
        assert!(object.field(objects::FIELD).is_some_and(|field| field.required_on_create()), "{name}");
        assert!(metadata.rules.rule(name, objects::RULE).is_some_and(|rule| rule.active), "{name}");
        let mut triggers = metadata.triggers.values();
        assert!(triggers.any(|trigger| trigger.object == name && trigger.unit.status == "Active"), "{name}");
    }
    assert!(metadata.class("Customer_Code_5").is_some());
    assert!(metadata.class("Customer_Code_Test").unwrap().is_test);
}

#[test]
fn conditions_that_go_take_what_they_brought_with_them() {
    let org = org(Conditions::default()).unwrap();
    let before = org.metadata();
    let flow = FlowFixture {
        label: "No names".to_owned(),
        object: "Contact".to_owned(),
        moment: FlowMoment::BeforeSave,
        events: FlowEvents::CreateOrUpdate,
        condition: Some("ISBLANK(FirstName)".to_owned()),
        error: Some("Say who it is".to_owned()),
        field: None,
        value: None,
    };
    org.set_conditions(|now| {
        now.customer = Customer { slow_triggers: names(&["Case"]), flows: vec![flow], ..Customer::hostile() };
        now.failing_tests = names(&["Legacy_Test"]);
        now.uncovered_triggers = names(&["Lead"]);
        now.org_coverage_percent = Some(0);
    });
    let during = org.metadata();
    assert!(during.class("Legacy_Test").unwrap().is_test);
    assert_eq!(during.rules.flows().count(), 2);
    org.set_conditions(|now| *now = Conditions::default());
    let after = org.metadata();
    assert_eq!((after.classes.len(), after.triggers.len()), (0, 0));
    assert_eq!((after.rules.all_rules().count(), after.rules.flows().count()), (0, 0));
    assert!(before.objects().zip(after.objects()).all(|(a, b)| a.fields == b.fields));
}

#[test]
fn what_cannot_be_is_said_at_the_start() {
    let refused = |conditions: Conditions| org(conditions).map(|_| ()).unwrap_err().to_string();
    let nowhere = Customer { rejecting_rules: names(&["Nowhere"]), ..Customer::default() };
    assert_eq!(
        refused(Conditions { customer: nowhere, ..Conditions::default() }),
        "the org cannot have what its conditions ask for: not on the object Nowhere"
    );
    let flow = r#"{"label":"F","object":"Case","moment":"after-save","events":"create","condition":"X = 1","error":"No"}"#;
    let flows = vec![serde_json::from_str(flow).unwrap()];
    let customer = Customer { flows, ..Customer::default() };
    assert!(
        refused(Conditions { customer, ..Conditions::default() })
            .ends_with("flow \"F\": Field X does not exist. Check spelling.")
    );
    let conditions = Conditions { failing_tests: names(&["9 lives"]), ..Conditions::default() };
    assert!(org(conditions).is_err());
}
