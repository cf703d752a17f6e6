//! `provisionctl accounts`: update, watch, delete.

use provision_tests::world::World;

use crate::cli_ctl::Ctl;

#[tokio::test]
async fn a_watch_sees_an_account_come_change_and_go_over_a_crash() {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = Ctl::new(&world, "admin@acme.example");
    admin.ok(&["accounts", "create", "main", "--environment", "sandbox"]).await;

    let mut watch = Ctl::new(&world, "viewer@acme.example").start(&["accounts", "watch"]);
    assert!(watch.line("serviceAccounts/main").await.contains("DRAFT"));
    world.kill().await;
    world.restart().await;
    admin.ok(&["accounts", "create", "other", "--environment", "sandbox"]).await;
    assert!(watch.line("serviceAccounts/other").await.contains("DRAFT"));

    // Where nobody can be asked, nothing is deleted; nor with an etag of before.
    let unasked = admin.run(&["accounts", "delete", "main"]).await;
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let etag = admin.json(&["accounts", "get", "main"]).await["etag"].as_str().expect("an etag").to_owned();
    admin.ok(&["accounts", "update", "main", "--display-name", "Renamed", "--etag", &etag]).await;
    let stale = admin.run(&["accounts", "delete", "main", "--yes", "--etag", &etag]).await;
    assert_eq!(stale.code, 74, "{stale:?}");
    assert!(stale.stderr.starts_with("error: ETAG_MISMATCH: "), "{stale:?}");
    let late = admin.run(&["accounts", "update", "main", "--display-name", "Late", "--etag", &etag]).await;
    assert_eq!(late.code, 74, "{late:?}");

    admin.ok(&["accounts", "delete", "main", "--validate-only"]).await;
    assert!(admin.ok(&["accounts", "get", "main"]).await.contains("Renamed"));
    admin.ok(&["accounts", "delete", "main", "--yes"]).await;
    assert!(watch.line("serviceAccounts/main  removed").await.contains("removed"));
    assert_eq!(admin.run(&["accounts", "get", "main"]).await.code, 69);
}

#[tokio::test]
async fn only_a_global_administrator_deletes_or_accepts() {
    let world = World::new().await;
    world.prepare().await;
    Ctl::new(&world, "admin@acme.example")
        .ok(&["accounts", "create", "main", "--environment", "sandbox"])
        .await;
    for principal in ["operator@acme.example", "auditor@acme.example", "viewer@acme.example"] {
        let ctl = Ctl::new(&world, principal);
        for arguments in [
            &["accounts", "delete", "main", "--yes"][..],
            &["check", "main", "--accept", "license", "--reason", "me"],
        ] {
            let run = ctl.run(arguments).await;
            assert_eq!(run.code, 71, "{principal} {arguments:?}: {run:?}");
            assert!(run.stderr.starts_with("error: PERMISSION_MISSING: "), "{run:?}");
        }
    }
}
