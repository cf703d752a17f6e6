//! Watching accounts: a cursor into the store's own history of changes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::account::ServiceAccount;
use provision_core::ports::{AccountChange, AccountChanges, AccountFeed, AccountView, AccountWatch};
use provision_core::{AccountName, Fault, Reason, Result, TenantId};
use provision_store::record::{RecordKey, decode};
use provision_store::{Change, Key, Revision, Watch, WatchError};

use super::{ControlPlane, view_of};
use crate::context::Context;
use crate::repository::{Versioned, read_fault, record_fault, watch_fault};

#[async_trait]
impl AccountWatch for ControlPlane {
    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<AccountView>, u64)> {
        let prefix = RecordKey::accounts(tenant);
        let (all, revision) = self.context.repository().all::<ServiceAccount>(&prefix, limit).await?;
        let mut views = Vec::with_capacity(all.len());
        for account in all {
            views.push(view_of(&self.context, account).await?);
        }
        Ok((views, revision.0))
    }

    async fn watch(&self, tenant: &TenantId, after: Option<u64>) -> Result<Box<dyn AccountFeed>> {
        let current = self.context.store.revision().await.map_err(read_fault)?;
        let position = match after {
            None => current,
            // A position ahead of the store comes from before a restore: what it had seen is not here.
            Some(after) if after > current.0 => return Err(expired()),
            Some(after) => Revision(after),
        };
        let prefix = RecordKey::accounts(tenant);
        let watch = self.context.store.watch(&prefix, position.next()).await.map_err(ended)?;
        Ok(Box::new(StoreFeed { context: self.context.clone(), tenant: tenant.clone(), position, watch }))
    }
}

struct StoreFeed {
    context: Arc<Context>,
    tenant: TenantId,
    /// Everything up to here was delivered.
    position: Revision,
    watch: Watch,
}

#[async_trait]
impl AccountFeed for StoreFeed {
    async fn next(&mut self, patience: Duration) -> Result<AccountChanges> {
        let Ok(changes) = tokio::time::timeout(patience, self.watch.next()).await else {
            self.position = self.position.max(self.watch.progress().await.map_err(ended)?);
            return Ok(AccountChanges { changes: Vec::new(), position: self.position.0 });
        };
        let changes = changes.map_err(ended)?;
        let mut told = Vec::with_capacity(changes.changes.len());
        for change in changes.changes {
            told.push(match change {
                Change::Put(entry) => {
                    let account = Versioned {
                        value: decode(&entry.value).map_err(record_fault)?,
                        revision: entry.mod_revision,
                        created: entry.create_revision,
                    };
                    AccountChange::Put(Box::new(view_of(&self.context, account).await?))
                }
                Change::Delete { key, .. } => AccountChange::Deleted(self.name_of(&key)?),
            });
        }
        self.position = changes.revision;
        Ok(AccountChanges { changes: told, position: self.position.0 })
    }
}

impl StoreFeed {
    fn name_of(&self, key: &Key) -> Result<AccountName> {
        let prefix = RecordKey::accounts(&self.tenant);
        let id = key.as_str().strip_prefix(prefix.as_str()).unwrap_or_default();
        Ok(AccountName { tenant: self.tenant.clone(), account: id.parse().map_err(Fault::internal_error)? })
    }
}

fn ended(error: WatchError) -> Fault {
    match error {
        WatchError::Compacted { .. } | WatchError::Future { .. } => expired(),
        other => watch_fault(other),
    }
}

fn expired() -> Fault {
    Fault::new(
        Reason::ResumeTokenExpired,
        "what came after this token is not kept any more; start anew with a snapshot",
    )
}
