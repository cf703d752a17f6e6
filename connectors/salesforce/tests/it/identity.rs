//! Who was authorised, and whether it is who was expected.

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::testkit::World as _;
use provision_connector_sdk::{CallCounter, Connector as _, FaultClass, Session};
use salesforce_simulator::org::{Conditions, OrgKind};
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

use crate::world::Salesforce;

/// A session of the administrator, in an account with these settings.
async fn expecting(salesforce: &Salesforce, settings: Value) -> Session {
    let mut account = salesforce.account();
    account.settings = settings.as_object().expect("an object").clone();
    Session {
        account,
        credentials: salesforce.credentials().await,
        calls: std::sync::Arc::new(CallCounter::default()),
    }
}

#[tokio::test]
async fn the_expected_organisation_and_user_are_taken_in_every_spelling() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let ready = salesforce.simulator.ready();
    let (id, user) = (ready.org_id.clone(), ready.admin.username.clone());
    for settings in [
        json!({}),
        json!({"organizationId": id}),
        json!({"organizationId": id[..15], "username": user}),
        json!({"username": user.to_uppercase()}),
    ] {
        let session = expecting(&salesforce, settings.clone()).await;
        let identity = salesforce.connector.identify(&session).await.expect("it is the right one");
        assert_eq!((&identity.organization_id, &identity.username), (&id, &user), "{settings}");
    }
}

#[tokio::test]
async fn another_organisation_or_user_is_refused_by_name() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let ready = salesforce.simulator.ready();
    // Ids are case-sensitive in their first 15 characters.
    let other_case: String = ready
        .org_id
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for (settings, reason, expected, actual) in [
        (
            json!({"organizationId": "00D000000000099EAA"}),
            Reason::OrgMismatch,
            "00D000000000099EAA",
            ready.org_id.as_str(),
        ),
        (
            json!({"username": "somebody@else.example"}),
            Reason::UserMismatch,
            "somebody@else.example",
            ready.admin.username.as_str(),
        ),
        (
            json!({"organizationId": other_case}),
            Reason::OrgMismatch,
            other_case.as_str(),
            ready.org_id.as_str(),
        ),
    ] {
        let session = expecting(&salesforce, settings.clone()).await;
        let refused = salesforce.connector.identify(&session).await.expect_err("it is another one");
        assert_eq!(refused.class, FaultClass::Rejected, "{settings}");
        let fault = refused.fault;
        assert_eq!(fault.reason(), reason, "{settings}");
        assert_eq!(fault.metadata().get("expected").map(String::as_str), Some(expected));
        assert_eq!(fault.metadata().get("actual").map(String::as_str), Some(actual));
        assert!(fault.message().contains(expected) && fault.message().contains(actual), "{fault}");
    }
}

#[tokio::test]
async fn kinds_of_organisation_are_told_apart() {
    for (kind, environment, name) in [
        (OrgKind::Sandbox, "sandbox", "sandbox"),
        (OrgKind::Scratch, "sandbox", "scratch"),
        (OrgKind::Production, "production", "production"),
        (OrgKind::Trial, "production", "trial"),
        (OrgKind::Developer, "production", "developer"),
    ] {
        let conditions = Conditions { kind: Some(kind), ..Conditions::default() };
        let salesforce = Salesforce::with(Config { conditions, ..Config::default() }).await;
        let session = expecting(&salesforce, json!({})).await;
        let identity = salesforce.connector.identify(&session).await.expect("it is known");
        assert_eq!((identity.environment.as_str(), identity.organization_kind.as_str()), (environment, name));
    }
}

#[tokio::test]
async fn settings_are_checked_by_their_form() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let schema = &salesforce.connector.manifest().settings_schema;
    let schema = jsonschema::draft202012::new(schema).expect("the schema compiles");
    for (settings, valid) in [
        (json!({"organizationId": "00D000000000001"}), true),
        (json!({"organizationId": "00D000000000001EAA"}), true),
        (json!({"organizationId": "00D00000000000"}), false),
        (json!({"organizationId": "00D000000000001EAa"}), false),
        (json!({"organizationId": "005000000000001"}), false),
        (json!({"organizationId": "00D000000000001' OR Id != '"}), false),
        (json!({"organizationId": 7}), false),
        (json!({"username": "ada@acme.example.uat"}), true),
        (json!({"username": "ada"}), false),
        (json!({"username": "a b@acme.example"}), false),
        (json!({"username": format!("a@{}", "x".repeat(80))}), false),
        (json!({"orgId": "00D000000000001"}), false),
    ] {
        assert_eq!(schema.is_valid(&settings), valid, "{settings}");
    }
}
