//! Loops.

use std::cell::Cell;
use std::rc::Rc;

use super::eval::{eval, truth};
use super::exec::{Context, Flow, at, statement, store};
use super::{Thrown, invoke, native, null_reference, throw};
use crate::apex::program::{Expr, Stmt};
use crate::apex::types::Type;
use crate::apex::value::{ListValue, Value};
use crate::transaction::Transaction;

/// Records that a query loop hands over at a time.
const CHUNK: usize = 200;

/// Runs a loop's body; false ends the loop.
macro_rules! body {
    ($tx:expr, $cx:expr, $body:expr) => {
        match statement($tx, $cx, $body)? {
            Flow::Next | Flow::Continue => {}
            Flow::Break => break,
            left => return Ok(left),
        }
    };
}

pub(super) fn while_loop(
    tx: &mut Transaction,
    cx: Context<'_>,
    condition: &Expr,
    body: &Stmt,
) -> Result<Flow, Thrown> {
    while truth(tx, cx, condition)? {
        body!(tx, cx, body);
        at(tx, condition.at);
    }
    Ok(Flow::Next)
}

pub(super) fn do_while(
    tx: &mut Transaction,
    cx: Context<'_>,
    body: &Stmt,
    condition: &Expr,
) -> Result<Flow, Thrown> {
    loop {
        body!(tx, cx, body);
        at(tx, condition.at);
        if !truth(tx, cx, condition)? {
            break;
        }
    }
    Ok(Flow::Next)
}

pub(super) fn for_loop(
    tx: &mut Transaction,
    cx: Context<'_>,
    init: &[Stmt],
    condition: Option<&Expr>,
    update: &[Expr],
    body: &Stmt,
) -> Result<Flow, Thrown> {
    for one in init {
        statement(tx, cx, one)?;
    }
    loop {
        super::step(tx)?;
        if let Some(condition) = condition {
            at(tx, condition.at);
            if !truth(tx, cx, condition)? {
                break;
            }
        }
        body!(tx, cx, body);
        for one in update {
            at(tx, one.at);
            eval(tx, cx, one)?;
        }
    }
    Ok(Flow::Next)
}

/// Marks a collection as being iterated, as long as it lives.
struct Iterating<'a>(&'a Cell<u32>);

impl<'a> Iterating<'a> {
    fn over(count: &'a Cell<u32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Iterating<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

pub(super) fn for_each(
    tx: &mut Transaction,
    cx: Context<'_>,
    slot: usize,
    ty: &Type,
    iterable: &Expr,
    body: &Stmt,
) -> Result<Flow, Thrown> {
    let value = eval(tx, cx, iterable)?;
    match value {
        Value::List(list) => {
            // A loop over a query whose variable is a list; a dynamic query's records look the same.
            if matches!(ty, Type::List(_)) && list.ty.is_record() {
                return over_chunks(tx, cx, slot, &list, body);
            }
            let _iterating = Iterating::over(&list.iterating);
            let mut index = 0;
            loop {
                let Some(item) = list.items.borrow().get(index).cloned() else { break };
                index += 1;
                store(tx, cx, slot, item);
                body!(tx, cx, body);
            }
            Ok(Flow::Next)
        }
        Value::Set(set) => {
            let _iterating = Iterating::over(&set.iterating);
            let mut index = 0;
            loop {
                let Some(item) = set.items.borrow().get_index(index).map(|key| key.value.clone()) else {
                    break;
                };
                index += 1;
                store(tx, cx, slot, item);
                body!(tx, cx, body);
            }
            Ok(Flow::Next)
        }
        Value::Null => Err(null_reference(tx)),
        other => over_iterable(tx, cx, slot, &other, body),
    }
}

fn over_chunks(
    tx: &mut Transaction,
    cx: Context<'_>,
    slot: usize,
    list: &Rc<ListValue>,
    body: &Stmt,
) -> Result<Flow, Thrown> {
    let items = list.items.borrow().clone();
    for chunk in items.chunks(CHUNK) {
        store(tx, cx, slot, Value::list(list.ty.clone(), chunk.to_vec()));
        body!(tx, cx, body);
    }
    Ok(Flow::Next)
}

/// Calls a method of an object of the program or of the platform.
fn ask(tx: &mut Transaction, receiver: &Value, method: &str) -> Result<Value, Thrown> {
    if let Some(answer) = invoke(tx, receiver, method, &[])? {
        return Ok(answer);
    }
    match native::find(receiver, method, 0) {
        Some(native) => native.call(tx, receiver, &[]),
        None => Err(throw(tx, "System.TypeException", format!("Method does not exist: {method}"))),
    }
}

fn over_iterable(
    tx: &mut Transaction,
    cx: Context<'_>,
    slot: usize,
    iterable: &Value,
    body: &Stmt,
) -> Result<Flow, Thrown> {
    let iterator = ask(tx, iterable, "iterator")?;
    if iterator.is_null() {
        return Err(null_reference(tx));
    }
    loop {
        super::step(tx)?;
        let more = ask(tx, &iterator, "hasNext")?;
        if !super::operate::truth(tx, &more)? {
            break;
        }
        let item = ask(tx, &iterator, "next")?;
        store(tx, cx, slot, item);
        body!(tx, cx, body);
    }
    Ok(Flow::Next)
}

/// All elements of an `Iterable`.
pub(super) fn elements(tx: &mut Transaction, iterable: &Value) -> Result<Vec<Value>, Thrown> {
    let iterator = ask(tx, iterable, "iterator")?;
    let mut found = Vec::new();
    loop {
        super::step(tx)?;
        super::heap(tx, 8)?;
        let more = ask(tx, &iterator, "hasNext")?;
        if !super::operate::truth(tx, &more)? {
            return Ok(found);
        }
        found.push(ask(tx, &iterator, "next")?);
    }
}
