//! An ordered account of what the org accepted and what came of it. It never holds a secret.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;
use tokio::sync::watch;

use crate::org::Id;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// A request was answered; the subject is `METHOD /path`, `status` its HTTP status.
    Request,
    /// A user allowed the app; tokens were handed out.
    GrantIssued,
    /// A refresh token was exchanged.
    TokenRefreshed,
    /// A grant or a session ended: revoked, rotated token used again, over the cap.
    GrantRevoked,
    DeployStarted,
    DeployFinished,
    /// One component of a deployment took effect; the subject is `Type:FullName`.
    ComponentDeployed,
    /// The subject is the package version's id; so it is for the next ones.
    PackageInstallStarted,
    PackageInstalled,
    PackageInstallFailed,
    PackageUninstalled,
    PackageUninstallFailed,
    /// The subject is the object, `id` the record.
    RecordCreated,
    RecordUpdated,
    RecordDeleted,
    /// Out of the recycle bin.
    RecordRestored,
    /// The subject is the permission set's name, `assignee` the user.
    PermissionAssigned,
    /// The subject is the topic.
    EventPublished,
    EventDelivered,
    /// A fault rule fired; the subject is the operation.
    FaultFired,
}

/// One line of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Counts from 1 without holes.
    pub number: u64,
    pub at_ms: i64,
    pub kind: Kind,
    pub user: Option<Id>,
    pub subject: String,
    pub detail: BTreeMap<String, String>,
}

/// The account itself. Bounded: beyond [`Ledger::CAPACITY`] lines the oldest go, the counts stay.
#[derive(Debug)]
pub struct Ledger {
    inner: Mutex<Inner>,
    length: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: std::collections::VecDeque<Entry>,
    counts: BTreeMap<Kind, u64>,
    written: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { inner: Mutex::default(), length: watch::Sender::new(0) }
    }
}

impl Ledger {
    /// How many lines are kept.
    pub const CAPACITY: usize = 200_000;

    /// Writes a line.
    pub fn write(
        &self,
        at_ms: i64,
        kind: Kind,
        user: Option<Id>,
        subject: impl Into<String>,
        detail: &[(&str, &str)],
    ) {
        let mut inner = self.lock();
        inner.written += 1;
        let entry = Entry {
            number: inner.written,
            at_ms,
            kind,
            user,
            subject: subject.into(),
            detail: detail.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        *inner.counts.entry(kind).or_default() += 1;
        if inner.entries.len() == Self::CAPACITY {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
        let written = inner.written;
        drop(inner);
        self.length.send_replace(written);
    }

    /// How often something happened since the start.
    pub fn count(&self, kind: Kind) -> u64 {
        self.lock().counts.get(&kind).copied().unwrap_or(0)
    }

    /// All lines still kept, in order.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// The lines of one kind, in order.
    pub fn of(&self, kind: Kind) -> Vec<Entry> {
        self.lock().entries.iter().filter(|entry| entry.kind == kind).cloned().collect()
    }

    /// How many requests with this method came for a path matching `pattern`, where `*` stands for any run of characters.
    pub fn requests(&self, method: &str, pattern: &str) -> usize {
        let wanted = |entry: &&Entry| {
            entry.kind == Kind::Request
                && entry
                    .subject
                    .split_once(' ')
                    .is_some_and(|(verb, path)| verb == method && matches(pattern, path))
        };
        self.lock().entries.iter().filter(wanted).count()
    }

    /// Waits until `found` holds for the lines; for tests, which wait for states and never for time.
    pub async fn until(&self, mut found: impl FnMut(&Self) -> bool) {
        let mut length = self.length.subscribe();
        while !found(self) {
            if length.changed().await.is_err() {
                return;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_runs() {
        assert!(matches("/services/data/*/query", "/services/data/v67.0/query"));
        assert!(matches("/a/*", "/a/"));
        assert!(!matches("/a/*/b", "/a/b"));
        assert!(matches("*", ""));
        assert!(!matches("/a", "/ab"));
    }

    #[tokio::test]
    async fn counts_survive_and_waiting_sees_the_line() {
        let ledger = Ledger::default();
        ledger.write(1, Kind::Request, None, "GET /a", &[("status", "200")]);
        ledger.until(|ledger| ledger.count(Kind::Request) == 1).await;
        assert_eq!(ledger.requests("GET", "/*"), 1);
        assert_eq!(ledger.requests("POST", "/*"), 0);
        assert_eq!(ledger.entries()[0].number, 1);
    }
}
