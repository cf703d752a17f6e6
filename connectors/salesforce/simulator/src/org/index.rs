//! Which records have a value in a field: made when first asked for, kept up with every change.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use rpds::RedBlackTreeSetSync;
use serde_json::Value;

use super::id::Id;
use super::records::Record;

/// The records of one value stand together, in the order of their ids.
type Index = RedBlackTreeSetSync<(Arc<str>, Id)>;

/// The indexes of one table, by field. Deleted records are in none of them.
#[derive(Debug, Default)]
pub(super) struct Indexes(RwLock<BTreeMap<Arc<str>, Index>>);

impl Clone for Indexes {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.read().unwrap_or_else(|broken| broken.into_inner()).clone()))
    }
}

impl Indexes {
    /// The records with this value in `field`; none for null.
    pub(super) fn find<'a, I: Iterator<Item = &'a Arc<Record>>>(
        &self,
        field: &str,
        value: &Value,
        rows: impl FnOnce() -> I,
    ) -> Vec<Id> {
        let Some(key) = key(value) else { return Vec::new() };
        let among = |index: &Index| {
            let range = (key.clone(), Id::LEAST)..=(key.clone(), Id::GREATEST);
            index.range(range).map(|(_, id)| *id).collect()
        };
        if let Some(index) = self.0.read().unwrap_or_else(|broken| broken.into_inner()).get(field) {
            return among(index);
        }
        let mut index = Index::new_sync();
        for row in rows().filter(|row| !row.deleted) {
            if let Some(key) = row.values.get(field).and_then(self::key) {
                index.insert_mut((key, row.id));
            }
        }
        let found = among(&index);
        self.0.write().unwrap_or_else(|broken| broken.into_inner()).insert(field.into(), index);
        found
    }

    /// Follows the change of a record.
    pub(super) fn change(&mut self, old: Option<&Arc<Record>>, new: Option<&Arc<Record>>) {
        let indexes = self.0.get_mut().unwrap_or_else(|broken| broken.into_inner());
        let keyed = |record: Option<&Arc<Record>>, field: &str| {
            let record = record.filter(|record| !record.deleted)?;
            Some((record.values.get(field).and_then(key)?, record.id))
        };
        for (field, index) in indexes {
            let (old, new) = (keyed(old, field), keyed(new, field));
            if old == new {
                continue;
            }
            if let Some(old) = old {
                index.remove_mut(&old);
            }
            if let Some(new) = new {
                index.insert_mut(new);
            }
        }
    }
}

/// What values that count as equal have in common.
fn key(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::String(text) => Some(text.to_lowercase().into()),
        Value::Number(number) => number.as_f64().map(|number| number.to_string().into()),
        Value::Bool(truth) => Some(if *truth { "true".into() } else { "false".into() }),
        _ => None,
    }
}

/// A number that was not there before.
pub(super) fn edition() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
