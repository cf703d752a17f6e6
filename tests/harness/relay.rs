//! One Pub/Sub endpoint before several organisations, as Salesforce has it: a call goes to the organisation that its
//! `tenantid` names.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use salesforce_simulator::Simulator;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};

#[derive(Clone)]
struct Relay(Arc<Vec<(String, Channel)>>);

/// Serves until the test ends; answers the endpoint's address.
pub async fn start(orgs: &[&Simulator]) -> String {
    let channel = |org: &&Simulator| {
        let ready = org.ready();
        let endpoint = Endpoint::from_shared(ready.pubsub_url.clone()).expect("an address");
        (ready.org_id.clone(), endpoint.connect_lazy())
    };
    let relay = Relay(Arc::new(orgs.iter().map(channel).collect()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(Server::builder().add_service(relay).serve_with_incoming(TcpIncoming::from(listener)));
    format!("http://{address}")
}

impl NamedService for Relay {
    const NAME: &'static str = "eventbus.v1.PubSub";
}

impl Service<http::Request<Body>> for Relay {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let tenant = request.headers().get("tenantid").and_then(|id| id.to_str().ok()).unwrap_or_default();
        // Ids have 15 characters, or 18 with a checksum.
        let found = self.0.iter().find(|(id, _)| tenant.len() >= 15 && tenant.get(..15) == id.get(..15));
        let Some((_, mut channel)) = found.cloned() else {
            return Box::pin(async {
                Ok(Status::unauthenticated("tenantid is of no organisation").into_http())
            });
        };
        Box::pin(async move {
            let answer = match std::future::poll_fn(|context| channel.poll_ready(context)).await {
                Ok(()) => channel.call(request).await,
                Err(error) => Err(error),
            };
            Ok(answer.unwrap_or_else(|error| Status::unavailable(error.to_string()).into_http()))
        })
    }
}
