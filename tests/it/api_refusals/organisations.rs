//! The wrong organisation, and one that belongs to somebody.

use provision_client::api::v1::ServiceAccountPhase;
use provision_tests::effects::{live_grants, working_tokens};
use provision_tests::person::{Person, said};
use provision_tests::setup::Setup;
use provision_tests::world::World;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Environment};

use super::{authorized, nothing_is_kept};

const ELSEWHERE: &str = "00D000000000099EAA";

fn crossed(environment: Environment) -> Setup {
    Setup { org: Config { environment, objects: 60, ..Config::default() }, crossed: true, ..Setup::default() }
}

#[tokio::test]
async fn another_organisation_or_environment_than_the_expected_one() {
    let world = World::made(crossed(Environment::Sandbox)).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let expecting = [("organizationId", ELSEWHERE)];
    for (id, environment, settings, reason) in [
        ("other-org", "sandbox", &expecting[..], "ORG_MISMATCH"),
        ("other-kind", "production", &[], "ENVIRONMENT_MISMATCH"),
    ] {
        let account = world.create_with(&admin, "acme", id, environment, settings).await.name;
        let page = Person::admin(&world.org).allow(&world.begin(&admin, &account).await).await;
        let text = nothing_is_kept(&world, &admin, &account, reason, &page, 0).await;
        insta::assert_snapshot!(format!("refused_{id}"), text);
    }
    assert_eq!(world.org.ledger().count(Kind::GrantIssued), 2);
    // Corrected, the same account takes the same organisation.
    let mut account = admin.accounts().get("tenants/acme/serviceAccounts/other-org").await.expect("account");
    account.settings = None;
    let account = admin.accounts().update(account, &["settings"]).await.expect("corrected").name;
    world.authorized(&admin, &account).await;
    assert_eq!(live_grants(&world.org), 1);
}

#[tokio::test]
async fn production_was_chosen_and_a_sandbox_answers_and_the_reverse() {
    for (environment, chosen) in [(Environment::Sandbox, "production"), (Environment::Production, "sandbox")]
    {
        let world = World::made(crossed(environment)).await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.create_with(&admin, "acme", "wrong", chosen, &[]).await.name;
        let page = Person::admin(&world.org).allow(&world.begin(&admin, &account).await).await;
        let text = nothing_is_kept(&world, &admin, &account, "ENVIRONMENT_MISMATCH", &page, 0).await;
        assert!(text.contains(&format!("account is for environment '{chosen}'")), "{text}");
        let right = world.create(&admin).await.name;
        world.authorized(&admin, &right).await;
    }
}

#[tokio::test]
async fn an_organisation_that_belongs_to_another_tenant_or_account() {
    let world = World::new().await;
    world.prepare().await;
    let (acme, globex) =
        (world.client("admin@acme.example").await, world.client("admin@globex.example").await);
    let owner = world.until_read(&acme).await;

    let stranger = world.create_with(&globex, "globex", "theirs", "sandbox", &[]).await.name;
    let page = Person::admin(&world.org).allow(&world.begin(&globex, &stranger).await).await;
    let text = nothing_is_kept(&world, &globex, &stranger, "ORG_ALREADY_PROVISIONED", &page, 1).await;
    assert!(!text.contains("acme") && !text.contains("main"), "it names nothing of the other: {text}");
    insta::assert_snapshot!("refused_owned_by_another_tenant", text);
    for event in
        globex.admin().audit_events("tenants/globex", Default::default()).await.expect("audit").audit_events
    {
        assert!(!format!("{event:?}").contains("tenants/acme"), "{event:?}");
    }

    let second = world.create_with(&acme, "acme", "second", "sandbox", &[]).await.name;
    let page = Person::admin(&world.org).allow(&world.begin(&acme, &second).await).await;
    let text = nothing_is_kept(&world, &acme, &second, "ORG_ALREADY_PROVISIONED", &page, 1).await;
    assert!(text.contains(&owner), "it names the account that has it: {text}");
    insta::assert_snapshot!("refused_owned_by_the_same_tenant", text);

    // The owner's grant was looked at, and works.
    world.read(&acme, &owner).await;
    let account = acme.accounts().get(&owner).await.expect("account");
    assert_eq!((account.phase(), authorized(&account)), (ServiceAccountPhase::Ready, (1, "GRANTED")));
    assert_eq!(working_tokens(&world.org).await, 1);

    // Once it is given up, the other one may have it.
    acme.accounts().delete(&owner, "", false).await.expect("deleted");
    assert_eq!(live_grants(&world.org), 0);
    let page = Person::admin(&world.org).allow(&world.begin(&globex, &stranger).await).await;
    assert!(said(&page).contains("Access granted"), "{}", said(&page));
}
