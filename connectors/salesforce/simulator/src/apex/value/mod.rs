//! Values while Apex runs.
//!
//! They live on one thread, as long as one transaction. What can grow is counted by the transaction's heap.

pub mod convert;
pub mod decimal;
mod equal;
mod key;
mod life;
mod make;
mod order;
pub mod store;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime};
use indexmap::{IndexMap, IndexSet};

pub use equal::{equal, hash, structurally_equal as identical};
pub use life::Lifetime;
pub use make::decimal_of;
pub use order::{compare, natural};

use crate::apex::program::ClassId;
use crate::apex::types::Type;
use crate::org::{Id, ObjectType};

/// A value of Apex.
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i32),
    Long(i64),
    Double(f64),
    Decimal(Rc<BigDecimal>),
    String(Rc<str>),
    /// 18 characters, or 15 where the program made it from 15.
    Id(Id),
    Blob(Bytes),
    Date(NaiveDate),
    /// Milliseconds since the Unix epoch.
    Datetime(i64),
    Time(NaiveTime),
    List(Rc<ListValue>),
    Set(Rc<SetValue>),
    Map(Rc<MapValue>),
    Record(Rc<RecordValue>),
    Object(Rc<Instance>),
    Enum(ClassId, usize),
    PlatformEnum(&'static str, &'static str),
    /// A `System.Type`.
    Type(Type),
    /// A `Schema.SObjectType`.
    RecordType(Arc<ObjectType>),
    /// A `Schema.SObjectField`: object and field as the schema spells them.
    RecordField(Arc<ObjectType>, Arc<str>),
    /// Any other object of the platform.
    Platform(Rc<PlatformValue>),
}

#[derive(Debug)]
pub struct ListValue {
    /// Of the elements.
    pub ty: Type,
    pub items: RefCell<Vec<Value>>,
    /// Somebody iterates: changing it throws `System.FinalException`.
    pub iterating: Cell<u32>,
    pub read_only: Cell<bool>,
}

#[derive(Debug)]
pub struct SetValue {
    pub ty: Type,
    /// In the order of insertion.
    pub items: RefCell<IndexSet<Key>>,
    pub iterating: Cell<u32>,
    pub read_only: Cell<bool>,
}

#[derive(Debug)]
pub struct MapValue {
    pub key: Type,
    pub value: Type,
    /// In the order of insertion.
    pub entries: RefCell<IndexMap<Key, Value>>,
    pub read_only: Cell<bool>,
    /// Keys are in lower case and found in any: a describe's maps.
    pub ignores_case: Cell<bool>,
}

/// A value with its hash, by Apex's rules for keys (strings by case, records by their fields, objects by `hashCode`
/// and `equals` where their class has them).
#[derive(Debug, Clone)]
pub struct Key {
    pub value: Value,
    pub hash: u64,
}

/// A record in memory.
#[derive(Debug)]
pub struct RecordValue {
    pub object: Arc<ObjectType>,
    pub state: RefCell<RecordState>,
}

#[derive(Debug, Default, Clone)]
pub struct RecordState {
    /// By the field's name as the schema spells it. A field that is not here was neither set nor queried.
    pub fields: BTreeMap<Arc<str>, Value>,
    /// Parents by relationship name (`Account`, `Parent__r`).
    pub parents: BTreeMap<Arc<str>, Value>,
    /// Lists of children by relationship name.
    pub children: BTreeMap<Arc<str>, Value>,
    /// Columns of an aggregate that are no fields.
    pub extra: BTreeMap<Arc<str>, Value>,
    /// It came out of a query: a field that is not here throws `System.SObjectException` when read.
    pub queried: bool,
    /// `Trigger.old`, and `Trigger.new` in after triggers.
    pub read_only: bool,
    /// `addError`: field (empty = the record) and message.
    pub errors: Vec<(Arc<str>, String)>,
    /// It was made by `clone`.
    pub cloned: bool,
}

/// An object of a class that is written in Apex, or an exception of the platform.
#[derive(Debug)]
pub struct Instance {
    /// `Type::Class`, or `Type::Platform` for the platform's own exceptions.
    pub class: Type,
    pub fields: RefCell<Vec<Value>>,
    /// Of exceptions alone.
    pub exception: Option<RefCell<ExceptionState>>,
    /// Tells instances apart and orders them by age.
    pub number: u64,
    /// A stub of `Test.createStub`: its last value is the `System.StubProvider` that answers for it.
    pub is_stub: bool,
}

#[derive(Debug, Clone, Default)]
pub struct ExceptionState {
    pub message: Option<String>,
    pub cause: Option<Value>,
    /// Innermost first: `Class.A.f`, line, column.
    pub trace: Vec<Frame>,
    /// Rows that failed, of a `System.DmlException`.
    pub rows: Vec<FailedRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// `Class.A.f`, `Trigger.T`, `AnonymousBlock`.
    pub place: Arc<str>,
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone)]
pub struct FailedRow {
    pub index: usize,
    pub id: Option<Id>,
    pub errors: Vec<crate::dml::RowError>,
}

/// An object of the platform: its type's full name, and what its methods keep.
#[derive(Debug)]
pub struct PlatformValue {
    pub name: &'static str,
    pub state: RefCell<PlatformState>,
}

/// The state of platform objects, for all that need no more than named values.
#[derive(Debug, Default)]
pub struct PlatformState {
    pub values: BTreeMap<&'static str, Value>,
    /// Anything else a type keeps (an iterator's place, a compiled pattern).
    pub inner: Option<Box<dyn std::any::Any>>,
}
