//! `Test`.

use super::super::arguments::{argument, null_argument};
use super::super::define::Definition;
use crate::apex::run::{Thrown, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value, store};
use crate::org::Id;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        mocked(Definition::class("System.Test"))
            .method("static void enableChangeDataCapture()", capture)
            .method("static EventBus.TestBroker getEventBus()", bus)
            .method("static Boolean isRunningTest()", is_running)
            .method("static Object createStub(System.Type, System.StubProvider)", super::stub::create)
            .method("static void setCreatedDate(Id, Datetime)", set_created)
            .method("static void startTest()", start)
            .method("static void stopTest()", stop),
        Definition::class("EventBus.TestBroker")
            .method("void deliver()", deliver)
            .method("void fail()", fail),
    ]
}

/// What other families add to `Test`.
fn mocked(test: Definition) -> Definition {
    let test = super::super::callout::test_methods(test);
    let test = super::install::methods(super::super::page::test_methods(test));
    super::super::search::test_methods(test)
        .method("static List<SObject> loadData(Schema.SObjectType, String)", super::load::load)
        .method("static Id getStandardPricebookId()", super::load::standard_pricebook)
}

/// Every object that can be captured is, from here on.
fn capture(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    testing(tx)?;
    tx.machine.capturing = Some((tx.state.records.clone(), tx.pending.notes.len()));
    Ok(Value::Null)
}

fn is_running(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(tx.machine.testing))
}

fn testing(tx: &mut Transaction) -> Result<(), Thrown> {
    if tx.machine.testing {
        return Ok(());
    }
    Err(throw(tx, "System.UnsupportedOperationException", "Only tests can call this method"))
}

fn start(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    testing(tx)?;
    if tx.machine.test_started {
        return Err(throw(tx, "System.FinalException", "Testing already started"));
    }
    tx.machine.start_test();
    Ok(Value::Null)
}

fn stop(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    testing(tx)?;
    crate::apex::test_run::stop(tx)?;
    Ok(Value::Null)
}

fn bus(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Platform(PlatformValue::new("EventBus.TestBroker", PlatformState::default())))
}

/// What was published does not go out.
fn fail(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    testing(tx)?;
    tx.pending.events.clear();
    super::super::events::tell(tx, true)?;
    Ok(Value::Null)
}

fn deliver(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    testing(tx)?;
    tx.deliver_events()?;
    super::super::events::tell(tx, false)?;
    Ok(Value::Null)
}

/// Of a record that the test has made.
fn set_created(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    testing(tx)?;
    let (Some(id), Value::Datetime(at)) =
        (argument(arguments, 0).as_text().and_then(Id::parse), argument(arguments, 1))
    else {
        return Err(null_argument(tx));
    };
    let object = tx.state.metadata.object_of(id).cloned();
    let row = object.as_ref().and_then(|object| tx.state.records.get(&object.name, id).cloned());
    let (Some(object), Some(row)) = (object, row) else { return Err(null_argument(tx)) };
    let mut row = (*row).clone();
    if let Some(field) = object.field("CreatedDate")
        && let Ok(value) = store::to_json(field, &Value::Datetime(*at))
    {
        row.values.insert(field.name.clone(), value);
    }
    tx.state.records.put(&object.name, row);
    Ok(Value::Null)
}
