//! Long-running operations.

use prost::Message;
use provision_api::google::longrunning as lro;
use provision_api::google::longrunning::operation::Result as Outcome;
use provision_api::google::longrunning::operations_client::OperationsClient;
use provision_api::google::rpc;
use provision_api::v1;
use provision_api::v1::inventory_service_client::InventoryServiceClient;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_core::account::Failure;
use provision_core::inventory::InventorySummary;
use provision_core::operation::{Operation, OperationState, StepState};
use provision_core::{OperationName, Reason};
use tonic::Code;

use crate::fakes::{World, account_name, by, fields, now, reason};

const NAME: &str = "tenants/acme/operations/provision-1";

fn stored(world: &World, name: &str) -> Operation {
    let name: OperationName = name.parse().expect("valid");
    world.accounts.operations.borrow()[&name].clone()
}

fn provision(validate_only: bool) -> v1::ProvisionServiceAccountRequest {
    let plan_etag = "plan-1".to_owned();
    v1::ProvisionServiceAccountRequest {
        name: account_name().to_string(),
        plan_etag,
        validate_only,
        ..Default::default()
    }
}

fn metadata(operation: &lro::Operation) -> v1::OperationMetadata {
    let any = operation.metadata.as_ref().expect("metadata");
    assert_eq!(any.type_url, "type.googleapis.com/provisioning.v1.OperationMetadata");
    v1::OperationMetadata::decode(&*any.value).expect("decodes")
}

#[tokio::test]
async fn a_provisioning_runs_is_waited_for_and_returns_the_account() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = ProvisioningServiceClient::new(world.channel());
    let started = client.provision_service_account(by("admin", provision(false))).await.expect("started");
    let started = started.into_inner();
    assert_eq!((started.name.as_str(), started.done, &started.result), (NAME, false, &None));
    let progress = metadata(&started);
    assert_eq!(
        (progress.kind(), progress.state()),
        (v1::OperationKind::Provision, v1::OperationState::Running)
    );
    assert_eq!((progress.steps.len(), progress.current_step.as_str()), (2, ""));

    let mut operations = OperationsClient::new(world.channel());
    let short = Some(prost_types::Duration { seconds: 0, nanos: 1_000_000 });
    let wait = lro::WaitOperationRequest { name: NAME.to_owned(), timeout: short };
    let latest = operations.wait_operation(by("viewer", wait)).await.expect("latest").into_inner();
    assert!(!latest.done, "the timeout answers what there is");

    let waiting = {
        let mut operations = operations.clone();
        let wait = lro::WaitOperationRequest { name: NAME.to_owned(), timeout: None };
        tokio::spawn(async move { operations.wait_operation(by("viewer", wait)).await })
    };
    let mut operation = stored(&world, NAME);
    operation.state = OperationState::Succeeded;
    operation.steps.iter_mut().for_each(|s| s.state = StepState::Done);
    operation.end_time = Some(now());
    world.accounts.put_operation(operation);
    let done = waiting.await.expect("joined").expect("done").into_inner();
    assert!(done.done);
    let Some(Outcome::Response(any)) = &done.result else { panic!("{done:?}") };
    assert_eq!(any.type_url, "type.googleapis.com/provisioning.v1.ServiceAccount");
    let account = v1::ServiceAccount::decode(&*any.value).expect("decodes");
    assert_eq!(account.name, account_name().to_string());
    assert_eq!(metadata(&done).end_time.expect("set").seconds, now().timestamp());
}

#[tokio::test]
async fn a_failed_operation_carries_the_reason_in_its_error() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = ProvisioningServiceClient::new(world.channel());
    client.provision_service_account(by("admin", provision(false))).await.expect("started");
    let mut operation = stored(&world, NAME);
    operation.state = OperationState::Failed;
    operation.failure =
        Some(Failure { reason: Reason::CanaryLost, message: "the canary did not come back".to_owned() });
    operation.failure_metadata.insert("marker".to_owned(), "m1".to_owned());
    world.accounts.put_operation(operation.clone());

    let mut operations = OperationsClient::new(world.channel());
    let get = lro::GetOperationRequest { name: NAME.to_owned() };
    let failed = operations.get_operation(by("auditor", get.clone())).await.expect("there").into_inner();
    let Some(Outcome::Error(error)) = failed.result else { panic!("{failed:?}") };
    assert_eq!(error.code, Code::FailedPrecondition as i32);
    assert_eq!(error.details.len(), 1);
    let info = rpc::ErrorInfo::decode(&*error.details[0].value).expect("decodes");
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("CANARY_LOST", "provisioning"));
    assert_eq!(info.metadata["marker"], "m1");

    operation.state = OperationState::Cancelled;
    operation.failure = None;
    world.accounts.put_operation(operation);
    let cancelled = operations.get_operation(by("auditor", get)).await.expect("there").into_inner();
    let Some(Outcome::Error(error)) = cancelled.result else { panic!("{cancelled:?}") };
    assert_eq!(error.code, Code::Cancelled as i32);
}

#[tokio::test]
async fn a_dry_run_answers_a_done_operation_without_a_name() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = ProvisioningServiceClient::new(world.channel());
    let dry =
        client.provision_service_account(by("admin", provision(true))).await.expect("valid").into_inner();
    assert_eq!((dry.name.as_str(), dry.done), ("", true));
    assert!(matches!(dry.result, Some(Outcome::Response(_))));
    assert!(world.accounts.operations.borrow().is_empty(), "nothing was started");

    let without_plan = v1::ProvisionServiceAccountRequest { plan_etag: String::new(), ..provision(false) };
    let status = client.provision_service_account(by("admin", without_plan)).await.expect_err("no plan");
    assert_eq!(fields(&status), ["plan_etag"]);
}

#[tokio::test]
async fn a_refresh_returns_what_it_read() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = InventoryServiceClient::new(world.channel());
    let request = v1::RefreshInventoryRequest { parent: account_name().to_string(), ..Default::default() };
    let started = client.refresh_inventory(by("operator", request)).await.expect("started").into_inner();
    let mut operation = stored(&world, &started.name);
    operation.state = OperationState::Succeeded;
    operation.inventory = Some(InventorySummary {
        object_types: 10,
        fields: 200,
        profiles: 3,
        permission_sets: 4,
        api_calls: 15,
        read_time: now(),
        full_read_time: None,
        artifact: "a".to_owned(),
    });
    world.accounts.put_operation(operation);
    let mut operations = OperationsClient::new(world.channel());
    let get = lro::GetOperationRequest { name: started.name };
    let done = operations.get_operation(by("viewer", get)).await.expect("there").into_inner();
    let Some(Outcome::Response(any)) = done.result else { panic!("no response") };
    assert_eq!(any.type_url, "type.googleapis.com/provisioning.v1.RefreshInventoryResponse");
    let read = v1::RefreshInventoryResponse::decode(&*any.value).expect("decodes");
    assert_eq!((read.object_types, read.fields, read.api_calls), (10, 200, 15));
}

#[tokio::test]
async fn operations_are_listed_cancelled_and_deleted_within_their_tenant() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = ProvisioningServiceClient::new(world.channel());
    client.provision_service_account(by("admin", provision(false))).await.expect("started");
    let mut operations = OperationsClient::new(world.channel());
    for name in ["tenants/acme", "tenants/acme/operations"] {
        let list = lro::ListOperationsRequest { name: name.to_owned(), ..Default::default() };
        let page = operations.list_operations(by("viewer", list)).await.expect(name).into_inner();
        assert_eq!(page.operations.len(), 1);
    }
    let filter = "done = true".to_owned();
    let list = lro::ListOperationsRequest { name: "tenants/acme".to_owned(), filter, ..Default::default() };
    let status = operations.list_operations(by("viewer", list)).await.expect_err("no filter here");
    assert_eq!(fields(&status), ["filter"]);

    let cancel = lro::CancelOperationRequest { name: NAME.to_owned() };
    operations.cancel_operation(by("operator", cancel)).await.expect("asked");
    assert!(stored(&world, NAME).cancel_requested);
    let get = lro::GetOperationRequest { name: NAME.to_owned() };
    let status = operations.get_operation(by("stranger", get)).await.expect_err("hidden");
    assert_eq!(reason(&status), "PERMISSION_MISSING");
    let delete = lro::DeleteOperationRequest { name: NAME.to_owned() };
    operations.delete_operation(by("admin", delete.clone())).await.expect("deleted");
    let status = operations.delete_operation(by("admin", delete)).await.expect_err("gone");
    assert_eq!(reason(&status), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn a_wait_ends_when_the_daemon_stops() {
    let world = World::start().await;
    world.accounts.put(&account_name());
    let mut client = ProvisioningServiceClient::new(world.channel());
    client.provision_service_account(by("admin", provision(false))).await.expect("started");
    let mut operations = OperationsClient::new(world.channel());
    let wait = lro::WaitOperationRequest { name: NAME.to_owned(), timeout: None };
    let waiting = tokio::spawn(async move { operations.wait_operation(by("viewer", wait)).await });
    // The fake's receivers count the waits that have begun.
    while world.accounts.operations.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    world.shutdown.cancel();
    let status = waiting.await.expect("joined").expect_err("stopped");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SHUTTING_DOWN"));
}
