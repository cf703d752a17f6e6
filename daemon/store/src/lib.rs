//! The store contract of provisiond, its record formats and its engines.
//!
//! Everything the daemon must remember goes through [`Store`]: ordered keys with revisions, one all-or-nothing commit
//! under preconditions, and a watch in commit order. The contract is etcd's, so that an engine can stand on one machine
//! or on a cluster; [`limits`] holds the smaller maximum of every engine. Larger things go to the content-addressed
//! [`artifact`] store with only their reference kept under a key.
//!
//! The crate knows nothing of gRPC and nothing of connectors.

pub mod artifact;
#[cfg(any(test, feature = "testkit"))]
pub mod contract;
mod directory;
pub mod engine;
mod error;
mod key;
pub mod limits;
pub mod record;
mod scan;
mod store;
mod txn;
mod watch;

pub use error::{CommitError, ReadError, Retry, WatchError};
pub use key::{InvalidKey, Key, Prefix};
pub use scan::{ScanError, Snapshot, read_all};
pub use store::{Committed, Entry, ListOptions, Page, Revision, Store};
pub use txn::{InvalidTxn, Op, Precondition, Txn};
pub use watch::{Change, Changes, Watch, WatchSource};
