//! A query as it was written.

use std::ops::Range;

use super::parts::Part;

/// A dotted name and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub parts: Vec<String>,
    /// The part of a date that is taken of it.
    pub function: Option<DateFunction>,
    /// Byte offset.
    pub at: usize,
}

/// `HOUR_IN_DAY(convertTimezone(…))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DateFunction {
    pub part: Part,
    /// The function's name as it was written.
    pub written: String,
    /// In the running user's time zone rather than in UTC.
    pub zoned: bool,
}

impl Path {
    pub(crate) fn text(&self) -> String {
        let name = self.parts.join(".");
        match &self.function {
            Some(DateFunction { written, zoned: true, .. }) => format!("{written}(convertTimezone({name}))"),
            Some(DateFunction { written, .. }) => format!("{written}({name})"),
            None => name,
        }
    }
}

/// How a selected value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    /// `toLabel(x)`.
    pub label: bool,
    /// `FORMAT(x)`.
    pub format: bool,
    /// `convertCurrency(x)`.
    pub converted: bool,
}

impl Shown {
    /// As it is.
    pub(crate) fn plain(self) -> bool {
        self == Self::default()
    }
}

/// What stands between SELECT and FROM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Field {
        path: Path,
        shown: Shown,
        alias: Option<String>,
    },
    Distance {
        distance: Distance,
        alias: Option<String>,
    },
    Aggregate(Aggregate),
    /// `FIELDS(ALL)` and the like; the word in upper case.
    Fields {
        which: String,
        at: usize,
    },
    Child(Box<Query>),
    TypeOf(TypeOf),
}

/// `COUNT(Id) n`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    pub function: Function,
    pub path: Path,
    pub alias: Option<String>,
    /// `FORMAT(MAX(x))`.
    pub shown: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Min,
    Max,
    Sum,
    Avg,
    /// 1 in the rows of ROLLUP and CUBE that are totals over the field, else 0.
    Grouping,
}

impl Function {
    /// By its name in upper case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "COUNT" => Self::Count,
            "COUNT_DISTINCT" => Self::CountDistinct,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "SUM" => Self::Sum,
            "AVG" => Self::Avg,
            "GROUPING" => Self::Grouping,
            _ => return None,
        })
    }

    /// The type of what it computes over a field.
    pub(crate) fn result(self, kind: crate::org::FieldType) -> crate::org::FieldType {
        match self {
            Self::Count | Self::CountDistinct | Self::Grouping => crate::org::FieldType::Int,
            Self::Min | Self::Max => kind,
            Self::Sum | Self::Avg => crate::org::FieldType::Double,
        }
    }

    /// As messages name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::CountDistinct => "COUNT_DISTINCT",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Grouping => "GROUPING",
        }
    }
}

/// `DISTANCE(field, GEOLOCATION(latitude, longitude), 'mi')`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Distance {
    pub path: Path,
    /// Degrees.
    pub latitude: f64,
    pub longitude: f64,
    /// Miles rather than kilometres.
    pub miles: bool,
}

/// `TYPEOF What WHEN Account THEN Phone ELSE Name END`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TypeOf {
    /// The relationship.
    pub path: Path,
    pub when: Vec<(Path, Vec<Path>)>,
    pub otherwise: Vec<Path>,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Milliseconds from and (exclusive) to: a moment from a bind.
    Time(Range<i64>),
    /// Days of the user's calendar: `LAST_MONTH`.
    Days(Range<i64>),
    /// A moment as it was written; days do not compare with it.
    Moment(Range<i64>),
    /// A day as it was written; moments do not compare with it.
    Date(Range<i64>),
    /// A day from a bind: to a moment it is its first millisecond.
    Day(Range<i64>),
    /// Milliseconds of a day.
    Clock(i64),
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
    /// `toLabel(x)`: compared by the shown text.
    Label(Path),
    /// In HAVING.
    Aggregate(Aggregate),
    Distance(Distance),
}

impl Operand {
    /// The field it is about.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Field(path) | Self::Label(path) => path,
            Self::Aggregate(aggregate) => &aggregate.path,
            Self::Distance(distance) => &distance.path,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub by: Operand,
    pub descending: bool,
    pub nulls_last: bool,
}

/// Which combinations of the grouped fields make groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Totals {
    #[default]
    None,
    /// Sub-totals from the last field to the first.
    Rollup,
    /// Sub-totals of every combination.
    Cube,
}

/// What stands behind WITH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum With {
    UserMode,
    SystemMode,
    SecurityEnforced,
    /// Categories of articles; at the byte offset.
    DataCategory(usize),
    /// A filter of a table that takes its filter here, as feeds do.
    Filter(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// `SELECT COUNT()`.
    pub count: bool,
    pub items: Vec<Item>,
    pub from: Path,
    pub alias: Option<String>,
    /// `FROM Contact c, c.Account a`: names for parents.
    pub parents: Vec<(String, Path)>,
    /// The word behind USING SCOPE and where it stands.
    pub scope: Option<(String, usize)>,
    pub condition: Option<Condition>,
    pub with: Option<With>,
    pub group_by: Vec<Path>,
    pub totals: Totals,
    pub having: Option<Condition>,
    pub order: Vec<Order>,
    pub limit: Option<usize>,
    pub offset: usize,
    /// The recycle bin too.
    pub all_rows: bool,
}

impl Query {
    /// Whether rows are grouped.
    pub(crate) fn aggregates(&self) -> bool {
        !self.group_by.is_empty() || self.items.iter().any(|item| matches!(item, Item::Aggregate(_)))
    }
}
