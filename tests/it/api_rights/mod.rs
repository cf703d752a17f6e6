//! Who may do what, and what tenants see of each other: nothing.

mod cases;
mod matrix;
#[path = "../../../daemon/grpc/tests/api/raw.rs"]
mod raw;
mod strangers;
mod tries;

use provision_client::{ConnectOptions, ListOptions, SecretString};
use provision_tests::world::{PLATFORM, World};

#[tokio::test]
async fn only_the_global_administrator_provisions_and_tenants_never_see_each_other() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;

    for who in [
        "operator@acme.example",
        "auditor@acme.example",
        "viewer@acme.example",
        "admin@globex.example",
        "nobody@nowhere.example",
        PLATFORM,
    ] {
        let refused =
            world.client(who).await.accounts().provision(&account, &plan.etag).await.expect_err(who);
        assert_eq!(refused.reason(), "PERMISSION_MISSING", "{who}");
    }

    let stranger = world.client("admin@globex.example").await;
    let hidden = stranger.accounts().get(&account).await.expect_err("hidden");
    let absent = stranger.accounts().get("tenants/acme/serviceAccounts/none").await.expect_err("absent");
    let nowhere = stranger.accounts().get("tenants/none/serviceAccounts/none").await.expect_err("absent");
    let words = |e: &provision_client::Error, name: &str| {
        e.rejection().expect("a rejection").message.replace(name, "NAME")
    };
    assert_eq!(words(&hidden, &account), words(&absent, "tenants/acme/serviceAccounts/none"));
    assert_eq!(words(&hidden, &account), words(&nowhere, "tenants/none/serviceAccounts/none"));
    let own = stranger.accounts().list("tenants/globex", ListOptions::default()).await.expect("own");
    assert!(own.service_accounts.is_empty());
    let others = stranger.notifications().list("tenants/acme", ListOptions::default()).await;
    assert_eq!(others.expect_err("hidden").reason(), "PERMISSION_MISSING");

    let itself = admin.admin().set_license("tenants/acme", "salesforce", None, None).await;
    assert_eq!(itself.expect_err("not by the customer").reason(), "PERMISSION_MISSING");
}

#[tokio::test]
async fn the_last_global_administrator_stays() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await.admin();
    let bindings = admin.role_bindings("tenants/acme", 100).await.expect("list").role_bindings;
    let last = bindings.iter().find(|b| b.role == "globalAdministrator").expect("one");
    let refused = admin.revoke_role(&last.name).await.expect_err("the last one");
    assert_eq!(refused.reason(), "LAST_GLOBAL_ADMINISTRATOR");
    admin.grant_role("tenants/acme", "second@acme.example", "globalAdministrator").await.expect("another");
    admin.revoke_role(&last.name).await.expect("not the last any more");
}

#[tokio::test]
async fn a_wrong_or_missing_token_is_unauthenticated() {
    let world = World::new().await;
    for token in ["", "wrong-token-of-nobody"] {
        let mut options = ConnectOptions::new(format!("http://{}", world.daemon.grpc));
        if !token.is_empty() {
            options = options.token(SecretString::from(token));
        }
        let client = provision_client::Client::connect(options).await.expect("connected");
        let refused = client.connectors().list().await.expect_err("refused");
        assert_eq!(refused.reason(), "CREDENTIALS_INVALID");
    }
}
