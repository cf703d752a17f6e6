//! TLS from PEM.

use provision_api::v1;
use provision_api::v1::connector_service_client::ConnectorServiceClient;
use provision_grpc::{ServeError, TlsIdentity};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::fakes::{World, by, settings};

#[tokio::test]
async fn the_services_are_reached_over_tls_and_not_beside_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let identity =
        TlsIdentity { cert_pem: made.cert.pem(), key_pem: made.signing_key.serialize_pem().into() };
    assert!(!format!("{identity:?}").contains("PRIVATE KEY"));

    let world = World::start().await;
    let shutdown = CancellationToken::new();
    let api = provision_grpc::api(world.ports(), settings(), shutdown.clone()).await.expect("starts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let served = tokio::spawn(provision_grpc::serve(listener, Some(identity), api.router, shutdown.clone()));

    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(made.cert.pem()))
        .domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).expect("a URL");
    let channel = endpoint.tls_config(tls).expect("valid").connect().await.expect("trusted");
    let list = v1::ListConnectorsRequest::default;
    ConnectorServiceClient::new(channel.clone())
        .list_connectors(by("viewer", list()))
        .await
        .expect("answers");

    let plain = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("a URL").connect_lazy();
    assert!(ConnectorServiceClient::new(plain).list_connectors(by("viewer", list())).await.is_err());

    drop(channel);
    shutdown.cancel();
    served.await.expect("joined").expect("ended well");
}

#[tokio::test]
async fn a_broken_certificate_is_named() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = World::start().await;
    let api = provision_grpc::api(world.ports(), settings(), CancellationToken::new()).await.expect("starts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let identity = TlsIdentity { cert_pem: "no certificate".to_owned(), key_pem: "no key".to_owned().into() };
    let ended = provision_grpc::serve(listener, Some(identity), api.router, CancellationToken::new()).await;
    assert!(matches!(ended, Err(ServeError::Tls(_))), "{ended:?}");
}
