//! The event bus.

use super::arguments::{argument, null_argument};
use super::database::answered;
use super::define::Definition;
use crate::apex::run::{self, Limit, Manner, Thrown, throw};
use crate::apex::value::Value;
use crate::dml::{Operation, RowError};
use crate::org::ObjectKind;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class("EventBus.EventBus")
            .method("static Database.SaveResult publish(SObject)", publish)
            .method("static List<Database.SaveResult> publish(List<SObject>)", publish)
            .method("static String getOperationId(Object)", operation_id),
        Definition::class("EventBus.TriggerContext")
            .method("static EventBus.TriggerContext currentContext()", no_context),
        Definition::exception("EventBus.RetryableException")
            .method("new(String)", retryable)
            .method("new()", retryable),
    ]
}

/// Events go through the door of records like everything else. One call is one statement, whatever the number of events;
/// events that leave at once have an allowance of their own. The answer says that the event was queued.
fn publish(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let rows = argument(arguments, 0);
    let single = !matches!(rows, Value::List(_));
    let items = match rows {
        Value::List(list) => list.items.borrow().clone(),
        Value::Null => return Err(null_argument(tx)),
        one => vec![one.clone()],
    };
    let mut records = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Record(record) if record.object.kind == ObjectKind::Event => records.push(record),
            Value::Record(record) => {
                let message = format!("{} is not a platform event", record.object.name);
                return Err(throw(tx, "System.TypeException", message));
            }
            _ => return Err(null_argument(tx)),
        }
    }
    let at_once = records
        .first()
        .is_some_and(|one| one.object.publish_behavior.as_deref() == Some("PublishImmediately"));
    if at_once {
        run::limit(tx, Limit::PublishImmediate, 1)?;
    }
    let manner = Manner { all_or_none: false, as_user: false };
    let before = tx.machine.limits.clone();
    let done = run::change(tx, Operation::Insert, &records, manner);
    if at_once {
        tx.machine.limits.keep(&before, &[Limit::DmlStatements, Limit::DmlRows]);
    }
    let mut done = done?;
    for (result, record) in done.iter_mut().zip(&records) {
        record.state.borrow_mut().fields.remove("Id");
        if result.errors.is_empty() {
            let uuid = result.id.take().and_then(|id| tx.pending.uuid_of(id)).unwrap_or_default();
            let queued = RowError::new("OPERATION_ENQUEUED", uuid);
            // Told as the platform does: a success that carries a note.
            result.errors = vec![queued];
            result.created = true;
        }
    }
    let noted: Vec<bool> = done.iter().map(|one| one.created).collect();
    let answer = answered(done, "Database.SaveResult", false);
    if let Value::List(list) = &answer {
        for (item, good) in list.items.borrow().iter().zip(noted) {
            if let (Value::Platform(object), true) = (item, good) {
                object.state.borrow_mut().values.insert("success", Value::Boolean(true));
            }
        }
        if single {
            return Ok(list.items.borrow().first().cloned().unwrap_or(Value::Null));
        }
    }
    Ok(answer)
}

/// The uuid of a result that says that an event was queued.
fn operation_id(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let errors = super::database::kept(argument(arguments, 0), "errors");
    let Value::List(list) = errors else { return Ok(Value::Null) };
    let first = list.items.borrow().first().cloned().unwrap_or(Value::Null);
    Ok(super::database::kept(&first, "message"))
}

fn no_context(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn retryable(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let message = arguments.first().and_then(Value::as_text).map(str::to_owned);
    let state = crate::apex::value::ExceptionState { message, trace: run::trace(tx), ..Default::default() };
    Ok(run::exception(tx, "EventBus.RetryableException", state))
}
