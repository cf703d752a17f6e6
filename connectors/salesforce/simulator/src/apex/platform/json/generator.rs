//! `JSONGenerator`.

use base64::Engine;

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use super::super::text::{bytes, room};
use super::deserialize::wrong;
use super::serialize;
use super::writer::Writer;
use crate::apex::run::{self, Thrown, null_reference};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const GENERATOR: &str = "System.JSONGenerator";

pub(super) fn definitions() -> Vec<Definition> {
    let scalars = [
        "void writeBoolean(Boolean)",
        "void writeDate(Date)",
        "void writeDateTime(Datetime)",
        "void writeId(Id)",
        "void writeNumber(Decimal)",
        "void writeNumber(Double)",
        "void writeNumber(Integer)",
        "void writeNumber(Long)",
        "void writeString(String)",
        "void writeTime(Time)",
        "void writeObject(Object)",
    ];
    let fields = [
        "void writeBooleanField(String, Boolean)",
        "void writeDateField(String, Date)",
        "void writeDateTimeField(String, Datetime)",
        "void writeIdField(String, Id)",
        "void writeNumberField(String, Decimal)",
        "void writeNumberField(String, Double)",
        "void writeNumberField(String, Integer)",
        "void writeNumberField(String, Long)",
        "void writeStringField(String, String)",
        "void writeTimeField(String, Time)",
        "void writeObjectField(String, Object)",
    ];
    let generator = Definition::class(GENERATOR)
        .method("void close()", close)
        .method("String getAsString()", as_string)
        .method("Boolean isClosed()", is_closed)
        .method("void writeStartObject()", |tx, this, _| start(tx, this, true))
        .method("void writeEndObject()", |tx, this, _| end(tx, this, true))
        .method("void writeStartArray()", |tx, this, _| start(tx, this, false))
        .method("void writeEndArray()", |tx, this, _| end(tx, this, false))
        .method("void writeFieldName(String)", field_name)
        .method("void writeNull()", null)
        .method("void writeNullField(String)", null_field)
        .method("void writeBlob(Blob)", blob)
        .method("void writeBlobField(String, Blob)", blob_field);
    let generator = scalars.into_iter().fold(generator, |made, signature| made.method(signature, scalar));
    vec![fields.into_iter().fold(generator, |made, signature| made.method(signature, field))]
}

struct State {
    writer: Writer,
    /// A name has been written whose value is missing.
    named: bool,
    closed: bool,
}

pub(super) fn create(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let writer = Writer::new(argument(arguments, 0).is_true());
    let state = State { writer, named: false, closed: false };
    let state = PlatformState { inner: Some(Box::new(state)), ..Default::default() };
    Ok(Value::Platform(PlatformValue::new(GENERATOR, state)))
}

/// Works on the generator's state. It is taken out meanwhile: what is written may run code of its own.
fn with<T>(
    tx: &mut Transaction,
    this: &Value,
    work: impl FnOnce(&mut Transaction, &mut State) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    let Value::Platform(platform) = this else { return Err(null_reference(tx)) };
    let taken = platform.state.borrow_mut().inner.take();
    let Some(mut state) = taken.and_then(|inner| inner.downcast::<State>().ok()) else {
        return Err(null_reference(tx));
    };
    let done = work(tx, &mut state);
    let size = state.writer.text.len();
    platform.state.borrow_mut().inner = Some(state);
    room(tx, size)?;
    done
}

/// A value may come now: in an array, behind a name, or as the first.
fn expect_value(tx: &mut Transaction, state: &mut State, what: &str) -> Result<(), Thrown> {
    if state.closed {
        return Err(wrong(tx, "Generator is closed"));
    }
    if state.writer.in_object() && !state.named {
        return Err(wrong(tx, format!("Can not {what}, expecting field name")));
    }
    state.named = false;
    Ok(())
}

fn name(tx: &mut Transaction, state: &mut State, name: &str) -> Result<(), Thrown> {
    if !state.writer.in_object() || state.named || state.closed {
        return Err(wrong(tx, "Can not write a field name, expecting a value"));
    }
    state.writer.name(name);
    state.named = true;
    Ok(())
}

fn start(tx: &mut Transaction, this: &Value, object: bool) -> Answer {
    with(tx, this, |tx, state| {
        run::step(tx)?;
        let what = if object { "start an object" } else { "start an array" };
        expect_value(tx, state, what)?;
        state.writer.start(object);
        Ok(Value::Null)
    })
}

fn end(tx: &mut Transaction, this: &Value, object: bool) -> Answer {
    with(tx, this, |tx, state| {
        if !state.writer.is_open() || state.writer.in_object() != object || state.named {
            let what = if object { "an object" } else { "an array" };
            return Err(wrong(tx, format!("Current context not {what}")));
        }
        state.writer.end();
        Ok(Value::Null)
    })
}

fn field_name(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let word = text(tx, argument(arguments, 0))?;
    with(tx, this, |tx, state| name(tx, state, &word).map(|()| Value::Null))
}

fn put(tx: &mut Transaction, state: &mut State, value: &Value) -> Answer {
    expect_value(tx, state, "write a value")?;
    serialize::write(tx, &mut state.writer, value, false)?;
    Ok(Value::Null)
}

fn scalar(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    with(tx, this, |tx, state| put(tx, state, argument(arguments, 0)))
}

fn field(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let word = text(tx, argument(arguments, 0))?;
    with(tx, this, |tx, state| {
        name(tx, state, &word)?;
        put(tx, state, argument(arguments, 1))
    })
}

fn null(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |tx, state| put(tx, state, &Value::Null))
}

fn null_field(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    field(tx, this, arguments)
}

fn encoded(tx: &mut Transaction, value: &Value) -> Answer {
    let bytes = bytes(tx, value)?;
    Ok(Value::string(&base64::engine::general_purpose::STANDARD.encode(bytes)))
}

fn blob(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let encoded = encoded(tx, argument(arguments, 0))?;
    scalar(tx, this, &[encoded])
}

fn blob_field(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let encoded = encoded(tx, argument(arguments, 1))?;
    field(tx, this, &[argument(arguments, 0).clone(), encoded])
}

fn close(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| {
        finish(state);
        Ok(Value::Null)
    })
}

/// Closes what is open.
fn finish(state: &mut State) {
    state.closed = true;
    while state.writer.is_open() {
        state.writer.end();
    }
}

fn is_closed(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| Ok(Value::Boolean(state.closed)))
}

fn as_string(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| {
        finish(state);
        Ok(Value::string(&state.writer.text))
    })
}
