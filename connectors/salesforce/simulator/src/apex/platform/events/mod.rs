//! The event bus.

use super::arguments::{argument, null_argument};
use super::database::answered;
use super::define::Definition;
use crate::apex::run::{self, Limit, Manner, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::dml::{Operation, RowError};
use crate::org::ObjectKind;
use crate::transaction::Transaction;

/// Where callbacks wait.
const CALLBACKS: &str = "EventBus.callbacks";
/// Callbacks of one transaction.
const CALLBACKS_MAX: usize = 1_000;

type Answer = Result<Value, Thrown>;

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class("EventBus.EventBus")
            .method("static Database.SaveResult publish(SObject)", publish)
            .method("static List<Database.SaveResult> publish(List<SObject>)", publish)
            .method("static Database.SaveResult publish(SObject, Object)", publish_and_tell)
            .method("static List<Database.SaveResult> publish(List<SObject>, Object)", publish_and_tell)
            .method("static String getOperationId(Object)", operation_id),
        Definition::class("EventBus.TriggerContext")
            .method("static EventBus.TriggerContext currentContext()", no_context),
        Definition::class("EventBus.SuccessResult")
            .interface()
            .method("List<String> getEventUuids()", |_, this, _| Ok(super::database::kept(this, "uuids"))),
        Definition::class("EventBus.FailureResult")
            .interface()
            .method("List<String> getEventUuids()", |_, this, _| Ok(super::database::kept(this, "uuids"))),
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

/// Tells a callback of what it publishes, once the transaction has ended well.
fn publish_and_tell(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let answer = publish(tx, this, arguments.get(..1).unwrap_or_default())?;
    let callback = argument(arguments, 1).clone();
    let results = match &answer {
        Value::List(list) => list.items.borrow().clone(),
        one => vec![one.clone()],
    };
    let mut uuids = Vec::with_capacity(results.len());
    for result in &results {
        uuids.push(operation_id(tx, &Value::Null, std::slice::from_ref(result))?);
    }
    let waiting = Value::list(Type::Object, vec![callback, Value::list(Type::String, uuids)]);
    match tx.machine.kept.get(CALLBACKS) {
        Some(Value::List(all)) if all.len() < CALLBACKS_MAX => all.items.borrow_mut().push(waiting),
        Some(_) => return Err(throw(tx, "System.LimitException", "Too many publish callbacks")),
        None => {
            let all = Value::list(Type::Object, vec![waiting]);
            tx.machine.kept.insert(CALLBACKS, all);
        }
    }
    Ok(answer)
}

/// Calls those who wait to hear of what they published: that it went out, or in a test that it did not.
pub(in crate::apex) fn tell(tx: &mut Transaction, failed: bool) -> Result<(), Thrown> {
    let Some(Value::List(all)) = tx.machine.kept.remove(CALLBACKS) else { return Ok(()) };
    let all = all.items.borrow().clone();
    let (owner, method) = match failed {
        true => ("EventBus.FailureResult", "onFailure"),
        false => ("EventBus.SuccessResult", "onSuccess"),
    };
    for waiting in &all {
        let Value::List(pair) = waiting else { continue };
        let (callback, uuids) = {
            let pair = pair.items.borrow();
            (argument(&pair, 0).clone(), argument(&pair, 1).clone())
        };
        let mut state = PlatformState::default();
        state.values.insert("uuids", uuids);
        let result = Value::Platform(PlatformValue::new(owner, state));
        run::invoke(tx, &callback, method, &[result])?;
    }
    Ok(())
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
