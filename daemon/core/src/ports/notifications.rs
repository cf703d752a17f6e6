//! Notifications and their feed.

use async_trait::async_trait;

use super::{ListQuery, Mutation, Page};
use crate::fault::Result;
use crate::ids::{Principal, TenantId};
use crate::notification::Notification;

/// A position in a tenant's notifications, to resume from: everything up to and with it has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

/// Where a feed begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With what comes after this call.
    Now,
    /// With the oldest that is kept.
    Oldest,
    /// After a position.
    After(Position),
}

/// What a feed delivers.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedItem {
    /// All notifications of one commit, in order, and the position behind them.
    Batch(Vec<Notification>, Position),
    /// Nothing new up to this position; comes at least when [`Feed::next`] has waited for as long as it was told.
    Idle(Position),
}

/// A cursor into the shared log of notifications. It queues nothing: a slow reader is simply behind.
#[async_trait]
pub trait Feed: Send {
    /// The next item; waits at most `patience`. `RESUME_TOKEN_EXPIRED` when the position fell out of what is kept.
    async fn next(&mut self, patience: std::time::Duration) -> Result<FeedItem>;
}

/// A notification with the principals that acknowledged it.
pub type Acknowledged = (Notification, Vec<Principal>);

/// Use cases around notifications.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Newest first; filter fields `code`, `service_account`, `severity`.
    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Acknowledged>>;
    /// Everything that is kept, oldest first, and the position it was read at; at most `limit`, the newest ones.
    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<Acknowledged>, Position)>;
    async fn acknowledge(&self, by: Mutation, tenant: &TenantId, sequence: u64) -> Result<Acknowledged>;
    async fn feed(&self, tenant: &TenantId, start: Start) -> Result<Box<dyn Feed>>;
    /// The oldest position that can be resumed from, and the newest.
    async fn window(&self) -> Result<(Position, Position)>;
}
