use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::contract::{Harness, changes_until, key, prefix, watch};
use crate::engine::History;
use crate::error::{CommitError, ReadError, WatchError};
use crate::key::{Key, Prefix};
use crate::store::{Entry, ListOptions, Revision, Store};
use crate::txn::{Op, Precondition, Txn};
use crate::watch::{Change, Changes};

const NAMES: [&str; 6] = ["a", "a/1", "a/2", "b", "b/1", "c"];

/// One step of a random run.
#[derive(Debug, Clone)]
enum Step {
    Commit { preconditions: Vec<(Index, Require)>, ops: Vec<(Index, Option<u8>)> },
    List { under: &'static str, after: Option<Index>, limit: usize, at: Index },
    Reopen,
}

#[derive(Debug, Clone, Copy)]
enum Require {
    Absent,
    Present,
    /// At its revision, or at revision 0 where it is absent.
    Current,
    /// At the revision before.
    Stale,
}

/// The contract in its plainest form: every state there ever was, by revision.
struct Model {
    states: Vec<(Revision, BTreeMap<Key, Entry>)>,
    batches: Vec<Changes>,
}

/// Runs random steps against the engine and the model, comparing every answer, and at the end the whole history.
pub fn the_engine_agrees_with_a_model(make: &dyn Fn() -> Box<dyn Harness>, reopens: bool) {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let short = History { revisions: 5, ..History::default() };
    let histories = prop::sample::select(vec![History::default(), short]);
    let steps = prop::collection::vec(step(reopens), 1..40);
    TestRunner::new(config)
        .run(&(histories, steps), |(history, steps)| runtime.block_on(run(make(), history, steps)))
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn step(reopens: bool) -> impl Strategy<Value = Step> {
    let require = prop_oneof![
        1 => Just(Require::Absent),
        1 => Just(Require::Present),
        3 => Just(Require::Current),
        1 => Just(Require::Stale)
    ];
    let op = (any::<Index>(), prop::option::weighted(0.7, any::<u8>()));
    let commit = (prop::collection::vec((any::<Index>(), require), 0..3), prop::collection::vec(op, 0..4))
        .prop_map(|(preconditions, ops)| Step::Commit { preconditions, ops });
    let under = prop::sample::select(vec!["", "a", "a/", "b", "d"]);
    let list = (under, prop::option::of(any::<Index>()), 1..5usize, any::<Index>())
        .prop_map(|(under, after, limit, at)| Step::List { under, after, limit, at });
    prop_oneof![6 => commit, 3 => list, u32::from(reopens) => Just(Step::Reopen)]
}

async fn run(harness: Box<dyn Harness>, history: History, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut store = harness.open(history).await;
    let start = store.revision().await.expect("the revision is read");
    let mut model = Model { states: vec![(start, BTreeMap::new())], batches: Vec::new() };
    for step in steps {
        match step {
            Step::Commit { preconditions, ops } => {
                let txn = model.txn(&preconditions, &ops);
                let outcome = store.commit(txn.clone()).await.map(|committed| committed.revision);
                model.check_commit(txn, outcome)?;
            }
            Step::List { under, after, limit, at } => {
                let after = after.map(|name| key(*name.get(&NAMES)));
                model.check_list(&store, history, under, after, limit, &at).await?;
            }
            Step::Reopen => {
                store.close().await;
                store = harness.open(history).await;
            }
        }
        model.check_current(&store).await?;
    }
    model.check_watch(&store, start, history).await?;
    store.close().await;
    Ok(())
}

impl Model {
    fn current(&self) -> &(Revision, BTreeMap<Key, Entry>) {
        self.states.last().expect("it begins with one")
    }

    fn txn(&self, preconditions: &[(Index, Require)], ops: &[(Index, Option<u8>)]) -> Txn {
        let state = &self.current().1;
        let mut txn = Txn::new();
        for (name, require) in preconditions {
            let key = key(*name.get(&NAMES));
            let revision = state.get(&key).map_or(Revision::ZERO, |entry| entry.mod_revision);
            txn.preconditions.push(match require {
                Require::Absent => Precondition::Absent(key),
                Require::Present => Precondition::Present(key),
                Require::Current => Precondition::AtRevision(key, revision),
                Require::Stale => Precondition::AtRevision(key, Revision(revision.0.saturating_sub(1))),
            });
        }
        let mut named = std::collections::HashSet::new();
        for (name, value) in ops {
            let key = key(*name.get(&NAMES));
            if named.insert(key.clone()) {
                txn.ops.push(match value {
                    Some(value) => Op::Put(key, Bytes::from(vec![*value; usize::from(*value)])),
                    None => Op::Delete(key),
                });
            }
        }
        txn
    }

    fn check_commit(
        &mut self,
        txn: Txn,
        outcome: Result<Revision, CommitError>,
    ) -> Result<(), TestCaseError> {
        let (before, state) = self.current();
        let failing = txn.preconditions.iter().enumerate().find_map(|(index, precondition)| {
            let current = state.get(precondition.key()).map(|entry| entry.mod_revision);
            let holds = match precondition {
                Precondition::Absent(_) => current.is_none(),
                Precondition::Present(_) => current.is_some(),
                Precondition::AtRevision(_, revision) => current == Some(*revision),
            };
            let key = precondition.key().clone();
            (!holds).then_some(CommitError::PreconditionFailed { index, key, current })
        });
        if let Some(failure) = failing {
            prop_assert_eq!(outcome, Err(failure));
            return Ok(());
        }
        let revision = outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let mut after = state.clone();
        let mut changes = Vec::new();
        for op in txn.ops {
            match op {
                Op::Put(key, value) => {
                    let (create_revision, version) =
                        after.get(&key).map_or((revision, 1), |old| (old.create_revision, old.version + 1));
                    let entry =
                        Entry { key: key.clone(), value, create_revision, mod_revision: revision, version };
                    changes.push(Change::Put(entry.clone()));
                    after.insert(key, entry);
                }
                Op::Delete(key) => {
                    if after.remove(&key).is_some() {
                        changes.push(Change::Delete { key, revision });
                    }
                }
            }
        }
        if changes.is_empty() {
            prop_assert_eq!(revision, *before);
            return Ok(());
        }
        prop_assert!(revision > *before);
        self.states.push((revision, after));
        self.batches.push(Changes { revision, changes });
        Ok(())
    }

    async fn check_list(
        &self,
        store: &Arc<dyn Store>,
        history: History,
        under: &str,
        after: Option<Key>,
        limit: usize,
        at: &Index,
    ) -> Result<(), TestCaseError> {
        let place = at.index(self.states.len());
        let (at, state) = &self.states[place];
        let options = ListOptions { after: after.clone(), limit, at: Some(*at) };
        let page = match store.list(&prefix(under), options).await {
            Ok(page) => page,
            Err(ReadError::Compacted { oldest }) => {
                prop_assert!(*at < oldest);
                prop_assert!(self.states.len() - place > history.revisions, "{at} is still to be held");
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let mut expect: Vec<Entry> = state
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
            .filter(|(key, _)| key.as_str().starts_with(under))
            .map(|(_, entry)| entry.clone())
            .collect();
        let more = expect.len() > limit;
        expect.truncate(limit);
        prop_assert_eq!((page.entries, page.revision, page.more), (expect, *at, more));
        Ok(())
    }

    /// The history is handed out whole, or from the oldest revision held on.
    async fn check_watch(
        &self,
        store: &Arc<dyn Store>,
        start: Revision,
        history: History,
    ) -> Result<(), TestCaseError> {
        let Some(last) = self.batches.last() else { return Ok(()) };
        let (mut from_oldest, expect) = match store.watch(&Prefix::all(), start.next()).await {
            Ok(whole) => (whole, &self.batches[..]),
            Err(WatchError::Compacted { oldest }) => {
                let held = self.batches.partition_point(|batch| batch.revision < oldest);
                prop_assert!(self.batches.len() - held >= history.revisions);
                (watch(&**store, "", oldest).await, &self.batches[held..])
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(&changes_until(&mut from_oldest, last.revision).await[..], expect);
        Ok(())
    }

    async fn check_current(&self, store: &Arc<dyn Store>) -> Result<(), TestCaseError> {
        let (revision, state) = self.current();
        prop_assert_eq!(store.revision().await, Ok(*revision));
        for name in NAMES {
            let key = key(name);
            prop_assert_eq!(store.get(&key).await, Ok(state.get(&key).cloned()));
        }
        Ok(())
    }
}
