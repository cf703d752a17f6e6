//! How much memory the values of a transaction take, approximately.
//!
//! What is made is counted as it is made; when that passes the limit, what is still reachable from variables is measured,
//! and only that counts.

use std::collections::HashSet;
use std::rc::Rc;

use super::limits::{Limit, limit};
use super::{Thrown, fatal};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// Fewer new bytes than these are not worth a measurement.
const MEASURE_MIN: u64 = 512 * 1024;

#[derive(Debug, Default)]
pub(super) struct Heap {
    /// Found by the last measurement.
    live: u64,
    /// Made since.
    made: u64,
}

/// Counts bytes that a value takes; `System.LimitException` when there are too many.
pub fn heap(tx: &mut Transaction, bytes: usize) -> Result<(), Thrown> {
    tx.machine.heap.made = tx.machine.heap.made.saturating_add(bytes as u64);
    let most = tx.machine.limits.most(Limit::Heap);
    if bytes as u64 > most {
        let message = format!("Apex heap size too large: {bytes}");
        return Err(fatal(tx, "System.LimitException", message));
    }
    let room = most.saturating_sub(tx.machine.heap.live).max(MEASURE_MIN);
    if tx.machine.heap.made < room {
        return Ok(());
    }
    measure(tx);
    limit(tx, Limit::Heap, 0)
}

/// Bytes that the transaction's values take now, as `Limits.getHeapSize()` says.
pub fn heap_size(tx: &mut Transaction) -> u64 {
    if tx.machine.heap.made > MEASURE_MIN / 8 {
        measure(tx);
    }
    let used = tx.machine.heap.live + tx.machine.heap.made;
    used.min(tx.machine.limits.most(Limit::Heap))
}

fn measure(tx: &mut Transaction) {
    let mut walk = Walk::default();
    let machine = &tx.machine;
    for statics in machine.statics.iter().flatten() {
        walk.waiting.extend(statics.values.iter().cloned());
    }
    walk.waiting.extend(machine.locals.iter().cloned());
    walk.waiting.extend(machine.kept.values().cloned());
    for trigger in &machine.triggers {
        walk.waiting.extend(trigger.new.iter().chain(&trigger.old).map(|list| Value::List(list.clone())));
    }
    let live = walk.bytes();
    tx.machine.heap.live = live;
    tx.machine.heap.made = 0;
    tx.machine.limits.set(Limit::Heap, live);
}

#[derive(Default)]
struct Walk {
    seen: HashSet<*const ()>,
    waiting: Vec<Value>,
}

impl Walk {
    fn first<T: ?Sized>(&mut self, value: &Rc<T>) -> bool {
        self.seen.insert(Rc::as_ptr(value).cast())
    }

    /// Values that are shared count once.
    fn bytes(&mut self) -> u64 {
        let mut sum = 0u64;
        while let Some(value) = self.waiting.pop() {
            sum += 8;
            match &value {
                Value::String(text) if self.first(text) => sum += text.len() as u64,
                Value::Blob(bytes) => sum += bytes.len() as u64,
                Value::Decimal(_) => sum += 16,
                Value::List(list) if self.first(list) => {
                    self.waiting.extend(list.items.borrow().iter().cloned())
                }
                Value::Set(set) if self.first(set) => {
                    self.waiting.extend(set.items.borrow().iter().map(|key| key.value.clone()));
                }
                Value::Map(map) if self.first(map) => {
                    for (key, value) in map.entries.borrow().iter() {
                        self.waiting.push(key.value.clone());
                        self.waiting.push(value.clone());
                    }
                }
                Value::Record(record) if self.first(record) => {
                    let state = record.state.borrow();
                    sum += 16;
                    for part in [&state.fields, &state.parents, &state.children, &state.extra] {
                        self.waiting.extend(part.values().cloned());
                    }
                }
                Value::Object(object) if self.first(object) => {
                    self.waiting.extend(object.fields.borrow().iter().cloned());
                    if let Some(state) = &object.exception {
                        self.waiting.extend(state.borrow().cause.iter().cloned());
                    }
                }
                Value::Platform(platform) if self.first(platform) => {
                    self.waiting.extend(platform.state.borrow().values.values().cloned());
                }
                _ => {}
            }
        }
        sum
    }
}
