//! One transaction: a working copy of the org's records that is put in place when it ends well, and the Apex that runs
//! in it. Every change of records happens in one, also those of plain REST calls.

use std::sync::Arc;

use crate::apex::program::Program;
use crate::apex::run::Machine;
use crate::org::{Org, Rights, State};

/// A transaction of one user. Only one at a time changes records; readers go on with what was there before.
pub struct Transaction {
    pub org: Arc<Org>,
    /// The org as this transaction sees it.
    pub state: State,
    /// Of the running user.
    pub rights: Rights,
    pub program: Arc<Program>,
    /// The side of Apex: statics, limits, stack.
    pub machine: Machine,
}
