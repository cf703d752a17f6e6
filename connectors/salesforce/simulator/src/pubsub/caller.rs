//! Who calls, and what topics that caller sees.

use std::sync::Arc;

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::refusal::refusal;
use crate::events::topic_of;
use crate::org::{Id, ObjectAccess, ObjectKind, ObjectType, Org, Rights};

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
    let denied =
        || refusal(Code::Unauthenticated, "service.auth.error", "Authentication exception occurred.", rpc_id);
    if Id::parse(tenant) != Some(org.id) {
        return Err(denied());
    }
    org.authenticate(token).map_err(|_| denied())
}

/// A platform event as the caller sees it.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    /// `/event/Name__e`.
    pub(super) name: String,
    pub(super) object: Arc<ObjectType>,
    pub(super) access: ObjectAccess,
}

/// The topic called `name`; names are compared exactly. A topic on which the caller has no right does not exist.
pub(super) fn topic(org: &Org, rights: &Rights, name: &str, rpc_id: &str) -> Result<Topic, Status> {
    if name.is_empty() {
        return Err(refusal(
            Code::InvalidArgument,
            "topic.validation.empty",
            "The topic name cannot be empty.",
            rpc_id,
        ));
    }
    let event = name.strip_prefix("/event/").unwrap_or_default();
    let metadata = org.metadata();
    let found = metadata
        .object(event)
        .filter(|object| object.kind == ObjectKind::Event && topic_of(&object.name) == name);
    let visible = found
        .map(|object| (object.clone(), rights.object(object)))
        .filter(|(_, access)| access.read || access.create);
    match visible {
        Some((object, access)) => Ok(Topic { name: name.to_owned(), object, access }),
        None => {
            let text = format!("The topic {name} does not exist or you do not have access to it.");
            Err(refusal(Code::NotFound, "topic.not.found", &text, rpc_id))
        }
    }
}

impl Topic {
    /// Refuses a subscriber without Read.
    pub(super) fn for_subscriber(self, rpc_id: &str) -> Result<Self, Status> {
        if self.access.read {
            return Ok(self);
        }
        let text = format!("You do not have permission to subscribe to {}.", self.name);
        Err(refusal(Code::PermissionDenied, "subscription.topic.cannot.subscribe", &text, rpc_id))
    }

    /// Refuses a publisher without Create.
    pub(super) fn for_publisher(self, rpc_id: &str) -> Result<Self, Status> {
        if self.access.create {
            return Ok(self);
        }
        let text = format!("You do not have permission to publish to {}.", self.name);
        Err(refusal(Code::PermissionDenied, "topic.meta.permission", &text, rpc_id))
    }
}
