use crate::error::ReadError;
use crate::key::Prefix;
use crate::limits::PAGE_ENTRIES_MAX;
use crate::store::{Entry, ListOptions, Revision, Store};

/// All entries under a prefix at one revision, in key order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub entries: Vec<Entry>,
    pub revision: Revision,
}

/// Why [`read_all`] gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("more than {limit} entries begin with {prefix:?}")]
    TooMany { prefix: Prefix, limit: usize },
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads page after page, all at the first page's revision, up to `limit` entries. A watch from
/// [`Revision::next`] of the snapshot's revision goes on where it ends.
pub async fn read_all(store: &dyn Store, prefix: &Prefix, limit: usize) -> Result<Snapshot, ScanError> {
    let mut page = store.list(prefix, ListOptions::default()).await?;
    let mut snapshot = Snapshot { entries: Vec::new(), revision: page.revision };
    loop {
        let next = page.next(PAGE_ENTRIES_MAX);
        snapshot.entries.append(&mut page.entries);
        if snapshot.entries.len() > limit {
            return Err(ScanError::TooMany { prefix: prefix.clone(), limit });
        }
        match next {
            Some(options) => page = store.list(prefix, options).await?,
            None => return Ok(snapshot),
        }
    }
}
