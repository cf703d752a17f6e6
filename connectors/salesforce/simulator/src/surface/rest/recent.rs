//! What the caller has worked on last. Whether Salesforce counts what the API changed among it is a guess: here it does.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Call, Door};
use crate::org::ObjectType;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{self, View};

/// Records listed where nobody asks for fewer, and of one object.
const ALL_MAX: usize = 200;
pub(super) const OF_OBJECT_MAX: usize = 5;

/// `GET …/recent?limit=`.
pub(super) fn list(site: &Site, call: &Call, door: &Door<'_>) -> ApiResult {
    let limit = match call.parameter("limit").map(str::parse::<usize>) {
        None => ALL_MAX,
        Some(Ok(limit)) if limit <= ALL_MAX => limit,
        Some(_) => {
            let message = format!("The limit has to be a number up to {ALL_MAX}");
            return Err(ApiError::bad("INVALID_QUERY_SCOPE", message));
        }
    };
    let state = door.snapshot(&site.org);
    let view = call.view(&site.org, &state);
    let objects = state.metadata.objects().filter(|object| object.layoutable && tables::stores(object));
    let mut found: Vec<(String, Value)> =
        objects.flat_map(|object| of_object(&view, call, object, limit)).collect();
    found.sort_by(|(left, _), (right, _)| right.cmp(left));
    Ok(Answer::ok(found.into_iter().take(limit).map(|(_, record)| record).collect()))
}

/// The caller's last changes of one object, the latest first, with when they were.
pub(super) fn of_object(
    view: &View<'_>,
    call: &Call,
    object: &ObjectType,
    limit: usize,
) -> Vec<(String, Value)> {
    if !view.rights.object(object).read || view.state.records.count(&object.name) == 0 {
        return Vec::new();
    }
    let name = object.fields.iter().find(|field| field.name_field).map(|field| field.name.clone());
    let mut found = Vec::new();
    tables::scan(view, object, false, &mut |row| {
        if row.value(view, "LastModifiedById") == Value::from(view.rights.user) {
            let at = row.value(view, "LastModifiedDate").as_str().unwrap_or_default().to_owned();
            found.push((at, row));
        }
    });
    found.sort_by_key(|(at, _)| Reverse(at.clone()));
    found.truncate(limit);
    let shown = |(at, row): (String, tables::Row)| {
        let id = row.value(view, "Id");
        let url = format!("{}/sobjects/{}/{}", call.root, object.name, id.as_str().unwrap_or_default());
        let mut record = json!({"attributes": {"type": object.name, "url": url}, "Id": id});
        if let Some(name) = &name {
            record[name.as_str()] = row.value(view, name);
        }
        (at, record)
    };
    found.into_iter().map(shown).collect()
}
