//! A query as it was written.

use std::ops::Range;

use super::parts::Part;

/// A dotted name and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub parts: Vec<String>,
    /// The part of a date that a function takes, and the function's name as it was written.
    pub function: Option<(Part, String)>,
    /// Byte offset.
    pub at: usize,
}

impl Path {
    pub(crate) fn text(&self) -> String {
        let name = self.parts.join(".");
        match &self.function {
            Some((_, function)) => format!("{function}({name})"),
            None => name,
        }
    }
}

/// What stands between SELECT and FROM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Field(Path),
    /// `toLabel(x)`, `FORMAT(x)`: shown as the field itself.
    Formatted {
        path: Path,
        alias: Option<String>,
    },
    Aggregate(Aggregate),
    /// `FIELDS(ALL)` and the like; the word in upper case.
    Fields {
        which: String,
        at: usize,
    },
    Child(Box<Query>),
}

/// `COUNT(Id) n`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    pub function: Function,
    pub path: Path,
    pub alias: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Min,
    Max,
    Sum,
    Avg,
}

impl Function {
    /// The type of what it computes over a field.
    pub(crate) fn result(self, kind: crate::org::FieldType) -> crate::org::FieldType {
        match self {
            Self::Count | Self::CountDistinct => crate::org::FieldType::Int,
            Self::Min | Self::Max => kind,
            Self::Sum | Self::Avg => crate::org::FieldType::Double,
        }
    }
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Milliseconds from and (exclusive) to: a moment, a day or a longer span.
    Time(Range<i64>),
    /// A day from a bind: to a moment it is its first millisecond.
    Day(Range<i64>),
    /// A bind whose value is not known yet.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    In,
    NotIn,
    Includes,
    Excludes,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        left: Operand,
        operator: Operator,
        values: Vec<Literal>,
    },
    /// `x IN (SELECT …)`.
    InQuery {
        left: Path,
        negated: bool,
        query: Box<Query>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Field(Path),
    /// In HAVING.
    Aggregate(Aggregate),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub by: Operand,
    pub descending: bool,
    pub nulls_last: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// `SELECT COUNT()`.
    pub count: bool,
    pub items: Vec<Item>,
    pub from: Path,
    pub alias: Option<String>,
    pub condition: Option<Condition>,
    pub group_by: Vec<Path>,
    pub having: Option<Condition>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
}

impl Query {
    /// Whether rows are grouped.
    pub(crate) fn aggregates(&self) -> bool {
        !self.group_by.is_empty() || self.items.iter().any(|item| matches!(item, Item::Aggregate(_)))
    }
}
