//! The columns of a grouped query.

use super::super::ast::{Aggregate, Condition, Function, Item, Operand, Path, Query, Shown, Totals};
use super::super::bind::Binder;
use super::super::point::malformed;
use super::super::reach::Bound;
use super::super::restrict;
use super::groupable;
use crate::org::FieldType;
use crate::surface::ApiError;

/// A column of a grouped answer.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub name: String,
    pub bound: Bound,
    /// `None` for a grouped field.
    pub function: Option<Function>,
    pub shown: Shown,
    /// Which of the grouped fields it is about.
    pub(super) group: Option<usize>,
    /// How it was written, to be found again in HAVING and ORDER BY.
    written: String,
    /// Needed by HAVING or ORDER BY, and not part of the answer.
    pub(in super::super) hidden: bool,
}

impl Output {
    /// The type of its values.
    pub(super) fn kind(&self) -> FieldType {
        self.function.map_or(self.bound.field.kind, |function| function.result(self.bound.field.kind))
    }
}

/// Binds what is grouped by.
pub(in super::super) fn grouped(binder: &Binder<'_>, query: &Query) -> Result<Vec<Bound>, ApiError> {
    let bind = |path: &Path| {
        let bound = binder.bind(path)?;
        if groupable(&bound) {
            return Ok(bound);
        }
        let message = format!("field '{}' can not be grouped in a query call", path.text());
        Err(malformed(binder.text, path.at, &message))
    };
    query.group_by.iter().map(bind).collect()
}

/// The columns of a grouped query, those that only HAVING and ORDER BY need behind the others.
pub(in super::super) fn outputs(binder: &Binder<'_>, query: &Query) -> Result<Vec<Output>, ApiError> {
    if query.group_by.is_empty() {
        overall(binder, query)?;
    }
    let mut outputs: Vec<Output> = Vec::new();
    let mut unnamed = 0;
    let mut next = || {
        unnamed += 1;
        format!("expr{}", unnamed - 1)
    };
    for item in &query.items {
        let output = match item {
            Item::Field { path, shown, alias } => {
                let alias = alias.clone().or_else(|| path.function.is_some().then(&mut next));
                field(binder, query, path, *shown, alias)?
            }
            Item::Aggregate(aggregate) => {
                let name = aggregate.alias.clone().unwrap_or_else(&mut next);
                computed(binder, query, aggregate, name)?
            }
            Item::Fields { at, .. } => {
                return Err(malformed(binder.text, *at, "FIELDS is not allowed with GROUP BY"));
            }
            Item::Distance { distance, .. } => {
                let message = format!("Field must be grouped or aggregated: {}", distance.path.text());
                return Err(malformed(binder.text, distance.path.at, &message));
            }
            Item::TypeOf(of) => {
                let message = "TYPEOF is not allowed in an aggregate query";
                return Err(malformed(binder.text, of.path.at, message));
            }
            Item::Child(child) => {
                let message = "Subqueries are not allowed in an aggregate query";
                return Err(malformed(binder.text, child.from.at, message));
            }
        };
        if outputs.iter().any(|one| one.name.eq_ignore_ascii_case(&output.name)) {
            let message = format!("duplicate alias: {}", output.name);
            return Err(ApiError::bad("MALFORMED_QUERY", message));
        }
        outputs.push(output);
    }
    let mut further = Vec::new();
    query.having.iter().for_each(|condition| operands(condition, &mut further));
    let ordered = further.len();
    further.extend(query.order.iter().map(|order| &order.by));
    for (at, operand) in further.into_iter().enumerate() {
        if find(&outputs, operand).is_some() {
            continue;
        }
        let output = match operand {
            Operand::Aggregate(aggregate) => computed(binder, query, aggregate, String::new())?,
            Operand::Field(path) | Operand::Label(path) if at >= ordered && !groups(query, path) => {
                binder.bind(path)?;
                let message = format!("Ordered field must be grouped or aggregated: {}", path.text());
                return Err(malformed(binder.text, path.at, &message));
            }
            Operand::Field(path) | Operand::Label(path) => {
                field(binder, query, path, Shown::default(), None)?
            }
            Operand::Distance(distance) => {
                let message = format!("Field must be grouped or aggregated: {}", distance.path.text());
                return Err(malformed(binder.text, distance.path.at, &message));
            }
        };
        outputs.push(Output { hidden: true, ..output });
    }
    if let Some(condition) = &query.having {
        comparable(binder, &outputs, condition)?;
    }
    Ok(outputs)
}

/// One group of all rows is answered as it is.
fn overall(binder: &Binder<'_>, query: &Query) -> Result<(), ApiError> {
    let word = if query.limit.is_some() {
        "LIMIT"
    } else if query.offset > 0 {
        "OFFSET"
    } else {
        return Ok(());
    };
    let message = format!("Non-grouped query that uses overall aggregate functions cannot also use {word}");
    Err(malformed(binder.text, query.from.at, &message))
}

fn operands<'a>(condition: &'a Condition, found: &mut Vec<&'a Operand>) {
    match condition {
        Condition::And(all) | Condition::Or(all) => all.iter().for_each(|one| operands(one, found)),
        Condition::Not(one) => operands(one, found),
        Condition::Compare { left, .. } => found.push(left),
        Condition::InQuery { .. } => {}
    }
}

fn comparable(binder: &Binder<'_>, outputs: &[Output], condition: &Condition) -> Result<(), ApiError> {
    match condition {
        Condition::And(all) | Condition::Or(all) => {
            all.iter().try_for_each(|one| comparable(binder, outputs, one))
        }
        Condition::Not(one) => comparable(binder, outputs, one),
        Condition::Compare { left, operator, values } => {
            let Some(at) = find(outputs, left) else { return Ok(()) };
            let field = crate::org::Field {
                kind: outputs[at].kind(),
                ..crate::org::Field::clone(&outputs[at].bound.field)
            };
            restrict::comparable(&field, *operator, values)
                .map_err(|message| binder.refuse(left.path(), &message))
        }
        Condition::InQuery { left, .. } => {
            Err(malformed(binder.text, left.at, "Semi join sub-selects are not allowed in HAVING"))
        }
    }
}

fn groups(query: &Query, path: &Path) -> bool {
    place(query, path).is_some()
}

fn place(query: &Query, path: &Path) -> Option<usize> {
    let written = path.text().to_ascii_lowercase();
    query.group_by.iter().position(|group| group.text().to_ascii_lowercase() == written)
}

fn field(
    binder: &Binder<'_>,
    query: &Query,
    path: &Path,
    shown: Shown,
    alias: Option<String>,
) -> Result<Output, ApiError> {
    let bound = binder.bind(path)?;
    let Some(group) = place(query, path) else {
        let message = format!("Field must be grouped or aggregated: {}", path.text());
        return Err(malformed(binder.text, path.at, &message));
    };
    let name = alias.unwrap_or_else(|| bound.field.name.clone());
    let written = path.text().to_ascii_lowercase();
    Ok(Output { name, bound, function: None, shown, group: Some(group), written, hidden: false })
}

fn computed(
    binder: &Binder<'_>,
    query: &Query,
    aggregate: &Aggregate,
    name: String,
) -> Result<Output, ApiError> {
    let bound = binder.bind(&aggregate.path)?;
    let refuse = |message: &str| Err(malformed(binder.text, aggregate.path.at, message));
    let group = place(query, &aggregate.path);
    let function = aggregate.function;
    if function == Function::Grouping {
        if group.is_none() || query.totals == Totals::None {
            return refuse("GROUPING is for fields of ROLLUP and CUBE");
        }
    } else if !aggregates(function, &bound) {
        return refuse(&format!(
            "field {} does not support aggregate operator {}",
            bound.field.name,
            function.as_str()
        ));
    } else if group.is_some() && query.totals == Totals::None {
        return refuse(&format!("Grouped field should not be aggregated: {}", aggregate.path.text()));
    }
    let written = written(aggregate);
    let (function, shown) = (Some(function), aggregate.shown);
    Ok(Output { name, bound, function, shown, group, written, hidden: false })
}

/// Which functions the types of fields support.
fn aggregates(function: Function, bound: &Bound) -> bool {
    let kind = bound.field.kind;
    match function {
        Function::Sum | Function::Avg => kind.is_number(),
        _ => {
            crate::tables::filterable(&bound.field)
                && !matches!(
                    kind,
                    FieldType::Boolean
                        | FieldType::Time
                        | FieldType::Location
                        | FieldType::AnyType
                        | FieldType::EncryptedString
                        | FieldType::MultiPicklist
                )
        }
    }
}

fn written(aggregate: &Aggregate) -> String {
    format!("{}({})", aggregate.function.as_str(), aggregate.path.text().to_ascii_lowercase())
}

/// The output that an operand names, by how it is written or by its alias.
pub(super) fn find(outputs: &[Output], operand: &Operand) -> Option<usize> {
    match operand {
        Operand::Aggregate(aggregate) => {
            let written = written(aggregate);
            outputs.iter().position(|output| output.written == written)
        }
        Operand::Field(path) | Operand::Label(path) => {
            let written = path.text().to_ascii_lowercase();
            outputs
                .iter()
                .position(|output| output.written == written || output.name.to_ascii_lowercase() == written)
        }
        Operand::Distance(_) => None,
    }
}
