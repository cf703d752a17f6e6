//! Changes of records, and the events that tell them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apache_avro::types::Value as Avro;
use bytes::Bytes;
use serde_json::{Value, json};

use super::bitmap::Columns;
use super::event_of;
use super::schema::{ChangeSchema, Column};
use crate::events::schema::{SchemaError, avro_value};
use crate::ledger::Kind;
use crate::org::{Field, Id, Metadata, ObjectType, Record, Records};
use crate::transaction::Note;

/// What happened to a record, in the order of the schema's symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Create,
    Update,
    Delete,
    Undelete,
}

impl ChangeKind {
    fn symbol(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Undelete => "UNDELETE",
        }
    }
}

/// One record's change in one transaction, all steps in between left out.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) object: Arc<ObjectType>,
    pub(crate) id: Id,
    pub(crate) kind: ChangeKind,
    old: Option<Arc<Record>>,
    new: Option<Arc<Record>>,
}

/// Who changed something, when, and as which part of a transaction.
#[derive(Debug, Clone)]
pub(in crate::events) struct Commit<'a> {
    pub(in crate::events) user: Id,
    pub(in crate::events) at_ms: i64,
    pub(in crate::events) number: u64,
    pub(in crate::events) transaction: &'a str,
    /// Counts from 1 in the transaction.
    pub(in crate::events) sequence: i32,
}

/// What a transaction did to captured objects, in the order in which records were first touched.
pub(crate) fn changes(metadata: &Metadata, notes: &[Note], before: &Records, after: &Records) -> Vec<Change> {
    if !metadata.streams.captures_any() {
        return Vec::new();
    }
    let captured = |event: &str| metadata.streams.captures(event);
    changes_of(metadata, notes, (before, after), captured)
}

/// As [`changes`], of objects whose change events are `captured`.
pub(crate) fn changes_of(
    metadata: &Metadata,
    notes: &[Note],
    (before, after): (&Records, &Records),
    captured: impl Fn(&str) -> bool,
) -> Vec<Change> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for note in notes {
        let of_record = matches!(
            note.kind,
            Kind::RecordCreated | Kind::RecordUpdated | Kind::RecordDeleted | Kind::RecordRestored
        );
        let Some((_, id)) = note.detail.iter().find(|(name, _)| *name == "id").filter(|_| of_record) else {
            continue;
        };
        let Some(object) = metadata.object(&note.subject) else { continue };
        if event_of(object).is_some_and(|event| captured(&event)) && seen.insert(*id) {
            found.extend(Change::between(object, *id, before, after));
        }
    }
    found
}

impl Change {
    fn between(object: &Arc<ObjectType>, id: Id, before: &Records, after: &Records) -> Option<Self> {
        let kept = |records: &Records| records.get(&object.name, id).cloned();
        let (was, is) = (kept(before), kept(after));
        let alive = |record: &Option<Arc<Record>>| record.clone().filter(|record| !record.deleted);
        let (old, new) = (alive(&was), alive(&is));
        let kind = match (&old, &new) {
            (None, Some(_)) if was.is_some() => ChangeKind::Undelete,
            (None, Some(_)) => ChangeKind::Create,
            (Some(old), Some(new)) if old.values != new.values => ChangeKind::Update,
            (Some(_), None) => ChangeKind::Delete,
            _ => return None,
        };
        Some(Self { object: object.clone(), id, kind, old, new })
    }

    /// The event as a trigger on it gets it, by field: what a create or an update brought, and the header.
    pub(crate) fn row(&self, user: Id, at_ms: i64, sequence: usize) -> BTreeMap<String, Value> {
        let fields = self.object.fields.iter().filter(|field| field.name != "Id");
        let told = |field: &&Arc<Field>| match self.kind {
            ChangeKind::Create | ChangeKind::Undelete => !self.after(field).is_null(),
            ChangeKind::Update => self.changes(field),
            ChangeKind::Delete => false,
        };
        let values = fields.clone().filter(told);
        let mut row: BTreeMap<String, Value> =
            values.map(|field| (field.name.clone(), self.after(field).clone())).collect();
        let names = |nulled: bool| -> Vec<&str> {
            let changed = fields.clone().filter(|field| self.changes(field));
            let changed = changed.filter(|field| !nulled || self.after(field).is_null());
            changed.map(|field| field.name.as_str()).collect()
        };
        let header = json!({
            "entityName": self.object.name, "recordIds": [self.id.as_str()], "changeType": self.kind.symbol(),
            "changeOrigin": "", "sequenceNumber": sequence, "commitTimestamp": at_ms, "commitNumber": at_ms,
            "commitUser": user.as_str(), "nulledFields": names(true), "diffFields": [], "changedFields": names(false),
        });
        row.insert(super::HEADER.to_owned(), header);
        row
    }

    /// The event's payload. `enriched` fields bring their value although they have not changed.
    pub(in crate::events) fn encode(
        &self,
        schema: &ChangeSchema,
        commit: &Commit<'_>,
        enriched: &[String],
    ) -> Result<Bytes, SchemaError> {
        let (mut changed, mut nulled) = (Columns::default(), Columns::default());
        let mut body = Vec::with_capacity(schema.columns.len());
        for (at, column) in schema.columns.iter().enumerate() {
            match column {
                Column::Header => {}
                Column::Plain(field) => {
                    if self.changes(field) {
                        changed.plain.insert(at);
                        if self.after(field).is_null() {
                            nulled.plain.insert(at);
                        }
                    }
                    let wanted = enriched.iter().any(|name| name.eq_ignore_ascii_case(&field.name));
                    body.push((field.name.clone(), optional(self.value(field, wanted)?)));
                }
                Column::Compound { name, parts } => {
                    let wanted = enriched.iter().any(|one| one.split('.').next() == Some(name.as_str()));
                    let mut inside = Vec::with_capacity(parts.len());
                    for (position, (word, field)) in parts.iter().enumerate() {
                        let Some(field) = field else {
                            inside.push(((*word).to_owned(), optional(None)));
                            continue;
                        };
                        if self.changes(field) {
                            changed.nested.insert((at, position));
                            if self.after(field).is_null() {
                                nulled.nested.insert((at, position));
                            }
                        }
                        inside.push(((*word).to_owned(), optional(self.value(field, wanted)?)));
                    }
                    let empty = inside.iter().all(|(_, value)| matches!(value, Avro::Union(0, _)));
                    body.push((name.clone(), optional((!empty).then_some(Avro::Record(inside)))));
                }
            }
        }
        let mut record = vec![(super::HEADER.to_owned(), self.header(commit, &changed, &nulled))];
        record.append(&mut body);
        schema.schema.write(&Avro::Record(record)).map(Bytes::from)
    }

    fn header(&self, commit: &Commit<'_>, changed: &Columns, nulled: &Columns) -> Avro {
        let text = |text: &str| Avro::String(text.to_owned());
        let texts = |texts: Vec<String>| Avro::Array(texts.into_iter().map(Avro::String).collect());
        // Only updates tell which fields.
        let told = |columns: &Columns| match self.kind {
            ChangeKind::Update => columns.texts(),
            _ => Vec::new(),
        };
        let column = |name: &str, value: Avro| (name.to_owned(), value);
        Avro::Record(vec![
            column("entityName", text(&self.object.name)),
            column("recordIds", texts(vec![self.id.to_string()])),
            column("changeType", Avro::Enum(self.kind as u32, self.kind.symbol().to_owned())),
            // Names the API and the client of a change; empty where that is not known.
            column("changeOrigin", text("")),
            column("transactionKey", text(commit.transaction)),
            column("sequenceNumber", Avro::Int(commit.sequence)),
            column("commitTimestamp", Avro::Long(commit.at_ms)),
            column("commitNumber", Avro::Long(i64::try_from(commit.number).unwrap_or(i64::MAX))),
            column("commitUser", text(commit.user.as_str())),
            column("nulledFields", texts(told(nulled))),
            column("diffFields", texts(Vec::new())),
            column("changedFields", texts(told(changed))),
        ])
    }

    fn after(&self, field: &Field) -> &Value {
        self.new.as_ref().map_or(&Value::Null, |record| record.get(&field.name))
    }

    fn before(&self, field: &Field) -> &Value {
        self.old.as_ref().map_or(&Value::Null, |record| record.get(&field.name))
    }

    fn changes(&self, field: &Field) -> bool {
        self.kind == ChangeKind::Update && self.before(field) != self.after(field)
    }

    /// What the event says of a field: all of a new record, what an update changed, nothing of a deleted one.
    fn value(&self, field: &Field, enriched: bool) -> Result<Option<Avro>, SchemaError> {
        let value = match self.kind {
            ChangeKind::Create | ChangeKind::Undelete => self.after(field),
            ChangeKind::Update if self.changes(field) || enriched => self.after(field),
            ChangeKind::Delete if enriched => self.before(field),
            ChangeKind::Update | ChangeKind::Delete => return Ok(None),
        };
        avro_value(field, value)
    }
}

fn optional(value: Option<Avro>) -> Avro {
    match value {
        Some(value) => Avro::Union(1, Box::new(value)),
        None => Avro::Union(0, Box::new(Avro::Null)),
    }
}
