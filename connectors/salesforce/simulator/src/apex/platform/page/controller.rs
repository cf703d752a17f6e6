//! `ApexPages.StandardController` and `ApexPages.StandardSetController`.

use super::super::arguments::{argument, count, elements, null_argument, whole};
use super::super::database::kept;
use super::super::define::Definition;
use super::reference::at;
use crate::apex::run::{self, Manner, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::dml::Operation;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const ONE: &str = "ApexPages.StandardController";
const SET: &str = "ApexPages.StandardSetController";
/// Records of a page where nobody says how many, and at most.
const PAGE: i64 = 20;
const PAGE_MAX: i64 = 10_000;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(ONE)
            .method("new(SObject)", new_one)
            .method("SObject getRecord()", |_, this, _| Ok(kept(this, "record")))
            .method("Id getId()", id)
            .method("void addFields(List<String>)", nothing)
            .method("void reset()", nothing)
            .method("PageReference cancel()", view)
            .method("PageReference edit()", edit)
            .method("PageReference view()", view)
            .method("PageReference save()", save)
            .method("PageReference delete()", delete),
        Definition::class(SET)
            .method("new(List<SObject>)", new_set)
            .method("new(Database.QueryLocator)", new_set)
            .method("List<SObject> getRecords()", page)
            .method("List<SObject> getSelected()", |_, this, _| Ok(kept(this, "selected")))
            .method("SObject getRecord()", prototype)
            .method("void setSelected(List<SObject>)", |_, this, given| keep(this, "selected", given))
            .method("Integer getResultSize()", |tx, this, _| Ok(count(rows(tx, this)?.len())))
            .method("Integer getPageSize()", |_, this, _| Ok(kept(this, "size")))
            .method("void setPageSize(Integer)", set_size)
            .method("Integer getPageNumber()", |_, this, _| Ok(kept(this, "number")))
            .method("void setPageNumber(Integer)", |_, this, given| keep(this, "number", given))
            .method("Boolean getCompleteResult()", |_, _, _| Ok(Value::Boolean(true)))
            .method("Boolean getHasNext()", |tx, this, _| {
                Ok(Value::Boolean(number(this, "number") < last(tx, this)?))
            })
            .method("Boolean getHasPrevious()", |_, this, _| Ok(Value::Boolean(number(this, "number") > 1)))
            .method("void first()", |_, this, _| go(this, 1))
            .method("void last()", |tx, this, _| {
                let last = last(tx, this)?;
                go(this, last)
            })
            .method("void next()", |tx, this, _| {
                let next = (number(this, "number") + 1).min(last(tx, this)?);
                go(this, next)
            })
            .method("void previous()", |_, this, _| go(this, (number(this, "number") - 1).max(1)))
            .method("PageReference save()", save_all)
            .method("PageReference cancel()", |tx, _, _| at(tx, "/")),
    ]
}

fn nothing(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn keep(this: &Value, name: &'static str, given: &[Value]) -> Answer {
    if let Value::Platform(object) = this {
        object.state.borrow_mut().values.insert(name, argument(given, 0).clone());
    }
    Ok(Value::Null)
}

fn new_one(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    if argument(given, 0).is_null() {
        return Err(null_argument(tx));
    }
    let mut state = PlatformState::default();
    state.values.insert("record", argument(given, 0).clone());
    Ok(Value::Platform(PlatformValue::new(ONE, state)))
}

fn id(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match kept(this, "record") {
        Value::Record(record) => Ok(record.state.borrow().fields.get("Id").cloned().unwrap_or(Value::Null)),
        _ => Err(null_argument(tx)),
    }
}

fn place(tx: &mut Transaction, this: &Value, end: &str) -> Answer {
    let id = id(tx, this, &[])?;
    at(tx, &format!("/{}{end}", id.as_text().unwrap_or_default()))
}

fn view(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    place(tx, this, "")
}

fn edit(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    place(tx, this, "/e")
}

fn change(tx: &mut Transaction, operation: Operation, rows: &[Value]) -> Result<(), Thrown> {
    let records = rows.iter().filter_map(|row| match row {
        Value::Record(record) => Some(record.clone()),
        _ => None,
    });
    let records: Vec<_> = records.collect();
    run::change(tx, operation, &records, Manner { all_or_none: true, as_user: false }).map(|_| ())
}

fn save(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let new = id(tx, this, &[])?.is_null();
    let operation = if new { Operation::Insert } else { Operation::Update };
    change(tx, operation, &[kept(this, "record")])?;
    place(tx, this, "")
}

fn delete(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    change(tx, Operation::Delete, &[kept(this, "record")])?;
    at(tx, "/")
}

fn new_set(tx: &mut Transaction, _: &Value, given: &[Value]) -> Answer {
    let rows = match argument(given, 0) {
        Value::Null => return Err(null_argument(tx)),
        locator @ Value::Platform(_) => kept(locator, "rows"),
        list => list.clone(),
    };
    let mut state = PlatformState::default();
    state.values.insert("rows", rows);
    state.values.insert("selected", Value::list(Type::SObject, Vec::new()));
    state.values.insert("size", Value::Integer(PAGE as i32));
    state.values.insert("number", Value::Integer(1));
    Ok(Value::Platform(PlatformValue::new(SET, state)))
}

fn rows(tx: &mut Transaction, this: &Value) -> Result<Vec<Value>, Thrown> {
    let rows = kept(this, "rows");
    elements(tx, &rows)
}

fn number(this: &Value, name: &'static str) -> i64 {
    kept(this, name).as_whole().unwrap_or(1).max(1)
}

fn last(tx: &mut Transaction, this: &Value) -> Result<i64, Thrown> {
    let count = i64::try_from(rows(tx, this)?.len()).unwrap_or(i64::MAX);
    Ok(count.div_euclid(number(this, "size")) + i64::from(count.rem_euclid(number(this, "size")) > 0))
}

fn go(this: &Value, number: i64) -> Answer {
    keep(this, "number", &[Value::Integer(i32::try_from(number.max(1)).unwrap_or(1))])
}

fn set_size(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let size = whole(tx, argument(given, 0))?;
    if !(1..=PAGE_MAX).contains(&size) {
        return Err(throw(tx, "System.VisualforceException", "Invalid page size"));
    }
    keep(this, "size", given)
}

fn page(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let rows = rows(tx, this)?;
    let size = usize::try_from(number(this, "size")).unwrap_or(1);
    let start = usize::try_from(number(this, "number") - 1).unwrap_or_default().saturating_mul(size);
    let of = match kept(this, "rows") {
        Value::List(list) => list.ty.clone(),
        _ => Type::SObject,
    };
    Ok(Value::list(of, rows.into_iter().skip(start).take(size).collect()))
}

fn prototype(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(rows(tx, this)?.into_iter().next().unwrap_or(Value::Null))
}

fn save_all(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let selected = kept(this, "selected");
    let rows = elements(tx, &selected)?;
    change(tx, Operation::Update, &rows)?;
    at(tx, "/")
}
