//! Which record type a record has.

use serde_json::Value;

use super::save::Work;
use super::{Options, RowError};
use crate::org::{Id, ObjectType};
use crate::transaction::Transaction;

const FIELD: &str = "RecordTypeId";

/// Gives a new record the user's default, and refuses a record type that is not the object's, not active or, for a
/// user, not theirs.
pub(super) fn choose(
    tx: &Transaction,
    object: &ObjectType,
    work: &mut Work,
    options: Options,
) -> Result<(), RowError> {
    if object.record_types.is_empty() {
        return Ok(());
    }
    let given = work.values.get(FIELD).and_then(Value::as_str).map(str::to_owned);
    let Some(given) = given else {
        let mut types = object.record_types.iter().filter(|one| one.active);
        let default = types.find(|one| tx.rights.record_type(object, one).default);
        if let Some(default) = default.filter(|_| work.old.is_none()) {
            work.values.insert(FIELD.to_owned(), default.id.into());
        }
        return Ok(());
    };
    if work.old.is_some() && !work.changes(FIELD) {
        return Ok(());
    }
    let id = Id::parse(&given);
    let known = object.record_types.iter().find(|one| Some(one.id) == id && one.active);
    let known = known.filter(|one| !options.as_user || tx.rights.record_type(object, one).visible);
    if known.is_some() {
        return Ok(());
    }
    let message = format!("Record Type ID: this ID value isn't valid for the user: {given}");
    Err(RowError::new("INVALID_CROSS_REFERENCE_KEY", message).on(&[FIELD]))
}
