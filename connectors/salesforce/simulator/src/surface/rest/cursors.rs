//! Result sets with pages still to come.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::org::Id;
use crate::soql::Prepared;
use crate::tables::Row;

/// Cursors one user may have open; the oldest ends.
const OPEN_MAX: usize = 10;
/// A cursor lives for two days.
const LIFETIME_MS: i64 = 2 * 24 * 60 * 60 * 1000;

/// What a cursor goes through.
pub(crate) enum Remaining {
    Rows { query: Box<Prepared>, rows: Vec<Row> },
    Groups(Vec<Value>),
}

/// A result set.
pub(crate) struct Cursor {
    pub user: Id,
    pub opened_ms: i64,
    pub remaining: Remaining,
    pub batch: usize,
}

/// Open cursors by their id.
#[derive(Default)]
pub(crate) struct Cursors {
    open: BTreeMap<Id, Arc<Cursor>>,
}

impl Cursors {
    /// Keeps a cursor open.
    pub(crate) fn open(&mut self, id: Id, cursor: Arc<Cursor>) {
        let mine: Vec<Id> =
            self.open.iter().filter(|(_, open)| open.user == cursor.user).map(|(id, _)| *id).collect();
        let over = (mine.len() + 1).saturating_sub(OPEN_MAX);
        for oldest in mine.into_iter().take(over) {
            self.open.remove(&oldest);
        }
        self.open.insert(id, cursor);
    }

    /// The cursor of this id, if it is the user's and not too old.
    pub(crate) fn get(&self, id: Id, user: Id, now_ms: i64) -> Option<Arc<Cursor>> {
        let open = self.open.get(&id);
        open.filter(|cursor| cursor.user == user && now_ms - cursor.opened_ms < LIFETIME_MS).cloned()
    }
}
