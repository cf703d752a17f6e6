use crate::contract::{Harness, all, commit, key, open, revision};
use crate::error::{CommitError, Retry};
use crate::limits::{TXN_BYTES_MAX, TXN_OPS_MAX, TXN_PRECONDITIONS_MAX, VALUE_BYTES_MAX};
use crate::txn::{InvalidTxn, Precondition, Txn};

fn puts(count: usize, value_bytes: usize) -> Txn {
    (0..count).fold(Txn::new(), |txn, n| txn.put(key(format!("{n:04}")), vec![0; value_bytes]))
}

fn absences(count: usize) -> Txn {
    let preconditions = (0..count).map(|n| Precondition::Absent(key(format!("{n:04}")))).collect();
    Txn { preconditions, ops: Vec::new() }
}

pub async fn the_largest_allowed_commit_is_taken(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let names = (TXN_OPS_MAX + TXN_PRECONDITIONS_MAX) * 4;
    let value_bytes = (TXN_BYTES_MAX - names) / TXN_OPS_MAX;
    assert_eq!((TXN_BYTES_MAX - names) % TXN_OPS_MAX, 0, "the sum is met exactly");
    let txn = Txn { ops: puts(TXN_OPS_MAX, value_bytes).ops, ..absences(TXN_PRECONDITIONS_MAX) };
    assert_eq!(txn.bytes(), TXN_BYTES_MAX);
    let first = commit(store, txn).await;
    let second = commit(store, puts(1, VALUE_BYTES_MAX)).await;
    let entries = all(store).await;
    assert_eq!(entries.len(), TXN_OPS_MAX);
    assert_eq!((entries[0].mod_revision, entries[0].value.len()), (second, VALUE_BYTES_MAX));
    assert!(entries[1..].iter().all(|e| e.mod_revision == first && e.value.len() == value_bytes));
}

pub async fn invalid_transactions_are_refused(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let before = commit(store, puts(1, 0)).await;
    let refusals = [
        (puts(TXN_OPS_MAX + 1, 0), InvalidTxn::TooManyOps { ops: 129 }),
        (absences(TXN_PRECONDITIONS_MAX + 1), InvalidTxn::TooManyPreconditions { preconditions: 129 }),
        (
            puts(1, VALUE_BYTES_MAX + 1),
            InvalidTxn::ValueTooLarge { key: key("0000"), bytes: VALUE_BYTES_MAX + 1 },
        ),
        (puts(16, VALUE_BYTES_MAX), InvalidTxn::TooLarge { bytes: 16 * (VALUE_BYTES_MAX + 4) }),
        (
            Txn::new().put(key("a"), "1").put(key("b"), "1").put(key("a"), "2"),
            InvalidTxn::DuplicateKey { key: key("a") },
        ),
        (Txn::new().put(key("a"), "1").delete(key("a")), InvalidTxn::DuplicateKey { key: key("a") }),
    ];
    for (txn, reason) in refusals {
        let refused = store.commit(txn).await.expect_err("it is refused");
        assert_eq!(refused.retry(), Retry::Never);
        assert_eq!(refused, CommitError::Invalid(reason));
    }
    assert_eq!(revision(store).await, before);
    assert_eq!(all(store).await.len(), 1);
}
