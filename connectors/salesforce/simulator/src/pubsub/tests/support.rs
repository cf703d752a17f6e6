//! A served org with one platform event, and clients of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use super::super::wire::pub_sub_client::PubSubClient;
use super::super::wire::{ConsumerEvent, FetchRequest, FetchResponse, ReplayPreset};
use crate::config::Config;
use crate::events::definition::{Author, Definition, Values, put};
use crate::org::{Field, FieldType, Id, ManualClock, ObjectAccess, ObjectType, Org, PermissionSet};

pub(super) const TOPIC: &str = "/event/Change__e";

pub(super) struct World {
    pub(super) org: Arc<Org>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) token: String,
    pub(super) stop: CancellationToken,
    pub(super) server: JoinHandle<Result<(), tonic::transport::Error>>,
    address: String,
}

impl World {
    pub(super) async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let org = Org::new(Config { clock: clock.clone(), ..Config::default() }).unwrap();
        let id = Id::parse("01I000000000001").unwrap();
        let field = Field {
            custom: true,
            metadata_type: Some("Text".to_owned()),
            ..Field::new("Object_Name__c", FieldType::String)
        };
        let event = ObjectType::event("Change__e", "Change", id, "e77", vec![field]);
        org.change_metadata(|metadata| {
            metadata.put_object(event);
            Ok::<(), ()>(())
        })
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let server = tokio::spawn(super::super::serve(org.clone(), listener, None, stop.clone()));
        let token = org.open_session(org.admin, None, "full");
        Self { org, clock, token, stop, server, address }
    }

    /// Gives the ordinary user rights on the event and returns a token of that user.
    pub(super) fn user_with(&self, access: ObjectAccess) -> String {
        let set = self.org.ids.next("0PS");
        self.org
            .change_metadata(|metadata| {
                let mut granted = PermissionSet::new(set, "Events", "Events");
                granted.objects.insert("Change__e".to_owned(), access);
                granted.permissions.insert("ApiEnabled".to_owned());
                metadata.permission_sets.insert(set, Arc::new(granted));
                Ok::<(), ()>(())
            })
            .unwrap();
        self.org.assign(self.org.user, set);
        self.org.open_session(self.org.user, None, "full")
    }

    pub(super) async fn client(&self) -> PubSubClient<Channel> {
        PubSubClient::connect(self.address.clone()).await.unwrap()
    }

    pub(super) fn signed<T>(&self, message: T) -> Request<T> {
        self.signed_by(&self.token, message)
    }

    pub(super) fn signed_by<T>(&self, token: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let headers = request.metadata_mut();
        headers.insert("accesstoken", MetadataValue::try_from(token).unwrap());
        headers.insert("instanceurl", MetadataValue::from_static("https://northwind.my.salesforce.com"));
        headers.insert("tenantid", MetadataValue::try_from(self.org.id.as_str()).unwrap());
        request
    }

    /// Publishes a record as REST does.
    pub(super) fn publish(&self, text: &str) -> crate::events::Published {
        let metadata = self.org.metadata();
        let values: Map<String, Value> = json!({"Object_Name__c": text}).as_object().cloned().unwrap();
        let object = metadata.object("Change__e").unwrap();
        self.org.bus.publish_record(&metadata.streams, object, self.org.admin, &values).unwrap()
    }

    /// Defines a channel, a member of one or a managed subscription.
    pub(super) fn define(&self, kind: &str, name: &str, values: Value) -> Definition {
        let author = Author { user: self.org.admin, at_ms: self.org.now_ms() };
        let values = Values::of_json(values.as_object().unwrap());
        self.org.change_metadata(|metadata| put(metadata, kind, name, &values, author)).unwrap()
    }

    /// Deploys the event with one more field.
    pub(super) fn widen_event(&self, field: &str) {
        self.org
            .change_metadata(|metadata| {
                let mut wider = ObjectType::clone(metadata.object("Change__e").unwrap());
                wider.fields.push(Arc::new(Field::new(field, FieldType::Double)));
                metadata.put_object(wider);
                Ok::<(), ()>(())
            })
            .unwrap();
    }

    /// The values of an event as its own schema tells them.
    pub(super) fn decoded(&self, event: &ConsumerEvent) -> Value {
        let event = event.event.as_ref().unwrap();
        self.org.bus.schema(&event.schema_id).unwrap().decode(&event.payload).unwrap()
    }

    pub(super) async fn subscribe(&self, first: FetchRequest) -> Subscriber {
        self.subscribe_as(&self.token, first).await
    }

    pub(super) async fn subscribe_as(&self, token: &str, first: FetchRequest) -> Subscriber {
        let (requests, stream) = mpsc::channel(8);
        requests.send(first).await.unwrap();
        let request = self.signed_by(token, ReceiverStream::new(stream));
        let answers = self.client().await.subscribe(request).await.unwrap().into_inner();
        Subscriber { requests: Some(requests), answers }
    }
}

pub(super) struct Subscriber {
    pub(super) requests: Option<mpsc::Sender<FetchRequest>>,
    pub(super) answers: Streaming<FetchResponse>,
}

impl Subscriber {
    pub(super) async fn ask(&self, num_requested: i32) {
        let request = FetchRequest { num_requested, ..FetchRequest::default() };
        self.requests.as_ref().unwrap().send(request).await.unwrap();
    }

    pub(super) async fn next(&mut self) -> FetchResponse {
        self.answers.message().await.unwrap().expect("the stream goes on")
    }

    pub(super) async fn refusal(&mut self) -> Status {
        loop {
            match self.answers.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended well"),
                Err(status) => return status,
            }
        }
    }
}

pub(super) fn fetch(preset: ReplayPreset, replay_id: &[u8], num_requested: i32) -> FetchRequest {
    FetchRequest {
        topic_name: TOPIC.to_owned(),
        replay_preset: preset.into(),
        replay_id: bytes::Bytes::copy_from_slice(replay_id),
        num_requested,
        auth_refresh: String::new(),
    }
}

/// The request for another topic.
pub(super) fn on(topic: &str, request: FetchRequest) -> FetchRequest {
    FetchRequest { topic_name: topic.to_owned(), ..request }
}

/// The ids of the events in a response.
pub(super) fn ids(response: &FetchResponse) -> Vec<String> {
    response.events.iter().map(|event| event.event.clone().unwrap().id).collect()
}

/// Checks a refusal's status, trailer and text.
pub(super) fn assert_refused(status: &Status, code: Code, error_code: &str) {
    assert_eq!(status.code(), code, "{status:?}");
    let full = format!("sfdc.platform.eventbus.grpc.{error_code}");
    assert_eq!(status.metadata().get("error-code").unwrap().to_str().unwrap(), full);
    let rpc_id = status.metadata().get("rpc-id").unwrap().to_str().unwrap();
    assert!(status.message().ends_with(&format!(" rpcId: {rpc_id}")), "{}", status.message());
}
