//! PushTopics: queries whose results are watched.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::channel::TOPIC;
use super::iso;
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org, Reach, Record, Records, Rights, State};
use crate::soql::{self, Prepared};
use crate::tables::{self, View};
use crate::transaction::Note;

/// What a transaction has to tell the subscribers of PushTopics: channel and message, to be handed to the bus when the
/// transaction is in place. A row is told of once, whatever happened to it in between.
pub(crate) fn notices(org: &Org, before: &Records, after: &State, notes: &[Note]) -> Vec<(String, Value)> {
    let topics: Vec<&Arc<Record>> = after
        .records
        .table("PushTopic")
        .filter(|topic| !topic.deleted && topic.get("IsActive") == &Value::Bool(true))
        .collect();
    if topics.is_empty() || notes.is_empty() {
        return Vec::new();
    }
    let mut then = after.picture();
    then.records = before.clone();
    let mut found = Vec::new();
    for topic in topics {
        let query = topic.get("Query").as_str().unwrap_or_default();
        let rights = Rights { user: org.admin, sets: Vec::new(), reach: Reach::System };
        let now = View { org, state: after, rights: &rights, tooling: false };
        let was = View { org, state: &then, rights: &rights, tooling: false };
        let Ok(prepared) = soql::prepare(&now, query) else { continue };
        let watched = Watched { topic, query, prepared };
        let mut seen = BTreeSet::new();
        for note in notes.iter().filter(|note| *note.subject == *watched.prepared.object.name) {
            let Some((_, id)) = note.detail.iter().find(|(name, _)| *name == "id") else { continue };
            if !matters(note.kind) || !seen.insert(*id) {
                continue;
            }
            if let Some((kind, sobject)) = watched.change(&was, &now, *id) {
                let channel = format!("{TOPIC}{}", topic.get("Name").as_str().unwrap_or_default());
                let event = json!({"createdDate": iso(org.now_ms()), "type": kind});
                found.push((channel, json!({"event": event, "sobject": sobject})));
            }
        }
    }
    found
}

fn matters(kind: Kind) -> bool {
    matches!(kind, Kind::RecordCreated | Kind::RecordUpdated | Kind::RecordDeleted | Kind::RecordRestored)
}

/// The object behind FROM.
pub(super) fn object(query: &str) -> Option<String> {
    let mut words = query.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("FROM"))?;
    words.next().map(str::to_owned)
}

struct Watched<'a> {
    topic: &'a Record,
    query: &'a str,
    prepared: Prepared,
}

impl Watched<'_> {
    /// What is told of a row: the kind of change, and the columns of the query.
    fn change(&self, was: &View<'_>, now: &View<'_>, id: Id) -> Option<(&'static str, Value)> {
        let object = &self.prepared.object;
        let kept = |view: &View<'_>| view.state.records.get(&object.name, id).cloned();
        let (old, new) = (kept(was), kept(now));
        let alive = |record: &Option<Arc<Record>>| record.as_ref().is_some_and(|record| !record.deleted);
        let asked =
            |operation: &str| self.topic.get(&format!("NotifyForOperation{operation}")) == &Value::Bool(true);
        match (alive(&old), alive(&new)) {
            (false, true) if old.is_some() => self.told("undeleted", asked("Undelete"), now, id),
            (false, true) => self.told("created", asked("Create"), now, id),
            (true, true) if self.touched(old.as_deref()?, new.as_deref()?) => {
                self.told("updated", asked("Update"), now, id)
            }
            // Of what is gone only the id is told.
            (true, false) => {
                self.told("deleted", asked("Delete"), was, id).map(|(kind, _)| (kind, json!({"Id": id})))
            }
            _ => None,
        }
    }

    fn told(
        &self,
        kind: &'static str,
        asked: bool,
        view: &View<'_>,
        id: Id,
    ) -> Option<(&'static str, Value)> {
        let row = tables::by_key(view, &self.prepared.object, id.as_str()).filter(|_| asked)?;
        if !soql::holds(view, &self.prepared, &row) {
            return None;
        }
        let mut records = soql::records(view, &self.prepared, &[row], "").ok()?;
        let mut sobject = records.pop()?;
        sobject.as_object_mut().into_iter().for_each(|sobject| drop(sobject.remove("attributes")));
        Some((kind, sobject))
    }

    /// Whether an update changed a field that the topic looks at.
    fn touched(&self, old: &Record, new: &Record) -> bool {
        let object = &self.prepared.object;
        let (select, condition) = parts(self.query);
        let named = match self.topic.get("NotifyForFields").as_str() {
            Some("All") => return old.values != new.values,
            Some("Select") => fields(object, &[select]),
            Some("Where") => fields(object, &[condition]),
            _ => fields(object, &[select, condition]),
        };
        named.iter().any(|field| old.get(field) != new.get(field))
    }
}

/// What stands before FROM and what behind WHERE.
fn parts(query: &str) -> (&str, &str) {
    let lower = query.to_ascii_lowercase();
    let at = |word: &str| lower.find(word).unwrap_or(query.len());
    (&query[..at(" from ")], &query[at(" where ")..])
}

/// The object's fields that are named in these texts; what stands in quotes names none.
fn fields(object: &ObjectType, texts: &[&str]) -> BTreeSet<String> {
    let plain = texts.iter().flat_map(|text| text.split('\'').step_by(2));
    let words =
        plain.flat_map(|text| text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')));
    words.filter_map(|word| object.field(word)).map(|field| field.name.clone()).collect()
}
