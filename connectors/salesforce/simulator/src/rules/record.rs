//! A record as rules and flows look at it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::org::{Id, ObjectType, Record};

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

    /// The value of a field as it was.
    pub(super) fn before(&self, field: &str) -> Value {
        match (self.old, field) {
            (None, _) => Value::Null,
            (Some(old), "Id") => old.id.into(),
            (Some(old), field) => old.get(field).clone(),
        }
    }
}
