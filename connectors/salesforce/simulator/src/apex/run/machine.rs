//! What Apex keeps during a transaction.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::coverage::Coverage;
use super::limits::Limits;
use crate::apex::program::{MethodId, UnitId};
use crate::apex::value::{Lifetime, ListValue, MapValue, Value};
use crate::debug_log::{Category, Level, Trace};
use crate::org::{Id, Rights, TriggerEvent};

/// Lines of the debug log that are kept.
const LOG_LINES_MAX: usize = 10_000;
/// Characters of the debug log that are kept.
const LOG_CHARS_MAX: usize = 5_000_000;

/// What Apex keeps during a transaction: static variables, limits, the stack of calls.
#[derive(Debug, Default)]
pub struct Machine {
    pub limits: Limits,
    /// Lines that ran; nobody counts without it.
    pub coverage: Option<Coverage>,
    /// What `System.debug` wrote, without time stamps.
    pub log: Vec<String>,
    log_chars: usize,
    /// The debug log that somebody has asked for.
    pub(crate) trace: Option<Box<Trace>>,
    /// A test runs.
    pub testing: bool,
    /// Between `Test.startTest` and `Test.stopTest`: the limits of the test's other part.
    pub outer_limits: Option<Limits>,
    /// A test captures changes: records as they were when changes were last told, and how many notes there were.
    pub capturing: Option<(crate::org::Records, usize)>,
    /// `Test.startTest` has been called.
    pub test_started: bool,
    pub entry: EntryKind,
    /// Variables that a dynamic query may name, in lower case; set by the interpreter before such a call.
    pub scope: Option<BTreeMap<String, Value>>,
    /// Triggers that run now, the innermost last.
    pub triggers: Vec<TriggerContext>,
    /// Rights before each `System.runAs` that runs now.
    pub run_as: Vec<Rights>,
    /// Objects that the platform keeps for the whole transaction (`RestContext.request`), by a name of their type's
    /// choice.
    pub kept: HashMap<&'static str, Value>,
    /// By class; of those that have been used.
    pub(super) statics: Vec<Option<Statics>>,
    pub(super) found: super::find::Found,
    /// Local variables of all calls that run.
    pub(super) locals: Vec<Value>,
    pub(super) calls: Vec<Call>,
    pub(super) instances: u64,
    /// How deep values that are compared or printed are nested now.
    pub(super) nesting: usize,
    /// The expression that a `?.` has cut short last, by its address: what is asked of its null is null too.
    pub(super) cut: usize,
    pub(super) heap: super::heap::Heap,
    // Last: what it empties must not be used any more.
    _lifetime: Lifetime,
}

/// How Apex was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntryKind {
    /// A request, a trigger, a test.
    #[default]
    Synchronous,
    /// Anonymous code.
    Anonymous,
    Future,
    Queueable,
    Batch,
    Scheduled,
}

/// Static variables of a class.
#[derive(Debug, Default)]
pub(super) struct Statics {
    pub values: Vec<Value>,
}

/// Where a call stands.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub place: Place,
    pub line: u32,
    pub column: u32,
    pub with_sharing: bool,
    /// Queries and changes run in user mode where they do not say otherwise.
    pub user_mode: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Method(MethodId),
    Trigger(Arc<str>, UnitId),
    Anonymous,
}

/// A trigger that runs.
#[derive(Debug, Clone)]
pub struct TriggerContext {
    /// The trigger's name.
    pub name: Arc<str>,
    pub event: TriggerEvent,
    pub size: usize,
    pub new: Option<Rc<ListValue>>,
    pub old: Option<Rc<ListValue>>,
    pub new_map: Option<Rc<MapValue>>,
    pub old_map: Option<Rc<MapValue>>,
}

impl Machine {
    /// Adds an entry to the debug log, if there is one with such entries; `[]` in it stands for the line that runs.
    pub(crate) fn told(&mut self, category: Category, level: Level, text: impl FnOnce() -> String) {
        let line = self.calls.last().map_or(0, |call| call.line);
        if let Some(trace) = self.trace.as_mut().filter(|trace| trace.tells(category, level)) {
            trace.event(category, level, &text().replacen("[]", &format!("[{line}]"), 1));
        }
    }

    /// Adds a line to the debug log, as long as there is room.
    pub(crate) fn debug(&mut self, level: Level, line: String) {
        self.told(Category::ApexCode, level, || format!("USER_DEBUG|[]|{}|{line}", level.as_str()));
        if self.log.len() < LOG_LINES_MAX && self.log_chars + line.len() <= LOG_CHARS_MAX {
            self.log_chars += line.len();
            self.log.push(line);
        }
    }

    /// Whether queries and changes see only what is shared with the user.
    pub fn with_sharing(&self) -> bool {
        self.calls.last().is_some_and(|call| call.with_sharing)
    }

    /// Whether queries and changes that do not name a mode are made with the rights of the running user.
    pub fn user_mode(&self) -> bool {
        self.calls.last().is_some_and(|call| call.user_mode)
    }

    /// How many calls are nested now.
    pub fn depth(&self) -> usize {
        self.calls.len()
    }

    /// A number for a new object.
    pub fn number(&mut self) -> u64 {
        self.instances += 1;
        self.instances
    }

    /// `Test.startTest`: limits of its own.
    pub fn start_test(&mut self) {
        self.test_started = true;
        let outer = std::mem::take(&mut self.limits);
        self.outer_limits = Some(outer);
    }

    /// `Test.stopTest`: the limits from before.
    pub fn stop_test(&mut self) {
        if let Some(outer) = self.outer_limits.take() {
            self.limits = outer;
        }
    }

    /// Forgets what classes have kept, as between the setup of a test class and its methods.
    pub fn forget_statics(&mut self) {
        self.statics.clear();
        self.kept.clear();
    }
}

/// The id of the user as whom Apex runs.
pub fn running_user(tx: &crate::transaction::Transaction) -> Id {
    tx.rights.user
}
