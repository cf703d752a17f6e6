//! The Pub/Sub API (gRPC): topics, schemas, subscriptions.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apache_avro::Schema;
use provision_connector_sdk::file;
use provision_connector_sdk::http::{CA_FILE_BYTES_MAX, PublicOnly};
use provision_connector_sdk::{Access, ConnectorFault, Session};
use secrecy::ExposeSecret as _;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use url::Url;

use self::wire::pub_sub_client::PubSubClient;
use self::wire::{SchemaRequest, TopicRequest};
use crate::config::ConfigError;
use crate::faults;
use crate::render::{EVENT, Namespace};

/// Salesforce's contract, compiled.
pub(crate) mod wire {
    #![allow(clippy::all, missing_docs)]
    tonic::include_proto!("eventbus.v1");
}

/// The topic on which the app reports record changes. Topics are case-sensitive.
pub(crate) fn topic(namespace: Namespace<'_>) -> String {
    format!("/event/{}", namespace.api(EVENT))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for a call that is no stream.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Salesforce sends at most 3 MB at a time.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// A schema never changes under its id; each change of the event makes a new one.
const SCHEMAS_MAX: usize = 64;

/// The connection to the event bus, which serves all organisations, and the schemas that were read.
pub(crate) struct PubSub {
    channel: Channel,
    schemas: Mutex<HashMap<String, Arc<Schema>>>,
}

impl PubSub {
    /// Connects when it is first used.
    pub(crate) fn new(
        url: &Url,
        plain: String,
        ca_file: Option<&Path>,
        resolver: PublicOnly,
    ) -> Result<Self, ConfigError> {
        let mut endpoint = Endpoint::from_shared(plain)?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        if url.scheme() == "https" {
            let mut tls = ClientTlsConfig::new().with_native_roots();
            if let Some(path) = ca_file {
                let pem = file::read(path, CA_FILE_BYTES_MAX)
                    .map_err(|cause| ConfigError::CaFile { path: path.to_owned(), cause })?;
                tls = tls.ca_certificate(Certificate::from_pem(pem));
            }
            endpoint = endpoint.tls_config(tls)?;
        }
        let channel = endpoint.connect_with_connector_lazy(resolver.connector());
        Ok(PubSub { channel, schemas: Mutex::default() })
    }

    pub(crate) fn client(&self) -> PubSubClient<Channel> {
        PubSubClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    fn known(&self, id: &str) -> Option<Arc<Schema>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, id: &str, schema: Arc<Schema>) {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if schemas.len() >= SCHEMAS_MAX {
            schemas.clear();
        }
        schemas.insert(id.to_owned(), schema);
    }
}

/// The three keys that every call carries.
pub(crate) struct Identity {
    token: MetadataValue<Ascii>,
    instance: MetadataValue<Ascii>,
    tenant: MetadataValue<Ascii>,
}

impl Identity {
    pub(crate) fn new(access: &Access, organization_id: &str) -> Result<Self, ConnectorFault> {
        let value = |text: &str| {
            MetadataValue::from_str(text)
                .map_err(|_| ConnectorFault::protocol("a token or address that no metadata value can hold"))
        };
        let mut token = value(access.token.expose_secret())?;
        token.set_sensitive(true);
        Ok(Identity { token, instance: value(&access.instance_url)?, tenant: value(organization_id)? })
    }

    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("accesstoken", self.token.clone());
        metadata.insert("instanceurl", self.instance.clone());
        metadata.insert("tenantid", self.tenant.clone());
        request
    }
}

/// The event bus, spoken to in a session.
pub(crate) struct Bus<'a> {
    pub pubsub: &'a PubSub,
    pub session: &'a Session,
    pub organization_id: &'a str,
}

impl Bus<'_> {
    /// Makes a call; a refused token is renewed once.
    pub(crate) async fn call<T, F>(&self, call: impl Fn(Identity) -> F) -> Result<T, ConnectorFault>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let access = self.session.credentials.current().await?;
        match call(Identity::new(&access, self.organization_id)?).await {
            Err(status) if status.code() == Code::Unauthenticated => {
                let renewed = self.session.credentials.renew(&access).await?;
                call(Identity::new(&renewed, self.organization_id)?).await.map_err(|s| faults::of_pubsub(&s))
            }
            answer => answer.map_err(|status| faults::of_pubsub(&status)),
        }
    }

    /// What the session's user may do on the app's topic.
    pub(crate) async fn topic(&self, namespace: Namespace<'_>) -> Result<wire::TopicInfo, ConnectorFault> {
        self.call(|identity| async move {
            let mut request = identity.request(TopicRequest { topic_name: topic(namespace) });
            request.set_timeout(CALL_TIMEOUT);
            self.pubsub.client().get_topic(request).await.map(tonic::Response::into_inner)
        })
        .await
    }

    /// The schema of that id.
    pub(crate) async fn schema(&self, id: &str) -> Result<Arc<Schema>, ConnectorFault> {
        if let Some(schema) = self.pubsub.known(id) {
            return Ok(schema);
        }
        let info = self
            .call(|identity| async move {
                let mut request = identity.request(SchemaRequest { schema_id: id.to_owned() });
                request.set_timeout(CALL_TIMEOUT);
                self.pubsub.client().get_schema(request).await.map(tonic::Response::into_inner)
            })
            .await?;
        let schema = Schema::parse_str(&info.schema_json)
            .map_err(|error| ConnectorFault::protocol(format!("schema {id} does not parse: {error}")))?;
        let schema = Arc::new(schema);
        self.pubsub.remember(id, Arc::clone(&schema));
        Ok(schema)
    }
}

#[cfg(test)]
mod tests {
    use provision_connector_sdk::FaultClass;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_channel_follows_no_name_out_of_the_public_internet() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let plain = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let url = plain.parse().expect("a URL");
        let resolver = PublicOnly { allow_loopback: false };
        let pubsub = PubSub::new(&url, plain, None, resolver).expect("a channel");
        let request = TopicRequest { topic_name: topic(Namespace::default()) };
        let status = pubsub.client().get_topic(request).await.expect_err("nothing is called");
        let fault = faults::of_pubsub(&status);
        assert_eq!(fault.class, FaultClass::Rejected, "{status:?}");
        assert!(fault.fault.message().contains("outside the public internet"), "{fault}");
    }
}
