//! What an org defines about its event streams: custom channels, what is on them, and managed subscriptions.
//!
//! Metadata deploys and the Tooling API write them; topics, publishing and `ManagedSubscribe` read them.

mod channel;
mod filter;
mod subscription;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use channel::{CHANGE_EVENTS, Channel, ChannelKind, Member};
pub use filter::{Filter, FilterError};
pub use subscription::{ManagedSubscription, Replay, RunState};
pub use values::Values;

use crate::org::{Id, Metadata};

/// Names of the metadata types, which are those of the Tooling objects too.
pub const CHANNEL: &str = "PlatformEventChannel";
pub const MEMBER: &str = "PlatformEventChannelMember";
pub const SUBSCRIPTION: &str = "ManagedEventSubscription";

/// Key prefixes of the three kinds of rows.
const PREFIXES: [(&str, &str); 3] = [(CHANNEL, "0YL"), (MEMBER, "0v8"), (SUBSCRIPTION, "18x")];
/// Channels of an org, each kind.
const CHANNELS_MAX: usize = 100;
/// Managed subscriptions of an org.
const SUBSCRIPTIONS_MAX: usize = 200;
/// Entities that Change Data Capture is on for, over all channels, without the add-on.
const CAPTURED_MAX: usize = 5;

/// All of an org's definitions. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    channels: Table<Channel>,
    members: Table<Member>,
    subscriptions: Table<ManagedSubscription>,
}

/// Rows by their full name in lower case.
type Table<T> = BTreeMap<String, Arc<T>>;

/// One row of any kind.
#[derive(Debug, Clone)]
pub enum Definition {
    Channel(Arc<Channel>),
    Member(Arc<Member>),
    Subscription(Arc<ManagedSubscription>),
}

/// What all rows have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub id: Id,
    /// As the file or the call names it: `Orders__chn`, `Orders_chn_Order_e`, `My_Subscription`.
    pub full_name: String,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

/// Who defines something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    pub user: Id,
    pub at_ms: i64,
}

/// Why a definition was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DefinitionError {
    /// Salesforce's error code.
    pub code: &'static str,
    pub message: String,
}

impl DefinitionError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn missing(field: &str) -> Self {
        Self::new("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{field}]"))
    }

    fn limit(what: &str, most: usize) -> Self {
        // The words are a guess; the numbers are Salesforce's.
        Self::new("LIMIT_EXCEEDED", format!("The organization can have no more than {most} {what}."))
    }
}

impl Definitions {
    /// The channel of this name, spelt exactly: topics tell case.
    pub fn channel(&self, full_name: &str) -> Option<&Arc<Channel>> {
        self.channels.get(&full_name.to_lowercase()).filter(|channel| channel.header.full_name == full_name)
    }

    /// What is on a channel.
    pub fn members<'a>(&'a self, channel: &'a str) -> impl Iterator<Item = &'a Arc<Member>> {
        self.members.values().filter(move |member| member.channel.eq_ignore_ascii_case(channel))
    }

    /// The memberships of an event or of a change event.
    pub fn memberships<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = &'a Arc<Member>> {
        self.members.values().filter(move |member| member.entity == entity)
    }

    /// Whether changes of an object are captured: its change event is on some channel.
    pub fn captures(&self, change_event: &str) -> bool {
        self.memberships(change_event).next().is_some()
    }

    /// Whether changes of any object are captured.
    pub fn captures_any(&self) -> bool {
        self.members.values().any(|member| member.of_changes())
    }

    /// A managed subscription by its developer name.
    pub fn subscription(&self, developer_name: &str) -> Option<&Arc<ManagedSubscription>> {
        self.subscriptions.get(&developer_name.to_lowercase())
    }

    /// A managed subscription by its id.
    pub fn subscription_by_id(&self, id: Id) -> Option<&Arc<ManagedSubscription>> {
        self.subscriptions.values().find(|subscription| subscription.header.id == id)
    }

    /// The rows of a kind, by name.
    pub fn rows(&self, kind: &str) -> Vec<Definition> {
        match kind {
            CHANNEL => self.channels.values().cloned().map(Definition::Channel).collect(),
            MEMBER => self.members.values().cloned().map(Definition::Member).collect(),
            SUBSCRIPTION => self.subscriptions.values().cloned().map(Definition::Subscription).collect(),
            _ => Vec::new(),
        }
    }

    /// The row of a kind with this full name, ignoring case.
    pub fn row(&self, kind: &str, full_name: &str) -> Option<Definition> {
        let name = full_name.to_lowercase();
        match kind {
            CHANNEL => self.channels.get(&name).cloned().map(Definition::Channel),
            MEMBER => self.members.get(&name).cloned().map(Definition::Member),
            SUBSCRIPTION => self.subscriptions.get(&name).cloned().map(Definition::Subscription),
            _ => None,
        }
    }

    /// Takes a row away; what is on a channel goes with it. False when there is none.
    pub fn remove(&mut self, kind: &str, full_name: &str) -> bool {
        let name = full_name.to_lowercase();
        match kind {
            CHANNEL => {
                self.members.retain(|_, member| !member.channel.eq_ignore_ascii_case(full_name));
                self.channels.remove(&name).is_some()
            }
            MEMBER => self.members.remove(&name).is_some(),
            SUBSCRIPTION => self.subscriptions.remove(&name).is_some(),
            _ => false,
        }
    }
}

/// Whether `kind` is one of the types of this module.
pub fn defines(kind: &str) -> bool {
    PREFIXES.iter().any(|(name, _)| *name == kind)
}

/// Adds or replaces a definition after checking it against what the org has. An update keeps the row's id.
pub fn put(
    metadata: &mut Metadata,
    kind: &str,
    full_name: &str,
    values: &Values,
    author: Author,
) -> Result<Definition, DefinitionError> {
    if full_name.is_empty() || full_name.len() > 80 {
        return Err(DefinitionError::missing("FullName"));
    }
    let old = metadata.streams.row(kind, full_name);
    let header = header(kind, full_name, old.as_ref().map(Definition::header), author)?;
    let name = full_name.to_lowercase();
    match kind {
        CHANNEL => {
            let channel = Channel::read(header, values)?;
            if let Some(Definition::Channel(old)) = &old
                && old.kind != channel.kind
            {
                return Err(DefinitionError::new(
                    "FIELD_INTEGRITY_EXCEPTION",
                    "The channel type of a channel can't be changed.",
                ));
            }
            if old.is_none() && metadata.streams.channels.len() >= CHANNELS_MAX {
                return Err(DefinitionError::limit("channels", CHANNELS_MAX));
            }
            let channel = Arc::new(channel);
            metadata.streams.channels.insert(name, channel.clone());
            Ok(Definition::Channel(channel))
        }
        MEMBER => {
            let member = Member::read(header, values, metadata)?;
            check_member(metadata, &member, old.as_ref())?;
            let member = Arc::new(member);
            metadata.streams.members.insert(name, member.clone());
            Ok(Definition::Member(member))
        }
        _ => {
            let subscription = Arc::new(ManagedSubscription::read(header, values, metadata)?);
            if old.is_none() && metadata.streams.subscriptions.len() >= SUBSCRIPTIONS_MAX {
                return Err(DefinitionError::limit("managed event subscriptions", SUBSCRIPTIONS_MAX));
            }
            metadata.streams.subscriptions.insert(name, subscription.clone());
            Ok(Definition::Subscription(subscription))
        }
    }
}

fn check_member(
    metadata: &Metadata,
    member: &Member,
    old: Option<&Definition>,
) -> Result<(), DefinitionError> {
    if let Some(Definition::Member(old)) = old {
        if old.entity == member.entity && old.channel == member.channel {
            return Ok(());
        }
        return Err(DefinitionError::new(
            "FIELD_INTEGRITY_EXCEPTION",
            "The eventChannel and selectedEntity fields can't be updated.",
        ));
    }
    let streams = &metadata.streams;
    if streams.members(&member.channel).any(|other| other.entity == member.entity) {
        let message = format!("{} is already selected on channel {}.", member.entity, member.channel);
        return Err(DefinitionError::new("DUPLICATE_VALUE", message));
    }
    let mut captured: Vec<&str> = streams
        .members
        .values()
        .filter(|other| other.of_changes())
        .map(|other| other.entity.as_str())
        .collect();
    captured.sort_unstable();
    captured.dedup();
    if member.of_changes() && !captured.contains(&member.entity.as_str()) && captured.len() >= CAPTURED_MAX {
        return Err(DefinitionError::limit("entities selected for Change Data Capture", CAPTURED_MAX));
    }
    Ok(())
}

fn header(
    kind: &str,
    full_name: &str,
    old: Option<&Header>,
    author: Author,
) -> Result<Header, DefinitionError> {
    let Some((_, prefix)) = PREFIXES.iter().find(|(name, _)| *name == kind) else {
        return Err(DefinitionError::new("INVALID_TYPE", format!("{kind} is no event definition")));
    };
    let fresh = || Header {
        id: Id::derived(prefix, &[full_name, &author.at_ms.to_string()]),
        full_name: full_name.to_owned(),
        created_ms: author.at_ms,
        created_by: author.user,
        modified_ms: author.at_ms,
        modified_by: author.user,
    };
    Ok(match old {
        Some(old) => Header { modified_ms: author.at_ms, modified_by: author.user, ..old.clone() },
        None => fresh(),
    })
}

impl Definition {
    /// What all rows have.
    pub fn header(&self) -> &Header {
        match self {
            Self::Channel(row) => &row.header,
            Self::Member(row) => &row.header,
            Self::Subscription(row) => &row.header,
        }
    }

    /// Name of its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Channel(_) => CHANNEL,
            Self::Member(_) => MEMBER,
            Self::Subscription(_) => SUBSCRIPTION,
        }
    }
}

#[cfg(test)]
mod tests;
