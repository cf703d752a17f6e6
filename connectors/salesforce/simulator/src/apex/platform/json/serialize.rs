//! Values as JSON.

use std::rc::Rc;

use base64::Engine;
use chrono::Timelike;

use super::super::text::room;
use super::writer::Writer;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{Instance, RecordValue, Value};
use crate::transaction::Transaction;

/// The version in the URLs of records.
const VERSION: &str = "v67.0";

/// A value as JSON on one line; `suppress_nulls` leaves out what is null in objects of classes.
pub(super) fn serialize(tx: &mut Transaction, value: &Value, suppress_nulls: bool) -> Result<String, Thrown> {
    let mut writer = Writer::new(false);
    write(tx, &mut writer, value, suppress_nulls)?;
    Ok(writer.text)
}

pub(super) fn write(
    tx: &mut Transaction,
    writer: &mut Writer,
    value: &Value,
    suppress_nulls: bool,
) -> Result<(), Thrown> {
    run::step(tx)?;
    run::nested(tx, |tx| {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || one(tx, writer, value, suppress_nulls))
    })?;
    room(tx, writer.text.len())
}

fn one(tx: &mut Transaction, writer: &mut Writer, value: &Value, suppress: bool) -> Result<(), Thrown> {
    match value {
        Value::Null => writer.plain("null"),
        Value::Boolean(truth) => writer.plain(if *truth { "true" } else { "false" }),
        Value::Double(number) if !number.is_finite() => writer.string(&run::double_text(*number)),
        Value::Integer(_) | Value::Long(_) | Value::Double(_) | Value::Decimal(_) => {
            let text = run::to_text(tx, value)?;
            writer.plain(&text);
        }
        Value::String(text) => writer.string(text),
        Value::Id(id) => writer.string(id.as_str()),
        Value::Blob(bytes) => writer.string(&base64::engine::general_purpose::STANDARD.encode(bytes)),
        Value::Date(_) | Value::Datetime(_) | Value::Time(_) => writer.string(&moment(value)),
        Value::List(list) => {
            let items = list.items.borrow().clone();
            all(tx, writer, &items, suppress)?;
        }
        Value::Set(set) => all(tx, writer, &set.values(), suppress)?,
        Value::Map(map) => {
            writer.start(true);
            for (key, value) in map.pairs() {
                let name = match &key {
                    Value::Date(_) | Value::Datetime(_) | Value::Time(_) => Rc::from(moment(&key)),
                    key => run::to_text(tx, key)?,
                };
                writer.name(&name);
                write(tx, writer, &value, suppress)?;
            }
            writer.end();
        }
        Value::Record(record) => self::record(tx, writer, record, suppress)?,
        Value::Object(instance) => object(tx, writer, value, instance, suppress)?,
        Value::Enum(..) | Value::PlatformEnum(..) => {
            let name = run::to_text(tx, value)?;
            writer.string(&name);
        }
        Value::Platform(object) if object.name == "System.UUID" => {
            let text = run::to_text(tx, value)?;
            writer.string(&text);
        }
        // Results of changes say what they know.
        Value::Platform(object)
            if object.name.starts_with("Database.") && object.name != "Database.QueryLocator" =>
        {
            let values: Vec<(&str, Value)> =
                object.state.borrow().values.iter().map(|(name, value)| (*name, value.clone())).collect();
            writer.start(true);
            for (name, value) in values {
                writer.name(if name == "status" { "statusCode" } else { name });
                write(tx, writer, &value, suppress)?;
            }
            writer.end();
        }
        Value::Type(_) | Value::RecordType(_) | Value::RecordField(..) | Value::Platform(_) => {
            return Err(unsupported(tx, &run::type_of(value)));
        }
    }
    Ok(())
}

/// `System.JSONException`: values of this type have no JSON.
pub(super) fn unsupported(tx: &mut Transaction, ty: &Type) -> Thrown {
    let program = tx.program.clone();
    let name = run::type_name(&program, ty);
    throw(tx, "System.JSONException", format!("Apex Type unsupported in JSON: {name}"))
}

/// A day, a moment or a time of day.
pub(super) fn moment(value: &Value) -> String {
    match value {
        Value::Date(day) => day.format("%Y-%m-%d").to_string(),
        Value::Datetime(ms) => {
            let at = crate::org::date_time(*ms);
            format!("{}.{:03}Z", at.format("%Y-%m-%dT%H:%M:%S"), ms.rem_euclid(1_000))
        }
        Value::Time(time) => {
            format!("{}.{:03}Z", time.format("%H:%M:%S"), time.nanosecond() / 1_000_000 % 1_000)
        }
        _ => String::new(),
    }
}

fn all(tx: &mut Transaction, writer: &mut Writer, items: &[Value], suppress: bool) -> Result<(), Thrown> {
    writer.start(false);
    for item in items {
        write(tx, writer, item, suppress)?;
    }
    writer.end();
    Ok(())
}

fn record(
    tx: &mut Transaction,
    writer: &mut Writer,
    record: &Rc<RecordValue>,
    suppress: bool,
) -> Result<(), Thrown> {
    let state = record.state.borrow().clone();
    let name = &record.object.name;
    writer.start(true);
    writer.name("attributes");
    writer.start(true);
    writer.name("type");
    writer.string(name);
    if let Some(Value::Id(id)) = state.fields.get("Id") {
        writer.name("url");
        writer.string(&format!("/services/data/{VERSION}/sobjects/{name}/{}", id.as_str()));
    }
    writer.end();
    for (name, value) in state.fields.iter().chain(&state.extra).chain(&state.parents) {
        writer.name(name);
        write(tx, writer, value, suppress)?;
    }
    for (name, value) in &state.children {
        let Value::List(list) = value else { continue };
        writer.name(name);
        writer.start(true);
        writer.name("totalSize");
        writer.plain(&list.len().to_string());
        writer.name("done");
        writer.plain("true");
        writer.name("records");
        write(tx, writer, value, suppress)?;
        writer.end();
    }
    writer.end();
    Ok(())
}

fn object(
    tx: &mut Transaction,
    writer: &mut Writer,
    value: &Value,
    instance: &Rc<Instance>,
    suppress: bool,
) -> Result<(), Thrown> {
    let Type::Class(class) = instance.class else { return Err(unsupported(tx, &instance.class)) };
    if instance.exception.is_some() {
        return Err(unsupported(tx, &instance.class));
    }
    let program = tx.program.clone();
    writer.start(true);
    for (at, field) in program.class(class).fields.iter().enumerate() {
        if field.is_transient {
            continue;
        }
        let content = match field.getter {
            Some(getter) => run::call_on(tx, getter, value, &[])?,
            None => instance.fields.borrow().get(at).cloned().unwrap_or(Value::Null),
        };
        if suppress && content.is_null() {
            continue;
        }
        writer.name(&field.name);
        write(tx, writer, &content, suppress)?;
    }
    writer.end();
    Ok(())
}
