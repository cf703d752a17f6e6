//! Values of formulas.

use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive, Zero};
use chrono::NaiveDate;
use serde_json::Value;

use super::FormulaError;
use crate::org::{FieldType, date_time, rest_time};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Unknown.
    Null,
    Text(String),
    Number(BigDecimal),
    Boolean(bool),
    Date(NaiveDate),
    /// Milliseconds since the Unix epoch.
    DateTime(i64),
}

/// What is known of a value before it is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Boolean,
    Date,
    DateTime,
    /// The field itself, which few functions take.
    Picklist,
    MultiPicklist,
    /// `NULL`: fits everywhere.
    Null,
}

/// What a formula is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Boolean,
    Text,
    Number,
    Date,
    DateTime,
}

impl Kind {
    /// As errors name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Picklist => "Picklist",
            Self::MultiPicklist => "Multi-Select Picklist",
            Self::Null => "Null",
        }
    }

    /// Of a field; `None` = formulas cannot look at it.
    pub(super) fn of(field: FieldType) -> Option<Self> {
        Some(match field {
            FieldType::Boolean => Self::Boolean,
            kind if kind.is_number() => Self::Number,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::DateTime,
            FieldType::Picklist => Self::Picklist,
            FieldType::MultiPicklist => Self::MultiPicklist,
            FieldType::Id
            | FieldType::Reference
            | FieldType::String
            | FieldType::TextArea
            | FieldType::Combobox
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url => Self::Text,
            _ => return None,
        })
    }
}

impl Wanted {
    /// What a field of this type takes.
    pub fn of(field: FieldType) -> Self {
        match field {
            FieldType::Boolean => Self::Boolean,
            kind if kind.is_number() => Self::Number,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::DateTime,
            _ => Self::Text,
        }
    }

    pub(super) fn accepts(self, kind: Kind) -> Result<(), FormulaError> {
        let (fits, name) = match self {
            Self::Boolean => (kind == Kind::Boolean, "true or false"),
            Self::Text => (kind == Kind::Text, "Text"),
            Self::Number => (kind == Kind::Number, "Number"),
            Self::Date => (matches!(kind, Kind::Date | Kind::DateTime), "Date"),
            Self::DateTime => (matches!(kind, Kind::Date | Kind::DateTime), "DateTime"),
        };
        if fits || kind == Kind::Null {
            return Ok(());
        }
        Err(FormulaError(format!(
            "Formula result is data type ({}), incompatible with expected data type ({name}).",
            kind.name()
        )))
    }
}

impl Datum {
    /// From the store.
    pub(super) fn from_stored(kind: FieldType, value: &Value) -> Self {
        match (kind, value) {
            (FieldType::Boolean, value) => Self::Boolean(value.as_bool().unwrap_or_default()),
            (_, Value::Null) => Self::Null,
            (FieldType::Percent, Value::Number(number)) => {
                number_of(&number.to_string()).map_or(Self::Null, |number| Self::Number(number / 100))
            }
            (_, Value::Number(number)) => number_of(&number.to_string()).map_or(Self::Null, Self::Number),
            (FieldType::Date, Value::String(text)) => {
                NaiveDate::parse_from_str(text.get(..10).unwrap_or(text), "%Y-%m-%d")
                    .map_or(Self::Null, Self::Date)
            }
            (FieldType::DateTime, Value::String(text)) => {
                crate::soql::moment(text).map_or(Self::Null, Self::DateTime)
            }
            (_, Value::String(text)) => Self::Text(text.clone()),
            (_, Value::Bool(flag)) => Self::Boolean(*flag),
            _ => Self::Null,
        }
    }

    /// As the store keeps it in a field of this type.
    pub(crate) fn stored(&self, kind: FieldType) -> Value {
        match (self, kind) {
            (Self::Null, FieldType::Boolean) => Value::Bool(false),
            (Self::Null, _) => Value::Null,
            (Self::Text(text), _) if text.is_empty() => Value::Null,
            (Self::Text(text), _) => text.clone().into(),
            (Self::Number(number), FieldType::Percent) => plain(&(number * BigDecimal::from(100))),
            (Self::Number(number), _) => plain(number),
            (Self::Boolean(flag), _) => (*flag).into(),
            (Self::Date(day), FieldType::DateTime) => rest_time(midnight(*day)).into(),
            (Self::Date(day), _) => day.format("%Y-%m-%d").to_string().into(),
            (Self::DateTime(at), FieldType::Date) => date_time(*at).format("%Y-%m-%d").to_string().into(),
            (Self::DateTime(at), _) => rest_time(*at).into(),
        }
    }

    /// Whether it is unknown or an empty text.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// The text; unknown is empty.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    pub(super) fn number(&self) -> Option<&BigDecimal> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }
}

/// Midnight in UTC, in which this org lives.
pub(super) fn midnight(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

/// Reads a number that is no longer than what a field holds.
pub(super) fn number_of(text: &str) -> Option<BigDecimal> {
    (text.len() <= 400).then(|| BigDecimal::from_str(text).ok())?
}

fn plain(number: &BigDecimal) -> Value {
    if number.is_zero() {
        return 0.into();
    }
    match number.is_integer().then(|| number.to_i64()).flatten() {
        Some(whole) => whole.into(),
        None => number.to_f64().map(Value::from).unwrap_or_default(),
    }
}
