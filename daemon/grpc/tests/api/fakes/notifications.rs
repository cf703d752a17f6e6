//! Notifications in memory: commits with positions over all tenants, the oldest of which can be dropped.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::fault::{Fault, Result};
use provision_core::notification::{Notification, NotificationCode};
use provision_core::ports::{
    Acknowledged, Feed, FeedItem, ListQuery, Mutation, Notifications, Page, Position, Start,
};
use provision_core::{Reason, TenantId};
use tokio::sync::watch;

use super::{account_name, now, page, principal, tenant};

#[derive(Default)]
struct Log {
    /// The position before the oldest commit that is kept.
    oldest: u64,
    newest: u64,
    commits: Vec<(u64, Vec<Notification>)>,
    sequences: BTreeMap<TenantId, u64>,
}

pub struct FakeNotifications {
    log: watch::Sender<Log>,
}

impl Default for FakeNotifications {
    fn default() -> Self {
        FakeNotifications { log: watch::Sender::new(Log::default()) }
    }
}

impl FakeNotifications {
    /// One commit with a notification per code; answers their sequences.
    pub fn commit(&self, tenant_id: &str, codes: &[NotificationCode]) -> Vec<u64> {
        self.commit_text(tenant_id, codes, "text")
    }

    pub fn commit_text(&self, tenant_id: &str, codes: &[NotificationCode], text: &str) -> Vec<u64> {
        let mut sequences = Vec::new();
        self.log.send_modify(|log| {
            log.newest += 1;
            let mut commit = Vec::new();
            for code in codes {
                let sequence = log.sequences.entry(tenant(tenant_id)).or_default();
                *sequence += 1;
                sequences.push(*sequence);
                commit.push(Notification {
                    tenant: tenant(tenant_id),
                    sequence: *sequence,
                    code: *code,
                    text: text.to_owned(),
                    parameters: BTreeMap::new(),
                    severity: code.severity(),
                    account: Some(account_name()),
                    create_time: now(),
                });
            }
            log.commits.push((log.newest, commit));
        });
        sequences
    }

    /// Forgets all that is there.
    pub fn compact(&self) {
        self.log.send_modify(|log| {
            log.oldest = log.newest;
            log.commits.clear();
        });
    }

    fn of(&self, tenant: &TenantId) -> Vec<Acknowledged> {
        let log = self.log.borrow();
        log.commits
            .iter()
            .flat_map(|(_, commit)| commit)
            .filter(|n| n.tenant == *tenant)
            .map(|n| (n.clone(), Vec::new()))
            .collect()
    }
}

struct FakeFeed {
    tenant: TenantId,
    position: u64,
    log: watch::Receiver<Log>,
}

impl FakeFeed {
    fn look(&mut self) -> Result<Option<FeedItem>> {
        let log = self.log.borrow_and_update();
        if self.position < log.oldest {
            return Err(Fault::new(Reason::ResumeTokenExpired, "too old"));
        }
        let mine = |commit: &[Notification]| commit.iter().any(|n| n.tenant == self.tenant);
        let next = log.commits.iter().find(|(position, commit)| *position > self.position && mine(commit));
        if let Some((position, commit)) = next {
            self.position = *position;
            return Ok(Some(FeedItem::Batch(commit.clone(), Position(*position))));
        }
        self.position = log.newest;
        Ok(None)
    }
}

#[async_trait]
impl Feed for FakeFeed {
    async fn next(&mut self, patience: Duration) -> Result<FeedItem> {
        let waited = tokio::time::timeout(patience, async {
            loop {
                if let Some(item) = self.look()? {
                    return Ok(item);
                }
                if self.log.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        })
        .await;
        waited.unwrap_or(Ok(FeedItem::Idle(Position(self.position))))
    }
}

#[async_trait]
impl Notifications for FakeNotifications {
    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Acknowledged>> {
        let mut all = self.of(tenant);
        all.reverse();
        Ok(page(all, &query))
    }

    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<Acknowledged>, Position)> {
        let all = self.of(tenant);
        let from = all.len().saturating_sub(limit);
        Ok((all[from..].to_vec(), Position(self.log.borrow().newest)))
    }

    async fn acknowledge(&self, by: Mutation, tenant: &TenantId, sequence: u64) -> Result<Acknowledged> {
        let found = self.of(tenant).into_iter().find(|(n, _)| n.sequence == sequence);
        let (notification, _) = found.ok_or_else(|| Fault::not_found(sequence))?;
        Ok((notification, vec![principal(by.principal.as_str())]))
    }

    async fn feed(&self, tenant: &TenantId, start: Start) -> Result<Box<dyn Feed>> {
        let log = self.log.subscribe();
        let position = {
            let now = log.borrow();
            match start {
                Start::Now => now.newest,
                Start::Oldest => now.oldest,
                Start::After(position) => position.0,
            }
        };
        let mut feed = FakeFeed { tenant: tenant.clone(), position, log };
        if position < feed.log.borrow_and_update().oldest {
            return Err(Fault::new(Reason::ResumeTokenExpired, "too old"));
        }
        Ok(Box::new(feed))
    }

    async fn window(&self) -> Result<(Position, Position)> {
        let log = self.log.borrow();
        Ok((Position(log.oldest), Position(log.newest)))
    }
}
