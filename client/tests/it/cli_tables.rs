//! What people see of each command.

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

async fn shows(name: &str, arguments: &[&str]) {
    let fake = Fake::start().await;
    let run = run(&fake, arguments).await;
    insta::assert_snapshot!(name, transcript(arguments, &run));
}

#[tokio::test]
async fn accounts() {
    shows("accounts_create", &["accounts", "create", "service", "--environment", "sandbox"]).await;
    shows("accounts_get", &["accounts", "get", "sales"]).await;
    shows("accounts_list", &["accounts", "list"]).await;
}

#[tokio::test]
async fn inventory() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_running(1, 3), samples::operation_read()].into();
    let arguments = ["inventory", "refresh", "sales"];
    insta::assert_snapshot!("inventory_refresh", transcript(&arguments, &run(&fake, &arguments).await));
    fake.script().operation = [samples::operation_held()].into();
    insta::assert_snapshot!("inventory_refresh_held", transcript(&arguments, &run(&fake, &arguments).await));
    assert!(fake.requests("RefreshInventory")[1].contains("accept_fall: false"));
    run(&fake, &["inventory", "refresh", "sales", "--accept-fall"]).await;
    assert!(fake.requests("RefreshInventory")[2].contains("accept_fall: true"));
    shows("inventory_objects", &["inventory", "objects", "sales", "--filter", "custom = true"]).await;
    shows("inventory_profiles", &["inventory", "profiles", "sales"]).await;
}

#[tokio::test]
async fn plan_components_and_connectors() {
    shows("plan", &["plan", "sales", "--object", "Account"]).await;
    shows("plan_all", &["plan", "sales", "--all", "--all-unprotected"]).await;
    shows("components", &["components", samples::ACCOUNT]).await;
    shows("components_get", &["components", "get", "sales", "ApexTrigger.CAS_Account"]).await;
    shows("connectors", &["connectors"]).await;
    shows("connectors_get", &["connectors", "get"]).await;
}

#[tokio::test]
async fn short_forms_and_filters_ask_for_the_same() {
    let fake = Fake::start().await;
    let short = run(&fake, &["components", "sales", "--state", "refused", "--filter", "kind = \"X\""]).await;
    let long =
        run(&fake, &["components", "list", "sales", "--state", "REFUSED", "--filter", "kind = \"X\""]).await;
    assert_eq!((short.code, &short.stdout), (0, &long.stdout), "{}", short.stderr);
    let asked = fake.requests("ListComponents");
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0].contains(r#"filter: "kind = \"X\" AND state = \"REFUSED\"""#), "{}", asked[0]);
    assert_eq!(run(&fake, &["components"]).await.code, 2);
    let (short, long) = (run(&fake, &["connectors"]).await, run(&fake, &["connectors", "list"]).await);
    assert_eq!(short.stdout, long.stdout);
}

#[tokio::test]
async fn operations() {
    shows("operations_get", &["operations", "get", "op-1"]).await;
    shows("operations_list", &["operations", "list"]).await;
    shows("operations_cancel", &["operations", "cancel", samples::OPERATION]).await;
    shows("operations_delete", &["operations", "delete", "op-1"]).await;
}

#[tokio::test]
async fn notifications() {
    shows("notifications", &["notifications"]).await;
    shows("notifications_ack", &["notifications", "ack", "7"]).await;
}

#[tokio::test]
async fn several_or_all_notifications_are_acknowledged() {
    let fake = Fake::start().await;
    let acknowledged = |fake: &Fake| -> Vec<String> {
        let name = |r: &String| r.split('"').nth(1).expect("a name").to_owned();
        fake.requests("AcknowledgeNotification").iter().map(name).collect()
    };
    assert_eq!(run(&fake, &["notifications", "ack", "3", "tenants/acme/notifications/9"]).await.code, 0);
    assert_eq!(acknowledged(&fake), ["tenants/acme/notifications/3", "tenants/acme/notifications/9"]);
    assert_eq!(run(&fake, &["notifications", "ack", "--all"]).await.code, 0);
    assert_eq!(acknowledged(&fake)[2..], ["tenants/acme/notifications/7", "tenants/acme/notifications/3"]);
    for wrong in [&["notifications", "ack"][..], &["notifications", "ack", "7", "--all"]] {
        assert_eq!(run(&fake, wrong).await.code, 2, "{wrong:?}");
    }
}

#[tokio::test]
async fn administration() {
    shows("admin_tenants_create", &["admin", "tenants", "create", "acme"]).await;
    shows("admin_tenants_get", &["admin", "tenants", "get"]).await;
    shows("admin_tenants_list", &["admin", "tenants", "list"]).await;
    shows("admin_licenses_set", &["admin", "licenses", "set"]).await;
    shows("admin_licenses_get", &["admin", "licenses", "get", "salesforce"]).await;
    shows("admin_licenses_list", &["admin", "licenses", "list"]).await;
    shows("admin_roles_grant", &["admin", "roles", "grant", "admin@acme.example", "operator"]).await;
    shows("admin_roles_list", &["admin", "roles", "list"]).await;
    shows("admin_roles_revoke", &["admin", "roles", "revoke", "rb-1"]).await;
    shows("admin_audit", &["admin", "audit"]).await;
}

#[tokio::test]
async fn a_licence_is_set_with_its_times() {
    let fake = Fake::start().await;
    let times = ["--start", "2026-11-24T08:00:00Z", "--expire", "2027-11-24T08:00:00Z", "--grace-days", "30"];
    let set = run(&fake, &[&["admin", "licenses", "set", "salesforce"][..], &times].concat()).await;
    assert_eq!(set.code, 0, "{}", set.stderr);
    let asked = fake.requests("UpdateLicense").remove(0);
    for part in ["seconds: 1795507200", "seconds: 1827043200", "seconds: 2592000"] {
        assert!(asked.contains(part), "{asked}");
    }
    // Grace without an end means nothing.
    assert_eq!(run(&fake, &["admin", "licenses", "set", "--grace-days", "3"]).await.code, 2);
}

#[tokio::test]
async fn a_cut_list_says_so() {
    let fake = Fake::start().await;
    let run = run(&fake, &["accounts", "list", "--limit", "1"]).await;
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    assert!(run.stderr.contains("there are more"), "{}", run.stderr);
}
