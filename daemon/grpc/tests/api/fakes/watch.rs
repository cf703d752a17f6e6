//! Changes of accounts in memory: commits with positions over all tenants, the oldest of which can be dropped.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::account::{Beside, ServiceAccount};
use provision_core::fault::{Fault, Result};
use provision_core::ports::{AccountChange, AccountChanges, AccountFeed, AccountView, AccountWatch, Tagged};
use provision_core::{AccountName, Reason, TenantId};
use tokio::sync::watch;

/// What a commit did to an account; `None`: deleted it.
type Commit = Vec<(AccountName, Option<ServiceAccount>)>;

#[derive(Default)]
struct Log {
    oldest: u64,
    newest: u64,
    commits: Vec<(u64, Commit)>,
    accounts: BTreeMap<AccountName, ServiceAccount>,
}

pub struct FakeWatch {
    log: watch::Sender<Log>,
}

impl Default for FakeWatch {
    fn default() -> Self {
        FakeWatch { log: watch::Sender::new(Log::default()) }
    }
}

impl FakeWatch {
    /// One commit that puts these accounts.
    pub fn put(&self, accounts: &[ServiceAccount]) {
        self.commit(accounts.iter().map(|a| (a.name.clone(), Some(a.clone()))).collect());
    }

    pub fn delete(&self, name: &AccountName) {
        self.commit(vec![(name.clone(), None)]);
    }

    fn commit(&self, commit: Commit) {
        self.log.send_modify(|log| {
            log.newest += 1;
            for (name, account) in &commit {
                match account {
                    Some(account) => log.accounts.insert(name.clone(), account.clone()),
                    None => log.accounts.remove(name),
                };
            }
            log.commits.push((log.newest, commit));
        });
    }

    /// Forgets how it came to what is there.
    pub fn compact(&self) {
        self.log.send_modify(|log| {
            log.oldest = log.newest;
            log.commits.clear();
        });
    }
}

fn view(account: &ServiceAccount) -> AccountView {
    Tagged { value: (account.clone(), Beside::default()), etag: "etag-1".to_owned() }
}

struct FakeFeed {
    tenant: TenantId,
    position: u64,
    log: watch::Receiver<Log>,
}

impl FakeFeed {
    fn look(&mut self) -> Result<Option<AccountChanges>> {
        let log = self.log.borrow_and_update();
        if self.position < log.oldest {
            return Err(Fault::new(Reason::ResumeTokenExpired, "too old"));
        }
        for (position, commit) in log.commits.iter().filter(|(position, _)| *position > self.position) {
            let mine = commit.iter().filter(|(name, _)| name.tenant == self.tenant);
            let changes: Vec<_> = mine
                .map(|(name, account)| match account {
                    Some(account) => AccountChange::Put(Box::new(view(account))),
                    None => AccountChange::Deleted(name.clone()),
                })
                .collect();
            if !changes.is_empty() {
                self.position = *position;
                return Ok(Some(AccountChanges { changes, position: *position }));
            }
        }
        self.position = log.newest;
        Ok(None)
    }
}

#[async_trait]
impl AccountFeed for FakeFeed {
    async fn next(&mut self, patience: Duration) -> Result<AccountChanges> {
        let waited = tokio::time::timeout(patience, async {
            loop {
                if let Some(changes) = self.look()? {
                    return Ok(changes);
                }
                if self.log.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        })
        .await;
        waited.unwrap_or(Ok(AccountChanges { changes: Vec::new(), position: self.position }))
    }
}

#[async_trait]
impl AccountWatch for FakeWatch {
    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<AccountView>, u64)> {
        let log = self.log.borrow();
        let views: Vec<_> = log.accounts.values().filter(|a| a.name.tenant == *tenant).map(view).collect();
        assert!(views.len() <= limit);
        Ok((views, log.newest))
    }

    async fn watch(&self, tenant: &TenantId, after: Option<u64>) -> Result<Box<dyn AccountFeed>> {
        let log = self.log.subscribe();
        let (oldest, newest) = (log.borrow().oldest, log.borrow().newest);
        let position = after.unwrap_or(newest);
        if position < oldest || position > newest {
            return Err(Fault::new(Reason::ResumeTokenExpired, "too old"));
        }
        Ok(Box::new(FakeFeed { tenant: tenant.clone(), position, log }))
    }
}
