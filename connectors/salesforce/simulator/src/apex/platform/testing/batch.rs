//! Batch Apex: `start`, an `execute` for each chunk, `finish`.

use std::rc::Rc;

use serde_json::json;

use super::super::arguments::{argument, elements, null_argument, whole};
use super::super::database::kept;
use super::super::define::Definition;
use super::job;
use crate::apex::run::{self, EntryKind, Limits, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::org::Id;
use crate::transaction::{Job, Transaction};

type Answer = Result<Value, Thrown>;

const CONTEXT: &str = "Database.BatchableContext";
/// Records of one `execute` where nobody says how many.
const CHUNK: usize = 200;
/// The most that one may ask for.
const CHUNK_MAX: i64 = 2_000;
/// Records that an iterable brings, at most.
const ITEMS_MAX: usize = 1_000_000;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Database.Batchable")
            .parameters(&["T"])
            .interface()
            .method("Object start(Database.BatchableContext)", absent)
            .method("void execute(Database.BatchableContext, List<T>)", absent)
            .method("void finish(Database.BatchableContext)", absent),
        Definition::class(CONTEXT)
            .interface()
            .method("Id getJobId()", job_id)
            .method("Id getChildJobId()", job_id),
    ]
}

/// Methods of `Database` that start batches. The argument implements `Database.Batchable` of whatever it is of.
pub(in crate::apex::platform) fn methods(database: Definition) -> Definition {
    database
        .method("static Id executeBatch(Object)", start)
        .method("static Id executeBatch(Object, Integer)", start)
}

fn absent(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Err(null_argument(tx))
}

fn job_id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "job"))
}

fn implements(tx: &Transaction, value: &Value, interface: &str) -> bool {
    let mut next = vec![run::type_of(value)];
    for _ in 0..run::STACK_MAX {
        match next.pop() {
            Some(Type::Platform(name, _)) if name == interface => return true,
            Some(Type::Class(class)) => {
                let class = tx.program.class(class);
                next.extend(class.interfaces.iter().chain(&class.superclass).cloned());
            }
            Some(_) => {}
            None => return false,
        }
    }
    false
}

fn start(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let batch = argument(arguments, 0).clone();
    if batch.is_null() {
        return Err(null_argument(tx));
    }
    if !implements(tx, &batch, "Database.Batchable") {
        let message = "The argument of Database.executeBatch has to implement Database.Batchable";
        return Err(throw(tx, "System.TypeException", message));
    }
    let size = match arguments.get(1) {
        None => CHUNK,
        Some(size) => match whole(tx, size)? {
            size if size < 1 => {
                let message = "Invalid value for batch size: it has to be greater than 0";
                return Err(throw(tx, "System.AsyncException", message));
            }
            size => usize::try_from(size.min(CHUNK_MAX)).unwrap_or(CHUNK),
        },
    };
    if matches!(tx.machine.entry, EntryKind::Batch | EntryKind::Future) {
        let message =
            "Database.executeBatch cannot be called from a batch start, batch execute, or future method.";
        return Err(throw(tx, "System.AsyncException", message));
    }
    let id = tx.org.ids.next("707");
    job::queued(tx, id, &batch, "BatchApex");
    let work = move |tx: &mut Transaction| whole_batch(tx, &batch, id, size);
    let user = tx.rights.user;
    tx.enqueue(Job { user, run: Rc::new(work) });
    Ok(Value::Id(id))
}

fn whole_batch(tx: &mut Transaction, batch: &Value, id: Id, size: usize) -> Result<(), Thrown> {
    let before = std::mem::replace(&mut tx.machine.entry, EntryKind::Batch);
    let done = phases(tx, batch, id, size);
    tx.machine.entry = before;
    if let Err(thrown) = &done {
        let status = thrown.headline(&tx.program.clone());
        job::told(tx, id, &[("Status", json!("Failed")), ("ExtendedStatus", json!(status))]);
    }
    done
}

fn phases(tx: &mut Transaction, batch: &Value, id: Id, size: usize) -> Result<(), Thrown> {
    let context = context(id);
    let found = run::invoke(tx, batch, "start", std::slice::from_ref(&context))?.unwrap_or(Value::Null);
    let (items, of) = items(tx, &found)?;
    let chunks: Vec<&[Value]> = items.chunks(size).collect();
    if tx.machine.testing && chunks.len() > 1 {
        let message = "No more than one executeBatch can be called from within a test method.  Please make sure the iterable returned from your start method matches the batch size, resulting in one executeBatch invocation.";
        return Err(throw(tx, "System.UnexpectedException", message));
    }
    job::told(tx, id, &[("Status", json!("Processing")), ("TotalJobItems", json!(chunks.len()))]);
    let stateful = implements(tx, batch, "Database.Stateful");
    let fields = fields_of(batch);
    let (mut done, mut errors, mut first) = (0usize, 0usize, None);
    for chunk in chunks {
        tx.machine.limits = Limits::asynchronous(false);
        if !stateful {
            restore(batch, &fields);
        }
        let mark = tx.mark();
        let rows = Value::list(of.clone(), chunk.to_vec());
        match run::invoke(tx, batch, "execute", &[context.clone(), rows]) {
            Ok(_) => done += 1,
            // A test hears of it; in the org the others go on.
            Err(thrown) if tx.machine.testing => return Err(thrown),
            Err(thrown) => {
                tx.restore(mark);
                errors += 1;
                first.get_or_insert_with(|| thrown.headline(&tx.program));
            }
        }
        job::told(tx, id, &[("JobItemsProcessed", json!(done + errors)), ("NumberOfErrors", json!(errors))]);
    }
    tx.machine.limits = Limits::asynchronous(false);
    if !stateful {
        restore(batch, &fields);
    }
    job::told(tx, id, &[("Status", json!("Completed")), ("ExtendedStatus", json!(first))]);
    // `finish` may start the next batch.
    tx.machine.entry = EntryKind::Synchronous;
    run::invoke(tx, batch, "finish", &[context]).map(|_| ())
}

fn context(id: Id) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("job", Value::Id(id));
    Value::Platform(PlatformValue::new(CONTEXT, state))
}

/// Variables of an object: each chunk of a batch that keeps no state begins with those it was started with.
fn fields_of(batch: &Value) -> Vec<Value> {
    match batch {
        Value::Object(object) => object.fields.borrow().clone(),
        _ => Vec::new(),
    }
}

fn restore(batch: &Value, fields: &[Value]) {
    if let Value::Object(object) = batch {
        object.fields.borrow_mut().clone_from_slice(fields);
    }
}

/// What `start` brings: rows of a locator, elements of a list, or what an iterator gives.
fn items(tx: &mut Transaction, found: &Value) -> Result<(Vec<Value>, Type), Thrown> {
    let of = |items: &[Value]| match items.first() {
        Some(Value::Record(record)) => Type::Record(record.object.name.as_str().into()),
        Some(other) => run::type_of(other),
        None => Type::SObject,
    };
    match found {
        Value::Null => {
            let message = "Start did not return a valid iterable object.";
            Err(throw(tx, "System.UnexpectedException", message))
        }
        Value::Platform(_) => {
            let items = elements(tx, &kept(found, "rows"))?;
            let ty = of(&items);
            Ok((items, ty))
        }
        Value::List(list) => Ok((list.items.borrow().clone(), list.ty.clone())),
        Value::Set(_) => {
            let items = elements(tx, found)?;
            let ty = of(&items);
            Ok((items, ty))
        }
        other => {
            let iterator = run::invoke(tx, other, "iterator", &[])?.unwrap_or(Value::Null);
            if !matches!(iterator, Value::Object(_)) {
                let items = elements(tx, &kept(&iterator, "items"))?;
                let ty = of(&items);
                return Ok((items, ty));
            }
            let mut items = Vec::new();
            while run::invoke(tx, &iterator, "hasNext", &[])?.is_some_and(|more| more.is_true()) {
                if items.len() == ITEMS_MAX {
                    let message = format!("An iterable brings {ITEMS_MAX} items at most");
                    return Err(throw(tx, "System.LimitException", message));
                }
                run::step(tx)?;
                items.extend(run::invoke(tx, &iterator, "next", &[])?);
            }
            let ty = of(&items);
            Ok((items, ty))
        }
    }
}
