//! Checks, acceptances, explanations and deletions, as callers see them.

use provision_api::v1;
use provision_api::v1::connector_service_client::ConnectorServiceClient;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_core::{Fault, Reason};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use crate::fakes::{World, account_name, by, fields, now, reason};

const NAME: &str = "tenants/acme/serviceAccounts/main";

fn provisioning(world: &World) -> ProvisioningServiceClient<Channel> {
    ProvisioningServiceClient::new(world.channel())
}

fn check() -> v1::CheckPreconditionsRequest {
    v1::CheckPreconditionsRequest { name: NAME.to_owned(), ..Default::default() }
}

fn accept(check: &str, reason: &str) -> v1::AcceptPreconditionRequest {
    v1::AcceptPreconditionRequest {
        name: NAME.to_owned(),
        check: check.to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn all_checks_come_and_only_a_failed_blocking_one_counts() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    let found = client.check_preconditions(by("operator", check())).await.expect("checked").into_inner();
    assert!(!found.passed);
    assert_eq!(found.check_time.expect("set").seconds, now().timestamp());
    let told: Vec<_> = found.checks.iter().map(|c| (c.id.as_str(), c.status(), c.severity())).collect();
    use v1::PreconditionSeverity::{Advisory, Blocking};
    use v1::PreconditionStatus::{Failed, Unknown};
    assert_eq!(told, [("api", Failed, Blocking), ("space", Failed, Advisory), ("hidden", Unknown, Blocking)]);
    let first = &found.checks[0];
    assert_eq!((first.fix.as_str(), first.actor()), ("what to do", v1::Actor::SaasAdmin));
    assert_eq!(first.help_uri, "https://help.example/x");

    *world.preconditions.passing.lock().unwrap() = true;
    let found = client.check_preconditions(by("operator", check())).await.expect("checked").into_inner();
    assert!(found.passed, "what cannot be told, or is an advisory, does not block");
    assert_eq!(found.checks[0].fix, "", "nothing to do");
}

#[tokio::test]
async fn an_advisory_is_accepted_with_its_reason() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    let account = client
        .accept_precondition(by("admin", accept("space", "  we watch it ourselves ")))
        .await
        .expect("accepted")
        .into_inner();
    let [kept] = &account.acceptances[..] else { panic!("{:?}", account.acceptances) };
    assert_eq!((kept.check.as_str(), kept.reason.as_str()), ("space", "we watch it ourselves"));
    assert_eq!(kept.principal, "admin");
    let found = client.check_preconditions(by("admin", check())).await.expect("checked").into_inner();
    assert_eq!(found.checks[1].acceptance.as_ref(), Some(kept));

    for (request, field) in [
        (accept("", "x"), "check"),
        (accept("space", &"x".repeat(501)), "reason"),
        (accept("space", "a\u{0}b"), "reason"),
        (accept("api", "x"), "check"),
        (v1::AcceptPreconditionRequest { request_id: "7".to_owned(), ..accept("space", "x") }, "request_id"),
        (
            v1::AcceptPreconditionRequest {
                name: "tenants/acme/serviceAccounts/NO".to_owned(),
                ..accept("space", "x")
            },
            "name",
        ),
    ] {
        let status = client.accept_precondition(by("admin", request)).await.expect_err(field);
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec![field.to_owned()]));
    }
    assert_eq!(world.preconditions.accepted.lock().unwrap().len(), 1, "nothing wrong came through");
}

#[tokio::test]
async fn an_explanation_says_what_to_do() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    let request = v1::ExplainServiceAccountRequest { name: NAME.to_owned() };
    let told = client.explain_service_account(by("viewer", request)).await.expect("told").into_inner();
    assert_eq!((told.service_account.as_str(), told.protected), (NAME, false));
    assert_eq!(told.causes[0].reason, "NOT_AUTHORIZED");
    assert_eq!(told.causes[0].evidence, ["phase DRAFT"]);
    assert_eq!(told.causes[0].next_action.as_ref().expect("set").action, "AUTHORIZE");
}

#[tokio::test]
async fn an_account_is_deleted_by_its_etag() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    world.accounts.put(&account_name());
    let delete = |etag: &str, validate_only| v1::DeleteServiceAccountRequest {
        name: NAME.to_owned(),
        etag: etag.to_owned(),
        validate_only,
        ..Default::default()
    };
    let read = || by("viewer", v1::GetServiceAccountRequest { name: NAME.to_owned() });
    client.delete_service_account(by("admin", delete("etag-1", true))).await.expect("would work");
    client.get_service_account(read()).await.expect("still there");
    let stale = client.delete_service_account(by("admin", delete("etag-0", false))).await.expect_err("stale");
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    let long = delete(&"x".repeat(257), false);
    let status = client.delete_service_account(by("admin", long)).await.expect_err("too long");
    assert_eq!(fields(&status), ["etag"]);

    *world.accounts.failure.lock().unwrap() = Some(
        Fault::new(Reason::ComponentsPresent, "3 components of ours are in the organisation")
            .violation("Trigger.A", "is there"),
    );
    let status = client.delete_service_account(by("admin", delete("", false))).await.expect_err("refused");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "COMPONENTS_PRESENT"));
    assert_eq!(status.get_details_precondition_failure().expect("there").violations.len(), 1);

    client.delete_service_account(by("admin", delete("etag-1", false))).await.expect("deleted");
    assert_eq!(client.get_service_account(read()).await.expect_err("gone").code(), Code::NotFound);
}

#[tokio::test]
async fn a_plan_of_all_object_types_names_none() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    let plan = |object_types: &[&str], all_object_types| v1::PlanProvisioningRequest {
        name: NAME.to_owned(),
        object_types: object_types.iter().map(|o| (*o).to_owned()).collect(),
        all_object_types,
    };
    for (request, asked) in [
        (plan(&[], false), "Default"),
        (plan(&[], true), "All"),
        (plan(&["Zebra", "Ape"], false), "Listed([\"Ape\", \"Zebra\"])"),
    ] {
        client.plan_provisioning(by("operator", request)).await.expect(asked);
        assert_eq!(format!("{:?}", world.accounts.planned.lock().unwrap().pop().expect("asked")), asked);
    }
    let both = client.plan_provisioning(by("operator", plan(&["Ape"], true))).await.expect_err("both");
    assert_eq!(fields(&both), ["all_object_types"]);
}

#[tokio::test]
async fn a_connector_shows_its_preconditions_behind_the_daemons_own() {
    let world = World::start().await;
    let request = v1::GetConnectorRequest { name: "connectors/example".to_owned() };
    let mut client = ConnectorServiceClient::new(world.channel());
    let connector = client.get_connector(by("viewer", request)).await.expect("there").into_inner();
    let ids: Vec<_> = connector.preconditions.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["license", "caller.role", "authorization", "api"]);
    let own = &connector.preconditions[3];
    assert!(own.refuses_grant);
    assert_eq!((own.look.as_str(), own.actor()), ("look at the settings", v1::Actor::SaasAdmin));
    assert_eq!(connector.authorization_hints, ["look at the browser"]);
}
