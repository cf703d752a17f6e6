//! What waits for a transaction's end.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::Transaction;
use crate::apex::run::{Machine, Thrown};
use crate::events::{RawEvent, topic_of};
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org};

/// Jobs that one transaction may set off, those of its jobs among them: a job that starts itself again ends somewhere.
const JOBS_MAX: usize = 250;

/// A line for the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub kind: Kind,
    pub user: Option<Id>,
    pub subject: Arc<str>,
    pub detail: Vec<(&'static str, Id)>,
}

/// An event that leaves when the transaction has ended well.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub object: Arc<ObjectType>,
    pub user: Id,
    pub raw: RawEvent,
}

/// Apex that runs after the transaction, in one of its own.
#[derive(Clone)]
pub struct Job {
    /// As whom.
    pub user: Id,
    /// What it does; its transaction is committed when it returns well.
    pub run: Rc<dyn Fn(&mut Transaction) -> Result<(), Thrown>>,
}

/// Everything that waits.
#[derive(Clone, Default)]
pub(crate) struct Pending {
    pub notes: Vec<Note>,
    pub events: Vec<Event>,
    /// Users who were deactivated.
    pub locked_out: Vec<Id>,
    pub jobs: Vec<Job>,
}

impl Pending {
    /// Writes the notes and publishes the events; answers the jobs.
    pub(super) fn settle(self, org: &Org) -> Vec<Job> {
        for note in self.notes {
            let detail: Vec<(&str, &str)> =
                note.detail.iter().map(|(name, id)| (*name, id.as_str())).collect();
            org.note(note.kind, note.user, &*note.subject, &detail);
        }
        for event in self.events {
            event.leave(org);
        }
        self.jobs
    }
}

impl Event {
    /// Hands the event to the bus. Nobody is told of a refusal: what could be refused was checked when it was made.
    pub(crate) fn leave(self, org: &Org) {
        match org.bus.publish(&self.object, self.raw) {
            Ok(published) => {
                let topic = topic_of(&self.object.name);
                org.note(Kind::EventPublished, Some(self.user), topic, &[("event", &published.event_id)]);
            }
            Err(refusal) => tracing::debug!(%refusal, event = self.object.name, "an event was lost"),
        }
    }
}

/// Runs jobs, and those that they set off, one after the other. What they hold lives in the machines of those who made
/// them.
pub(super) fn run(org: &Arc<Org>, jobs: Vec<Job>, machine: Machine) {
    let mut machines = vec![machine];
    let mut waiting: VecDeque<Job> = jobs.into();
    for _ in 0..JOBS_MAX {
        let Some(job) = waiting.pop_front() else { break };
        let rights = org.read().rights(job.user);
        let mut tx = Transaction::begin(org, rights);
        match (job.run)(&mut tx) {
            Ok(()) => {
                let (further, machine) = tx.put();
                waiting.extend(further);
                machines.push(machine);
            }
            Err(thrown) => tracing::debug!(?thrown, "a job failed"),
        }
    }
    // Before the values that they hold.
    drop(waiting);
    drop(machines);
}
