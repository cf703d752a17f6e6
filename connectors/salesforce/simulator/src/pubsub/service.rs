//! The six RPCs.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

use super::caller::{authenticate, topic};
use super::publish::{publish, run_stream};
use super::refusal::{of_fault, refusal, unavailable};
use super::subscribe::{Bend, Subscription};
use super::wire::pub_sub_server::PubSub;
use super::wire::{
    FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse, PublishRequest, PublishResponse,
    SchemaInfo, SchemaRequest, TopicInfo, TopicRequest,
};
use crate::fault::{Fault, Operation};
use crate::ledger::Kind;
use crate::org::{ObjectKind, Org, Rights};

/// Responses of one stream that wait for a slow client.
const WAITING_MAX: usize = 16;

pub(super) struct Service {
    org: Arc<Org>,
    stop: CancellationToken,
}

/// A call that passed the gate.
struct Call {
    rights: Rights,
    rpc_id: String,
    fault: Option<Fault>,
}

impl Service {
    pub(super) fn new(org: Arc<Org>, stop: CancellationToken) -> Self {
        Self { org, stop }
    }

    /// Latency, planned faults, authentication, ledger: what every call passes.
    async fn gate(&self, method: &str, operation: Operation, metadata: &MetadataMap) -> Result<Call, Status> {
        let org = &self.org;
        let rpc_id = org.bus.next_uuid();
        if !org.config.latency.is_zero() {
            tokio::time::sleep(org.config.latency).await;
        }
        let fault = org.faults.strike(&operation);
        if let Some(fault) = &fault {
            org.note(Kind::FaultFired, None, format!("{operation:?}"), &[("fault", &format!("{fault:?}"))]);
            if let Some(status) = of_fault(fault, &rpc_id) {
                return Err(status);
            }
            match fault {
                Fault::Delayed(by) => org.clock.sleep(*by).await,
                // A subscription that hangs is an open stream without a word, which its own code makes.
                Fault::Hang if operation != Operation::Subscribe => {
                    self.stop.cancelled().await;
                    return Err(unavailable(&rpc_id));
                }
                _ => {}
            }
        }
        let path = format!("GRPC /eventbus.v1.PubSub/{method}");
        match authenticate(org, metadata, &rpc_id) {
            Ok(rights) => {
                org.note(Kind::Request, Some(rights.user), path, &[("status", "0")]);
                Ok(Call { rights, rpc_id, fault })
            }
            Err(status) => {
                org.note(Kind::Request, None, path, &[("status", &i32::from(status.code()).to_string())]);
                Err(status)
            }
        }
    }
}

impl Call {
    /// The answer, unless a fault loses it after the effect.
    fn answer<T>(self, answer: T) -> Result<Response<T>, Status> {
        match self.fault {
            Some(Fault::AnswerLost | Fault::TruncatedJson) => Err(unavailable(&self.rpc_id)),
            _ => Ok(Response::new(answer)),
        }
    }
}

#[tonic::async_trait]
impl PubSub for Service {
    type SubscribeStream = ReceiverStream<Result<FetchResponse, Status>>;
    type PublishStreamStream = ReceiverStream<Result<PublishResponse, Status>>;
    type ManagedSubscribeStream = ReceiverStream<Result<ManagedFetchResponse, Status>>;

    async fn get_topic(&self, request: Request<TopicRequest>) -> Result<Response<TopicInfo>, Status> {
        let call = self.gate("GetTopic", Operation::GetTopic, request.metadata()).await?;
        let topic = topic(&self.org, &call.rights, &request.get_ref().topic_name, &call.rpc_id)?;
        let schema = self.org.bus.schema_of(&topic.object).map_err(|error| {
            refusal(Code::Unavailable, "topic.api.unavailable", &error.to_string(), &call.rpc_id)
        })?;
        let info = TopicInfo {
            topic_name: topic.name,
            tenant_guid: format!("core/simulator/{}", self.org.id),
            can_publish: topic.access.create,
            can_subscribe: topic.access.read,
            schema_id: schema.id.clone(),
            rpc_id: call.rpc_id.clone(),
        };
        call.answer(info)
    }

    async fn get_schema(&self, request: Request<SchemaRequest>) -> Result<Response<SchemaInfo>, Status> {
        let call = self.gate("GetSchema", Operation::GetSchema, request.metadata()).await?;
        let metadata = self.org.metadata();
        let events = || metadata.objects().filter(|object| object.kind == ObjectKind::Event);
        // The schema of an event that nobody has asked for or published yet is not registered before this.
        for event in events() {
            if let Err(error) = self.org.bus.schema_of(event) {
                tracing::warn!(%error, event = event.name, "no schema can be made");
            }
        }
        let id = &request.get_ref().schema_id;
        let Some(schema) = self.org.bus.schema(id) else {
            let text = format!("Schema {id} does not exist.");
            return Err(refusal(Code::InvalidArgument, "schema.validation.failed", &text, &call.rpc_id));
        };
        let visible =
            events().filter(|event| event.name == schema.event).map(|event| call.rights.object(event));
        if !visible.into_iter().any(|access| access.read || access.create) {
            let text = format!("You do not have access to schema {id}.");
            return Err(refusal(Code::PermissionDenied, "schema.meta.permission", &text, &call.rpc_id));
        }
        let info = SchemaInfo {
            schema_json: schema.json.clone(),
            schema_id: schema.id.clone(),
            rpc_id: call.rpc_id.clone(),
        };
        call.answer(info)
    }

    async fn publish(&self, request: Request<PublishRequest>) -> Result<Response<PublishResponse>, Status> {
        let call = self.gate("Publish", Operation::Publish, request.metadata()).await?;
        let PublishRequest { topic_name, events, .. } = request.into_inner();
        let topic = topic(&self.org, &call.rights, &topic_name, &call.rpc_id)?.for_publisher(&call.rpc_id)?;
        let response = publish(&self.org, &call.rights, &topic, events, &call.rpc_id)?;
        call.answer(response)
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<PublishRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        let call = self.gate("PublishStream", Operation::Publish, request.metadata()).await?;
        let (answers, stream) = mpsc::channel(WAITING_MAX);
        let (org, stop, requests) = (self.org.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            if let Err(status) = run_stream(&org, call.rights, requests, &answers, &stop, &call.rpc_id).await
            {
                // Nobody is left to be told when this fails.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn subscribe(
        &self,
        request: Request<Streaming<FetchRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let call = self.gate("Subscribe", Operation::Subscribe, request.metadata()).await?;
        let bend = match call.fault {
            Some(Fault::Hang) => Bend::HalfDead,
            Some(Fault::AnswerLost | Fault::TruncatedJson) => Bend::BreakAtDelivery,
            _ => Bend::None,
        };
        let (answers, stream) = mpsc::channel(WAITING_MAX);
        let (org, stop, requests) = (self.org.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            let subscription = Subscription::new(&org, call.rights, &stop, &call.rpc_id, bend);
            if let Err(status) = subscription.run(requests, &answers).await {
                // Nobody is left to be told when this fails.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    /// This org has no managed subscriptions.
    async fn managed_subscribe(
        &self,
        _request: Request<Streaming<ManagedFetchRequest>>,
    ) -> Result<Response<Self::ManagedSubscribeStream>, Status> {
        Err(Status::unimplemented("ManagedSubscribe is not available in this organization"))
    }
}
