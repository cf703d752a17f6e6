//! `System` and `Assert`.

use super::super::arguments::argument;
use super::super::define::Definition;
use crate::apex::run::{self, EntryKind, Thrown, fatal};
use crate::apex::value::{Value, equal};
use crate::debug_log::Level;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        super::super::time::methods(super::super::testing::methods(Definition::class("System.System")))
            .method("static void debug(Object)", debug)
            .method("static void debug(System.LoggingLevel, Object)", debug_level)
            .method("static void assert(Boolean)", assert_true)
            .method("static void assert(Boolean, Object)", assert_true)
            .method("static void assertEquals(Object, Object)", equals)
            .method("static void assertEquals(Object, Object, Object)", equals)
            .method("static void assertNotEquals(Object, Object)", differs)
            .method("static void assertNotEquals(Object, Object, Object)", differs)
            .method("static Boolean equals(Object, Object)", same)
            .method("static Integer hashCode(Object)", hash_code)
            .method("static Long currentTimeMillis()", millis)
            .method("static Boolean isBatch()", is_batch)
            .method("static Boolean isFuture()", is_future)
            .method("static Boolean isQueueable()", is_queueable)
            .method("static Boolean isScheduled()", is_scheduled),
        Definition::class("System.Assert")
            .method("static void areEqual(Object, Object)", equals)
            .method("static void areEqual(Object, Object, String)", equals)
            .method("static void areNotEqual(Object, Object)", differs)
            .method("static void areNotEqual(Object, Object, String)", differs)
            .method("static void fail()", fail)
            .method("static void fail(String)", fail)
            .method("static void isFalse(Boolean)", is_false)
            .method("static void isFalse(Boolean, String)", is_false)
            .method("static void isTrue(Boolean)", assert_true)
            .method("static void isTrue(Boolean, String)", assert_true)
            .method("static void isNull(Object)", is_null)
            .method("static void isNull(Object, String)", is_null)
            .method("static void isNotNull(Object)", is_not_null)
            .method("static void isNotNull(Object, String)", is_not_null)
            .method("static void isInstanceOfType(Object, System.Type)", is_instance)
            .method("static void isInstanceOfType(Object, System.Type, String)", is_instance)
            .method("static void isNotInstanceOfType(Object, System.Type)", is_no_instance)
            .method("static void isNotInstanceOfType(Object, System.Type, String)", is_no_instance),
        Definition::enumeration(
            "System.LoggingLevel",
            &["NONE", "INTERNAL", "FINEST", "FINER", "FINE", "DEBUG", "INFO", "WARN", "ERROR"],
        ),
    ]
}

fn debug(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    say(tx, Level::Debug, argument(arguments, 0))
}

fn debug_level(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let level = match argument(arguments, 0) {
        Value::PlatformEnum(_, name) => Level::named(name),
        _ => None,
    };
    say(tx, level.unwrap_or(Level::Debug), argument(arguments, 1))
}

fn say(tx: &mut Transaction, level: Level, what: &Value) -> Answer {
    let line = run::joined(tx, what)?;
    tx.machine.debug(level, line.to_string());
    Ok(Value::Null)
}

/// What cannot be caught: `Assertion Failed`, behind it the message, then what is known.
fn failed(tx: &mut Transaction, message: Option<&Value>, what: &str) -> Result<Value, Thrown> {
    let message = match message {
        None | Some(Value::Null) => String::new(),
        Some(value) => run::to_text(tx, value)?.to_string(),
    };
    let text = match (message.as_str(), what) {
        ("", "") => "Assertion Failed".to_owned(),
        ("", what) => format!("Assertion Failed: {what}"),
        (message, "") => format!("Assertion Failed: {message}"),
        (message, what) => format!("Assertion Failed: {message}: {what}"),
    };
    Err(fatal(tx, "System.AssertException", text))
}

fn assert_true(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0).is_true() {
        true => Ok(Value::Null),
        false => failed(tx, arguments.get(1), ""),
    }
}

fn is_false(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Boolean(false) => Ok(Value::Null),
        _ => failed(tx, arguments.get(1), ""),
    }
}

fn pair(tx: &mut Transaction, arguments: &[Value]) -> Result<(String, String), Thrown> {
    let first = run::to_text(tx, argument(arguments, 0))?.to_string();
    Ok((first, run::to_text(tx, argument(arguments, 1))?.to_string()))
}

fn equals(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if equal(tx, argument(arguments, 0), argument(arguments, 1))? {
        return Ok(Value::Null);
    }
    let (expected, actual) = pair(tx, arguments)?;
    failed(tx, arguments.get(2), &format!("Expected: {expected}, Actual: {actual}"))
}

fn differs(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if !equal(tx, argument(arguments, 0), argument(arguments, 1))? {
        return Ok(Value::Null);
    }
    let (_, actual) = pair(tx, arguments)?;
    failed(tx, arguments.get(2), &format!("Same value: {actual}"))
}

fn fail(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    failed(tx, arguments.first(), "")
}

fn is_null(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        other => {
            let other = run::to_text(tx, other)?.to_string();
            failed(tx, arguments.get(1), &format!("Expected: null, Actual: {other}"))
        }
    }
}

fn is_not_null(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => failed(tx, arguments.get(1), "Same value: null"),
        _ => Ok(Value::Null),
    }
}

fn instance(tx: &mut Transaction, arguments: &[Value]) -> bool {
    match argument(arguments, 1) {
        Value::Type(ty) => {
            let program = tx.program.clone();
            run::is_instance(&program, argument(arguments, 0), ty)
        }
        _ => false,
    }
}

fn is_instance(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if instance(tx, arguments) {
        return Ok(Value::Null);
    }
    let (_, expected) = pair(tx, arguments)?;
    let program = tx.program.clone();
    let actual = run::type_name(&program, &run::type_of(argument(arguments, 0)));
    failed(tx, arguments.get(2), &format!("Expected type: {expected}, Actual type: {actual}"))
}

fn is_no_instance(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    if !instance(tx, arguments) {
        return Ok(Value::Null);
    }
    let (_, expected) = pair(tx, arguments)?;
    failed(tx, arguments.get(2), &format!("Not expected type: {expected}"))
}

fn same(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    equal(tx, argument(arguments, 0), argument(arguments, 1)).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    crate::apex::value::hash(tx, argument(arguments, 0)).map(|hash| Value::Integer(hash as i32))
}

fn millis(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Long(tx.org.now_ms()))
}

fn is_future(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(tx.machine.entry == EntryKind::Future))
}

fn is_queueable(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(tx.machine.entry == EntryKind::Queueable))
}

fn is_batch(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(tx.machine.entry == EntryKind::Batch))
}

fn is_scheduled(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(tx.machine.entry == EntryKind::Scheduled))
}
