//! Notifications and their feed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::notification::Notification;
use provision_core::ports::{
    Acknowledged, Feed, FeedItem, ListQuery, Mutation, Notifications, Page, Position, Start,
};
use provision_core::{Fault, Reason, Result, TenantId};
use provision_store::record::{Acknowledgement, NotificationFloor, RecordKey, decode};
use provision_store::{Change, ListOptions, Revision, Watch, WatchError};

use super::ControlPlane;
use crate::commit::{Built, Draft};
use crate::context::Context;
use crate::repository::{Versioned, read_fault, record_fault, watch_fault};

/// Principals that can acknowledge one notification, as far as they are read.
const ACKNOWLEDGEMENTS_MAX: usize = 1_000;

impl ControlPlane {
    async fn acknowledged(&self, notification: Notification) -> Result<Acknowledged> {
        let prefix = RecordKey::acknowledgements(&notification.tenant, notification.sequence);
        let (found, _) =
            self.context.repository().all::<Acknowledgement>(&prefix, ACKNOWLEDGEMENTS_MAX).await?;
        Ok((notification, found.into_iter().map(|a| a.value.principal).collect()))
    }
}

#[async_trait]
impl Notifications for ControlPlane {
    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Acknowledged>> {
        let page = self
            .context
            .repository()
            .page(&RecordKey::notifications(tenant), &query, |n: &Notification, field| match field {
                "code" => Some(n.code.as_str().to_owned()),
                "service_account" => n.account.as_ref().map(ToString::to_string),
                "severity" => Some(n.severity.as_str().to_owned()),
                _ => None,
            })
            .await?;
        let mut items = Vec::with_capacity(page.items.len());
        for notification in page.items {
            items.push(self.acknowledged(notification.value).await?);
        }
        Ok(Page { items, next: page.next })
    }

    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<Acknowledged>, Position)> {
        let (kept, revision) = read_newest(&self.context, tenant, limit).await?;
        let mut items = Vec::with_capacity(kept.len());
        for notification in kept.into_iter().rev() {
            items.push(self.acknowledged(notification.value).await?);
        }
        Ok((items, Position(revision.0)))
    }

    async fn acknowledge(&self, by: Mutation, tenant: &TenantId, sequence: u64) -> Result<Acknowledged> {
        let key = RecordKey::notification(tenant, sequence);
        let found = self.context.repository().find::<Notification>(&key).await?;
        let notification = found
            .ok_or_else(|| Fault::not_found(format!("tenants/{tenant}/notifications/{sequence}")))?
            .value;
        let acknowledgement = RecordKey::acknowledgement(tenant, sequence, &by.principal);
        self.context
            .commit(|| async {
                let known = self.context.repository().find::<Acknowledgement>(&acknowledgement).await?;
                if known.is_some() {
                    return Ok(Built::Already(()));
                }
                let mut draft = Draft::default();
                draft.absent(acknowledgement.clone());
                let record = Acknowledgement { principal: by.principal.clone(), time: self.context.now() };
                draft.put(acknowledgement.clone(), &record)?;
                let resource = format!("tenants/{tenant}/notifications/{sequence}");
                draft.audit(&self.context, tenant, &by.principal, by.method, resource, &[])?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.acknowledged(notification).await
    }

    async fn feed(&self, tenant: &TenantId, start: Start) -> Result<Box<dyn Feed>> {
        let current = self.context.store.revision().await.map_err(read_fault)?;
        let floor = floor(&self.context, tenant).await?;
        let position = match start {
            Start::Now => current,
            Start::Oldest => floor,
            Start::After(Position(position)) => {
                // A position ahead of the store comes from before a restore: what it had seen is not here.
                if position < floor.0 || position > current.0 {
                    return Err(expired(floor));
                }
                Revision(position)
            }
        };
        Ok(Box::new(StoreFeed {
            context: self.context.clone(),
            tenant: tenant.clone(),
            position,
            ready: VecDeque::new(),
            watch: None,
        }))
    }

    async fn window(&self) -> Result<(Position, Position)> {
        let current = self.context.store.revision().await.map_err(read_fault)?;
        Ok((Position(0), Position(current.0)))
    }
}

fn expired(floor: Revision) -> Fault {
    Fault::new(
        Reason::ResumeTokenExpired,
        "what came after this token is not kept any more; start anew with a snapshot",
    )
    .meta("oldest_position", floor.0.to_string())
}

async fn floor(context: &Context, tenant: &TenantId) -> Result<Revision> {
    let key = RecordKey::notification_floor(tenant);
    let found = context.repository().find::<NotificationFloor>(&key).await?;
    Ok(Revision(found.map_or(0, |f| f.value.revision)))
}

/// The newest notifications, newest first, and the revision they were read at.
async fn read_newest(
    context: &Context,
    tenant: &TenantId,
    limit: usize,
) -> Result<(Vec<Versioned<Notification>>, Revision)> {
    let prefix = RecordKey::notifications(tenant);
    let mut kept = Vec::new();
    let mut options = ListOptions { limit: limit.min(1_000), ..ListOptions::default() };
    loop {
        let page = context.store.list(&prefix, options).await.map_err(read_fault)?;
        for entry in &page.entries {
            let value = decode(&entry.value).map_err(record_fault)?;
            kept.push(Versioned { value, revision: entry.mod_revision, created: entry.create_revision });
            if kept.len() == limit {
                return Ok((kept, page.revision));
            }
        }
        match page.next(1_000) {
            Some(next) => options = next,
            None => return Ok((kept, page.revision)),
        }
    }
}

/// A feed over the stored notifications: it reads what is behind it, then watches.
struct StoreFeed {
    context: Arc<Context>,
    tenant: TenantId,
    /// Everything up to here was delivered.
    position: Revision,
    ready: VecDeque<(Vec<Notification>, Revision)>,
    watch: Option<Watch>,
}

impl StoreFeed {
    /// Reads everything after the position, commit by commit, and begins to watch behind it. Notifications outlive the
    /// store's history of changes, so this also mends a watch that fell out of it.
    async fn catch_up(&mut self) -> Result<()> {
        let floor = floor(&self.context, &self.tenant).await?;
        if self.position < floor {
            return Err(expired(floor));
        }
        let kept = self.context.settings.notifications_kept * 2;
        let (newest, revision) = read_newest(&self.context, &self.tenant, kept).await?;
        let mut batches: VecDeque<(Vec<Notification>, Revision)> = VecDeque::new();
        for found in newest.into_iter().rev().filter(|n| n.created > self.position) {
            match batches.back_mut() {
                Some((batch, at)) if *at == found.created => batch.push(found.value),
                _ => batches.push_back((vec![found.value], found.created)),
            }
        }
        self.ready = batches;
        let prefix = RecordKey::notifications(&self.tenant);
        self.watch = match self.context.store.watch(&prefix, revision.next()).await {
            Ok(watch) => Some(watch),
            Err(WatchError::Compacted { .. } | WatchError::Future { .. }) => None,
            Err(error) => return Err(watch_fault(error)),
        };
        if self.ready.is_empty() && self.watch.is_some() {
            self.position = self.position.max(revision);
        }
        Ok(())
    }
}

#[async_trait]
impl Feed for StoreFeed {
    async fn next(&mut self, patience: Duration) -> Result<FeedItem> {
        loop {
            if let Some((batch, at)) = self.ready.pop_front() {
                self.position = at;
                return Ok(FeedItem::Batch(batch, Position(at.0)));
            }
            let Some(watch) = &mut self.watch else {
                self.catch_up().await?;
                continue;
            };
            match tokio::time::timeout(patience, watch.next()).await {
                Ok(Ok(changes)) => {
                    let mut batch = Vec::new();
                    for change in changes.changes {
                        if let Change::Put(entry) = change {
                            batch.push(decode(&entry.value).map_err(record_fault)?);
                        }
                    }
                    self.position = changes.revision;
                    if !batch.is_empty() {
                        return Ok(FeedItem::Batch(batch, Position(changes.revision.0)));
                    }
                }
                Ok(Err(WatchError::Compacted { .. } | WatchError::Future { .. })) => self.watch = None,
                Ok(Err(error)) => return Err(watch_fault(error)),
                Err(_elapsed) => {
                    self.position = self.position.max(watch.progress().await.map_err(watch_fault)?);
                    return Ok(FeedItem::Idle(Position(self.position.0)));
                }
            }
        }
    }
}
