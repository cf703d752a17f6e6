//! What one transaction may use. Exceeding any of it cannot be caught.

use super::{Thrown, fatal};
use crate::transaction::Transaction;

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    Queries,
    QueryRows,
    /// Rows that `Database.getQueryLocator` brings.
    QueryLocatorRows,
    Searches,
    DmlStatements,
    DmlRows,
    /// `EventBus.publish` of events that leave at once.
    PublishImmediate,
    Callouts,
    FutureCalls,
    QueueableJobs,
    Emails,
    AggregateQueries,
    /// Of interpreted nodes, 2,000 to the millisecond.
    Steps,
    /// Bytes, approximately.
    Heap,
}

const COUNT: usize = 14;

/// Interpreted nodes that count as one millisecond of CPU time.
pub const STEPS_PER_MS: u64 = 2_000;

/// How deep calls may nest.
pub const STACK_MAX: usize = 1_000;

/// What has been used, and what may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    used: [u64; COUNT],
    most: [u64; COUNT],
}

impl Default for Limits {
    fn default() -> Self {
        Self::synchronous()
    }
}

impl Limits {
    /// Of a request, a trigger, a test.
    pub fn synchronous() -> Self {
        let mut limits = Self { used: [0; COUNT], most: [0; COUNT] };
        for (limit, most) in [
            (Limit::Queries, 100),
            (Limit::QueryRows, 50_000),
            (Limit::QueryLocatorRows, 10_000),
            (Limit::Searches, 20),
            (Limit::DmlStatements, 150),
            (Limit::DmlRows, 10_000),
            (Limit::PublishImmediate, 150),
            (Limit::Callouts, 100),
            (Limit::FutureCalls, 50),
            (Limit::QueueableJobs, 50),
            (Limit::Emails, 10),
            (Limit::AggregateQueries, 300),
            (Limit::Steps, 10_000 * STEPS_PER_MS),
            (Limit::Heap, 6_000_000),
        ] {
            limits.most[limit as usize] = most;
        }
        limits
    }

    /// Of a queueable or future job.
    pub fn asynchronous(future: bool) -> Self {
        let mut limits = Self::synchronous();
        for (limit, most) in [
            (Limit::Queries, 200),
            (Limit::FutureCalls, if future { 0 } else { 50 }),
            (Limit::QueueableJobs, 1),
            (Limit::Steps, 60_000 * STEPS_PER_MS),
            (Limit::Heap, 12_000_000),
        ] {
            limits.most[limit as usize] = most;
        }
        limits
    }

    pub fn used(&self, limit: Limit) -> u64 {
        self.used[limit as usize]
    }

    pub fn most(&self, limit: Limit) -> u64 {
        self.most[limit as usize]
    }

    /// Takes back what has been used of these since `before`.
    pub fn keep(&mut self, before: &Self, limits: &[Limit]) {
        for limit in limits {
            self.used[*limit as usize] = before.used[*limit as usize];
        }
    }

    /// CPU time in milliseconds.
    pub fn cpu_ms(&self) -> u64 {
        self.used(Limit::Steps) / STEPS_PER_MS
    }

    pub(super) fn set(&mut self, limit: Limit, used: u64) {
        self.used[limit as usize] = used;
    }

    /// Adds to what has been used; false when that is too much.
    pub(super) fn add(&mut self, limit: Limit, count: u64) -> bool {
        let used = &mut self.used[limit as usize];
        *used = used.saturating_add(count);
        *used <= self.most[limit as usize]
    }
}

/// Counts `count` against a limit, and throws what nobody can catch when it is exceeded.
pub fn limit(tx: &mut Transaction, limit: Limit, count: u64) -> Result<(), Thrown> {
    if tx.machine.limits.add(limit, count) {
        return Ok(());
    }
    let over = tx.machine.limits.most(limit) + 1;
    let message = match limit {
        Limit::Queries => format!("Too many SOQL queries: {over}"),
        Limit::QueryRows => format!("Too many query rows: {over}"),
        Limit::QueryLocatorRows => format!("Too many query locator rows: {over}"),
        Limit::Searches => format!("Too many SOSL queries: {over}"),
        Limit::DmlStatements => format!("Too many DML statements: {over}"),
        Limit::DmlRows => format!("Too many DML rows: {over}"),
        Limit::PublishImmediate => format!("Too many Publish Immediate DML statements: {over}"),
        Limit::Callouts => format!("Too many callouts: {over}"),
        Limit::FutureCalls => format!("Too many future calls: {over}"),
        Limit::QueueableJobs => format!("Too many queueable jobs added to the queue: {over}"),
        Limit::Emails => format!("Too many Email Invocations: {over}"),
        Limit::AggregateQueries => format!("Too many Aggregate queries: {over}"),
        Limit::Steps => "Apex CPU time limit exceeded".to_owned(),
        Limit::Heap => format!("Apex heap size too large: {}", tx.machine.limits.used(Limit::Heap)),
    };
    Err(fatal(tx, "System.LimitException", message))
}
