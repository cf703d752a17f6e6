//! The interpreter's way to the records.

use super::{Thrown, fatal};
use crate::dml::{Operation, Options, Row, RowResult};
use crate::transaction::Transaction;

pub(super) fn apply(
    tx: &mut Transaction,
    _operation: Operation,
    _rows: Vec<Row>,
    _options: Options,
) -> Result<Vec<RowResult>, Thrown> {
    Err(fatal(tx, "System.UnexpectedException", "records cannot be changed here"))
}
