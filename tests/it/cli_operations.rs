//! `provisionctl operations`: cancel, wait, delete.

use std::time::Duration;

use provision_tests::world::World;
use salesforce_simulator::Config;

use crate::cli_ctl::Ctl;

#[tokio::test]
async fn an_operation_is_cancelled_while_the_organisation_deploys() {
    let slow = Config { objects: 60, deploy_component_time: Duration::from_secs(1), ..Config::default() };
    let world = World::with(slow).await;
    world.prepare().await;
    world.until_read(&world.client("admin@acme.example").await).await;
    let admin = Ctl::new(&world, "admin@acme.example");
    let started = admin.json(&["provision", "main", "--yes"]).await;
    let operation = started["name"].as_str().expect("a name").to_owned();

    let early = admin.run(&["operations", "delete", &operation]).await;
    assert_eq!(early.code, 73, "{early:?}");
    let mut waiting = admin.start(&["accounts", "watch"]);
    waiting.line("PROVISIONING").await;
    admin.ok(&["operations", "cancel", &operation]).await;
    let ended = admin.run(&["operations", "wait", &operation]).await;
    assert_eq!(ended.code, 65, "{ended:?}");
    assert!(ended.stderr.contains("error: OPERATION_CANCELLED: "), "{ended:?}");
    let shown = admin.ok(&["operations", "get", &operation]).await;
    assert!(shown.contains("CANCELLED"), "{shown}");

    admin.ok(&["operations", "delete", &operation]).await;
    assert_eq!(admin.run(&["operations", "get", &operation]).await.code, 69);
}
