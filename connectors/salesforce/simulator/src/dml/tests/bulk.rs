use std::time::Instant;

use serde_json::json;

use super::support::*;
use crate::dml::Operation;

/// Rows of one call.
const ROWS: usize = 10_000;

#[test]
fn ten_thousand_rows_with_a_unique_field_take_their_time_by_number_and_not_by_its_square() {
    let org = org();
    let mut tx = begin(&org);
    let time = |tx: &mut crate::transaction::Transaction, from: usize| {
        let rows = (from..from + ROWS)
            .map(|at| row(tx, "Account", None, json!({"Name": format!("n{at}"), "Key__c": format!("k{at}")})))
            .collect();
        let start = Instant::now();
        let results = tx.apply(Operation::Insert, rows, SYSTEM).unwrap();
        assert!(results.iter().all(|result| result.errors.is_empty()));
        start.elapsed()
    };
    let (first, second) = (time(&mut tx, 0), time(&mut tx, ROWS));
    assert!(second < first * 4, "{first:?} and then {second:?}");
    assert_eq!(tx.state.records.count("Account"), 2 * ROWS);
}
