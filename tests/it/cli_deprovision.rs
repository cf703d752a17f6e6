//! `provisionctl accounts deprovision` and `accounts export`, as an administrator types them.

use provision_tests::effects::{live_grants, names};
use provision_tests::rest::Rest;
use provision_tests::world::World;
use reqwest::Method;
use serde_json::json;

use crate::cli_ctl::Ctl;

#[tokio::test]
async fn an_account_is_taken_out_of_its_organisation_and_its_content_fetched() {
    let world = World::new().await;
    world.prepare().await;
    let before = names(&world.org);
    let client = world.client("admin@acme.example").await;
    let account = world.until_read(&client).await;
    world.protect(&client, &account).await;
    let rest = Rest::of(&world.org);
    let file = rest.upload("lamp.bin", b"planted content").await;
    let ask = json!({"actionId": "action-1", "sourceId": file, "reason": "found", "purge": false});
    let (status, taken) = rest.call(Method::POST, "/services/apexrest/cas/v1/quarantine", Some(ask)).await;
    assert_eq!(status, 200, "{taken}");

    let admin = Ctl::new(&world, "admin@acme.example");
    let refused = admin.run(&["accounts", "deprovision", "main", "--yes"]).await;
    assert!(refused.stderr.starts_with("error: QUARANTINE_NOT_EMPTY: 1 items"), "{refused:?}");
    let operator = Ctl::new(&world, "operator@acme.example");
    let refused = operator.run(&["accounts", "deprovision", "main", "--yes"]).await;
    assert!(refused.stderr.starts_with("error: PERMISSION_MISSING: "), "{refused:?}");

    let arguments = ["accounts", "deprovision", "main", "--quarantine", "export", "--yes", "--wait"];
    let done = admin.json(&arguments).await;
    assert_eq!((&done["done"], &done["metadata"]["exportedItems"]), (&json!(true), &json!("1")), "{done:#}");
    assert_eq!(names(&world.org), before);
    assert_eq!(live_grants(&world.org), 0);
    let operation = done["name"].as_str().expect("a name");
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("export.zip");
    admin.ok(&["accounts", "export", operation, "--file", archive.to_str().expect("text")]).await;
    let zip = zip::ZipArchive::new(std::fs::File::open(&archive).expect("written")).expect("an archive");
    assert_eq!(zip.len(), 2, "the content and the manifest");
    assert!(admin.ok(&["accounts", "get", "main"]).await.contains("DEPROVISIONED"));
    admin.ok(&["accounts", "delete", "main", "--yes"]).await;
}
