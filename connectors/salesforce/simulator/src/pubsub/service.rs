//! The six RPCs.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

use super::caller::{authenticate, schema, tenant, topic};
use super::managed::Managed;
use super::publish::{publish, run_stream};
use super::refusal::{of_fault, refusal, unavailable};
use super::stream::{Bend, Stream};
use super::subscribe::Subscription;
use super::wire::pub_sub_server::PubSub;
use super::wire::{
    FetchRequest, FetchResponse, ManagedFetchRequest, ManagedFetchResponse, PublishRequest, PublishResponse,
    SchemaInfo, SchemaRequest, TopicInfo, TopicRequest,
};
use crate::events::Client;
use crate::fault::{Fault, Operation};
use crate::ledger::Kind;
use crate::org::{Org, Rights};

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

    /// One more stream, if the org may have it.
    fn enter(&self, rpc_id: &str) -> Result<Client, Status> {
        let most = self.org.bus.usage().2.concurrent_clients;
        self.org.bus.clients.enter(most).ok_or_else(|| {
            let text = "The maximum number of concurrent clients across all topics has been exceeded.";
            refusal(Code::ResourceExhausted, "concurrent.client.limit.exceeded", text, rpc_id)
        })
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
                Fault::Happens(what) => org.happen(what),
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
    /// How the fault bends a subscription.
    fn bend(&self) -> Bend {
        match self.fault {
            Some(Fault::Hang) => Bend::HalfDead,
            Some(Fault::AnswerLost | Fault::TruncatedJson) => Bend::BreakAtDelivery,
            _ => Bend::None,
        }
    }

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
        let seen = topic(&self.org, &call.rights, &request.get_ref().topic_name, &call.rpc_id)?;
        let schema = seen.schema(&self.org, &call.rpc_id)?;
        let info = TopicInfo {
            topic_name: seen.name,
            tenant_guid: tenant(&self.org),
            can_publish: seen.can_publish,
            can_subscribe: seen.can_subscribe,
            schema_id: schema.map(|schema| schema.id.clone()).unwrap_or_default(),
            rpc_id: call.rpc_id.clone(),
        };
        call.answer(info)
    }

    async fn get_schema(&self, request: Request<SchemaRequest>) -> Result<Response<SchemaInfo>, Status> {
        let call = self.gate("GetSchema", Operation::GetSchema, request.metadata()).await?;
        let schema = schema(&self.org, &call.rights, &request.get_ref().schema_id, &call.rpc_id)?;
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
        let topic = topic(&self.org, &call.rights, &topic_name, &call.rpc_id)?;
        let response = publish(&self.org, &call.rights, &topic, events, &call.rpc_id)?;
        call.answer(response)
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<PublishRequest>>,
    ) -> Result<Response<Self::PublishStreamStream>, Status> {
        let call = self.gate("PublishStream", Operation::Publish, request.metadata()).await?;
        let client = self.enter(&call.rpc_id)?;
        let (answers, stream) = mpsc::channel(WAITING_MAX);
        let (org, stop, requests) = (self.org.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            let _client = client;
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
        let client = self.enter(&call.rpc_id)?;
        let (answers, stream) = mpsc::channel(WAITING_MAX);
        let (org, stop, requests) = (self.org.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            let _client = client;
            let (bend, rpc_id) = (call.bend(), call.rpc_id);
            let stream = Stream { org: &org, rights: call.rights, stop: &stop, rpc_id: &rpc_id, bend };
            if let Err(status) = Subscription(stream).run(requests, &answers).await {
                // Nobody is left to be told when this fails.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn managed_subscribe(
        &self,
        request: Request<Streaming<ManagedFetchRequest>>,
    ) -> Result<Response<Self::ManagedSubscribeStream>, Status> {
        let call = self.gate("ManagedSubscribe", Operation::Subscribe, request.metadata()).await?;
        let client = self.enter(&call.rpc_id)?;
        let (answers, stream) = mpsc::channel(WAITING_MAX);
        let (org, stop, requests) = (self.org.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            let _client = client;
            let (bend, rpc_id) = (call.bend(), call.rpc_id);
            let stream = Stream { org: &org, rights: call.rights, stop: &stop, rpc_id: &rpc_id, bend };
            if let Err(status) = Managed(stream).run(requests, &answers).await {
                // Nobody is left to be told when this fails.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}
