//! What an organisation says of itself, as far as preconditions are about it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::permission::Held;
use super::spec::Seen;
use crate::api::pubsub::wire::TopicInfo;
use crate::delivery::Delivery;
use crate::identify::{Organization, UserInfo};
use crate::package::Installed;

/// Everything that the verdicts are made from.
pub(super) struct Facts {
    /// Why the organisation's API as a whole refuses, where it does.
    pub refused: Option<Refusal>,
    pub user: Seen<UserInfo>,
    pub organization: Seen<Organization>,
    /// Maintenance lets nobody write.
    pub read_only: Seen<bool>,
    /// By name, without the columns' prefix.
    pub permissions: BTreeMap<&'static str, Seen<Held>>,
    /// By Salesforce's own names.
    pub limits: Seen<BTreeMap<String, Limit>>,
    /// API names of the custom platform events.
    pub events: Seen<Vec<String>>,
    /// The oldest first.
    pub deployments: Seen<Vec<Deployment>>,
    /// Of the organisation's own Apex, in percent; `None` where it was never measured.
    pub coverage: Seen<Option<u32>>,
    /// The app, where it is there.
    pub app: Seen<Option<AppThere>>,
    /// Characters of unmanaged Apex, without comments.
    pub apex_length: Seen<u64>,
    pub topic: Topic,
    /// By how much our clock is ahead of Salesforce's.
    pub skew: Seen<TimeDelta>,
    pub here: Here,
}

/// What we know ourselves.
pub(super) struct Here {
    /// The account's.
    pub environment: String,
    pub instance_url: String,
    /// Where the organisation was when it was authorised.
    pub known_url: Option<String>,
    /// From which addresses the daemon calls.
    pub egress: Vec<String>,
    /// How the app comes in.
    pub delivery: Delivery,
    /// Where the package is installed by a person.
    pub install_url: Option<String>,
    pub app_version: String,
    /// Characters of the app's own Apex, without the triggers.
    pub app_length: u64,
}

/// The organisation's API does not serve us at all.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// Salesforce's own code.
    pub code: String,
    /// For people.
    pub words: String,
}

impl Refusal {
    /// It is about this user, not about the organisation or the app.
    pub(super) fn is_of_the_user(&self) -> bool {
        self.code == "API_CURRENTLY_DISABLED"
    }
}

/// An allowance and what is left of it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Limit {
    pub max: i64,
    pub remaining: i64,
}

/// The app as it stands in the organisation.
pub(super) enum AppThere {
    /// Deployed by us, in that version.
    Source(String),
    Package(Installed),
}

/// A deployment that has not ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deployment {
    pub status: String,
    pub created_date: String,
    #[serde(default)]
    pub created_by: Option<Named>,
}

/// A row that is named by a relationship.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    pub name: String,
}

/// What the event bus said.
pub(super) enum Topic {
    /// It answers, and has the topic.
    There(TopicInfo),
    /// It answers, and has no such topic.
    Absent,
    /// It answers, and does not tell whether there is one.
    Hidden(String),
    /// It cannot be used.
    Unusable(String),
    /// Nobody knows which organisation to ask for.
    NotAsked(String),
}

impl Facts {
    pub(super) fn username(&self) -> &str {
        self.user.as_ref().map_or("the user", |user| user.preferred_username.as_str())
    }

    /// The allowance of that name.
    pub(super) fn limit(&self, name: &str) -> Seen<Limit> {
        let limits = self.limits.as_ref().map_err(Clone::clone)?;
        limits.get(name).copied().ok_or_else(|| format!("the organisation names no allowance {name}"))
    }
}

/// A time of Salesforce's (`2026-11-24T08:00:00.000+0000`).
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()
        .map(|time| time.to_utc())
}
