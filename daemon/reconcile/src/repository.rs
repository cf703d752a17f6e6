//! Records by key and by page.

use provision_core::ports::{ListQuery, Page};
use provision_core::{Fault, Reason, Result};
use provision_store::record::{Record, RecordError, decode};
use provision_store::{Key, ListOptions, Prefix, ReadError, Revision, ScanError, Store, WatchError};

/// A record with the revision it was read at.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub value: T,
    /// The commit that wrote it last.
    pub revision: Revision,
    /// The commit that made it.
    pub created: Revision,
}

impl<T> Versioned<T> {
    /// The etag of this state.
    pub fn etag(&self) -> String {
        etag(self.revision)
    }
}

/// Opaque to callers; the same exactly as long as nothing has changed.
pub fn etag(revision: Revision) -> String {
    format!("W{:x}", revision.0)
}

/// Entries that one list call looks at, at the most: a filter that matches nothing answers an empty page with a
/// token, not a long silence.
const SCAN_MAX: usize = 20_000;

/// Typed access to a store.
#[derive(Clone, Copy)]
pub struct Repository<'a> {
    store: &'a dyn Store,
}

impl<'a> Repository<'a> {
    pub fn new(store: &'a dyn Store) -> Self {
        Repository { store }
    }

    /// The record under a key.
    pub async fn find<T: Record>(&self, key: &Key) -> Result<Option<Versioned<T>>> {
        match self.store.get(key).await.map_err(read_fault)? {
            None => Ok(None),
            Some(entry) => Ok(Some(Versioned {
                value: decode(&entry.value).map_err(record_fault)?,
                revision: entry.mod_revision,
                created: entry.create_revision,
            })),
        }
    }

    /// Every record under a prefix, in key order, and the revision they were read at.
    pub async fn all<T: Record>(
        &self,
        prefix: &Prefix,
        limit: usize,
    ) -> Result<(Vec<Versioned<T>>, Revision)> {
        let snapshot = provision_store::read_all(self.store, prefix, limit).await.map_err(|e| match e {
            ScanError::Read(e) => read_fault(e),
            ScanError::TooMany { .. } => {
                Fault::new(Reason::TooLarge, "there are more of them than can be read at once")
                    .with_internal(e)
            }
        })?;
        let mut values = Vec::with_capacity(snapshot.entries.len());
        for entry in snapshot.entries {
            values.push(Versioned {
                value: decode(&entry.value).map_err(record_fault)?,
                revision: entry.mod_revision,
                created: entry.create_revision,
            });
        }
        Ok((values, snapshot.revision))
    }

    /// One page of the records under a prefix that pass the filter. The cursor is the rest of the last key looked at.
    pub async fn page<T: Record>(
        &self,
        prefix: &Prefix,
        query: &ListQuery,
        field: impl Fn(&T, &str) -> Option<String>,
    ) -> Result<Page<Versioned<T>>> {
        let mut after = match &query.after {
            None => None,
            Some(rest) => Some(Key::new(format!("{}{rest}", prefix.as_str())).map_err(|_| token_fault())?),
        };
        let mut items = Vec::new();
        let mut seen = 0;
        loop {
            let options = ListOptions { after: after.clone(), limit: query.page_size.min(1_000), at: None };
            let page = self.store.list(prefix, options).await.map_err(read_fault)?;
            for (index, entry) in page.entries.iter().enumerate() {
                seen += 1;
                let value: T = decode(&entry.value).map_err(record_fault)?;
                if query.filter.matches(|name| field(&value, name)) {
                    items.push(Versioned {
                        value,
                        revision: entry.mod_revision,
                        created: entry.create_revision,
                    });
                }
                let more = index + 1 < page.entries.len() || page.more;
                if more && (items.len() == query.page_size || seen >= SCAN_MAX) {
                    let next = entry.key.as_str()[prefix.as_str().len()..].to_owned();
                    return Ok(Page { items, next: Some(next) });
                }
                after = Some(entry.key.clone());
            }
            if !page.more {
                return Ok(Page { items, next: None });
            }
        }
    }
}

fn token_fault() -> Fault {
    Fault::new(Reason::PageTokenInvalid, "the page token is not one of ours; begin with the first page")
}

/// A store that cannot be read.
pub fn read_fault(error: ReadError) -> Fault {
    match error {
        ReadError::Closed => Fault::new(Reason::ShuttingDown, "the daemon is stopping").with_internal(error),
        _ => Fault::new(Reason::StoreUnavailable, "the store cannot be read at the moment; try again")
            .with_internal(error)
            .retry_after(std::time::Duration::from_secs(1)),
    }
}

/// A watch that cannot go on.
pub fn watch_fault(error: WatchError) -> Fault {
    match error {
        WatchError::Closed => read_fault(ReadError::Closed),
        other => read_fault(ReadError::Unavailable { reason: other.to_string() }),
    }
}

/// A record that cannot be read.
pub fn record_fault(error: RecordError) -> Fault {
    Fault::internal_error(error)
}
