//! A transaction in an org of its own.

use crate::apex::run::Thrown;
use crate::config::Config;
use crate::org::Org;
use crate::transaction::Transaction;

pub(super) fn transaction() -> Transaction {
    let org = Org::new(Config { objects: 0, ..Config::default() }).unwrap();
    let rights = org.read().rights(org.admin);
    Transaction::apart(&org, org.snapshot(), rights)
}

/// What an outcome looks like: `Type: message`.
pub(super) fn failure(tx: &Transaction, thrown: &Thrown) -> String {
    thrown.headline(&tx.program)
}
