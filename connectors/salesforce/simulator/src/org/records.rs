//! Records of every object that stores any, as generic rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::id::Id;

/// A stored record: values by the API name of their field. A field without an entry is null.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: Id,
    pub values: BTreeMap<String, Value>,
    pub deleted: bool,
}

impl Record {
    /// The value of a field; the name must be spelt as the schema spells it.
    pub fn get(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    /// The id in a reference field.
    pub fn reference(&self, field: &str) -> Option<Id> {
        self.get(field).as_str().and_then(Id::parse)
    }
}

/// All records of the org. Cheap to clone: a table is shared until one of the two changes it.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// By API name of the object in lower case.
    tables: BTreeMap<String, Arc<BTreeMap<Id, Arc<Record>>>>,
    /// Bytes of blob fields, by the record's id.
    blobs: Arc<BTreeMap<Id, Bytes>>,
}

impl Records {
    /// All records of an object in the order of their ids, deleted ones included.
    pub fn table(&self, object: &str) -> impl Iterator<Item = &Arc<Record>> {
        self.tables.get(&object.to_ascii_lowercase()).into_iter().flat_map(|table| table.values())
    }

    /// One record, even when it is in the recycle bin.
    pub fn get(&self, object: &str, id: Id) -> Option<&Arc<Record>> {
        self.tables.get(&object.to_ascii_lowercase())?.get(&id)
    }

    /// Adds or replaces a record.
    pub fn put(&mut self, object: &str, record: Record) {
        let table = self.tables.entry(object.to_ascii_lowercase()).or_default();
        Arc::make_mut(table).insert(record.id, Arc::new(record));
    }

    /// Moves a record to the recycle bin.
    pub fn delete(&mut self, object: &str, id: Id) -> bool {
        let table = self.tables.get_mut(&object.to_ascii_lowercase());
        let Some(record) = table.and_then(|table| Arc::make_mut(table).get_mut(&id)) else {
            return false;
        };
        let gone = !record.deleted;
        Arc::make_mut(record).deleted = true;
        gone
    }

    /// Takes all records of an object away for good.
    pub fn drop_table(&mut self, object: &str) {
        self.tables.remove(&object.to_ascii_lowercase());
    }

    /// The bytes of a record's blob field.
    pub fn blob(&self, id: Id) -> Option<&Bytes> {
        self.blobs.get(&id)
    }

    /// Stores the bytes of a record's blob field.
    pub fn put_blob(&mut self, id: Id, bytes: Bytes) {
        Arc::make_mut(&mut self.blobs).insert(id, bytes);
    }
}
