//! Who may call what: every method of the descriptor set, asked by every role.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use tonic::Code;
use tonic_types::StatusExt;

use crate::fakes::{CALLERS, World, by, reason};
use crate::wire::{call, methods, path, request};

/// A request that passes authorisation may still be refused for what it asks; only these say that it did not pass.
fn let_in(outcome: &Result<(), tonic::Status>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(status) => {
            assert!(
                !matches!(status.code(), Code::Unimplemented | Code::Unauthenticated | Code::Internal),
                "{status:?}"
            );
            status.code() != Code::PermissionDenied
        }
    }
}

#[tokio::test]
async fn roles_and_methods() {
    let world = World::start().await;
    let mut table = String::new();
    for method in methods() {
        let mut row = String::new();
        for (caller, _) in CALLERS.iter().take(5) {
            let body = request(&method, "tenants/acme");
            let allowed = let_in(&call(world.channel(), &path(&method), by(caller, body)).await);
            let _ = write!(row, " {}", if allowed { caller } else { "-" });
        }
        let _ = writeln!(table, "{}/{}{row}", method.parent_service().name(), method.name());
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn every_method_wants_credentials() {
    let world = World::start().await;
    for method in methods() {
        for authorization in
            [None, Some("Bearer wrong"), Some("Basic YTpi"), Some("Bearer "), Some("admin-token")]
        {
            let mut request = tonic::Request::new(request(&method, "tenants/acme"));
            if let Some(text) = authorization {
                request.metadata_mut().insert("authorization", text.parse().expect("ASCII"));
            }
            let status = call(world.channel(), &path(&method), request).await.expect_err("refused");
            assert_eq!(status.code(), Code::Unauthenticated, "{}", method.full_name());
            assert_eq!(reason(&status), "CREDENTIALS_INVALID");
        }
    }
}

/// Another tenant that is there, one that is not, and a name that is none: the answers differ in nothing but the name
/// that the caller gave.
#[tokio::test]
async fn hidden_is_absent() {
    let world = World::start().await;
    for method in methods() {
        if method.parent_service().name() == "ConnectorService" {
            continue;
        }
        let mut answers = BTreeSet::new();
        for resource in ["tenants/other", "tenants/nowhere", "tenants/NO/x", "", "connectors/example"] {
            let body = request(&method, resource);
            let status = call(world.channel(), &path(&method), by("admin", body)).await.expect_err("refused");
            assert_eq!(status.code(), Code::PermissionDenied, "{} {resource}", method.full_name());
            assert_eq!(reason(&status), "PERMISSION_MISSING");
            let mut facts = status.get_details_error_info().expect("there").metadata;
            if facts["resource"] == resource {
                facts.remove("resource");
            }
            let facts: BTreeMap<_, _> = facts.into_iter().collect();
            answers.insert((status.message().replace(&format!("'{resource}'"), "R"), facts));
        }
        assert_eq!(answers.len(), 1, "{} {answers:?}", method.full_name());
    }
}

#[tokio::test]
async fn a_role_bound_to_a_platform_administrator_gives_it_nothing() {
    let world = World::start().await;
    world.tenants.bind("platform", "acme", provision_core::access::Role::GlobalAdministrator);
    let provision = methods().into_iter().find(|m| m.name() == "ProvisionServiceAccount").expect("there");
    let body = request(&provision, "tenants/acme/serviceAccounts/main");
    let status = call(world.channel(), &path(&provision), by("platform", body)).await.expect_err("refused");
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_platform_administrator_is_told_that_a_tenant_is_not_there() {
    let world = World::start().await;
    let get = methods().into_iter().find(|m| m.name() == "GetTenant").expect("there");
    let status = call(world.channel(), &path(&get), by("platform", request(&get, "tenants/nowhere")))
        .await
        .expect_err("absent");
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn rights_are_asked_before_anything_else_is_looked_at() {
    let world = World::start().await;
    for method in methods() {
        let resource = "tenants/other/serviceAccounts/!!!/and/more";
        if method.parent_service().name() == "ConnectorService" {
            continue;
        }
        let status = call(world.channel(), &path(&method), by("admin", request(&method, resource)))
            .await
            .expect_err("refused");
        assert_eq!(status.code(), Code::PermissionDenied, "{}", method.full_name());
    }
}

#[tokio::test]
async fn a_long_name_is_not_repeated_in_full() {
    let world = World::start().await;
    let get = methods().into_iter().find(|m| m.name() == "GetTenant").expect("there");
    let name = format!("tenants/{}", "x".repeat(100_000));
    let status =
        call(world.channel(), &path(&get), by("admin", request(&get, &name))).await.expect_err("refused");
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(status.message().len() < 500);
}
