//! Who calls, and what topics that caller sees.

use std::sync::Arc;

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::refusal::{refusal, unauthenticated};
use crate::events::{EventSchema, Topic, change, standard};
use crate::org::{Id, Metadata, ObjectKind, ObjectType, Org, Rights};

/// The caller's rights, from the three metadata keys that every call carries.
pub(super) fn authenticate(org: &Org, metadata: &MetadataMap, rpc_id: &str) -> Result<Rights, Status> {
    let header = |name: &str| {
        metadata.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty()).ok_or_else(
            || {
                let text = format!("The {name} header is missing or invalid.");
                refusal(Code::Unauthenticated, "service.auth.headers.invalid", &text, rpc_id)
            },
        )
    };
    let (token, instance, tenant) = (header("accesstoken")?, header("instanceurl")?, header("tenantid")?);
    if !url::Url::parse(instance).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        let text = "The instanceurl header is missing or invalid.";
        return Err(refusal(Code::Unauthenticated, "service.auth.headers.invalid", text, rpc_id));
    }
    if Id::parse(tenant) != Some(org.id) {
        return Err(unauthenticated(rpc_id));
    }
    org.authenticate(token).map_err(|_| unauthenticated(rpc_id))
}

/// Checks a token that a later request of a stream brings; the first request must not bring one (`early` is the code of
/// that). The field is for Salesforce's own use: what it does beyond this is not known.
pub(super) fn refresh(org: &Org, token: &str, first: bool, early: &str, rpc_id: &str) -> Result<(), Status> {
    if token.is_empty() {
        return Ok(());
    }
    if first {
        let text = "The first request of a stream can't refresh the authentication.";
        return Err(refusal(Code::InvalidArgument, early, text, rpc_id));
    }
    org.authenticate(token).map(|_| ()).map_err(|_| {
        let text = "The token to refresh the authentication with is invalid.";
        refusal(Code::Unauthenticated, "service.auth.refresh.invalid", text, rpc_id)
    })
}

/// A topic as the caller sees it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// As the caller spelt it.
    pub(super) name: String,
    pub(super) topic: Topic,
    pub(super) can_publish: bool,
    pub(super) can_subscribe: bool,
}

/// The name by which the service calls the org.
pub(super) fn tenant(org: &Org) -> String {
    format!("CORE/prod/{}", org.id)
}

/// The topic called `name`; names are compared exactly. A topic on which the caller has no right does not exist.
pub(super) fn topic(org: &Org, rights: &Rights, name: &str, rpc_id: &str) -> Result<Seen, Status> {
    if name.is_empty() {
        return Err(refusal(
            Code::InvalidArgument,
            "topic.validation.empty",
            "The topic name cannot be empty.",
            rpc_id,
        ));
    }
    let metadata = org.metadata();
    let seen = Topic::find(&metadata, name).map(|topic| Seen::new(name, topic, &metadata, rights));
    match seen.filter(|seen| seen.can_publish || seen.can_subscribe) {
        Some(seen) => Ok(seen),
        None => Err(not_found(org, name, rpc_id)),
    }
}

/// What a subscriber of another API may do with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TopicAccess {
    Open,
    Denied,
    Absent,
}

/// Whether a user may subscribe to a topic.
pub(crate) fn topic_access(org: &Org, rights: &Rights, name: &str) -> TopicAccess {
    let metadata = org.metadata();
    match Topic::find(&metadata, name).map(|topic| Seen::new(name, topic, &metadata, rights)) {
        Some(seen) if seen.can_subscribe => TopicAccess::Open,
        Some(_) => TopicAccess::Denied,
        None => TopicAccess::Absent,
    }
}

/// There is no such topic, or not any more.
pub(super) fn not_found(org: &Org, topic: &str, rpc_id: &str) -> Status {
    let text = format!(
        "The topic information for org {} and topic {topic} not found. Ensure the topic name is correct and that the topic exists.",
        tenant(org)
    );
    refusal(Code::NotFound, "topic.not.found", &text, rpc_id)
}

impl Seen {
    fn new(name: &str, topic: Topic, metadata: &Metadata, rights: &Rights) -> Self {
        let objects = topic.objects(metadata);
        let can_publish =
            matches!(&topic, Topic::Event(object) if object.createable && rights.object(object).create);
        let can_subscribe = match &topic {
            Topic::AllChanges => rights.has("ViewAllData") || rights.has("ModifyAllData"),
            // Of a channel all members have to be readable: a guess, no member's event is ever left out.
            _ => objects.iter().all(|object| reads(rights, object)),
        };
        Self { name: name.to_owned(), topic, can_publish, can_subscribe }
    }

    /// The schema of its events; absent where they have several.
    pub(super) fn schema(&self, org: &Org, rpc_id: &str) -> Result<Option<Arc<EventSchema>>, Status> {
        let schema = match &self.topic {
            Topic::Event(object) => org.bus.schema_of(object),
            Topic::Changes(object) => org.bus.change_schema_of(object),
            Topic::Channel(_) | Topic::AllChanges => return Ok(None),
        };
        schema
            .map(Some)
            .map_err(|error| refusal(Code::Unavailable, "topic.api.unavailable", &error.to_string(), rpc_id))
    }

    /// Refuses a subscriber without Read.
    pub(super) fn for_subscriber(self, rpc_id: &str) -> Result<Self, Status> {
        if self.can_subscribe {
            return Ok(self);
        }
        let text = format!("You do not have permission to subscribe to {}.", self.name);
        Err(refusal(Code::PermissionDenied, "subscription.topic.cannot.subscribe", &text, rpc_id))
    }

    /// The event that a publisher may publish here.
    pub(super) fn for_publisher(&self, rpc_id: &str) -> Result<&Arc<ObjectType>, Status> {
        match &self.topic {
            Topic::Event(object) if self.can_publish => Ok(object),
            _ => {
                let text = format!("You do not have permission to publish to {}.", self.name);
                Err(refusal(Code::PermissionDenied, "topic.meta.permission", &text, rpc_id))
            }
        }
    }
}

/// Whether events of a platform event, or changes of an object, may be read. Changes come past sharing: that takes
/// "View All".
fn reads(rights: &Rights, object: &ObjectType) -> bool {
    let access = rights.object(object);
    if object.kind == ObjectKind::Event { access.read } else { access.view_all || access.modify_all }
}

/// A schema by its id, if the caller may see it.
pub(super) fn schema(org: &Org, rights: &Rights, id: &str, rpc_id: &str) -> Result<Arc<EventSchema>, Status> {
    if id.trim().is_empty() {
        let text = "Schema validation failed. The schema ID can't be blank.";
        return Err(refusal(Code::InvalidArgument, "schema.validation.failed", text, rpc_id));
    }
    match find(org, rights, id) {
        Ok(schema) => Ok(schema),
        Err(true) => {
            let text = format!("You do not have access to schema {id}.");
            Err(refusal(Code::PermissionDenied, "schema.meta.permission", &text, rpc_id))
        }
        Err(false) => {
            let text = format!("Schema validation failed. The schema ID {id} does not exist.");
            Err(refusal(Code::InvalidArgument, "schema.validation.failed", &text, rpc_id))
        }
    }
}

/// As [`schema`], for other APIs.
pub(crate) fn visible_schema(org: &Org, rights: &Rights, id: &str) -> Option<Arc<EventSchema>> {
    find(org, rights, id).ok()
}

/// A schema, or whether there is one that the caller may not see.
fn find(org: &Org, rights: &Rights, id: &str) -> Result<Arc<EventSchema>, bool> {
    let metadata = org.metadata();
    let schema = org.bus.schema(id).or_else(|| {
        register_all(org, &metadata);
        org.bus.schema(id)
    });
    let schema = schema.ok_or(false)?;
    let object = change::captured(&metadata, &schema.event)
        .or_else(|| metadata.object(&schema.event))
        .or_else(|| standard::event(&schema.event));
    let may = |object: &Arc<ObjectType>| reads(rights, object) || rights.object(object).create;
    if object.is_some_and(may) { Ok(schema) } else { Err(true) }
}

/// The schema of an event that nobody has asked for or published yet is not registered before this.
fn register_all(org: &Org, metadata: &Metadata) {
    for object in metadata.objects().chain(standard::events()) {
        let captured = || change::event_of(object).filter(|event| metadata.streams.captures(event));
        let made = if object.kind == ObjectKind::Event {
            org.bus.schema_of(object)
        } else if captured().is_some() {
            org.bus.change_schema_of(object)
        } else {
            continue;
        };
        if let Err(error) = made {
            tracing::warn!(%error, event = object.name, "no schema can be made");
        }
    }
}
