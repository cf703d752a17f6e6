//! One transaction: a working copy of the org's records that is put in place when it ends well, and the Apex that runs
//! in it. Every change of records happens in one, also those of plain REST calls.

mod pending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use pending::Job;
pub(crate) use pending::{Event, Note, Pending};

use pending::{Task, Waiting};

use crate::apex::program::{NEWEST_API_VERSION, Program};
use crate::apex::run::Machine;
use crate::debug_log::{self, Trace};
use crate::dml::Mix;
use crate::events::change;
use crate::org::{Assignment, Id, Metadata, Org, Records, Rights, State, Turn, User, prefix};
use crate::streaming;
use crate::tables::View;

/// A transaction of one user. Only one at a time changes records; readers go on with what was there before.
///
/// Dropping it undoes everything but the events that were to be published immediately.
pub struct Transaction {
    pub org: Arc<Org>,
    /// The org as this transaction sees it.
    pub state: State,
    /// Of the running user.
    pub rights: Rights,
    pub program: Arc<Program>,
    /// The side of Apex: statics, limits, stack.
    pub machine: Machine,
    /// Which kinds of objects Apex has changed so far; `System.runAs` begins anew and puts it back.
    pub mix: Mix,
    /// The lead that is being converted: fields of it that nobody else writes are written.
    pub(crate) converting: Option<Id>,
    /// Triggers that are running inside each other, outermost first: `Account trigger event BeforeInsert`.
    pub(crate) firing: Vec<String>,
    pub(crate) pending: Pending,
    /// Users and assignments that were added, changed or removed.
    pub(crate) touched: BTreeSet<Id>,
    savepoints: Vec<Mark>,
    /// The records as they were in the beginning.
    base: Records,
    /// Absent: it is apart, and nothing of it will ever be put in place.
    turn: Option<Turn>,
}

/// A state to come back to.
#[derive(Clone)]
pub(crate) struct Mark {
    records: Records,
    users: Arc<BTreeMap<Id, User>>,
    assignments: Arc<BTreeMap<Id, Assignment>>,
    metadata: Arc<Metadata>,
    waiting: Waiting,
}

impl Transaction {
    /// Waits for its turn and begins. The thread must not hold the org's lock, nor be in another transaction.
    pub fn begin(org: &Arc<Org>, rights: Rights) -> Self {
        let turn = org.turn();
        let mut tx = Self { turn: Some(turn), ..Self::apart(org, org.snapshot(), rights) };
        tx.traced("Api", NEWEST_API_VERSION);
        tx
    }

    /// Writes a debug log of this transaction, if a trace flag asks for one of its user.
    pub(crate) fn traced(&mut self, operation: &str, version: u32) {
        let levels = debug_log::flagged(&self.state, self.rights.user, self.org.now_ms());
        self.machine.trace = levels.map(|levels| {
            let called = (version, operation);
            Box::new(Trace::begin(&self.org, self.rights.user, levels, called, true))
        });
    }

    /// What was called, as the debug log names it.
    pub(crate) fn called(&mut self, version: u32, operation: &str) {
        if let Some(trace) = &mut self.machine.trace {
            trace.called(version, operation);
        }
    }

    /// A transaction on a state that is nobody else's: it waits for nobody, and its end changes nothing.
    pub fn apart(org: &Arc<Org>, state: State, rights: Rights) -> Self {
        let program = Program::of(&state.metadata);
        Self {
            org: org.clone(),
            base: state.records.clone(),
            state,
            rights,
            program,
            machine: Machine::default(),
            mix: Mix::default(),
            converting: None,
            firing: Vec::new(),
            pending: Pending::default(),
            touched: BTreeSet::new(),
            savepoints: Vec::new(),
            turn: None,
        }
    }

    /// Puts everything in place, lets the events go that waited for it and runs the jobs, each in a transaction of its
    /// own. A transaction that is apart ends as if it were dropped.
    pub fn commit(self) {
        let org = self.org.clone();
        let (tasks, machine) = self.put();
        pending::run(&org, tasks, machine);
    }

    /// Puts everything in place; what is still to run has values that live as long as the machine.
    fn put(self) -> (Vec<Task>, Machine) {
        let Self { org, state, base, pending, touched, turn, mut machine, rights, .. } = self;
        // The log ends here; the jobs have their own.
        let trace = machine.trace.take();
        if turn.is_none() {
            return (Vec::new(), machine);
        }
        let changes = change::changes(&state.metadata, &pending.notes, &base, &state.records);
        let notices = streaming::notices(&org, &base, &state, &pending.notes);
        let (streams, user) = (state.metadata.streams.clone(), rights.user);
        {
            let mut live = org.write();
            live.records.adopt(state.records, &base);
            for id in touched {
                if let Some(user) = state.users.get(&id) {
                    Arc::make_mut(&mut live.users).insert(id, user.clone());
                } else if let Some(assignment) = state.assignments.get(&id) {
                    Arc::make_mut(&mut live.assignments).insert(id, assignment.clone());
                } else if id.prefix() == prefix::PERMISSION_SET {
                    let sets = &mut Arc::make_mut(&mut live.metadata).permission_sets;
                    match state.metadata.permission_sets.get(&id) {
                        Some(set) => drop(sets.insert(id, set.clone())),
                        None => drop(sets.remove(&id)),
                    }
                } else {
                    Arc::make_mut(&mut live.assignments).remove(&id);
                }
            }
            pending.locked_out.iter().for_each(|user| live.sessions.end_of_user(*user));
        }
        if !changes.is_empty() {
            org.bus.tell_changes(&streams, user, &changes);
        }
        notices.iter().for_each(|(topic, message)| org.bus.announce(topic, message));
        drop(trace);
        let mut tasks = pending.settle(&org);
        tasks.extend(Task::changes(&org, user, changes));
        (tasks, machine)
    }

    /// The org as its user sees it now.
    pub(crate) fn view(&self) -> View<'_> {
        View { org: &self.org, state: &self.state, rights: &self.rights, tooling: false }
    }

    /// Remembers how things are; answers the savepoint's number.
    pub fn savepoint(&mut self) -> usize {
        let mark = self.mark();
        self.savepoints.push(mark);
        self.savepoints.len() - 1
    }

    /// Goes back to a savepoint, which stays good; later ones do not. False when there is no such savepoint (any more).
    pub fn rollback_to(&mut self, savepoint: usize) -> bool {
        self.savepoints.truncate(savepoint.saturating_add(1));
        let Some(mark) = self.savepoints.get(savepoint).cloned() else { return false };
        self.restore(mark);
        true
    }

    /// As [`Self::savepoint`], kept by the caller.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            records: self.state.records.clone(),
            users: self.state.users.clone(),
            assignments: self.state.assignments.clone(),
            metadata: self.state.metadata.clone(),
            waiting: self.pending.waiting(),
        }
    }

    /// Goes back to a mark.
    pub(crate) fn restore(&mut self, mark: Mark) {
        self.state.records = mark.records;
        self.state.users = mark.users;
        self.state.assignments = mark.assignments;
        self.state.metadata = mark.metadata;
        self.pending.back_to(mark.waiting);
    }
}
