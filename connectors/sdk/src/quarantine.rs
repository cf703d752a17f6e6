//! The capability to look after quarantined content that lies in the organisation's own objects.

use std::time::Duration;

use async_trait::async_trait;
use provision_core::Timestamp;

use crate::fault::ConnectorFault;
use crate::session::Session;

/// Most items of a page.
pub const PAGE_MAX: usize = 200;
/// Most bytes of a piece of content.
pub const PIECE_MAX: usize = 4 * 1024 * 1024;

/// Quarantined content. Every method may be called again after any fault: what was done stays done.
#[async_trait]
pub trait Quarantine: Send + Sync {
    /// Items in the organisation, whoever put them there, in a stable order; at most [`PAGE_MAX`]. None where the
    /// objects that hold them are not there. Looks only.
    async fn list(&self, session: &Session, after: Option<&str>) -> Result<QuarantinePage, ConnectorFault>;

    /// Puts an item back where it came from.
    async fn restore(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault>;

    /// Deletes an item and its stored content for good.
    async fn delete(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault>;

    /// The piece of an item's content with that number, from 0, at most [`PIECE_MAX`]; `None` past the last. `Rejected`
    /// where what is stored is damaged. Looks only.
    async fn read(
        &self,
        session: &Session,
        item: &QuarantinedItem,
        piece: u64,
    ) -> Result<Option<Vec<u8>>, ConnectorFault>;
}

/// A page of items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuarantinePage {
    pub items: Vec<QuarantinedItem>,
    /// For `after`; `None` at the end.
    pub next: Option<String>,
}

/// One item of quarantined content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedItem {
    /// The id of the action that put it there.
    pub id: String,
    /// The record that stands for it in the organisation.
    pub remote_id: String,
    /// Object type and record that it came from.
    pub source_object: String,
    pub source_id: String,
    pub file_name: String,
    pub size: u64,
    /// Of the content, hexadecimal.
    pub sha256: String,
    /// In the application's words.
    pub state: String,
    /// True where the content is held here and nowhere else.
    pub held: bool,
    pub reason: String,
    pub quarantine_time: Option<Timestamp>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposed {
    Done,
    /// The application works on it: call again.
    Pending {
        poll_after: Duration,
    },
    /// The application refuses; its own words.
    Refused {
        reason: String,
    },
}
