//! Queries.

use super::exec::{Context, at};
use super::{Limit, Thrown, fatal, limit};
use crate::apex::program::{Expr, Soql};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// A query in brackets, as what it is used as.
pub(super) fn in_brackets(
    tx: &mut Transaction,
    _cx: Context<'_>,
    _soql: &Soql,
    expr: &Expr,
) -> Result<Value, Thrown> {
    at(tx, expr.at);
    limit(tx, Limit::Queries, 1)?;
    Err(fatal(tx, "System.UnexpectedException", "records cannot be queried here"))
}
