//! Scheduled Apex: rows of `CronTrigger`, and jobs that a test runs at its end.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::super::arguments::{argument, null_argument, text, whole};
use super::super::database::kept;
use super::super::define::Definition;
use super::cron::Cron;
use super::job;
use crate::apex::run::{self, EntryKind, Thrown, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::org::{Id, Record, rest_time};
use crate::transaction::{Job, Transaction};

type Answer = Result<Value, Thrown>;

const CONTEXT: &str = "System.SchedulableContext";
const TRIGGER: &str = "CronTrigger";
const DETAIL: &str = "CronJobDetail";
/// Scheduled Apex classes of one org.
const SCHEDULED_MAX: usize = 100;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Schedulable")
            .interface()
            .method("void execute(System.SchedulableContext)", absent),
        Definition::class(CONTEXT).interface().method("Id getTriggerId()", trigger_id),
    ]
}

pub(super) fn methods(system: Definition) -> Definition {
    system
        .method("static String schedule(String, String, System.Schedulable)", schedule)
        .method("static void abortJob(String)", abort)
        .method("static String scheduleBatch(Object, String, Integer)", schedule_batch)
        .method("static String scheduleBatch(Object, String, Integer, Integer)", schedule_batch)
}

fn absent(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Err(null_argument(tx))
}

fn trigger_id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "trigger"))
}

fn schedule(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 0))?;
    let expression = text(tx, argument(arguments, 1))?;
    let job = argument(arguments, 2).clone();
    if job.is_null() {
        return Err(null_argument(tx));
    }
    let cron = match Cron::parse(&expression) {
        Ok(cron) => cron,
        Err(problem) => return Err(throw(tx, "System.StringException", problem)),
    };
    let now = tx.org.now_ms();
    let Some(next) = cron.next(now) else {
        let message = format!("Based on configured schedule, the given trigger '{name}' will never fire.");
        return Err(throw(tx, "System.AsyncException", message));
    };
    let id = waiting(tx, &name, &expression, next)?;
    if tx.machine.testing {
        let work = move |tx: &mut Transaction| execute(tx, &job, id);
        let user = tx.rights.user;
        tx.enqueue(Job { user, run: Rc::new(work) });
    }
    Ok(Value::string(id.as_str()))
}

/// A batch that is to start in so many minutes.
fn schedule_batch(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if argument(arguments, 0).is_null() {
        return Err(null_argument(tx));
    }
    let name = text(tx, argument(arguments, 1))?;
    let minutes = whole(tx, argument(arguments, 2))?;
    let next = tx.org.now_ms().saturating_add(minutes.clamp(0, 1 << 30) * 60_000);
    waiting(tx, &name, "", next).map(|id| Value::string(id.as_str()))
}

/// Adds the rows of a job that waits for its time.
fn waiting(tx: &mut Transaction, name: &str, expression: &str, next: i64) -> Result<Id, Thrown> {
    let live = tx.state.records.table(DETAIL).filter(|row| !row.deleted);
    let names: Vec<String> =
        live.map(|row| row.get("Name").as_str().unwrap_or_default().to_owned()).collect();
    if names.iter().any(|other| other == name) {
        let message = format!("The Apex job named \"{name}\" is already scheduled for execution.");
        return Err(throw(tx, "System.AsyncException", message));
    }
    if names.len() >= SCHEDULED_MAX {
        let message = "You have exceeded the maximum number (100) of Apex scheduled jobs.";
        return Err(throw(tx, "System.AsyncException", message));
    }
    let (id, detail) = (tx.org.ids.next("08e"), tx.org.ids.next("08a"));
    let (now, user) = (rest_time(tx.org.now_ms()), tx.rights.user);
    put(tx, DETAIL, detail, [("Name", json!(name)), ("JobType", json!("7"))]);
    put(
        tx,
        TRIGGER,
        id,
        [
            ("CronExpression", json!(expression)),
            ("CronJobDetailId", json!(detail.as_str())),
            ("State", json!("WAITING")),
            ("TimesTriggered", json!(0)),
            ("NextFireTime", json!(rest_time(next))),
            ("StartTime", json!(now.clone())),
            ("TimeZoneSidKey", json!("America/Los_Angeles")),
            ("OwnerId", json!(user.as_str())),
            ("CreatedById", json!(user.as_str())),
            ("LastModifiedById", json!(user.as_str())),
            ("CreatedDate", json!(now)),
        ],
    );
    Ok(id)
}

fn put<const N: usize>(tx: &mut Transaction, object: &str, id: Id, values: [(&str, serde_json::Value); N]) {
    let values: BTreeMap<String, serde_json::Value> =
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    tx.state.records.put(object, Record { id, values, deleted: false });
}

fn execute(tx: &mut Transaction, scheduled: &Value, trigger: Id) -> Result<(), Thrown> {
    if tx.state.records.get(TRIGGER, trigger).is_none_or(|row| row.deleted) {
        return Ok(());
    }
    let id = tx.org.ids.next("707");
    job::queued(tx, id, scheduled, "ScheduledApex");
    let before = std::mem::replace(&mut tx.machine.entry, EntryKind::Scheduled);
    let mut state = PlatformState::default();
    state.values.insert("trigger", Value::Id(trigger));
    let context = Value::Platform(PlatformValue::new(CONTEXT, state));
    let done = run::invoke(tx, scheduled, "execute", &[context]);
    tx.machine.entry = before;
    let status = if done.is_ok() { "Completed" } else { "Failed" };
    job::told(tx, id, &[("Status", json!(status))]);
    done.map(|_| ())
}

/// Ends a scheduled job, or any that has not ended.
fn abort(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let id = text(tx, argument(arguments, 0))?;
    let Some(id) = Id::parse(&id) else {
        return Err(throw(tx, "System.StringException", format!("Invalid id: {id}")));
    };
    if let Some(row) = tx.state.records.get(TRIGGER, id).cloned() {
        let detail = row.reference("CronJobDetailId");
        for (object, id) in [(TRIGGER, Some(id)), (DETAIL, detail)] {
            if let Some(id) = id
                && tx.state.records.delete(object, id, id)
            {
                tx.state.records.purge(id);
            }
        }
        return Ok(Value::Null);
    }
    if tx.state.records.get("AsyncApexJob", id).is_none() {
        let message = format!("No job found for id {}", id.as_str());
        return Err(throw(tx, "System.StringException", message));
    }
    job::told(tx, id, &[("Status", json!("Aborted"))]);
    Ok(Value::Null)
}
