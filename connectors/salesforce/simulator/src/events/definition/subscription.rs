//! Managed subscriptions.

use serde_json::{Value, json};

use super::values::Values;
use super::{DefinitionError, Header};
use crate::events::Topic;
use crate::org::Metadata;

/// Where a managed subscription begins without a committed position, or when that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    Latest,
    Earliest,
}

/// Whether clients may subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    Run,
    Stop,
}

/// A subscription whose position the org keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedSubscription {
    /// The full name is the developer name.
    pub header: Header,
    pub label: String,
    pub topic: String,
    pub default_replay: Replay,
    pub error_recovery_replay: Replay,
    pub state: RunState,
    /// API version of the definition; it has no effect.
    pub version: Option<String>,
}

impl ManagedSubscription {
    pub(super) fn read(
        header: Header,
        values: &Values,
        metadata: &Metadata,
    ) -> Result<Self, DefinitionError> {
        let name = &header.full_name;
        let good = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
            && !name.ends_with('_')
            && !name.contains("__");
        if !good {
            let message = format!(
                "{name}: The name can only contain underscores and alphanumeric characters. It must begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores."
            );
            return Err(DefinitionError::new("INVALID_FULL_NAME", message));
        }
        let topic = values.text("topicName").ok_or_else(|| DefinitionError::missing("topicName"))?.to_owned();
        if Topic::find(metadata, &topic).is_none() {
            let message = format!("The topic {topic} does not exist.");
            return Err(DefinitionError::new("FIELD_INTEGRITY_EXCEPTION", message));
        }
        let replay = |name: &str| match values.text(name).unwrap_or("LATEST") {
            "LATEST" => Ok(Replay::Latest),
            "EARLIEST" => Ok(Replay::Earliest),
            other => Err(no_value(other, "EventSubscriptionReplayPreset")),
        };
        let state = match values.text("state").unwrap_or("RUN") {
            "RUN" => RunState::Run,
            "STOP" => RunState::Stop,
            other => return Err(no_value(other, "EventSubscriptionAdminState")),
        };
        Ok(Self {
            label: values.text("label").unwrap_or(name).to_owned(),
            version: values.text("version").map(str::to_owned),
            topic,
            default_replay: replay("defaultReplay")?,
            error_recovery_replay: replay("errorRecoveryReplay")?,
            state,
            header,
        })
    }

    /// The `Metadata` of its Tooling record.
    pub fn metadata(&self) -> Value {
        json!({
            "defaultReplay": self.default_replay.word(),
            "errorRecoveryReplay": self.error_recovery_replay.word(),
            "label": self.label,
            "state": self.state.word(),
            "topicName": self.topic,
            "version": self.version,
        })
    }
}

impl Replay {
    /// The word of the metadata.
    pub fn word(self) -> &'static str {
        match self {
            Self::Latest => "LATEST",
            Self::Earliest => "EARLIEST",
        }
    }
}

impl RunState {
    /// The word of the metadata.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "RUN",
            Self::Stop => "STOP",
        }
    }
}

fn no_value(value: &str, of: &str) -> DefinitionError {
    let message = format!("'{value}' is not a valid value for the enum '{of}'");
    DefinitionError::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)
}
