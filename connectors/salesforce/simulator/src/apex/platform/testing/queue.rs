//! Queueable jobs and their finalizers, the context of triggers.

use std::rc::Rc;

use super::super::arguments::{argument, null_argument};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::{self, EntryKind, Limit, Limits, Thrown, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::{Job, Transaction};

type Answer = Result<Value, Thrown>;

/// Jobs that a queueable may start in a row inside a test: none.
const CONTEXT: &str = "System.QueueableContext";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Queueable")
            .interface()
            .method("void execute(System.QueueableContext)", absent),
        Definition::class(CONTEXT).interface().method("Id getJobId()", job_id),
        Definition::class("System.Finalizer")
            .interface()
            .method("void execute(System.FinalizerContext)", absent),
        Definition::class("System.FinalizerContext")
            .interface()
            .method("Id getAsyncApexJobId()", job_id)
            .method("System.Exception getException()", exception)
            .method("System.ParentJobResult getResult()", result)
            .method("String getRequestId()", request_id),
        Definition::enumeration("System.ParentJobResult", &["SUCCESS", "UNHANDLED_EXCEPTION"]),
        Definition::enumeration(
            "System.TriggerOperation",
            &[
                "BEFORE_INSERT",
                "BEFORE_UPDATE",
                "BEFORE_DELETE",
                "AFTER_INSERT",
                "AFTER_UPDATE",
                "AFTER_DELETE",
                "AFTER_UNDELETE",
            ],
        ),
    ]
}

/// Methods of `System` that start jobs.
pub(in crate::apex::platform) fn methods(system: Definition) -> Definition {
    system
        .method("static Id enqueueJob(System.Queueable)", enqueue)
        .method("static Id enqueueJob(System.Queueable, Integer)", enqueue)
        .method("static void attachFinalizer(System.Finalizer)", attach)
}

fn absent(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Err(null_argument(tx))
}

fn job_id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "job"))
}

fn exception(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "exception"))
}

fn result(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let failed = !kept(this, "exception").is_null();
    let name = if failed { "UNHANDLED_EXCEPTION" } else { "SUCCESS" };
    Ok(Value::PlatformEnum("System.ParentJobResult", name))
}

fn request_id(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&tx.org.bus.next_uuid()))
}

const FINALIZER: &str = "System.attachFinalizer";

fn attach(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if tx.machine.entry != EntryKind::Queueable {
        let message = "System.attachFinalizer(Finalizer) is not allowed in this context";
        return Err(throw(tx, "System.HandledException", message));
    }
    if tx.machine.kept.contains_key(FINALIZER) {
        let message = "More than one Finalizer cannot be attached to same Async Apex Job";
        return Err(throw(tx, "System.HandledException", message));
    }
    tx.machine.kept.insert(FINALIZER, argument(arguments, 0).clone());
    Ok(Value::Null)
}

/// Runs after the transaction, or at `Test.stopTest`.
fn enqueue(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let job = argument(arguments, 0).clone();
    if job.is_null() {
        return Err(null_argument(tx));
    }
    if tx.machine.testing && tx.machine.entry == EntryKind::Queueable {
        let message = "Maximum stack depth has been reached.";
        return Err(throw(tx, "System.AsyncException", message));
    }
    run::limit(tx, Limit::QueueableJobs, 1)?;
    let id = tx.org.ids.next("707");
    super::job::queued(tx, id, &job, "Queueable");
    let run = move |tx: &mut Transaction| execute(tx, &job, id);
    let user = tx.rights.user;
    tx.enqueue(Job { user, run: Rc::new(run) });
    Ok(Value::Id(id))
}

fn execute(tx: &mut Transaction, job: &Value, id: crate::org::Id) -> Result<(), Thrown> {
    let before = std::mem::replace(&mut tx.machine.entry, EntryKind::Queueable);
    if !tx.machine.testing {
        tx.machine.limits = Limits::asynchronous(false);
    }
    let context = with(CONTEXT, id, Value::Null);
    let done = run::invoke(tx, job, "execute", &[context]);
    let status = if done.is_ok() { "Completed" } else { "Failed" };
    super::job::told(tx, id, &[("Status", serde_json::json!(status))]);
    let finalizer = tx.machine.kept.remove(FINALIZER);
    if let Some(finalizer) = finalizer {
        let exception = match &done {
            Err(Thrown::Exception(exception)) => exception.clone(),
            Err(thrown @ Thrown::Fatal { class, .. }) => {
                let message = Some(thrown.message());
                let state = crate::apex::value::ExceptionState { message, ..Default::default() };
                run::exception(tx, class, state)
            }
            Ok(_) => Value::Null,
        };
        let context = with("System.FinalizerContext", id, exception);
        run::invoke(tx, &finalizer, "execute", &[context])?;
    }
    tx.machine.entry = before;
    done.map(|_| ())
}

fn with(name: &'static str, id: crate::org::Id, exception: Value) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("job", Value::Id(id));
    state.values.insert("exception", exception);
    Value::Platform(PlatformValue::new(name, state))
}
