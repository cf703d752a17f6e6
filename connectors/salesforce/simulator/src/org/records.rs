//! Records of every object that stores any, as generic rows.
//!
//! Everything here is shared between copies until one of them changes it, row by row: a transaction's working copy and
//! a savepoint cost nothing however many records there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rpds::RedBlackTreeMapSync;
use serde_json::Value;

use super::id::Id;
use super::index::Indexes;

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

/// The records of one object.
#[derive(Debug, Clone, Default)]
struct Table {
    rows: RedBlackTreeMapSync<Id, Arc<Record>>,
    indexes: Indexes,
    /// Records that were ever put here.
    made: usize,
    /// Another one after each change, never the same twice in one process.
    edition: u64,
}

/// All records of the org.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// By API name of the object in lower case.
    tables: BTreeMap<Arc<str>, Table>,
    /// Bytes of blob fields, by the record's id.
    blobs: RedBlackTreeMapSync<Id, Bytes>,
    /// What lies in the recycle bin: by the record whose deletion was asked for, all that went with it and itself.
    bin: RedBlackTreeMapSync<Id, Vec<(Arc<str>, Id)>>,
    /// Lookups that were emptied by a deletion: by its root, the record, its field, and what stood there.
    emptied: RedBlackTreeMapSync<Id, Vec<Emptied>>,
}

/// A lookup that lost its record.
#[derive(Debug, Clone)]
struct Emptied {
    object: Arc<str>,
    id: Id,
    field: Arc<str>,
    was: Id,
}

impl Records {
    /// All records of an object in the order of their ids, deleted ones included.
    pub fn table(&self, object: &str) -> impl Iterator<Item = &Arc<Record>> {
        self.find(object).into_iter().flat_map(|table| table.rows.values())
    }

    /// How many records of an object there are, deleted ones included.
    pub fn count(&self, object: &str) -> usize {
        self.find(object).map_or(0, |table| table.rows.size())
    }

    /// How many records of an object have ever been made, for numbers that never come twice.
    pub fn made(&self, object: &str) -> usize {
        self.find(object).map_or(0, |table| table.made)
    }

    /// One record, even when it is in the recycle bin.
    pub fn get(&self, object: &str, id: Id) -> Option<&Arc<Record>> {
        self.find(object)?.rows.get(&id)
    }

    /// The records, not deleted, whose field has this value; texts compare without case. The first question about a
    /// field makes an index of it.
    pub fn with_value(&self, object: &str, field: &str, value: &Value) -> Vec<Id> {
        let Some(table) = self.find(object) else { return Vec::new() };
        table.indexes.find(field, value, || table.rows.values())
    }

    /// Adds or replaces a record.
    pub fn put(&mut self, object: &str, record: Record) {
        let table = self.table_mut(object);
        let record = Arc::new(record);
        let old = table.rows.get(&record.id);
        table.made += usize::from(old.is_none());
        table.indexes.change(old, Some(&record));
        table.rows.insert_mut(record.id, record);
    }

    /// Moves a record to the recycle bin, as part of the deletion of `root`.
    pub fn delete(&mut self, object: &str, id: Id, root: Id) -> bool {
        if !self.mark(object, id, true) {
            return false;
        }
        let mut group = self.bin.get(&root).cloned().unwrap_or_default();
        group.push((object.into(), id));
        self.bin.insert_mut(root, group);
        true
    }

    /// Empties a lookup to a record that goes, as part of the deletion of `root`.
    pub fn empty(&mut self, object: &str, id: Id, field: &str, root: Id) {
        let Some(record) = self.get(object, id) else { return };
        let Some(was) = record.reference(field) else { return };
        let mut record = Record::clone(record);
        record.values.remove(field);
        self.put(object, record);
        let mut emptied = self.emptied.get(&root).cloned().unwrap_or_default();
        emptied.push(Emptied { object: object.into(), id, field: field.into(), was });
        self.emptied.insert_mut(root, emptied);
    }

    /// What was deleted together with `root`, itself among it; empty when it is not in the recycle bin.
    pub fn binned(&self, root: Id) -> &[(Arc<str>, Id)] {
        self.bin.get(&root).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes a record and all that was deleted with it out of the recycle bin; answers what came back.
    pub fn restore(&mut self, root: Id) -> Vec<(Arc<str>, Id)> {
        let group = self.binned(root).to_vec();
        self.bin.remove_mut(&root);
        let back = group.into_iter().filter(|(object, id)| self.mark(object, *id, false)).collect();
        for Emptied { object, id, field, was } in self.emptied.get(&root).cloned().unwrap_or_default() {
            if let Some(record) = self.get(&object, id).filter(|record| record.get(&field).is_null()) {
                let mut record = Record::clone(record);
                record.values.insert(field.to_string(), was.into());
                self.put(&object, record);
            }
        }
        self.emptied.remove_mut(&root);
        back
    }

    /// Takes a record and all that was deleted with it away for good; false when it is not in the recycle bin.
    pub fn purge(&mut self, root: Id) -> bool {
        let group = self.binned(root).to_vec();
        self.bin.remove_mut(&root);
        self.emptied.remove_mut(&root);
        for (object, id) in &group {
            self.table_mut(object).rows.remove_mut(id);
            self.blobs.remove_mut(id);
        }
        !group.is_empty()
    }

    /// Takes all records of an object away for good.
    pub fn drop_table(&mut self, object: &str) {
        self.tables.remove(object.to_ascii_lowercase().as_str());
    }

    /// The bytes of a record's blob field.
    pub fn blob(&self, id: Id) -> Option<&Bytes> {
        self.blobs.get(&id)
    }

    /// Stores the bytes of a record's blob field.
    pub fn put_blob(&mut self, id: Id, bytes: Bytes) {
        self.blobs.insert_mut(id, bytes);
    }

    /// Takes over what `changed` has made different from `base`, which it began as. Tables that neither has are left
    /// as they are.
    pub(crate) fn adopt(&mut self, changed: Self, base: &Self) {
        for (name, table) in changed.tables {
            if base.tables.get(&name).is_none_or(|old| old.edition != table.edition) {
                self.tables.insert(name, table);
            }
        }
        self.blobs = changed.blobs;
        self.bin = changed.bin;
        self.emptied = changed.emptied;
    }

    fn find(&self, object: &str) -> Option<&Table> {
        // Callers mostly spell it as the schema does; a lower-case copy is made either way.
        self.tables.get(object.to_ascii_lowercase().as_str())
    }

    fn table_mut(&mut self, object: &str) -> &mut Table {
        let table = self.tables.entry(object.to_ascii_lowercase().into()).or_default();
        table.edition = super::index::edition();
        table
    }

    fn mark(&mut self, object: &str, id: Id, deleted: bool) -> bool {
        let table = self.table_mut(object);
        let Some(old) = table.rows.get(&id).filter(|record| record.deleted != deleted) else { return false };
        let new = Arc::new(Record { deleted, ..Record::clone(old) });
        table.indexes.change(Some(old), Some(&new));
        table.rows.insert_mut(id, new);
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(number: usize) -> Id {
        Id::parse(&format!("001{number:012}")).expect("an id")
    }

    fn record(number: usize, email: Value) -> Record {
        Record { id: id(number), values: BTreeMap::from([("E".to_owned(), email)]), deleted: false }
    }

    #[test]
    fn an_index_follows_every_change() {
        let mut records = Records::default();
        records.put("A", record(1, json!("X@a")));
        assert_eq!(records.with_value("a", "E", &json!("x@A")), [id(1)]);
        records.put("A", record(2, json!("x@a")));
        assert_eq!(records.with_value("A", "E", &json!("x@a")), [id(1), id(2)]);
        records.put("A", record(1, json!(3)));
        assert_eq!(records.with_value("A", "E", &json!(3.0)), [id(1)]);
        let copy = records.clone();
        assert!(records.delete("A", id(2), id(2)));
        assert!(!records.delete("A", id(2), id(2)), "gone already");
        assert!(records.with_value("A", "E", &json!("x@a")).is_empty());
        assert_eq!(copy.with_value("A", "E", &json!("x@a")), [id(2)], "a copy stays as it was");
        assert_eq!(records.restore(id(2)).len(), 1);
        assert_eq!(records.with_value("A", "E", &json!("x@a")), [id(2)]);
    }

    #[test]
    fn what_went_together_comes_back_together() {
        let mut records = Records::default();
        records.put("A", record(1, Value::Null));
        records.put("B", record(2, Value::Null));
        records.delete("A", id(1), id(1));
        records.delete("B", id(2), id(1));
        assert!(records.restore(id(2)).is_empty());
        assert_eq!(records.restore(id(1)).len(), 2);
        records.delete("A", id(1), id(1));
        assert!(records.purge(id(1)) && !records.purge(id(1)));
        assert_eq!((records.count("A"), records.count("B")), (0, 1));
    }

    #[test]
    fn only_what_changed_is_taken_over() {
        let mut live = Records::default();
        live.put("A", record(1, Value::Null));
        live.put("B", record(2, Value::Null));
        let base = live.clone();
        let mut working = base.clone();
        working.put("B", record(3, Value::Null));
        live.drop_table("A");
        live.adopt(working, &base);
        assert_eq!((live.count("A"), live.count("B")), (0, 2));
    }
}
