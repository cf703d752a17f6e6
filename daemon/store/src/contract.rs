//! The contract of [`Store`] as tests that every engine runs.
//!
//! An engine brings a [`Harness`] and invokes one macro in a test module; each case becomes a test of its own:
//!
//! ```ignore
//! provision_store::store_contract_suite!(Box::new(MyHarness::new()));
//! ```
//!
//! An engine that keeps its state across restarts invokes `durable_store_contract_suite!` instead, which has further
//! cases. No case assumes that revisions come without gaps, so that engines on shared clusters pass too.

mod commit;
mod durable;
mod limits;
mod model;
mod pages;
mod read;
mod watch;
mod watch_bounds;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::engine::History;
use crate::key::{Key, Prefix};
use crate::scan::read_all;
use crate::store::{Entry, Revision, Store};
use crate::txn::Txn;
use crate::watch::{Changes, Watch};

pub use commit::*;
pub use durable::*;
pub use limits::*;
pub use model::*;
pub use pages::*;
pub use read::*;
pub use watch::*;
pub use watch_bounds::*;

/// How the suite comes by stores. Each harness stands for one place to keep state in.
#[async_trait]
pub trait Harness: Send + Sync {
    /// Opens a store with about this much history: empty the first time, and later, for durable engines, with what the
    /// store before (closed by the suite) held.
    async fn open(&self, history: History) -> Arc<dyn Store>;
}

/// The cases of [`crate::contract`] as tests, for the engine whose harness the expression makes.
#[macro_export]
macro_rules! store_contract_suite {
    ($make:expr) => {
        $crate::store_contract_suite! { @cases $make;
            get_follows_a_key_through_its_life
            lists_are_ordered_and_stay_within_their_prefix
            an_old_revision_is_read_as_it_was
            reads_of_the_future_are_refused
            pages_cover_every_key_once
            pages_end_on_a_bound_of_bytes
            pages_stay_at_one_revision_under_writes
            a_forgotten_page_is_compacted
            preconditions_hold_or_name_the_first_that_fails
            a_refused_commit_changes_nothing
            a_commit_has_one_new_revision
            commits_that_change_nothing_make_no_revision
            the_same_value_again_is_a_change
            concurrent_counters_lose_no_update
            one_of_concurrent_creates_wins
            a_lost_epoch_fences_its_owner_off
            the_largest_allowed_commit_is_taken
            invalid_transactions_are_refused
            watches_hand_out_whole_commits_in_order
            watches_leave_out_other_keys
            a_watch_resumes_from_any_held_revision
            a_watch_finds_a_change_at_any_distance
            a_list_and_its_watch_miss_nothing
            a_dropped_wait_loses_nothing
            progress_moves_past_other_keys_alone
            a_watch_starts_at_the_next_revision_at_latest
            a_forgotten_start_is_compacted
            a_watch_left_behind_is_compacted
            unread_watches_cost_the_others_nothing
            closing_ends_watches_and_calls
        }

        #[test]
        fn the_engine_agrees_with_a_model() {
            $crate::contract::the_engine_agrees_with_a_model(&|| $make, false);
        }
    };
    (@cases $make:expr; $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::contract::within_a_minute($crate::contract::$case($make)).await;
            }
        )*
    };
}

/// The cases of [`store_contract_suite!`] and those of engines that keep their state.
#[macro_export]
macro_rules! durable_store_contract_suite {
    ($make:expr) => {
        $crate::store_contract_suite!($make);
        $crate::store_contract_suite! { @cases $make;
            reopening_finds_every_acknowledged_commit
            revisions_are_not_reused_after_reopening
            a_watch_resumes_after_reopening
            what_was_forgotten_stays_forgotten
        }

        #[test]
        fn the_engine_agrees_with_a_model_across_restarts() {
            $crate::contract::the_engine_agrees_with_a_model(&|| $make, true);
        }
    };
}

/// Runs a case, failing instead of hanging.
pub async fn within_a_minute(case: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(60), case).await.expect("the case ends within a minute");
}

fn key(name: impl AsRef<str>) -> Key {
    Key::new(name).expect("a valid key")
}

fn prefix(name: &str) -> Prefix {
    Prefix::new(name).expect("a valid prefix")
}

async fn open(harness: &dyn Harness) -> Arc<dyn Store> {
    harness.open(History::default()).await
}

async fn commit(store: &dyn Store, txn: Txn) -> Revision {
    store.commit(txn).await.expect("the commit is taken").revision
}

async fn put(store: &dyn Store, name: &str, value: &str) -> Revision {
    commit(store, Txn::new().put(key(name), value.to_owned())).await
}

async fn get(store: &dyn Store, name: &str) -> Option<Entry> {
    store.get(&key(name)).await.expect("the key is read")
}

async fn revision(store: &dyn Store) -> Revision {
    store.revision().await.expect("the revision is read")
}

async fn all(store: &dyn Store) -> Vec<Entry> {
    read_all(store, &Prefix::all(), usize::MAX).await.expect("everything is read").entries
}

async fn watch(store: &dyn Store, name: &str, from: Revision) -> Watch {
    store.watch(&prefix(name), from).await.expect("the watch starts")
}

/// Reads on until the batch of revision `last`.
async fn changes_until(watch: &mut Watch, last: Revision) -> Vec<Changes> {
    let mut batches: Vec<Changes> = Vec::new();
    while batches.last().is_none_or(|batch| batch.revision < last) {
        batches.push(watch.next().await.expect("the watch goes on"));
    }
    batches
}

#[cfg(test)]
mod tests {
    /// A case that no macro lists would never run.
    #[test]
    fn every_case_is_listed() {
        let listed = include_str!("contract.rs");
        let themes = [
            include_str!("contract/commit.rs"),
            include_str!("contract/durable.rs"),
            include_str!("contract/limits.rs"),
            include_str!("contract/pages.rs"),
            include_str!("contract/read.rs"),
            include_str!("contract/watch.rs"),
            include_str!("contract/watch_bounds.rs"),
        ];
        for theme in themes {
            let cases: Vec<&str> = theme
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next())
                .collect();
            assert!(!cases.is_empty());
            for case in cases {
                assert!(listed.lines().any(|line| line.trim() == case), "{case} is in no suite");
            }
        }
    }
}
