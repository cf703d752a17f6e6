//! `Database.insert` and its like, and what they answer.

use std::rc::Rc;
use std::sync::Arc;

use super::super::arguments::{argument, null_argument};
use super::super::define::Definition;
use crate::apex::run::{self, Manner, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, RecordValue, Value};
use crate::dml::{Operation, Row, RowError, RowResult};
use crate::org::Id;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

macro_rules! changes {
    ($($run:ident $operation:expr, $result:literal;)*) => {
        $(
            fn $run(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
                change(tx, arguments, $operation, $result)
            }
        )*
    };
}

changes! {
    insert Operation::Insert, "Database.SaveResult";
    update Operation::Update, "Database.SaveResult";
    upsert Operation::Upsert(None), "Database.UpsertResult";
    delete Operation::Delete, "Database.DeleteResult";
    undelete Operation::Undelete, "Database.UndeleteResult";
}

pub(super) fn methods(mut database: Definition) -> Definition {
    // Verb, its result, and whether ids will do.
    macro_rules! overloads {
        ($($run:ident $verb:literal $result:literal)*) => {
            $(
                database = database
                    .method(concat!("static Database.", $result, " ", $verb, "(SObject)"), $run)
                    .method(concat!("static Database.", $result, " ", $verb, "(SObject, Boolean)"), $run)
                    .method(concat!("static Database.", $result, " ", $verb, "(SObject, System.AccessLevel)"), $run)
                    .method(concat!("static Database.", $result, " ", $verb, "(SObject, Boolean, System.AccessLevel)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<SObject>)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<SObject>, Boolean)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<SObject>, System.AccessLevel)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<SObject>, Boolean, System.AccessLevel)"), $run);
            )*
        };
    }
    overloads! {
        insert "insert" "SaveResult"
        update "update" "SaveResult"
        upsert "upsert" "UpsertResult"
        delete "delete" "DeleteResult"
        undelete "undelete" "UndeleteResult"
    }
    macro_rules! by_id {
        ($($run:ident $verb:literal $result:literal)*) => {
            $(
                database = database
                    .method(concat!("static Database.", $result, " ", $verb, "(Id)"), $run)
                    .method(concat!("static Database.", $result, " ", $verb, "(Id, Boolean)"), $run)
                    .method(concat!("static Database.", $result, " ", $verb, "(Id, Boolean, System.AccessLevel)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<Id>)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<Id>, Boolean)"), $run)
                    .method(concat!("static List<Database.", $result, "> ", $verb, "(List<Id>, Boolean, System.AccessLevel)"), $run);
            )*
        };
    }
    by_id! {
        delete "delete" "DeleteResult"
        undelete "undelete" "UndeleteResult"
    }
    database
        .method("static Database.SaveResult insert(SObject, Database.DmlOptions)", insert)
        .method("static List<Database.SaveResult> insert(List<SObject>, Database.DmlOptions)", insert)
        .method("static Database.SaveResult update(SObject, Database.DmlOptions)", update)
        .method("static List<Database.SaveResult> update(List<SObject>, Database.DmlOptions)", update)
        .method("static Database.UpsertResult upsert(SObject, Schema.SObjectField)", upsert)
        .method("static Database.UpsertResult upsert(SObject, Schema.SObjectField, Boolean)", upsert)
        .method("static Database.UpsertResult upsert(SObject, Schema.SObjectField, System.AccessLevel)", upsert)
        .method("static Database.UpsertResult upsert(SObject, Schema.SObjectField, Boolean, System.AccessLevel)", upsert)
        .method("static List<Database.UpsertResult> upsert(List<SObject>, Schema.SObjectField, System.AccessLevel)", upsert)
        .method("static List<Database.UpsertResult> upsert(List<SObject>, Schema.SObjectField)", upsert)
        .method("static List<Database.UpsertResult> upsert(List<SObject>, Schema.SObjectField, Boolean)", upsert)
        .method("static List<Database.UpsertResult> upsert(List<SObject>, Schema.SObjectField, Boolean, System.AccessLevel)", upsert)
        .method("static List<Database.EmptyRecycleBinResult> emptyRecycleBin(List<Id>)", empty_bin)
        .method("static List<Database.EmptyRecycleBinResult> emptyRecycleBin(List<SObject>)", empty_bin)
        .method("static Database.EmptyRecycleBinResult emptyRecycleBin(SObject)", empty_bin)
        .method("static Database.MergeResult merge(SObject, SObject)", merge)
        .method("static Database.MergeResult merge(SObject, Id)", merge)
        .method("static List<Database.MergeResult> merge(SObject, List<SObject>)", merge)
        .method("static List<Database.MergeResult> merge(SObject, List<Id>)", merge)
        .method("static Database.MergeResult merge(SObject, SObject, Boolean)", merge)
        .method("static List<Database.MergeResult> merge(SObject, List<Id>, Boolean)", merge)
}

pub(super) fn results() -> Vec<Definition> {
    let plain = |name| {
        Definition::class(name)
            .method("List<Database.Error> getErrors()", errors)
            .method("String getId()", id)
            .method("Boolean isSuccess()", is_success)
    };
    vec![
        plain("Database.SaveResult"),
        plain("Database.DeleteResult"),
        plain("Database.UndeleteResult"),
        plain("Database.EmptyRecycleBinResult"),
        plain("Database.UpsertResult").method("Boolean isCreated()", is_created),
        plain("Database.MergeResult")
            .method("List<Id> getMergedRecordIds()", merged)
            .method("List<Id> getUpdatedRelatedIds()", no_ids),
        Definition::class("Database.Error")
            .method("List<String> getFields()", fields)
            .method("String getMessage()", message)
            .method("System.StatusCode getStatusCode()", status),
        Definition::class("Database.DmlOptions")
            .method("new()", options)
            .settable("Boolean optAllOrNone", opt_all_or_none)
            .settable("Boolean allowFieldTruncation", opt_truncation),
        Definition::class("System.AccessLevel")
            .property("static System.AccessLevel USER_MODE", user_mode)
            .property("static System.AccessLevel SYSTEM_MODE", system_mode),
    ]
}

/// All or nothing, and rights, from whatever arguments follow the rows.
fn manner(tx: &Transaction, arguments: &[Value]) -> (Manner, Option<Arc<str>>) {
    let mut manner = Manner { as_user: tx.machine.user_mode(), ..Manner::STATEMENT };
    let mut key = None;
    for value in arguments.iter().skip(1) {
        match value {
            Value::Boolean(all) => manner.all_or_none = *all,
            Value::RecordField(_, field) => key = Some(field.clone()),
            Value::Platform(object) => {
                let state = object.state.borrow();
                if let Some(Value::Boolean(all)) = state.values.get("optAllOrNone") {
                    manner.all_or_none = *all;
                } else if object.name == "Database.DmlOptions" {
                    manner.all_or_none = false;
                }
                if let Some(Value::Boolean(user)) = state.values.get("user") {
                    manner.as_user = *user;
                }
            }
            _ => {}
        }
    }
    (manner, key)
}

fn change(tx: &mut Transaction, arguments: &[Value], operation: Operation, result: &'static str) -> Answer {
    let (manner, key) = manner(tx, arguments);
    let operation = match operation {
        Operation::Upsert(_) => Operation::Upsert(key),
        other => other,
    };
    let rows = argument(arguments, 0);
    let single = !matches!(rows, Value::List(_));
    let items = match rows {
        Value::List(list) => list.items.borrow().clone(),
        Value::Null => return Err(null_argument(tx)),
        one => vec![one.clone()],
    };
    let mut records: Vec<Rc<RecordValue>> = Vec::new();
    let mut ids = Vec::new();
    for item in &items {
        match item {
            Value::Record(record) => records.push(record.clone()),
            Value::Id(id) => ids.push(*id),
            Value::String(text) => match Id::parse(text) {
                Some(id) => ids.push(id),
                None => return Err(throw(tx, "System.StringException", format!("Invalid id: {text}"))),
            },
            _ => {
                let message = "DML statement found null SObject at position 0";
                return Err(throw(tx, "System.NullPointerException", message));
            }
        }
    }
    let done = if ids.is_empty() {
        run::change(tx, operation, &records, manner)?
    } else {
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(object) = tx.state.metadata.object_of(id).cloned() else {
                return Err(throw(tx, "System.StringException", format!("Invalid id: {id}")));
            };
            rows.push(Row::of(&object, id));
        }
        run::apply(tx, operation, rows, manner)?
    };
    Ok(answered(done, result, single))
}

/// Results as objects: one, or a list of them.
pub(in crate::apex::platform) fn answered(done: Vec<RowResult>, name: &'static str, single: bool) -> Value {
    let mut all: Vec<Value> = done.into_iter().map(|one| result(one, name)).collect();
    if single {
        return all.pop().unwrap_or(Value::Null);
    }
    Value::list(Type::platform(name), all)
}

fn result(done: RowResult, name: &'static str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("success", Value::Boolean(done.errors.is_empty()));
    state.values.insert("created", Value::Boolean(done.created));
    // A row that was not inserted has no id; one that failed otherwise is named all the same.
    state.values.insert("id", done.id.map_or(Value::Null, |id| Value::string(id.as_str())));
    let errors = done.errors.into_iter().map(error).collect();
    state.values.insert("errors", Value::list(Type::platform("Database.Error"), errors));
    Value::Platform(PlatformValue::new(name, state))
}

/// A `Database.Error`.
pub(in crate::apex::platform) fn error(error: RowError) -> Value {
    let mut state = PlatformState::default();
    let known = super::super::type_named("System.StatusCode");
    let status =
        known.and_then(|known| known.values.iter().find(|value| value.eq_ignore_ascii_case(&error.status)));
    let status = status.map_or("UNKNOWN_EXCEPTION", |status| *status);
    state.values.insert("status", Value::PlatformEnum("System.StatusCode", status));
    state.values.insert("message", Value::string(&error.message));
    let fields = error.fields.iter().map(|name| Value::string(name)).collect();
    state.values.insert("fields", Value::list(Type::String, fields));
    Value::Platform(PlatformValue::new("Database.Error", state))
}

/// A value that an object of the platform keeps.
pub(in crate::apex::platform) fn kept(this: &Value, name: &'static str) -> Value {
    match this {
        Value::Platform(object) => object.state.borrow().values.get(name).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

fn errors(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "errors"))
}

fn id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "id"))
}

fn is_success(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "success"))
}

fn is_created(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "created"))
}

fn fields(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "fields"))
}

fn message(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "message"))
}

fn status(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "status"))
}

fn merged(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "merged"))
}

fn no_ids(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::list(Type::Id, Vec::new()))
}

fn options(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Platform(PlatformValue::new("Database.DmlOptions", PlatformState::default())))
}

fn opt_all_or_none(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "optAllOrNone"))
}

fn opt_truncation(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "allowFieldTruncation"))
}

fn access(user: bool) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("user", Value::Boolean(user));
    Value::Platform(PlatformValue::new("System.AccessLevel", state))
}

fn user_mode(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(access(true))
}

fn system_mode(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(access(false))
}

fn empty_bin(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let rows = argument(arguments, 0);
    let items = match rows {
        Value::List(list) => list.items.borrow().clone(),
        Value::Null => return Err(null_argument(tx)),
        one => vec![one.clone()],
    };
    let ids: Vec<Id> = items
        .iter()
        .filter_map(|item| match item {
            Value::Id(id) => Some(*id),
            Value::String(text) => Id::parse(text),
            Value::Record(record) => match record.state.borrow().fields.get("Id") {
                Some(Value::Id(id)) => Some(*id),
                _ => None,
            },
            _ => None,
        })
        .collect();
    run::limit(tx, run::Limit::DmlStatements, 1)?;
    run::limit(tx, run::Limit::DmlRows, ids.len() as u64)?;
    let options = crate::dml::Options {
        all_or_none: false,
        as_user: tx.machine.user_mode(),
        with_sharing: tx.machine.with_sharing(),
    };
    let done = tx.empty_recycle_bin(&ids, options);
    Ok(answered(done, "Database.EmptyRecycleBinResult", !matches!(rows, Value::List(_))))
}

fn merge(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let (manner, _) = manner(tx, arguments.get(1..).unwrap_or_default());
    let (master, others) = (argument(arguments, 0), argument(arguments, 1));
    let done = run::merge(tx, master, others, manner)?;
    let ids: Vec<Id> = done.iter().filter_map(|one| one.id).collect();
    let name = "Database.MergeResult";
    let all: Vec<Value> = done
        .into_iter()
        .map(|one| {
            let made = result(one, name);
            if let Value::Platform(object) = &made {
                let merged = ids.iter().map(|id| Value::Id(*id)).collect();
                object.state.borrow_mut().values.insert("merged", Value::list(Type::Id, merged));
            }
            made
        })
        .collect();
    Ok(match others {
        Value::List(_) => Value::list(Type::platform(name), all),
        _ => all.into_iter().next_back().unwrap_or(Value::Null),
    })
}
