//! The optional capability to report changes of records.

use async_trait::async_trait;
use provision_core::Timestamp;

use crate::fault::ConnectorFault;
use crate::session::Session;

/// A position in the stream of changes, in the connector's own bytes: kept and given back untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// Reports changes of records.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Opens the stream: behind `cursor`, or with what comes from now on. Returns when the application has accepted the
    /// subscription. `Gone` where the cursor is too old: what lies between is lost to this stream.
    async fn open(
        &self,
        session: &Session,
        cursor: Option<&Cursor>,
    ) -> Result<Box<dyn ChangeStream>, ConnectorFault>;

    /// Sends an event that carries `marker` on the way that changes take; it comes back over the stream.
    async fn send_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault>;

    /// Changes a record of ours that carries `marker`, as anybody changes records: whatever reports changes in the
    /// application reports this one, and it comes back over the stream. Nobody's data is touched, and nothing stays
    /// behind. Where changes take no other way than events do, the event is the proof.
    async fn change_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault> {
        self.send_canary(session, marker).await
    }
}

/// An open stream. Dropping it closes it.
#[async_trait]
pub trait ChangeStream: Send {
    /// The next batch. An error ends the stream: open another. Safe to drop while it waits.
    async fn next(&mut self) -> Result<ChangeBatch, ConnectorFault>;
}

/// What came in together. Delivered at least once: the same change can come again, with the same id.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeBatch {
    /// Can be empty: then only the position moves on.
    pub changes: Vec<Change>,
    /// Where to go on once all of the batch was taken in.
    pub cursor: Option<Cursor>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The same on every delivery.
    pub id: String,
    pub occurred_at: Timestamp,
    /// Set on canaries.
    pub canary: Option<String>,
    pub object_type: String,
    /// For example `INSERT`.
    pub operation: String,
    pub record_ids: Vec<String>,
    pub user_id: String,
}
