//! The app's events over Salesforce's Pub/Sub API, as changes of records.

mod decode;

use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ChangeBatch, ChangeStream, ConnectorFault, Cursor, Session};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::api::Org;
use crate::api::pubsub::wire::{FetchRequest, FetchResponse, ReplayPreset};
use crate::api::pubsub::{Bus, topic};
use crate::connector::SalesforceConnector;
use crate::faults;
use crate::render::{EVENT, ITEM_OBJECT, Namespace};

/// Events that may be on their way to us: Salesforce's most.
const CREDIT: i32 = 100;
/// New credit is given when no more than this is left: at none, Salesforce closes the stream after a minute.
const CREDIT_LOW: i32 = 50;
/// Salesforce sends something at least every 270 s; a stream that is silent for longer is dead, whatever it says.
const WATCHDOG: Duration = Duration::from_secs(300);
/// Version of the event's layout that the canary is sent in.
const SCHEMA_VERSION: i64 = 1;
/// Longest marker that the event holds, and that an item has as its action id.
const MARKER_MAX: usize = 255;
const ACTION_ID_MAX: usize = 64;
/// The action by which the app knows a record that tests it.
const CANARY: &str = "CANARY";

/// An open subscription.
pub(crate) struct Stream {
    connector: SalesforceConnector,
    session: Session,
    organization_id: String,
    /// What stands before the names of the event and its fields.
    namespace: Option<String>,
    credit: mpsc::Sender<FetchRequest>,
    responses: Streaming<FetchResponse>,
    /// Received and not handed on yet: what was received must survive a dropped wait.
    received: Option<FetchResponse>,
}

pub(crate) async fn open(
    connector: SalesforceConnector,
    session: &Session,
    cursor: Option<&Cursor>,
) -> Result<Stream, ConnectorFault> {
    let organization_id = organization_id(session)?;
    let delivery = &connector.inner().environment(&session.account)?.delivery;
    let namespace = delivery.namespace().0.map(str::to_owned);
    let first = first_request(topic(delivery.namespace()), cursor);
    let (credit, responses) = {
        let inner = connector.inner();
        let bus = Bus { pubsub: &inner.pubsub, session, organization_id: &organization_id };
        let first = &first;
        bus.call(|identity| async move {
            let (credit, requests) = mpsc::channel(4);
            // The channel is empty: there is room.
            let _ = credit.try_send(first.clone());
            let mut client = inner.pubsub.client();
            let subscribed = client.subscribe(identity.request(ReceiverStream::new(requests)));
            // The answer's head comes when the subscription stands, or, at worst, with the first message.
            let responses = tokio::time::timeout(WATCHDOG, subscribed)
                .await
                .map_err(|_| tonic::Status::unavailable("the subscription was not answered"))??;
            Ok((credit, responses.into_inner()))
        })
        .await?
    };
    Ok(Stream {
        session: session.clone(),
        connector,
        organization_id,
        namespace,
        credit,
        responses,
        received: None,
    })
}

fn organization_id(session: &Session) -> Result<String, ConnectorFault> {
    let identity = session.account.identity.as_ref().ok_or_else(|| {
        ConnectorFault::rejected(Fault::new(Reason::WrongPhase, "the account was not authorised yet"))
    })?;
    Ok(identity.organization_id.clone())
}

/// Where to begin counts in the first request alone.
fn first_request(topic_name: String, cursor: Option<&Cursor>) -> FetchRequest {
    let (preset, replay_id) = match cursor {
        Some(Cursor(bytes)) => (ReplayPreset::Custom, bytes.clone().into()),
        None => (ReplayPreset::Latest, bytes::Bytes::new()),
    };
    FetchRequest {
        topic_name,
        replay_preset: preset.into(),
        replay_id,
        num_requested: CREDIT,
        ..FetchRequest::default()
    }
}

#[async_trait]
impl ChangeStream for Stream {
    async fn next(&mut self) -> Result<ChangeBatch, ConnectorFault> {
        if self.received.is_none() {
            let message = tokio::time::timeout(WATCHDOG, self.responses.message())
                .await
                .map_err(|_| ConnectorFault::transient(format!("the stream was silent for {WATCHDOG:?}")))?
                .map_err(|status| faults::of_pubsub(&status))?
                .ok_or_else(|| ConnectorFault::transient("Salesforce closed the stream"))?;
            self.top_up(message.pending_num_requested);
            self.received = Some(message);
        }
        let Some(response) = &self.received else { return Err(ConnectorFault::transient("no message")) };
        let batch = self.batch(response).await?;
        self.received = None;
        Ok(batch)
    }
}

impl Stream {
    fn namespace(&self) -> Namespace<'_> {
        Namespace(self.namespace.as_deref())
    }

    /// Gives new credit before the old is used up.
    fn top_up(&self, pending: i32) {
        if pending <= CREDIT_LOW {
            let request = FetchRequest {
                topic_name: topic(self.namespace()),
                num_requested: CREDIT - pending.max(0),
                ..FetchRequest::default()
            };
            // A full channel holds credit that Salesforce has not fetched yet: that is enough.
            let _ = self.credit.try_send(request);
        }
    }

    async fn batch(&self, response: &FetchResponse) -> Result<ChangeBatch, ConnectorFault> {
        let bus = Bus {
            pubsub: &self.connector.inner().pubsub,
            session: &self.session,
            organization_id: &self.organization_id,
        };
        let mut changes = Vec::with_capacity(response.events.len());
        for consumed in &response.events {
            let Some(event) = &consumed.event else { continue };
            let schema = bus.schema(&event.schema_id).await?;
            match decode::change(&schema, event, &consumed.replay_id, self.namespace()) {
                Ok(change) => changes.push(change),
                // Never to be read: waiting for it would stop all that come behind it.
                Err(cause) => tracing::warn!(
                    organization = self.organization_id,
                    event = event.id,
                    cause,
                    "an event does not decode and is left out"
                ),
            }
        }
        // With events, `latest_replay_id` can be ahead of what came: then only the last event's counts.
        let position = match response.events.last() {
            Some(last) => &last.replay_id,
            None => &response.latest_replay_id,
        };
        let cursor = (!position.is_empty()).then(|| Cursor(position.to_vec()));
        Ok(ChangeBatch { changes, cursor })
    }
}

/// Publishes a marked event through the REST API.
pub(crate) async fn send_canary(org: &Org<'_>, marker: &str) -> Result<(), ConnectorFault> {
    fits(marker, MARKER_MAX)?;
    let identity = org.identity()?;
    let namespace = org.delivery()?.namespace();
    let fields = [
        ("Marker__c", Value::from(marker)),
        ("Operation__c", Value::from(CANARY)),
        ("Org_Id__c", Value::from(identity.organization_id.clone())),
        ("User_Id__c", Value::from(identity.user_id.clone())),
        ("Schema_Version__c", Value::from(SCHEMA_VERSION)),
    ];
    let fields: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (namespace.api(name), value)).collect();
    org.create(&namespace.api(EVENT), fields).await.map(|_| ())
}

/// Makes a marked record of the app's own and deletes it, in one call, as any client of the REST API would. Asked again
/// with the same marker, what an earlier call left behind is deleted.
pub(crate) async fn change_canary(org: &Org<'_>, marker: &str) -> Result<(), ConnectorFault> {
    fits(marker, ACTION_ID_MAX)?;
    let namespace = org.delivery()?.namespace();
    let fields = Map::from_iter([(namespace.api("Action__c"), Value::from(CANARY))]);
    org.upsert_and_delete(&namespace.api(ITEM_OBJECT), &namespace.api("Action_Id__c"), marker, fields).await
}

fn fits(marker: &str, longest: usize) -> Result<(), ConnectorFault> {
    if marker.is_empty() || marker.len() > longest {
        let why = format!("must have 1 to {longest} bytes");
        return Err(ConnectorFault::rejected(Fault::invalid("marker", why)));
    }
    Ok(())
}
