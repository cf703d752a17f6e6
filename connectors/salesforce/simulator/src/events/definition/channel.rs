//! Custom channels and what is on them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::filter::Filter;
use super::values::Values;
use super::{DefinitionError, Header};
use crate::events::change;
use crate::org::{Metadata, ObjectKind};

/// The standard channel of Change Data Capture.
pub const CHANGE_EVENTS: &str = "ChangeEvents";
/// Fields that a member can add to change events.
const ENRICHED_MAX: usize = 10;

/// What a channel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// Change events; the topic is `/data/X__chn`.
    Data,
    /// Platform events; the topic is `/event/X__chn`.
    Event,
}

/// A custom channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub header: Header,
    pub label: String,
    pub kind: ChannelKind,
    /// `custom`, `standard`, `monitoring` or `data`, where that was said; it has no effect.
    pub event_type: Option<String>,
}

/// An event on a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub header: Header,
    /// `X__chn` or [`CHANGE_EVENTS`].
    pub channel: String,
    /// `Order__e`, `AccountChangeEvent`, `Item__ChangeEvent`.
    pub entity: String,
    pub filter: Option<Arc<Filter>>,
    /// Fields of the object whose values its updates and deletes bring even when they have not changed.
    pub enriched: Vec<String>,
}

impl Channel {
    pub(super) fn read(header: Header, values: &Values) -> Result<Self, DefinitionError> {
        if !header.full_name.ends_with("__chn") {
            let message = format!("{} does not end with __chn", header.full_name);
            return Err(DefinitionError::new("FIELD_INTEGRITY_EXCEPTION", message));
        }
        let kind = match values.text("channelType") {
            Some("data") => ChannelKind::Data,
            Some("event") => ChannelKind::Event,
            Some(other) => {
                let message =
                    format!("'{other}' is not a valid value for the enum 'PlatformEventChannelType'");
                return Err(DefinitionError::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message));
            }
            None => return Err(DefinitionError::missing("channelType")),
        };
        let label = values.text("label").ok_or_else(|| DefinitionError::missing("label"))?.to_owned();
        let event_type = values.text("eventType").map(str::to_owned);
        Ok(Self { header, label, kind, event_type })
    }

    /// The name that subscribers know it by.
    pub fn topic(&self) -> String {
        match self.kind {
            ChannelKind::Data => format!("/data/{}", self.header.full_name),
            ChannelKind::Event => format!("/event/{}", self.header.full_name),
        }
    }

    /// The `Metadata` of its Tooling record.
    pub fn metadata(&self) -> Value {
        let kind = if self.kind == ChannelKind::Data { "data" } else { "event" };
        json!({"channelType": kind, "eventType": self.event_type, "label": self.label})
    }
}

impl Member {
    pub(super) fn read(
        header: Header,
        values: &Values,
        metadata: &Metadata,
    ) -> Result<Self, DefinitionError> {
        let required = |name: &str| values.text(name).ok_or_else(|| DefinitionError::missing(name));
        let (channel, entity) = (required("eventChannel")?, required("selectedEntity")?);
        let of_changes = if channel == CHANGE_EVENTS {
            true
        } else {
            let found = metadata.streams.channel(channel).ok_or_else(|| {
                let message = format!("Event channel {channel} does not exist.");
                DefinitionError::new("INVALID_CROSS_REFERENCE_KEY", message)
            })?;
            found.kind == ChannelKind::Data
        };
        let object = if of_changes {
            change::captured(metadata, entity)
        } else {
            metadata.object(entity).filter(|object| object.kind == ObjectKind::Event && object.name == entity)
        };
        let object = object.ok_or_else(|| {
            let message = format!("The entity {entity} can't be selected for channel {channel}.");
            DefinitionError::new("INVALID_CROSS_REFERENCE_KEY", message)
        })?;
        let known = |name: &str| {
            let first = name.split('.').next().unwrap_or(name);
            first == change::HEADER && of_changes || object.field(first).is_some()
        };
        let no_such = |name: &str| {
            let message = format!("No such column '{name}' on entity '{entity}'.");
            DefinitionError::new("INVALID_FIELD", message)
        };
        let filter = values.text("filterExpression").map(Filter::parse).transpose().map_err(|error| {
            DefinitionError::new("MALFORMED_QUERY", format!("Invalid filter expression: {error}"))
        })?;
        if let Some(unknown) = filter.iter().flat_map(Filter::fields).find(|name| !known(name)) {
            return Err(no_such(unknown));
        }
        let enriched = values.all("enrichedFields").to_vec();
        if !enriched.is_empty() && !of_changes {
            let message = "Enriched fields are for change events only.";
            return Err(DefinitionError::new("FIELD_INTEGRITY_EXCEPTION", message));
        }
        if enriched.len() > ENRICHED_MAX {
            return Err(DefinitionError::limit("enriched fields in a channel member", ENRICHED_MAX));
        }
        if let Some(unknown) = enriched.iter().find(|name| !known(name)) {
            return Err(no_such(unknown));
        }
        Ok(Self {
            header,
            channel: channel.to_owned(),
            entity: entity.to_owned(),
            filter: filter.map(Arc::new),
            enriched,
        })
    }

    /// Whether it selects changes of records.
    pub fn of_changes(&self) -> bool {
        self.entity.ends_with(change::SUFFIX)
    }

    /// The `Metadata` of its Tooling record.
    pub fn metadata(&self) -> Value {
        let enriched: Vec<Value> = self.enriched.iter().map(|name| json!({"name": name})).collect();
        json!({
            "enrichedFields": enriched,
            "eventChannel": self.channel,
            "filterExpression": self.filter.as_ref().map(|filter| filter.text()),
            "selectedEntity": self.entity,
        })
    }
}
