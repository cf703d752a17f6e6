//! Reflection and health, which need no credentials.

use std::collections::BTreeSet;

use prost::Message;
use provision_core::ConnectorId;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::fakes::World;
use crate::wire::methods;

macro_rules! reflect {
    ($name:ident, $version:ident) => {
        mod $name {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            use super::*;

            async fn ask(channel: Channel, question: MessageRequest) -> MessageResponse {
                let request =
                    ServerReflectionRequest { host: String::new(), message_request: Some(question) };
                let mut answers = ServerReflectionClient::new(channel)
                    .server_reflection_info(futures::stream::iter([request]))
                    .await
                    .expect("open")
                    .into_inner();
                answers.message().await.expect("answered").expect("one").message_response.expect("set")
            }

            pub async fn services(channel: Channel) -> BTreeSet<String> {
                match ask(channel, MessageRequest::ListServices(String::new())).await {
                    MessageResponse::ListServicesResponse(list) => {
                        list.service.into_iter().map(|s| s.name).collect()
                    }
                    other => panic!("{other:?}"),
                }
            }

            pub async fn file_of(channel: Channel, symbol: &str) -> prost_types::FileDescriptorProto {
                match ask(channel, MessageRequest::FileContainingSymbol(symbol.to_owned())).await {
                    MessageResponse::FileDescriptorResponse(files) => {
                        let first = files.file_descriptor_proto.first().expect("a file");
                        prost_types::FileDescriptorProto::decode(&**first).expect("decodes")
                    }
                    other => panic!("{symbol}: {other:?}"),
                }
            }
        }
    };
}

reflect!(v1, v1);
reflect!(v1alpha, v1alpha);

#[tokio::test]
async fn both_versions_list_every_service() {
    let world = World::start().await;
    let mut expected: BTreeSet<String> =
        methods().iter().map(|m| m.parent_service().full_name().to_owned()).collect();
    expected.extend(
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ]
        .map(str::to_owned),
    );
    assert_eq!(v1::services(world.channel()).await, expected);
    assert_eq!(v1alpha::services(world.channel()).await, expected);
}

#[tokio::test]
async fn both_versions_know_the_types_inside_any() {
    let world = World::start().await;
    for symbol in [
        "provisioning.v1.OperationMetadata",
        "provisioning.v1.ServiceAccount",
        "provisioning.v1.RefreshInventoryResponse",
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.PreconditionFailure",
        "google.rpc.RetryInfo",
        "google.rpc.Help",
        "google.longrunning.Operations",
        "grpc.health.v1.Health",
    ] {
        for file in
            [v1::file_of(world.channel(), symbol).await, v1alpha::file_of(world.channel(), symbol).await]
        {
            let package = file.package().to_owned();
            let names =
                file.message_type.iter().map(|m| m.name()).chain(file.service.iter().map(|s| s.name()));
            let known: Vec<_> = names.map(|name| format!("{package}.{name}")).collect();
            assert!(known.iter().any(|name| name == symbol), "{symbol} not in {known:?}");
        }
    }
}

async fn check(client: &mut HealthClient<Channel>, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    client.check(request).await.expect(service).into_inner().status()
}

#[tokio::test]
async fn health_knows_the_daemon_its_services_the_store_and_the_connectors() {
    let world = World::start().await;
    let mut client = HealthClient::new(world.channel());
    let services = v1::services(world.channel()).await;
    let names = ["", "store", "connector/example"].into_iter().chain(services.iter().map(String::as_str));
    for name in names {
        assert_eq!(check(&mut client, name).await, ServingStatus::Serving, "{name}");
    }
    let unknown = HealthCheckRequest { service: "nothing".to_owned() };
    assert_eq!(client.check(unknown).await.expect_err("unknown").code(), Code::NotFound);

    world.health.set_store(false).await;
    assert_eq!(check(&mut client, "store").await, ServingStatus::NotServing);
    assert_eq!(check(&mut client, "").await, ServingStatus::NotServing);
    world.health.set_store(true).await;
    world.health.set_connector(&ConnectorId::new("example").expect("valid"), false).await;
    assert_eq!(check(&mut client, "connector/example").await, ServingStatus::NotServing);
    assert_eq!(check(&mut client, "").await, ServingStatus::Serving);
}

#[tokio::test]
async fn an_open_watch_does_not_hold_the_daemon() {
    let world = World::start().await;
    let mut client = HealthClient::new(world.channel());
    let mut watch = client.watch(HealthCheckRequest::default()).await.expect("open").into_inner();
    let first: HealthCheckResponse = watch.message().await.expect("no error").expect("a status");
    assert_eq!(first.status(), ServingStatus::Serving);
    world.shutdown.cancel();
    while let Some(next) = watch.message().await.expect("no error") {
        assert_eq!(next.status(), ServingStatus::NotServing);
    }
    world.served.await.expect("joined").expect("ended well");
}
