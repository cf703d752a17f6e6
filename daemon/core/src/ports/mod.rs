//! The ports: what the daemon's edges ask of its middle. The gRPC services and the web pages know these traits alone.

mod accounts;
mod admin;
mod environment;
mod notifications;
mod reading;

pub use accounts::{
    AcceptPrecondition, AccountChange, AccountChanges, AccountFeed, AccountView, AccountWatch, Accounts,
    Archive, AuthorizationResult, BeginAuthorization, BegunAuthorization, Callback, Cause,
    CompleteAuthorization, CreateAccount, DeleteAccount, DeprovisionAccount, Explanation, Operations,
    Preconditions, ProvisionAccount, RefreshInventory, RepairAccount, UpdateAccount,
};
pub use admin::{Access, Admin, CreateBinding, CreateTenant, UpdateLicense};
pub use environment::{Clock, Randomness};
pub use notifications::{Acknowledged, Feed, FeedItem, Notifications, Position, Start};
pub use reading::{Components, Connectors, InventoryReader};

use crate::filter::Filter;
use crate::ids::Principal;

/// Who changes something, how the audit trail calls it, and what makes a repetition of it recognisable.
#[derive(Debug, Clone)]
pub struct Mutation {
    pub principal: Principal,
    /// The method's name, for the audit trail.
    pub method: &'static str,
    pub idempotency: Option<Idempotency>,
}

/// A repeated call with the same id has one effect. Kept for 24 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// UUID4, chosen by the caller.
    pub request_id: String,
    /// SHA-256 of method and request without the id, hexadecimal: the same id with another body is refused.
    pub fingerprint: String,
}

/// Which part of a list to answer.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// 1 to 1000.
    pub page_size: usize,
    /// The `next` of the page before.
    pub after: Option<String>,
    pub filter: Filter,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end and only there.
    pub next: Option<String>,
}

/// A value with the etag of the state it was read in.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagged<T> {
    pub value: T,
    pub etag: String,
}
