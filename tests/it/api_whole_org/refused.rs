//! One object that refuses its trigger does not sink the rest.

use provision_client::api::v1::{ComponentState, ServiceAccountState};
use provision_client::{Client, ListOptions};
use provision_tests::world::World;
use salesforce_simulator::org::{Conditions, RefusedTrigger};
use salesforce_simulator::{Config, Environment};

const OBJECTS: [&str; 4] = ["Account", "Case", "ContentVersion", "Lead"];
const WORDS: &str = "SObject type does not allow triggers: Case";

async fn protected(environment: Environment, conditions: Conditions) -> (World, Client, String) {
    let world = World::with(Config { environment, conditions, objects: 60, ..Config::default() }).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let names = OBJECTS.map(str::to_owned).to_vec();
    let plan = admin.accounts().plan(&account, names).await.expect("planned");
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    (world, admin, account)
}

/// Demands that the account is protected without one object, which is told with these words.
async fn all_but(world: &World, admin: &Client, account: &str, refused: &str, words: &str) {
    let shown = admin.accounts().get(account).await.expect("account");
    assert_eq!(shown.state(), ServiceAccountState::Protected, "{shown:?}");
    let filter = ListOptions::filter("state = REFUSED");
    let told = admin.components().list(account, filter).await.expect("listed").components;
    let names: Vec<_> = told.iter().map(|one| (one.kind.as_str(), one.full_name.clone())).collect();
    let trigger = format!("CAS_{refused}");
    assert_eq!(names, [("ApexClass", format!("{trigger}_Test")), ("ApexTrigger", trigger.clone())]);
    for component in &told {
        assert_eq!((component.object_type.as_str(), component.remote_id.as_str()), (refused, ""));
        assert_eq!(component.state(), ComponentState::Refused);
    }
    assert!(told[1].message.contains(words), "{}", told[1].message);
    let metadata = world.org.org().metadata();
    for object in OBJECTS {
        let name = format!("CAS_{object}");
        let there = metadata.triggers.values().any(|one| one.unit.name == name);
        assert_eq!(there, object != refused, "{name}");
    }
}

#[tokio::test]
async fn a_trigger_that_does_not_compile_is_told_in_the_organisations_words() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let trigger = RefusedTrigger { object: "Case".to_owned(), problem: WORDS.to_owned() };
        let conditions = Conditions { refused_triggers: vec![trigger], ..Conditions::default() };
        let (world, admin, account) = protected(environment, conditions).await;
        all_but(&world, &admin, &account, "Case", WORDS).await;
        let explained = admin.accounts().explain(&account).await.expect("explained");
        assert!(explained.protected, "{explained:?}");

        // Once the organisation takes it, the next run brings it in.
        world.org.org().set_conditions(|now| now.refused_triggers.clear());
        let plan =
            admin.accounts().plan(&account, OBJECTS.map(str::to_owned).to_vec()).await.expect("planned");
        let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
        world.done(&admin, &operation.name).await;
        let left = admin.components().list(&account, ListOptions::filter("state = REFUSED")).await;
        assert_eq!(left.expect("listed").components, []);
        let metadata = world.org.org().metadata();
        assert!(metadata.triggers.values().any(|one| one.unit.name == "CAS_Case"));
    }
}

#[tokio::test]
async fn a_trigger_that_no_test_covers_stays_out_of_production() {
    let conditions = Conditions { uncovered_triggers: vec!["Lead".to_owned()], ..Conditions::default() };
    let (world, admin, account) = protected(Environment::Production, conditions).await;
    all_but(&world, &admin, &account, "Lead", "did not run").await;
}

#[tokio::test]
async fn where_all_are_refused_the_run_fails_with_each_of_them() {
    let trigger = |object: &&str| RefusedTrigger {
        object: (*object).to_owned(),
        problem: format!("SObject type does not allow triggers: {object}"),
    };
    let conditions =
        Conditions { refused_triggers: OBJECTS.iter().map(trigger).collect(), ..Conditions::default() };
    let world = World::with(Config { conditions, objects: 60, ..Config::default() }).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = admin.accounts().plan(&account, OBJECTS.map(str::to_owned).to_vec()).await.expect("planned");
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    let failed = admin.operations().wait_done(&operation.name, |_| {}).await.expect_err("nothing is left");
    assert_eq!(failed.reason(), "COMPONENT_REJECTED");
    let violations = &failed.rejection().expect("an answer").violations;
    assert!(violations.len() >= OBJECTS.len(), "{violations:?}");
    for object in OBJECTS {
        let words = format!("does not allow triggers: {object}");
        assert!(violations.iter().any(|one| one.description.contains(&words)), "{words}: {violations:?}");
    }
    let shown = admin.accounts().get(&account).await.expect("account");
    assert_eq!(shown.state(), ServiceAccountState::Failed);
    // It is not the end: with one that is taken it goes on.
    world.org.org().set_conditions(|now| now.refused_triggers.truncate(1));
    let plan = admin.accounts().plan(&account, OBJECTS.map(str::to_owned).to_vec()).await.expect("planned");
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    all_but(&world, &admin, &account, OBJECTS[0], "does not allow triggers").await;
}
