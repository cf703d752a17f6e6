//! Making values, and reading them by kind.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use indexmap::{IndexMap, IndexSet};

use super::{
    Instance, Key, ListValue, MapValue, PlatformState, PlatformValue, RecordState, RecordValue, SetValue,
    Value, life,
};
use crate::apex::types::Type;
use crate::org::ObjectType;

impl Value {
    pub fn string(text: &str) -> Value {
        Value::String(Rc::from(text))
    }

    pub fn decimal(number: BigDecimal) -> Value {
        Value::Decimal(Rc::new(number))
    }

    /// A list of elements of this type.
    pub fn list(of: Type, items: Vec<Value>) -> Value {
        Value::List(ListValue::new(of, items))
    }

    /// The text of a string or an id.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            Value::Id(id) => Some(id.as_str()),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is the boolean true.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Boolean(true))
    }

    /// A whole number of either size.
    pub fn as_whole(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(i64::from(*number)),
            Value::Long(number) => Some(*number),
            _ => None,
        }
    }

    /// Any number as a decimal; a double by its shortest digits.
    pub fn as_decimal(&self) -> Option<BigDecimal> {
        match self {
            Value::Integer(number) => Some(BigDecimal::from(*number)),
            Value::Long(number) => Some(BigDecimal::from(*number)),
            Value::Double(number) => decimal_of(*number),
            Value::Decimal(number) => Some(BigDecimal::clone(number)),
            _ => None,
        }
    }

    /// Any number as a double.
    pub fn as_double(&self) -> Option<f64> {
        use bigdecimal::ToPrimitive;
        match self {
            Value::Integer(number) => Some(f64::from(*number)),
            Value::Long(number) => Some(*number as f64),
            Value::Double(number) => Some(*number),
            Value::Decimal(number) => number.to_f64(),
            _ => None,
        }
    }
}

/// The decimal that a double prints as; none of what is not finite.
pub fn decimal_of(number: f64) -> Option<BigDecimal> {
    if !number.is_finite() {
        return None;
    }
    BigDecimal::from_str(&format!("{number:?}")).ok()
}

impl ListValue {
    /// A list of elements of type `ty`.
    pub fn new(ty: Type, items: Vec<Value>) -> Rc<ListValue> {
        let holds = life::may_hold_containers(&ty);
        let made = Rc::new(ListValue {
            ty,
            items: RefCell::new(items),
            iterating: Cell::new(0),
            read_only: Cell::new(false),
        });
        if holds {
            life::remember(life::Kept::List(Rc::downgrade(&made)));
        }
        made
    }

    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.borrow().is_empty()
    }
}

impl SetValue {
    /// An empty set of elements of type `ty`.
    pub fn new(ty: Type) -> Rc<SetValue> {
        let holds = life::may_hold_containers(&ty);
        let made = Rc::new(SetValue {
            ty,
            items: RefCell::new(IndexSet::new()),
            iterating: Cell::new(0),
            read_only: Cell::new(false),
        });
        if holds {
            life::remember(life::Kept::Set(Rc::downgrade(&made)));
        }
        made
    }

    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.borrow().is_empty()
    }

    /// The elements in order.
    pub fn values(&self) -> Vec<Value> {
        self.items.borrow().iter().map(|key| key.value.clone()).collect()
    }
}

impl MapValue {
    /// An empty map.
    pub fn new(key: Type, value: Type) -> Rc<MapValue> {
        let holds = life::may_hold_containers(&key) || life::may_hold_containers(&value);
        let made = Rc::new(MapValue {
            key,
            value,
            entries: RefCell::new(IndexMap::new()),
            read_only: Cell::new(false),
            ignores_case: Cell::new(false),
        });
        if holds {
            life::remember(life::Kept::Map(Rc::downgrade(&made)));
        }
        made
    }

    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// The entries in order.
    pub fn pairs(&self) -> Vec<(Value, Value)> {
        self.entries.borrow().iter().map(|(key, value)| (key.value.clone(), value.clone())).collect()
    }
}

impl RecordValue {
    /// A record without any field, as `new Account()` makes it.
    pub fn new(object: Arc<ObjectType>) -> Rc<RecordValue> {
        Self::of(object, RecordState::default())
    }

    pub fn of(object: Arc<ObjectType>, state: RecordState) -> Rc<RecordValue> {
        let made = Rc::new(RecordValue { object, state: RefCell::new(state) });
        life::remember(life::Kept::Record(Rc::downgrade(&made)));
        made
    }
}

impl Instance {
    pub(crate) fn remembered(self) -> Rc<Instance> {
        let made = Rc::new(self);
        life::remember(life::Kept::Object(Rc::downgrade(&made)));
        made
    }
}

impl PlatformValue {
    /// An object of the platform type with this full name.
    pub fn new(name: &'static str, state: PlatformState) -> Rc<PlatformValue> {
        let made = Rc::new(PlatformValue { name, state: RefCell::new(state) });
        life::remember(life::Kept::Platform(Rc::downgrade(&made)));
        made
    }
}

impl Key {
    /// The value that the key stands for.
    pub fn value(&self) -> &Value {
        &self.value
    }
}
