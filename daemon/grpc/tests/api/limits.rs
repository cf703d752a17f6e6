//! Bounds: how often, how large, how long, how many.

use std::time::Duration;

use provision_api::v1;
use provision_api::v1::connector_service_client::ConnectorServiceClient;
use provision_api::v1::notification_service_client::NotificationServiceClient;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_grpc::StartError;
use tonic::Code;
use tonic_types::StatusExt;

use crate::fakes::{World, account_name, by, fields, reason, settings};
use crate::wire::call;

#[tokio::test]
async fn a_principal_that_calls_too_often_is_told_when_to_come_back() {
    let mut settings = settings();
    (settings.requests_per_second, settings.request_burst) = (1, 2);
    let world = World::with(settings).await;
    let mut client = ConnectorServiceClient::new(world.channel());
    let list = v1::ListConnectorsRequest::default;
    for _ in 0..2 {
        client.list_connectors(by("viewer", list())).await.expect("within the burst");
    }
    let status = client.list_connectors(by("viewer", list())).await.expect_err("too often");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    let delay = status.get_details_retry_info().expect("there").retry_delay.expect("set");
    assert!(delay <= Duration::from_secs(1) && !delay.is_zero(), "{delay:?}");
    client.list_connectors(by("admin", list())).await.expect("another principal is not held up");
}

#[tokio::test]
async fn streams_of_a_principal_are_bounded() {
    let mut settings = settings();
    settings.streams_per_principal_max = 1;
    let world = World::with(settings).await;
    let mut client = NotificationServiceClient::new(world.channel());
    let request = v1::StreamNotificationsRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    let held = client.stream_notifications(by("viewer", request.clone())).await.expect("the first");
    let status = client.stream_notifications(by("viewer", request.clone())).await.expect_err("the second");
    assert_eq!(reason(&status), "RATE_LIMITED");
    client.stream_notifications(by("admin", request.clone())).await.expect("another principal's");
    drop(held);
    while client.stream_notifications(by("viewer", request.clone())).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_answered_and_goes_on() {
    let mut settings = settings();
    settings.request_timeout = Duration::from_millis(50);
    let world = World::with(settings).await;
    world.accounts.hang.send_replace(true);
    let mut client = ProvisioningServiceClient::new(world.channel());
    let request = v1::PlanProvisioningRequest { name: account_name().to_string(), ..Default::default() };
    let status = client.plan_provisioning(by("admin", request)).await.expect_err("hangs");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "REQUEST_TIMED_OUT"));
    assert_eq!(world.accounts.hang.receiver_count(), 1, "what was begun goes on");
}

#[tokio::test]
async fn a_change_goes_on_when_its_caller_leaves() {
    let world = World::start().await;
    world.accounts.hang.send_replace(true);
    let mut client = ProvisioningServiceClient::new(world.channel());
    let request = v1::PlanProvisioningRequest { name: account_name().to_string(), ..Default::default() };
    let calling = tokio::spawn(async move { client.plan_provisioning(by("admin", request)).await });
    while world.accounts.hang.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    calling.abort();
    assert!(calling.await.expect_err("aborted").is_cancelled());
    // The server has seen the end of the first call once it answers a second one on the same connection.
    let mut again = ConnectorServiceClient::new(world.channel());
    again.list_connectors(by("admin", v1::ListConnectorsRequest::default())).await.expect("answers");
    assert_eq!(world.accounts.hang.receiver_count(), 1, "it is still at work");
    world.accounts.hang.send_replace(false);
    while world.accounts.hang.receiver_count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn messages_that_are_too_large_or_broken_are_refused_with_a_reason() {
    let world = World::start().await;
    let path = "/provisioning.v1.ProvisioningService/GetServiceAccount";
    let large = vec![0; provision_grpc::REQUEST_SIZE_MAX + 1];
    let status = call(world.channel(), path, by("admin", large)).await.expect_err("too large");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "TOO_LARGE"));
    let status = call(world.channel(), path, by("admin", vec![0xff; 16])).await.expect_err("broken");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    assert_eq!(fields(&status), ["request"]);
    let status = call(world.channel(), "/provisioning.v1.Nothing/Here", by("admin", Vec::new())).await;
    assert_eq!(status.expect_err("unknown").code(), Code::Unimplemented);
}

#[tokio::test]
async fn contradicting_principals_stop_the_start() {
    let start = async |settings| {
        let world = World::start().await;
        let ports = world.ports();
        provision_grpc::api(ports, settings, world.shutdown.clone()).await.map(drop)
    };
    let mut twice = settings();
    twice.principals[2].token_sha256 = twice.principals[1].token_sha256;
    assert_eq!(start(twice).await, Err(StartError::TokenTwice("admin".to_owned(), "operator".to_owned())));
    let mut contradicted = settings();
    contradicted.principals[0].principal = contradicted.principals[1].principal.clone();
    assert_eq!(start(contradicted).await, Err(StartError::PrincipalContradicted("admin".to_owned())));
    let mut zero = settings();
    zero.heartbeat = Duration::ZERO;
    assert_eq!(start(zero).await, Err(StartError::Zero("heartbeat")));
}
