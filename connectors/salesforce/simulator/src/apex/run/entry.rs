//! Where Apex is entered from outside.

use super::machine::Place;
use super::{call, exec};
use crate::apex::Problem;
use crate::apex::program::Sharing;
use crate::transaction::Transaction;

/// What became of anonymous code, as `executeAnonymous` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnonymousResult {
    /// It was run at all.
    pub compiled: bool,
    /// Why it was not.
    pub problem: Option<Problem>,
    /// It ran to its end. Otherwise the transaction is to be dropped.
    pub success: bool,
    /// `System.MathException: Divide by 0`
    pub exception_message: Option<String>,
    /// `AnonymousBlock: line 1, column 1`
    pub exception_stack: Option<String>,
}

/// Compiles and runs anonymous code of an API version as the transaction's user. The caller commits when it succeeds; what it wrote with
/// `System.debug` is in the machine's log.
pub fn run_anonymous(tx: &mut Transaction, source: &str, version: u32) -> AnonymousResult {
    let (program, body) = match tx.program.anonymous(source, version) {
        Ok(checked) => checked,
        Err(problem) => return AnonymousResult { problem: Some(problem), ..Default::default() },
    };
    tx.program = program.clone();
    tx.machine.entry = super::EntryKind::Anonymous;
    let base = tx.machine.locals.len();
    let sharing = Sharing::Inherited;
    let result =
        call::within(tx, &program, Place::Anonymous, sharing, &exec::NOBODY, base, &body, |tx, cx| {
            exec::block(tx, cx, &body.block)
        });
    match result {
        Ok(_) => AnonymousResult { compiled: true, success: true, ..Default::default() },
        Err(thrown) => AnonymousResult {
            compiled: true,
            exception_message: Some(thrown.headline(&program)),
            exception_stack: Some(thrown.stack()),
            ..Default::default()
        },
    }
}
