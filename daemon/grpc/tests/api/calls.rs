//! What single calls take in, give out and refuse.

use provision_api::v1;
use provision_api::v1::admin_service_client::AdminServiceClient;
use provision_api::v1::component_service_client::ComponentServiceClient;
use provision_api::v1::connector_service_client::ConnectorServiceClient;
use provision_api::v1::inventory_service_client::InventoryServiceClient;
use provision_api::v1::notification_service_client::NotificationServiceClient;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_core::notification::NotificationCode;
use provision_core::{Fault, Reason};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use crate::fakes::{World, account_name, by, fields, now, reason};

const NAME: &str = "tenants/acme/serviceAccounts/main";

fn provisioning(world: &World) -> ProvisioningServiceClient<Channel> {
    ProvisioningServiceClient::new(world.channel())
}

fn wanted() -> v1::ServiceAccount {
    v1::ServiceAccount {
        connector: "connectors/example".to_owned(),
        environment: "sandbox".to_owned(),
        display_name: "Main".to_owned(),
        ..Default::default()
    }
}

fn create() -> v1::CreateServiceAccountRequest {
    v1::CreateServiceAccountRequest {
        parent: "tenants/acme".to_owned(),
        service_account_id: "main".to_owned(),
        service_account: Some(wanted()),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_account_is_created_read_and_changed() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    let created = client.create_service_account(by("admin", create())).await.expect("created").into_inner();
    assert_eq!((created.name.as_str(), created.display_name.as_str()), (NAME, "Main"));
    assert_eq!(created.phase(), v1::ServiceAccountPhase::Draft);
    assert_eq!(created.state(), v1::ServiceAccountState::ActionRequired);
    assert_eq!(created.create_time.expect("set").seconds, now().timestamp());
    assert_eq!(created.conditions.len(), 11);

    let change = v1::UpdateServiceAccountRequest {
        service_account: Some(v1::ServiceAccount {
            name: NAME.to_owned(),
            display_name: "Renamed".to_owned(),
            uid: "ignored".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".into(), "uid".into()] }),
        ..Default::default()
    };
    let changed = client.update_service_account(by("operator", change)).await.expect("changed").into_inner();
    assert_eq!((changed.display_name.as_str(), changed.uid.as_str()), ("Renamed", "uid-1"));

    let read = v1::GetServiceAccountRequest { name: NAME.to_owned() };
    assert_eq!(client.get_service_account(by("viewer", read)).await.expect("there").into_inner(), changed);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::start().await;
    let request = v1::CreateServiceAccountRequest {
        service_account_id: "No".to_owned(),
        service_account: Some(v1::ServiceAccount {
            connector: "example".to_owned(),
            display_name: "a\nb".to_owned(),
            ..Default::default()
        }),
        ..create()
    };
    let status = provisioning(&world).create_service_account(by("admin", request)).await.expect_err("wrong");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    assert_eq!(
        fields(&status),
        [
            "service_account_id",
            "service_account.display_name",
            "service_account.connector",
            "service_account.environment",
        ]
    );
    assert!(world.accounts.mutations.lock().unwrap().is_empty(), "nothing came through");
}

#[tokio::test]
async fn request_ids_are_uuids_and_fingerprints_tell_bodies_apart() {
    let world = World::start().await;
    let mut client = provisioning(&world);
    for wrong in ["x", "00000000-0000-1000-8000-000000000000", "{00000000-0000-4000-8000-000000000000}"] {
        let request = v1::CreateServiceAccountRequest { request_id: wrong.to_owned(), ..create() };
        let status = client.create_service_account(by("admin", request)).await.expect_err(wrong);
        assert_eq!(fields(&status), ["request_id"]);
    }
    let id = "7F0E3C1A-52CD-4E0B-8F2B-7E3E58A9D0B1";
    let with_id = v1::CreateServiceAccountRequest { request_id: id.to_owned(), ..create() };
    let another =
        v1::CreateServiceAccountRequest { service_account_id: "another".to_owned(), ..with_id.clone() };
    for request in [with_id.clone(), with_id, another, create()] {
        client.create_service_account(by("admin", request)).await.expect("the fake takes all");
    }
    let mutations = world.accounts.mutations.lock().unwrap();
    let seen: Vec<_> = mutations.iter().map(|m| m.idempotency.clone()).collect();
    assert_eq!(seen[0], seen[1], "a repetition is recognisable");
    let [Some(first), _, Some(other), None] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(first.request_id, id.to_lowercase());
    assert_ne!(first.fingerprint, other.fingerprint, "another body is told apart");
    assert_eq!((mutations[0].method, mutations[0].principal.as_str()), ("CreateServiceAccount", "admin"));
}

#[tokio::test]
async fn pages_follow_one_another_and_their_tokens_are_bound() {
    let world = World::start().await;
    for id in ["aaaa", "bbbb", "cccc"] {
        world.accounts.put(&format!("tenants/acme/serviceAccounts/{id}").parse().expect("valid"));
    }
    let mut client = provisioning(&world);
    let mut request = v1::ListServiceAccountsRequest {
        parent: "tenants/acme".to_owned(),
        page_size: 2,
        ..Default::default()
    };
    let first = client.list_service_accounts(by("viewer", request.clone())).await.expect("page").into_inner();
    assert_eq!(first.service_accounts.len(), 2);
    request.page_token = first.next_page_token;
    let second =
        client.list_service_accounts(by("viewer", request.clone())).await.expect("page").into_inner();
    assert_eq!((second.service_accounts.len(), second.next_page_token.as_str()), (1, ""));

    let others = [
        ("admin", request.clone()),
        ("viewer", v1::ListServiceAccountsRequest { filter: "phase = DRAFT".to_owned(), ..request.clone() }),
        ("viewer", v1::ListServiceAccountsRequest { page_token: "garbage".to_owned(), ..request.clone() }),
    ];
    for (caller, other) in others {
        let status = client.list_service_accounts(by(caller, other)).await.expect_err("bound");
        assert_eq!(reason(&status), "PAGE_TOKEN_INVALID");
        assert_eq!(fields(&status), ["page_token"]);
    }
    let negative =
        v1::ListServiceAccountsRequest { page_size: -1, page_token: String::new(), ..request.clone() };
    let status = client.list_service_accounts(by("viewer", negative)).await.expect_err("negative");
    assert_eq!(fields(&status), ["page_size"]);
    let huge = v1::ListServiceAccountsRequest { page_size: i32::MAX, page_token: String::new(), ..request };
    let page = client.list_service_accounts(by("viewer", huge)).await.expect("coerced").into_inner();
    assert_eq!(page.service_accounts.len(), 3);
}

#[tokio::test]
async fn wrong_filters_and_names_are_refused_by_field() {
    let world = World::start().await;
    let list = v1::ListServiceAccountsRequest {
        parent: "tenants/acme".to_owned(),
        filter: "color = red".to_owned(),
        ..Default::default()
    };
    let status = provisioning(&world).list_service_accounts(by("viewer", list)).await.expect_err("wrong");
    assert_eq!(fields(&status), ["filter"]);

    let deeper = v1::ListLicensesRequest { parent: "tenants/acme/licenses".to_owned(), ..Default::default() };
    let mut admin = AdminServiceClient::new(world.channel());
    let status = admin.list_licenses(by("viewer", deeper)).await.expect_err("too deep");
    assert_eq!(fields(&status), ["parent"]);

    let get = v1::GetObjectTypeRequest { name: format!("{NAME}/objectTypes/a b") };
    let mut inventory = InventoryServiceClient::new(world.channel());
    let status = inventory.get_object_type(by("viewer", get)).await.expect_err("a blank");
    assert_eq!(fields(&status), ["name"]);

    let get = v1::GetComponentRequest { name: format!("{NAME}/components/Kind.Name") };
    let status = ComponentServiceClient::new(world.channel()).get_component(by("viewer", get)).await;
    assert_eq!(reason(&status.expect_err("absent")), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn faults_reach_the_caller_without_their_internal_half() {
    let world = World::start().await;
    let fault = Fault::new(Reason::OperationInProgress, "wait for the other")
        .meta("operation", "tenants/acme/operations/o1")
        .retry_after(std::time::Duration::from_secs(9))
        .with_internal("row lock of node 7");
    *world.accounts.failure.lock().unwrap() = Some(fault);
    let status = provisioning(&world).create_service_account(by("admin", create())).await.expect_err("busy");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "OPERATION_IN_PROGRESS"));
    let info = status.get_details_error_info().expect("there");
    assert_eq!(info.metadata["operation"], "tenants/acme/operations/o1");
    let delay = status.get_details_retry_info().expect("there").retry_delay.expect("set");
    assert_eq!(delay.as_secs(), 9);
    assert!(!String::from_utf8_lossy(status.details()).contains("node 7"));
}

#[tokio::test]
async fn authorisations_go_to_configured_places_alone() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = provisioning(&world);
    let begin = v1::BeginAuthorizationRequest { name: NAME.to_owned(), ..Default::default() };
    for redirect_uri in
        ["https://console.example/callback/", "https://evil.example", "http://console.example/callback"]
    {
        let request =
            v1::BeginAuthorizationRequest { redirect_uri: redirect_uri.to_owned(), ..begin.clone() };
        let status = client.begin_authorization(by("admin", request)).await.expect_err("foreign");
        assert_eq!(fields(&status), ["redirect_uri"]);
    }
    let own = "https://console.example/callback".to_owned();
    let request = v1::BeginAuthorizationRequest { redirect_uri: own.clone(), ..begin.clone() };
    let begun = client.begin_authorization(by("admin", request)).await.expect("allowed").into_inner();
    assert!(begun.authorization_url.starts_with("https://login.example/"));
    client.begin_authorization(by("admin", begin)).await.expect("the daemon's own page");
    let seen: Vec<_> = world.accounts.begun.lock().unwrap().iter().map(|b| b.redirect_uri.clone()).collect();
    assert_eq!(seen, [Some(own), None]);
}

#[tokio::test]
async fn completing_takes_a_code_or_a_refusal() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = provisioning(&world);
    let both = v1::CompleteAuthorizationRequest {
        name: NAME.to_owned(),
        state: "s".to_owned(),
        code: "c".to_owned(),
        error: "access_denied".to_owned(),
        ..Default::default()
    };
    let status = client.complete_authorization(by("admin", both.clone())).await.expect_err("both");
    assert_eq!(fields(&status), ["code"]);
    let empty = v1::CompleteAuthorizationRequest { name: NAME.to_owned(), ..Default::default() };
    let status = client.complete_authorization(by("admin", empty)).await.expect_err("neither");
    assert_eq!(fields(&status), ["state", "code"]);
    let refused = v1::CompleteAuthorizationRequest { code: String::new(), ..both.clone() };
    let status = client.complete_authorization(by("admin", refused)).await.expect_err("refused");
    assert_eq!(reason(&status), "AUTHORIZATION_DENIED");
    let allowed = v1::CompleteAuthorizationRequest { error: String::new(), ..both };
    let account = client.complete_authorization(by("admin", allowed)).await.expect("allowed").into_inner();
    assert_eq!(account.name, NAME);
}

#[tokio::test]
async fn plans_name_the_wrong_object_type() {
    let world = World::start().await;
    let request = v1::PlanProvisioningRequest {
        name: NAME.to_owned(),
        object_types: vec!["Account".into(), "a b".into(), "Account".into()],
        ..Default::default()
    };
    let mut client = provisioning(&world);
    let status = client.plan_provisioning(by("operator", request)).await.expect_err("wrong");
    assert_eq!(fields(&status), ["object_types[1]", "object_types[2]"]);
    let request = v1::PlanProvisioningRequest {
        name: NAME.to_owned(),
        object_types: vec!["Account".into()],
        ..Default::default()
    };
    let plan = client.plan_provisioning(by("operator", request)).await.expect("planned").into_inner();
    assert_eq!((plan.etag.as_str(), plan.estimated_api_calls), ("plan-1", 7));
}

#[tokio::test]
async fn tenants_licences_and_bindings_are_checked_at_the_door() {
    let world = World::start().await;
    let mut client = AdminServiceClient::new(world.channel());
    let tenant = v1::CreateTenantRequest { tenant_id: "new".to_owned(), ..Default::default() };
    let status = client.create_tenant(by("platform", tenant)).await.expect_err("too short");
    assert_eq!(fields(&status), ["tenant_id"]);

    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let license = v1::License {
        name: "tenants/acme/licenses/example".to_owned(),
        start_time: at(200),
        expire_time: at(100),
        ..Default::default()
    };
    let update = v1::UpdateLicenseRequest { license: Some(license.clone()), ..Default::default() };
    let status = client.update_license(by("platform", update)).await.expect_err("ends before it begins");
    assert_eq!(fields(&status), ["license.expire_time"]);
    let license = v1::License { expire_time: None, ..license };
    let update = v1::UpdateLicenseRequest { license: Some(license), ..Default::default() };
    let license = client.update_license(by("platform", update)).await.expect("granted").into_inner();
    assert_eq!(license.state(), v1::LicenseState::Active);

    let binding = v1::RoleBinding {
        principal: "system".to_owned(),
        role: "platformAdministrator".to_owned(),
        ..Default::default()
    };
    let create = v1::CreateRoleBindingRequest {
        parent: "tenants/acme".to_owned(),
        role_binding: Some(binding),
        ..Default::default()
    };
    let status = client.create_role_binding(by("admin", create)).await.expect_err("neither can be bound");
    assert_eq!(fields(&status), ["role_binding.principal", "role_binding.role"]);
}

#[tokio::test]
async fn connectors_are_for_every_caller() {
    let world = World::start().await;
    let mut client = ConnectorServiceClient::new(world.channel());
    let list = v1::ListConnectorsRequest::default();
    let page = client.list_connectors(by("stranger", list)).await.expect("allowed").into_inner();
    assert_eq!((page.connectors[0].name.as_str(), page.next_page_token.as_str()), ("connectors/example", ""));
    assert!(page.connectors[0].settings_schema.as_ref().expect("there").fields.contains_key("type"));
    let get = v1::GetConnectorRequest { name: "connectors/absent".to_owned() };
    let status = client.get_connector(by("stranger", get)).await.expect_err("absent");
    assert_eq!(reason(&status), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn a_notification_is_acknowledged_by_the_caller() {
    let world = World::start().await;
    let sequence = world.notifications.commit("acme", &[NotificationCode::AccountProtected])[0];
    let mut client = NotificationServiceClient::new(world.channel());
    let name = format!("tenants/acme/notifications/{sequence}");
    let request = v1::AcknowledgeNotificationRequest { name, ..Default::default() };
    let seen = client.acknowledge_notification(by("operator", request)).await.expect("there").into_inner();
    assert_eq!(
        (seen.code.as_str(), &seen.acknowledged_by[..]),
        ("ACCOUNT_PROTECTED", &["operator".to_owned()][..])
    );
    let list = v1::ListNotificationsRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let page = client.list_notifications(by("viewer", list)).await.expect("allowed").into_inner();
    assert_eq!(page.notifications.len(), 1);
}
