//! Nothing outlives its transaction: values that may refer to themselves in a circle are known here and emptied when
//! the transaction ends.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::{Instance, ListValue, MapValue, PlatformValue, RecordValue, SetValue, Value};
use crate::apex::types::Type;

/// A container that may hold others.
#[derive(Debug)]
pub(super) enum Kept {
    List(Weak<ListValue>),
    Set(Weak<SetValue>),
    Map(Weak<MapValue>),
    Record(Weak<RecordValue>),
    Object(Weak<Instance>),
    Platform(Weak<PlatformValue>),
}

#[derive(Debug, Default)]
struct Registry {
    kept: Vec<Kept>,
    /// Where the innermost transaction's own begin.
    starts: Vec<usize>,
    /// At this length those that are gone are left out.
    sweep_at: usize,
}

/// Shortest registry worth sweeping.
const SWEEP_MIN: usize = 4_096;

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::default();
}

/// Held by a transaction's machine: when it is dropped, the containers that were made since are emptied.
#[derive(Debug)]
pub struct Lifetime {
    start: usize,
    /// Not to be sent to another thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl Default for Lifetime {
    fn default() -> Self {
        let start = REGISTRY.with_borrow_mut(|registry| {
            let start = registry.kept.len();
            registry.starts.push(start);
            start
        });
        Self { start, _here: std::marker::PhantomData }
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        let ended = REGISTRY.try_with(|registry| {
            let mut registry = registry.borrow_mut();
            registry.starts.pop();
            let start = self.start.min(registry.kept.len());
            registry.kept.split_off(start)
        });
        // Outside of the borrow, since what is dropped looks at the registry too; and all of them held until the last is
        // empty, so that a long chain does not fall link by link on the stack.
        let held: Vec<Held> = ended.unwrap_or_default().iter().filter_map(Kept::hold).collect();
        for one in &held {
            one.empty();
        }
    }
}

/// How deep values may be dropped within each other before the rest waits.
const DROP_DEPTH_MAX: usize = 64;

#[derive(Debug, Default)]
struct Graveyard {
    depth: usize,
    waiting: Vec<Value>,
}

thread_local! {
    static GRAVEYARD: RefCell<Graveyard> = RefCell::default();
}

/// Drops the content of a container without ever running out of stack, however long the chain behind it is.
pub(super) fn bury(values: Vec<Value>) {
    if !values.iter().any(holds_others) {
        return;
    }
    let deep = GRAVEYARD.try_with(|yard| {
        let mut yard = yard.borrow_mut();
        yard.depth += 1;
        yard.depth > DROP_DEPTH_MAX
    });
    if deep == Ok(true) {
        let _ = GRAVEYARD.try_with(|yard| yard.borrow_mut().waiting.extend(values));
    } else {
        drop(values);
    }
    loop {
        let next = GRAVEYARD.try_with(|yard| {
            let mut yard = yard.borrow_mut();
            if yard.depth == 1 { yard.waiting.pop() } else { None }
        });
        match next {
            Ok(Some(value)) => drop(value),
            _ => break,
        }
    }
    let _ = GRAVEYARD.try_with(|yard| yard.borrow_mut().depth -= 1);
}

fn holds_others(value: &Value) -> bool {
    matches!(
        value,
        Value::List(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::Record(_)
            | Value::Object(_)
            | Value::Platform(_)
    )
}

/// Whether values of this type can lead back to the container that holds them.
pub(super) fn may_hold_containers(ty: &Type) -> bool {
    !matches!(
        ty,
        Type::Boolean
            | Type::Integer
            | Type::Long
            | Type::Double
            | Type::Decimal
            | Type::String
            | Type::Id
            | Type::Blob
            | Type::Date
            | Type::Datetime
            | Type::Time
    )
}

pub(super) fn remember(kept: Kept) {
    REGISTRY.with_borrow_mut(|registry| {
        if registry.starts.is_empty() {
            return;
        }
        registry.kept.push(kept);
        if registry.kept.len() >= registry.sweep_at.max(SWEEP_MIN) {
            let start = registry.starts.last().copied().unwrap_or(0).min(registry.kept.len());
            let own = registry.kept.split_off(start);
            registry.kept.extend(own.into_iter().filter(Kept::lives));
            registry.sweep_at = registry.kept.len() * 2;
        }
    });
}

impl Kept {
    fn lives(&self) -> bool {
        let count = match self {
            Kept::List(list) => list.strong_count(),
            Kept::Set(set) => set.strong_count(),
            Kept::Map(map) => map.strong_count(),
            Kept::Record(record) => record.strong_count(),
            Kept::Object(object) => object.strong_count(),
            Kept::Platform(value) => value.strong_count(),
        };
        count > 0
    }

    fn hold(&self) -> Option<Held> {
        Some(match self {
            Kept::List(list) => Held::List(list.upgrade()?),
            Kept::Set(set) => Held::Set(set.upgrade()?),
            Kept::Map(map) => Held::Map(map.upgrade()?),
            Kept::Record(record) => Held::Record(record.upgrade()?),
            Kept::Object(object) => Held::Object(object.upgrade()?),
            Kept::Platform(value) => Held::Platform(value.upgrade()?),
        })
    }
}

/// A container that still lives at the end.
enum Held {
    List(Rc<ListValue>),
    Set(Rc<SetValue>),
    Map(Rc<MapValue>),
    Record(Rc<RecordValue>),
    Object(Rc<Instance>),
    Platform(Rc<PlatformValue>),
}

impl Held {
    fn empty(&self) {
        match self {
            Held::List(list) => drop(taken(&list.items)),
            Held::Set(set) => drop(taken(&set.items)),
            Held::Map(map) => drop(taken(&map.entries)),
            Held::Record(record) => drop(taken(&record.state)),
            Held::Object(object) => {
                drop(taken(&object.fields));
                drop(object.exception.as_ref().map(taken));
            }
            Held::Platform(value) => drop(taken(&value.state)),
        }
    }
}

/// What somebody has borrowed just now is left alone: better a leak than a panic.
fn taken<T: Default>(cell: &RefCell<T>) -> Option<T> {
    cell.try_borrow_mut().ok().map(|mut content| std::mem::take(&mut *content))
}

impl Drop for ListValue {
    fn drop(&mut self) {
        if may_hold_containers(&self.ty) {
            bury(std::mem::take(self.items.get_mut()));
        }
    }
}

impl Drop for SetValue {
    fn drop(&mut self) {
        if may_hold_containers(&self.ty) {
            bury(std::mem::take(self.items.get_mut()).into_iter().map(|key| key.value).collect());
        }
    }
}

impl Drop for MapValue {
    fn drop(&mut self) {
        if may_hold_containers(&self.value) || may_hold_containers(&self.key) {
            let entries = std::mem::take(self.entries.get_mut());
            bury(entries.into_iter().flat_map(|(key, value)| [key.value, value]).collect());
        }
    }
}

impl Drop for RecordValue {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if state.parents.is_empty() && state.children.is_empty() {
            return;
        }
        let parents = std::mem::take(&mut state.parents).into_values();
        bury(parents.chain(std::mem::take(&mut state.children).into_values()).collect());
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let mut values = std::mem::take(self.fields.get_mut());
        if let Some(state) = &mut self.exception {
            values.extend(state.get_mut().cause.take());
        }
        bury(values);
    }
}

impl Drop for PlatformValue {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if !state.values.is_empty() {
            bury(std::mem::take(&mut state.values).into_values().collect());
        }
    }
}
