//! A record as rules and flows look at it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::org::{Id, ObjectType, Record};
use crate::tables::{View, computed};

/// A record on its way into the store, or out of it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub object: &'a ObjectType,
    /// Absent before an insert.
    pub id: Option<Id>,
    /// All values as they are to be.
    pub new: &'a BTreeMap<String, Value>,
    /// As it is stored; absent while it is new.
    pub old: Option<&'a Record>,
}

impl Subject<'_> {
    /// The value of a field as it is to be; the name must be spelt as the schema spells it.
    pub(super) fn value(&self, field: &str) -> Value {
        match field {
            "Id" => self.id.map(Value::from).unwrap_or_default(),
            _ => self.new.get(field).cloned().unwrap_or_default(),
        }
    }

    /// As [`value`](Self::value), worked out where nobody stores it.
    pub(super) fn whole_value(&self, view: &View<'_>, name: &str) -> Value {
        match self.object.field(name) {
            Some(field) if field.computed.is_some() => {
                computed::value(view, self.object, self.id, self.new, field)
            }
            _ => self.value(name),
        }
    }

    /// The value of a field as it was.
    pub(super) fn before(&self, field: &str) -> Value {
        match (self.old, field) {
            (None, _) => Value::Null,
            (Some(old), "Id") => old.id.into(),
            (Some(old), field) => old.get(field).clone(),
        }
    }
}
