//! What a topic name stands for.

use std::sync::Arc;

use super::change;
use super::definition::{CHANGE_EVENTS, Channel, ChannelKind};
use super::standard;
use crate::org::{Metadata, ObjectKind, ObjectType};

/// A topic of the org. Names are compared exactly.
#[derive(Debug, Clone)]
pub enum Topic {
    /// `/event/Order__e`: one platform event, which can be published there too.
    Event(Arc<ObjectType>),
    /// `/event/X__chn`, `/data/X__chn`: what an administrator put together.
    Channel(Arc<Channel>),
    /// `/data/AccountChangeEvent`: changes of this object.
    Changes(Arc<ObjectType>),
    /// `/data/ChangeEvents`: changes of all objects selected for it.
    AllChanges,
}

impl Topic {
    /// The topic called `name`. Changes of an object are a topic while they are captured.
    pub fn find(metadata: &Metadata, name: &str) -> Option<Self> {
        let (kind, rest) = match (name.strip_prefix("/event/"), name.strip_prefix("/data/")) {
            (Some(rest), _) => (ChannelKind::Event, rest),
            (_, Some(rest)) => (ChannelKind::Data, rest),
            _ => return None,
        };
        if rest.ends_with("__chn") {
            let channel = metadata.streams.channel(rest).filter(|channel| channel.kind == kind)?;
            return Some(Self::Channel(channel.clone()));
        }
        match kind {
            ChannelKind::Event => metadata
                .object(rest)
                .or_else(|| standard::event(rest))
                .filter(|object| object.kind == ObjectKind::Event && object.name == rest)
                .map(|object| Self::Event(object.clone())),
            ChannelKind::Data if rest == CHANGE_EVENTS => Some(Self::AllChanges),
            ChannelKind::Data => change::captured(metadata, rest)
                .filter(|_| metadata.streams.captures(rest))
                .map(|object| Self::Changes(object.clone())),
        }
    }

    /// The objects whose events or changes it carries.
    pub fn objects(&self, metadata: &Metadata) -> Vec<Arc<ObjectType>> {
        let members = |channel: &str| {
            let members = metadata.streams.members(channel);
            let object = |entity: &str| match change::captured(metadata, entity) {
                Some(object) => Some(object.clone()),
                None => metadata.object(entity).cloned(),
            };
            members.filter_map(|member| object(&member.entity)).collect()
        };
        match self {
            Self::Event(object) | Self::Changes(object) => vec![object.clone()],
            Self::Channel(channel) => members(&channel.header.full_name),
            Self::AllChanges => members(CHANGE_EVENTS),
        }
    }
}
