//! Queries, and the records that they bring.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use super::eval::eval;
use super::exec::{Context, at};
use super::{Limit, Thrown, heap, limit, throw};
use crate::apex::program::{Expr, Soql};
use crate::apex::types::Type;
use crate::apex::value::{RecordState, RecordValue, Value, store};
use crate::debug_log::{Category, Level};
use crate::org::{Field, FieldType, ObjectKind, ObjectType};
use crate::soql::{self, ApexRow, ApexRows, BindValue, Mode, Node};
use crate::transaction::Transaction;

/// Binds by name in lower case, without the colon.
pub type Binds = BTreeMap<String, BindValue>;

/// The object of the rows that a query with groups answers.
pub(super) static AGGREGATE: LazyLock<Arc<ObjectType>> =
    LazyLock::new(|| Arc::new(ObjectType::bare("AggregateResult", ObjectKind::Open)));

/// A query in brackets, as what its type says that it is used as. `lenient`: one record that is not there is null.
pub(super) fn in_brackets(
    tx: &mut Transaction,
    cx: Context<'_>,
    query: &Soql,
    expr: &Expr,
    lenient: bool,
) -> Result<Value, Thrown> {
    let mut binds = Binds::new();
    for (number, bind) in query.binds.iter().enumerate() {
        let value = eval(tx, cx, bind)?;
        binds.insert(format!("b{number}"), bind_value(&value));
    }
    at(tx, expr.at);
    let as_user = tx.machine.user_mode();
    match (run(tx, &query.text, &binds, as_user)?, &expr.ty) {
        (Found::Count(count), Type::Integer) => Ok(Value::Integer(whole(count))),
        (Found::Count(count), Type::List(of)) => Ok(Value::list(Type::clone(of), counted(count))),
        (Found::Count(count), _) => Ok(counted(count).pop().unwrap_or(Value::Null)),
        (Found::Records(records), Type::List(of)) => Ok(Value::list(Type::clone(of), records)),
        (Found::Records(records), _) if lenient && records.is_empty() => Ok(Value::Null),
        (Found::Records(records), _) => only_row(tx, records),
    }
}

/// The one row of a query that is used as a record.
pub(super) fn only_row(tx: &mut Transaction, mut records: Vec<Value>) -> Result<Value, Thrown> {
    let message = match records.len() {
        1 => return Ok(records.pop().unwrap_or(Value::Null)),
        0 => "List has no rows for assignment to SObject",
        _ => "List has more than 1 row for assignment to SObject",
    };
    Err(throw(tx, "System.QueryException", message))
}

/// What a query brought.
#[derive(Debug)]
pub enum Found {
    /// `SELECT COUNT()`.
    Count(usize),
    /// Records, those of `AggregateResult` among them.
    Records(Vec<Value>),
}

/// Runs a query: counts the limits and makes records of its rows. `as_user` enforces the rights of the running user;
/// otherwise the sharing of the running class counts.
pub fn run(tx: &mut Transaction, text: &str, binds: &Binds, as_user: bool) -> Result<Found, Thrown> {
    limit(tx, Limit::Queries, 1)?;
    let mode = if as_user { Mode::User } else { Mode::System { with_sharing: tx.machine.with_sharing() } };
    tx.machine.told(Category::Db, Level::Info, || format!("SOQL_EXECUTE_BEGIN|[]|Aggregations:0|{text}"));
    let rows = match soql::query(tx, text, binds, mode) {
        Ok(rows) => rows,
        Err(error) => return Err(throw(tx, "System.QueryException", error.message)),
    };
    tx.machine.told(Category::Db, Level::Info, || {
        let rows = match &rows {
            ApexRows::Count(count) => *count,
            ApexRows::Groups(groups) => groups.len(),
            ApexRows::Records(rows) => rows.len(),
        };
        format!("SOQL_EXECUTE_END|[]|Rows:{rows}")
    });
    let mut maker = Maker::default();
    match rows {
        ApexRows::Count(count) => {
            limit(tx, Limit::QueryRows, 1)?;
            Ok(Found::Count(count))
        }
        ApexRows::Groups(groups) => {
            limit(tx, Limit::QueryRows, groups.len() as u64)?;
            let mut records = Vec::with_capacity(groups.len());
            for group in groups {
                heap(tx, 16 + group.len() * 16)?;
                let columns = group.into_iter().map(|(name, node)| (maker.name(&name), column(node)));
                let state = RecordState { extra: columns.collect(), ..Default::default() };
                records.push(Value::Record(RecordValue::of(AGGREGATE.clone(), state)));
            }
            Ok(Found::Records(records))
        }
        ApexRows::Records(rows) => {
            limit(tx, Limit::QueryRows, count(&rows))?;
            let mut records = Vec::with_capacity(rows.len());
            for row in rows {
                records.push(Value::Record(maker.record(tx, row)?));
            }
            Ok(Found::Records(records))
        }
    }
}

/// Rows with those below them.
fn count(rows: &[ApexRow]) -> u64 {
    let children = |row: &ApexRow| {
        let lists =
            row.values.values().map(|node| if let Node::Children(rows) = node { count(rows) } else { 0 });
        lists.sum::<u64>()
    };
    rows.iter().map(|row| 1 + children(row)).sum()
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn counted(count: usize) -> Vec<Value> {
    let extra = [(Arc::from("expr0"), Value::Integer(whole(count)))].into();
    let state = RecordState { extra, ..Default::default() };
    vec![Value::Record(RecordValue::of(AGGREGATE.clone(), state))]
}

/// A column of a group.
fn column(node: Node) -> Value {
    match node {
        Node::Value(field, value) => store::from_json(&field, &value),
        Node::Number(kind, value) => {
            let field = Field { scale: 0, custom: false, ..Field::new("expr", kind) };
            match (kind, &value) {
                (FieldType::Int | FieldType::Long, _) => store::plain(&value),
                _ => store::from_json(&field, &value),
            }
        }
        Node::Blob(bytes) => Value::Blob(bytes),
        Node::Parent(_) | Node::Children(_) => Value::Null,
    }
}

/// Makes records that share the names of their fields.
#[derive(Default)]
struct Maker {
    names: HashMap<String, Arc<str>>,
}

impl Maker {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let made: Arc<str> = Arc::from(name);
        self.names.insert(name.to_owned(), made.clone());
        made
    }

    fn record(&mut self, tx: &mut Transaction, row: ApexRow) -> Result<Rc<RecordValue>, Thrown> {
        let mut state = RecordState { queried: true, ..Default::default() };
        let mut bytes = 16 + row.values.len() * 16;
        if let Some(id) = row.id {
            state.fields.insert(self.name("Id"), Value::Id(id));
        }
        for (name, node) in row.values {
            let shared = self.name(&name);
            match node {
                Node::Value(field, value) => {
                    bytes += value.as_str().map_or(0, str::len);
                    state.fields.insert(shared, store::from_json(&field, &value));
                }
                Node::Number(..) => {
                    state.extra.insert(shared, column(node));
                }
                Node::Blob(blob) => {
                    bytes += blob.len();
                    state.fields.insert(shared, Value::Blob(blob));
                }
                Node::Parent(None) => {
                    state.parents.insert(shared, Value::Null);
                }
                Node::Parent(Some(parent)) => {
                    let parent = self.record(tx, *parent)?;
                    state.parents.insert(shared, Value::Record(parent));
                }
                Node::Children(rows) => {
                    let of = super::record::child_type(tx, &row.object, &name);
                    let mut children = Vec::with_capacity(rows.len());
                    for child in rows {
                        children.push(Value::Record(self.record(tx, child)?));
                    }
                    state.children.insert(shared, Value::list(of, children));
                }
            }
        }
        heap(tx, bytes)?;
        Ok(RecordValue::of(row.object, state))
    }
}

/// A value for a query.
pub fn bind_value(value: &Value) -> BindValue {
    match value {
        Value::Null => BindValue::Null,
        Value::Boolean(truth) => BindValue::Bool(*truth),
        Value::Integer(_) | Value::Long(_) | Value::Double(_) | Value::Decimal(_) => {
            value.as_double().map_or(BindValue::Null, BindValue::Number)
        }
        Value::String(text) => BindValue::Text(text.to_string()),
        Value::Id(id) => BindValue::Id(*id),
        Value::Date(day) => BindValue::Date(day.format("%Y-%m-%d").to_string()),
        Value::Datetime(ms) => BindValue::Moment(*ms),
        Value::Time(time) => BindValue::Text(time.format("%H:%M:%S%.3fZ").to_string()),
        Value::List(list) => BindValue::List(list.items.borrow().iter().map(bind_value).collect()),
        Value::Set(set) => {
            BindValue::List(set.items.borrow().iter().map(|key| bind_value(&key.value)).collect())
        }
        Value::Record(record) => record.state.borrow().fields.get("Id").map_or(BindValue::Null, bind_value),
        Value::PlatformEnum(_, name) => BindValue::Text((*name).to_owned()),
        Value::RecordType(object) => BindValue::Text(object.name.clone()),
        _ => BindValue::Null,
    }
}
