//! What a connector says of itself: its manifest. Texts for people that name the SaaS application come from here.

use std::collections::BTreeMap;

use crate::fault::{Fault, Result};
use crate::ids::ConnectorId;
use crate::notification::NotificationCode;
use crate::precondition::PreconditionSpec;

/// What a connector says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    pub id: ConnectorId,
    pub display_name: String,
    pub version: String,
    pub environments: Vec<Environment>,
    pub capabilities: Vec<String>,
    /// JSON schema (draft 2020-12) of an account's settings.
    pub settings_schema: serde_json::Value,
    pub required_permissions: Vec<RequiredPermission>,
    /// Everything that is checked before provisioning; ids are unique. `check` answers each that can be asked.
    pub preconditions: Vec<PreconditionSpec>,
    /// What people should look for when an authorisation does not come back: the application shows some refusals to
    /// the browser alone.
    pub authorization_hints: Vec<String>,
    /// Text per notification code, with `{name}` holes for its parameters.
    pub notification_texts: BTreeMap<NotificationCode, String>,
}

/// One kind of environment of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub id: String,
    pub display_name: String,
}

/// A permission that the authorising user needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredPermission {
    pub permission: String,
    pub display_name: String,
    pub needed_for: String,
}

impl Manifest {
    /// The environment of that id.
    pub fn environment(&self, id: &str) -> Result<&Environment> {
        self.environments.iter().find(|e| e.id == id).ok_or_else(|| {
            let known: Vec<_> = self.environments.iter().map(|e| e.id.as_str()).collect();
            Fault::invalid("environment", format!("must be one of {}", known.join(", ")))
        })
    }

    /// The text of a notification, its holes filled from `parameters`.
    pub fn notification_text(&self, code: NotificationCode, parameters: &BTreeMap<String, String>) -> String {
        let mut text =
            self.notification_texts.get(&code).cloned().unwrap_or_else(|| code.as_str().to_owned());
        for (name, value) in parameters {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}
