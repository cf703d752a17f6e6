//! What waits for a transaction's end.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use super::Transaction;
use crate::apex::run::{Machine, Thrown};
use crate::events::change::{Change, changes_of, event_of};
use crate::events::{RawEvent, topic_of};
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org, Reach, Rights, TriggerEvent, User, prefix};

/// Jobs that one transaction may set off, those of its jobs among them: a job that starts itself again ends somewhere.
const TASKS_MAX: usize = 250;
/// Events that triggers see together.
const DELIVERED_MAX: usize = 2_000;

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
    /// What the publisher is answered.
    pub id: Id,
    pub object: Arc<ObjectType>,
    pub user: Id,
    /// As it was published.
    pub values: BTreeMap<String, Value>,
    pub raw: RawEvent,
}

/// What a job does in its transaction.
pub type JobFn = dyn Fn(&mut Transaction) -> Result<(), Thrown>;

/// Apex that runs after the transaction, in one of its own.
#[derive(Clone)]
pub struct Job {
    /// As whom.
    pub user: Id,
    /// What it does; its transaction is committed when it returns well.
    pub run: Rc<JobFn>,
}

/// Everything that waits.
#[derive(Default)]
pub(crate) struct Pending {
    pub notes: Vec<Note>,
    pub events: Vec<Event>,
    /// Published already; the triggers that stand on them come when the transaction has ended well.
    pub gone: Vec<Event>,
    /// Users who were deactivated.
    pub locked_out: Vec<Id>,
    pub jobs: Vec<Job>,
}

/// How much waited at some moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    notes: usize,
    events: usize,
    locked_out: usize,
    jobs: usize,
}

impl Pending {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            notes: self.notes.len(),
            events: self.events.len(),
            locked_out: self.locked_out.len(),
            jobs: self.jobs.len(),
        }
    }

    /// The `EventUuid` of an event that was published here under this id.
    pub(crate) fn uuid_of(&self, id: Id) -> Option<String> {
        let latest = self.events.iter().rev().chain(self.gone.iter().rev());
        latest.filter(|event| event.id == id).map(|event| event.raw.id.clone()).next()
    }

    /// Forgets what came later. Events that are gone stay gone.
    pub(super) fn back_to(&mut self, then: Waiting) {
        self.notes.truncate(then.notes);
        self.events.truncate(then.events);
        self.locked_out.truncate(then.locked_out);
        self.jobs.truncate(then.jobs);
    }

    /// Writes the notes and publishes the events; answers what is to run.
    pub(super) fn settle(self, org: &Org) -> Vec<Task> {
        for note in self.notes {
            let detail: Vec<(&str, &str)> =
                note.detail.iter().map(|(name, id)| (*name, id.as_str())).collect();
            org.note(note.kind, note.user, &*note.subject, &detail);
        }
        self.events.iter().for_each(|event| event.leave(org));
        let mut tasks: Vec<Task> = self.jobs.into_iter().map(Task::Job).collect();
        let metadata = org.metadata();
        for event in self.gone.into_iter().chain(self.events) {
            if !crate::dml::listens(&metadata, &event.object, TriggerEvent::AfterInsert) {
                continue;
            }
            match tasks.last_mut() {
                Some(Task::Deliver(events))
                    if events.len() < DELIVERED_MAX
                        && events.last().is_some_and(|last| last.object.name == event.object.name) =>
                {
                    events.push(event);
                }
                _ => tasks.push(Task::Deliver(vec![event])),
            }
        }
        tasks
    }
}

/// What runs after a transaction.
pub(super) enum Task {
    Job(Job),
    /// Events of one kind to the triggers that stand on them.
    Deliver(Vec<Event>),
    /// What somebody changed, to the triggers on change events.
    Changes(Id, Vec<Change>),
}

impl Task {
    /// For changes that a trigger waits for.
    pub(super) fn changes(org: &Org, user: Id, changes: Vec<Change>) -> Option<Self> {
        let metadata = org.metadata();
        let mut changes = changes;
        changes.retain(|change| {
            event_of(&change.object)
                .and_then(|name| metadata.object(&name).cloned())
                .is_some_and(|event| crate::dml::listens(&metadata, &event, TriggerEvent::AfterInsert))
        });
        (!changes.is_empty()).then_some(Self::Changes(user, changes))
    }

    fn run(self, tx: &mut Transaction) -> Result<(), Thrown> {
        match self {
            Self::Job(job) => (job.run)(tx),
            Self::Deliver(events) => crate::dml::deliver(tx, events),
            Self::Changes(user, changes) => crate::dml::deliver_changes(tx, user, &changes),
        }
    }
}

impl Event {
    /// Hands the event to the bus. Nobody is told of a refusal: what could be refused was checked when it was made.
    pub(crate) fn leave(&self, org: &Org) {
        match org.bus.publish(&org.metadata().streams, &self.object, self.raw.clone()) {
            Ok(published) => {
                let topic = topic_of(&self.object.name);
                org.note(Kind::EventPublished, Some(self.user), topic, &[("event", &published.event_id)]);
            }
            Err(refusal) => tracing::debug!(%refusal, event = self.object.name, "an event was lost"),
        }
    }
}

/// Runs jobs and deliveries, and those that they set off, one after the other. What they hold lives in the machines of
/// those who made them.
pub(super) fn run(org: &Arc<Org>, tasks: Vec<Task>, machine: Machine) {
    let mut machines = vec![machine];
    let mut waiting: VecDeque<Task> = tasks.into();
    for _ in 0..TASKS_MAX {
        let Some(task) = waiting.pop_front() else { break };
        let mut tx = match &task {
            Task::Job(job) => {
                let rights = org.read().rights(job.user);
                Transaction::begin(org, rights)
            }
            Task::Deliver(_) | Task::Changes(..) => Transaction::automated(org),
        };
        match task.run(&mut tx) {
            Ok(()) => {
                let (further, machine) = tx.put();
                waiting.extend(further);
                machines.push(machine);
            }
            Err(thrown) => tracing::debug!(?thrown, "what ran after a transaction failed"),
        }
    }
    // Before the values that they hold.
    drop(waiting);
    drop(machines);
}

impl Transaction {
    /// Of the platform's own user, as whom triggers on events run. Nobody else ever sees this user.
    fn automated(org: &Arc<Org>) -> Self {
        let user = Id::derived(prefix::USER, &["Automated Process", org.id.as_str()]);
        let rights = Rights { user, sets: Vec::new(), reach: Reach::User };
        let mut tx = Self::begin(org, rights);
        let profile = tx.state.users.get(&org.admin).map(|admin| admin.profile);
        let automated = User {
            id: user,
            username: format!("autoproc@{}", org.id.as_str().to_lowercase()),
            password: String::new(),
            first_name: "Automated".to_owned(),
            last_name: "Process".to_owned(),
            email: format!("autoproc@{}", org.id.as_str().to_lowercase()),
            profile: profile.unwrap_or(org.admin),
            active: true,
            created_ms: org.started_ms,
            last_login_ms: None,
        };
        Arc::make_mut(&mut tx.state.users).insert(user, automated);
        tx
    }

    /// Has a job run after the transaction, if it ends well.
    pub fn enqueue(&mut self, job: Job) {
        self.pending.jobs.push(job);
    }

    /// Takes the jobs that wait, to run them here (`Test.stopTest`).
    pub fn take_jobs(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.pending.jobs)
    }

    /// Brings the events that wait to the triggers that stand on them, here and now (`Test.getEventBus().deliver()`);
    /// they do not leave afterwards.
    pub fn deliver_events(&mut self) -> Result<(), Thrown> {
        let mut events = std::mem::take(&mut self.pending.events).into_iter().peekable();
        while let Some(first) = events.next() {
            let name = first.object.name.clone();
            let mut batch = vec![first];
            while batch.len() < DELIVERED_MAX
                && let Some(next) = events.next_if(|event| event.object.name == name)
            {
                batch.push(next);
            }
            crate::dml::deliver(self, batch)?;
        }
        self.deliver_changes()
    }

    /// In a test that captures changes, brings those made since the last time to the triggers on change events.
    fn deliver_changes(&mut self) -> Result<(), Thrown> {
        let Some((before, told)) = self.machine.capturing.take() else { return Ok(()) };
        let notes = self.pending.notes.get(told..).unwrap_or_default();
        let spans = (&before, &self.state.records);
        let changes = changes_of(&self.state.metadata, notes, spans, |_| true);
        self.machine.capturing = Some((self.state.records.clone(), self.pending.notes.len()));
        let user = self.rights.user;
        crate::dml::deliver_changes(self, user, &changes)
    }
}
