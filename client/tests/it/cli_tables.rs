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
    shows("inventory_objects", &["inventory", "objects", "sales", "--filter", "custom = true"]).await;
    shows("inventory_profiles", &["inventory", "profiles", "sales"]).await;
}

#[tokio::test]
async fn plan_components_and_connectors() {
    shows("plan", &["plan", "sales", "--object", "Account"]).await;
    shows("components", &["components", samples::ACCOUNT]).await;
    shows("connectors", &["connectors"]).await;
}

#[tokio::test]
async fn operations() {
    shows("operations_get", &["operations", "get", "op-1"]).await;
    shows("operations_list", &["operations", "list"]).await;
    shows("operations_cancel", &["operations", "cancel", samples::OPERATION]).await;
}

#[tokio::test]
async fn notifications() {
    shows("notifications", &["notifications"]).await;
}

#[tokio::test]
async fn administration() {
    shows("admin_tenants_create", &["admin", "tenants", "create", "acme"]).await;
    shows("admin_tenants_list", &["admin", "tenants", "list"]).await;
    shows("admin_licenses_set", &["admin", "licenses", "set"]).await;
    shows("admin_licenses_list", &["admin", "licenses", "list"]).await;
    shows("admin_roles_grant", &["admin", "roles", "grant", "admin@acme.example", "operator"]).await;
    shows("admin_roles_list", &["admin", "roles", "list"]).await;
    shows("admin_roles_revoke", &["admin", "roles", "revoke", "rb-1"]).await;
    shows("admin_audit", &["admin", "audit"]).await;
}

#[tokio::test]
async fn a_cut_list_says_so() {
    let fake = Fake::start().await;
    let run = run(&fake, &["accounts", "list", "--limit", "1"]).await;
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    assert!(run.stderr.contains("there are more"), "{}", run.stderr);
}
