//! What an organisation is: its kind and its edition.

use provision_client::api::v1::ServiceAccountPhase;
use provision_tests::effects::{changes, live_grants};
use provision_tests::person::{Person, said};
use provision_tests::world::World;
use salesforce_simulator::org::{Conditions, OrgKind};
use salesforce_simulator::{Config, Environment};

use super::{FAILED, PASSED, checked, of};

fn org(environment: Environment, conditions: Conditions) -> Config {
    Config { environment, conditions, objects: 60, ..Config::default() }
}

#[tokio::test]
async fn kinds_of_organisation_are_told_apart() {
    for (environment, kind, name, words) in [
        (Environment::Sandbox, OrgKind::Sandbox, "sandbox", None),
        (Environment::Sandbox, OrgKind::Scratch, "scratch", Some("a scratch organisation that ends on 2")),
        (Environment::Production, OrgKind::Production, "production", None),
        (Environment::Production, OrgKind::Trial, "trial", Some("a trial organisation that ends on 2")),
        (
            Environment::Production,
            OrgKind::Developer,
            "developer",
            Some("a Developer Edition organisation, for development only"),
        ),
    ] {
        let world =
            World::with(org(environment, Conditions { kind: Some(kind), ..Conditions::default() })).await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.create(&admin).await.name;
        world.allow(&world.begin(&admin, &account).await).await;
        let shown = admin.accounts().get(&account).await.expect("account");
        assert_eq!(shown.authorized_identity.expect("authorised").organization_kind, name);
        let checks = checked(&admin, &account).await;
        assert!(checks.passed, "{name}: only people must know it");
        assert_eq!(of(&checks, "organization.kind").status, PASSED);
        let lasting = of(&checks, "organization.lasting");
        match words {
            None => assert_eq!(lasting.status, PASSED, "{lasting:?}"),
            Some(words) => {
                assert!(lasting.status == FAILED && lasting.evidence.contains(words), "{lasting:?}");
                let reason = "we only try it out";
                admin.accounts().accept(&account, "organization.lasting", reason).await.expect("accepted");
                let checks = checked(&admin, &account).await;
                let accepted = of(&checks, "organization.lasting").acceptance.clone();
                assert_eq!(accepted.expect("it is shown").reason, reason);
            }
        }
    }
}

#[tokio::test]
async fn an_organisation_that_can_never_be_protected_is_refused_at_once() {
    let lacks =
        |name: &str| Conditions { without_permissions: vec![name.to_owned()], ..Conditions::default() };
    let professional =
        Conditions { edition: Some("Professional Edition".to_owned()), ..Conditions::default() };
    let mut told = String::new();
    for (conditions, check) in [
        (professional, "edition"),
        (Conditions { api_disabled: true, ..Conditions::default() }, "api.enabled"),
        (lacks("ViewAllData"), "permission.ViewAllData"),
    ] {
        let world = World::with(org(Environment::Production, conditions)).await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.create(&admin).await.name;
        let page = Person::admin(&world.org).allow(&world.begin(&admin, &account).await).await;
        told.push_str(&format!("--- {check}\n{}\n", said(&page)));
        let shown = admin.accounts().get(&account).await.expect("account");
        assert_eq!((shown.phase(), shown.authorized_identity), (ServiceAccountPhase::Draft, None));
        assert_eq!((live_grants(&world.org), changes(&world.org)), (0, 0));
        told = told.replace(&world.org.ready().base_url, "https://org");
        if check != "api.enabled" {
            let checks = checked(&admin, &account).await;
            assert!(!checks.passed && of(&checks, check).status == FAILED, "{checks:?}");
        }
    }
    insta::assert_snapshot!(told);
}
