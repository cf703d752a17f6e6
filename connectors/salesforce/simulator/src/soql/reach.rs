//! What a bound name reads from a row.

use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::Value;

use super::bind::name_of;
use super::distance::Point;
use super::parts::Part;
use crate::org::{Field, ObjectType};
use crate::tables::{self, Row, View};

/// A step to a parent.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// As the schema spells it.
    pub relationship: String,
    pub key: String,
    /// The parent may be of several objects.
    pub polymorphic: bool,
    pub targets: Vec<Arc<ObjectType>>,
}

/// A field reached from the queried object.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub steps: Vec<Step>,
    /// As what is read of it is, where only a part is read.
    pub field: Arc<Field>,
    pub read: Read,
}

/// What is read of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Read {
    Whole,
    /// A part of a date as it is seen from a time zone.
    Part(Part, Tz),
    /// The name of the object that the record is of.
    TypeName,
    /// What the object of the record calls its records by.
    Name,
    /// How far away it is.
    Distance(Point),
}

impl Step {
    /// The parent's object and row.
    pub(crate) fn follow(&self, view: &View<'_>, row: &Row) -> Option<(Arc<ObjectType>, Row)> {
        let key = row.value(view, &self.key);
        let key = key.as_str()?;
        let fits = |object: &&Arc<ObjectType>| object.key_prefix.as_deref() == key.get(..3);
        let target =
            if let [only] = self.targets.as_slice() { Some(only) } else { self.targets.iter().find(fits) };
        let target = target?;
        tables::by_key(view, target, key).map(|row| (target.clone(), row))
    }
}

impl Bound {
    /// A field of the queried object itself.
    pub(super) fn own(field: &Arc<Field>) -> Self {
        Self { steps: Vec::new(), field: field.clone(), read: Read::Whole }
    }

    /// The value for a row of the queried object; null when a parent is missing.
    pub(crate) fn value(&self, view: &View<'_>, object: &ObjectType, row: &Row) -> Value {
        let Some((first, rest)) = self.steps.split_first() else { return self.of(view, object, row) };
        let mut current = first.follow(view, row);
        for step in rest {
            current = current.and_then(|(_, row)| step.follow(view, &row));
        }
        current.map(|(object, row)| self.of(view, &object, &row)).unwrap_or_default()
    }

    /// The value for the row at the end of the steps.
    pub(super) fn of(&self, view: &View<'_>, object: &ObjectType, row: &Row) -> Value {
        match self.read {
            Read::Whole => row.value(view, &self.field.name),
            Read::Part(part, zone) => part.of(&row.value(view, &self.field.name), zone),
            // Of an owner that is no user this tells the kind of group: a queue.
            Read::TypeName if object.name == "Group" => row.value(view, "Type"),
            Read::TypeName => object.name.clone().into(),
            Read::Name => name_of(object).map(|field| row.value(view, &field.name)).unwrap_or_default(),
            Read::Distance(point) => point.from(view, object, row, &self.field.name),
        }
    }
}
