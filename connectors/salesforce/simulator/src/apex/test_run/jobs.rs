//! Asynchronous Apex of a test, which runs inside it.

use crate::apex::run::{Limits, Thrown, throw};
use crate::transaction::Transaction;

/// Jobs that one test may set off, those of its jobs among them.
const JOBS_MAX: usize = 250;

/// `Test.stopTest`: what was queued since `Test.startTest` runs and what was published is delivered, then the limits from
/// before count again.
pub fn stop(tx: &mut Transaction) -> Result<(), Thrown> {
    finish(tx)?;
    tx.deliver_events()?;
    finish(tx)?;
    tx.machine.stop_test();
    Ok(())
}

/// Runs what is queued, each job with the limits of asynchronous Apex.
pub fn finish(tx: &mut Transaction) -> Result<(), Thrown> {
    for _ in 0..JOBS_MAX {
        if tx.pending.jobs.is_empty() {
            return Ok(());
        }
        let job = tx.pending.jobs.remove(0);
        let limits = std::mem::replace(&mut tx.machine.limits, Limits::asynchronous(false));
        let result = (job.run)(tx);
        tx.machine.limits = limits;
        result?;
    }
    Err(throw(tx, "System.AsyncException", "Maximum stack depth has been reached."))
}
