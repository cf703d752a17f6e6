//! `Database.query` and its like, savepoints, query locators.

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use super::changes::kept;
use crate::apex::run::{self, Binds, Found, Thrown, bind_value, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Savepoints are kept by their number.
const SAVEPOINT: &str = "System.Savepoint";

pub(super) fn methods(database: Definition) -> Definition {
    database
        .method("static List<SObject> query(String)", query)
        .method("static List<SObject> query(String, System.AccessLevel)", query)
        .method(
            "static List<SObject> queryWithBinds(String, Map<String, Object>, System.AccessLevel)",
            with_binds,
        )
        .method("static Integer countQuery(String)", count)
        .method("static Integer countQuery(String, System.AccessLevel)", count)
        .method(
            "static Integer countQueryWithBinds(String, Map<String, Object>, System.AccessLevel)",
            count_with_binds,
        )
        .method("static Database.QueryLocator getQueryLocator(String)", locator)
        .method("static Database.QueryLocator getQueryLocator(String, System.AccessLevel)", locator)
        .method("static Database.QueryLocator getQueryLocator(List<SObject>)", locator_of_rows)
        .method("static System.Savepoint setSavepoint()", savepoint)
        .method("static void rollback(System.Savepoint)", rollback)
        .method("static void releaseSavepoint(System.Savepoint)", release)
}

pub(super) fn types() -> Vec<Definition> {
    vec![
        Definition::class(SAVEPOINT),
        Definition::class("Database.QueryLocator")
            .below("Iterable<SObject>")
            .method("String getQuery()", locator_text)
            .method("Database.QueryLocatorIterator iterator()", iterate),
        Definition::class("Database.QueryLocatorIterator").below("Iterator<SObject>"),
        Definition::class("AggregateResult").method("Object get(String)", aggregate_get),
    ]
}

/// As the access level says; without one, as the code that runs has it.
fn as_user(tx: &Transaction, level: &Value) -> bool {
    match kept(level, "user") {
        Value::Boolean(user) => user,
        _ => tx.machine.user_mode(),
    }
}

/// The binds that a text names: variables that were in scope, and fields of records among them.
fn scope(tx: &Transaction) -> Binds {
    let mut binds = Binds::new();
    for (name, value) in tx.machine.scope.iter().flatten() {
        binds.insert(name.clone(), bind_value(value));
        if let Value::Record(record) = value {
            for (field, value) in &record.state.borrow().fields {
                binds.insert(format!("{name}.{}", field.to_ascii_lowercase()), bind_value(value));
            }
        }
    }
    binds
}

fn given(tx: &mut Transaction, map: &Value) -> Result<Binds, Thrown> {
    let Value::Map(map) = map else { return Err(super::super::arguments::null_argument(tx)) };
    let pairs = map.pairs();
    let named = pairs.iter().filter_map(|(key, value)| {
        key.as_text().map(|name| (name.trim_start_matches(':').to_ascii_lowercase(), bind_value(value)))
    });
    Ok(named.collect())
}

fn records(tx: &mut Transaction, text: &str, binds: &Binds, as_user: bool) -> Answer {
    match run::query(tx, text, binds, as_user)? {
        Found::Records(records) => {
            let of = match records.first() {
                Some(Value::Record(record)) => Type::Record(record.object.name.as_str().into()),
                _ => Type::SObject,
            };
            Ok(Value::list(of, records))
        }
        Found::Count(_) => {
            let message = "SELECT COUNT() is not allowed here; use Database.countQuery";
            Err(throw(tx, "System.QueryException", message))
        }
    }
}

fn query(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let query = text(tx, argument(arguments, 0))?;
    let binds = scope(tx);
    let as_user = as_user(tx, argument(arguments, 1));
    records(tx, &query, &binds, as_user)
}

fn with_binds(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let query = text(tx, argument(arguments, 0))?;
    let binds = given(tx, argument(arguments, 1))?;
    let as_user = as_user(tx, argument(arguments, 2));
    records(tx, &query, &binds, as_user)
}

fn counted(tx: &mut Transaction, text: &str, binds: &Binds, as_user: bool) -> Answer {
    match run::query(tx, text, binds, as_user)? {
        Found::Count(count) => Ok(super::super::arguments::count(count)),
        Found::Records(_) => {
            let message = "unexpected token: a query that counts selects COUNT()";
            Err(throw(tx, "System.QueryException", message))
        }
    }
}

fn count(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let query = text(tx, argument(arguments, 0))?;
    let binds = scope(tx);
    let as_user = as_user(tx, argument(arguments, 1));
    counted(tx, &query, &binds, as_user)
}

fn count_with_binds(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let query = text(tx, argument(arguments, 0))?;
    let binds = given(tx, argument(arguments, 1))?;
    let as_user = as_user(tx, argument(arguments, 2));
    counted(tx, &query, &binds, as_user)
}

fn located(rows: Value, text: Value) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("rows", rows);
    state.values.insert("query", text);
    Value::Platform(PlatformValue::new("Database.QueryLocator", state))
}

fn locator(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let rows = query(tx, this, arguments)?;
    Ok(located(rows, argument(arguments, 0).clone()))
}

fn locator_of_rows(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(located(argument(arguments, 0).clone(), Value::Null))
}

fn locator_text(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "query"))
}

fn iterate(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let rows = kept(this, "rows");
    super::super::collection::iterator_over(tx, &rows, arguments)
}

fn savepoint(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    run::limit(tx, run::Limit::DmlStatements, 1)?;
    let number = tx.savepoint();
    let mut state = PlatformState::default();
    state.values.insert("number", super::super::arguments::count(number));
    Ok(Value::Platform(PlatformValue::new(SAVEPOINT, state)))
}

fn rollback(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    run::limit(tx, run::Limit::DmlStatements, 1)?;
    let number =
        kept(argument(arguments, 0), "number").as_whole().and_then(|number| usize::try_from(number).ok());
    match number {
        Some(number) if tx.rollback_to(number) => Ok(Value::Null),
        Some(_) => Err(throw(tx, "System.TypeException", "The savepoint is no longer valid")),
        None => Err(super::super::arguments::null_argument(tx)),
    }
}

fn release(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn aggregate_get(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    super::super::record::get(tx, this, arguments)
}
