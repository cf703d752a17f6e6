//! Events as messages show them.

use serde_json::{Map, Value, json};

use super::iso;
use crate::events::Delivery;
use crate::events::change::HEADER;
use crate::org::Org;

/// Whether a channel's events are Avro records of the event bus; all others are JSON.
pub(super) fn is_of_bus(channel: &str) -> bool {
    channel.starts_with("/event/") || channel.starts_with("/data/")
}

/// An event in its message; nothing for one that cannot be read any more.
pub(super) fn message(org: &Org, channel: &str, delivery: &Delivery) -> Option<Value> {
    let replay_id = delivery.replay_id.0;
    if !is_of_bus(channel) {
        let mut data: Value = serde_json::from_slice(&delivery.event.payload).ok()?;
        data["event"]["replayId"] = replay_id.into();
        return Some(json!({"data": data, "channel": channel}));
    }
    let schema = org.bus.schema(&delivery.event.schema_id)?;
    let shape: Value = serde_json::from_str(&schema.json).ok()?;
    let columns = shape["fields"].as_array()?;
    let values = schema.decode(&delivery.event.payload)?;
    let payload = payload(columns, values.as_object()?);
    Some(json!({
        "data": {
            "schema": schema.id,
            "payload": payload,
            "event": {"EventUuid": delivery.event.id, "replayId": replay_id},
        },
        "channel": channel,
    }))
}

/// Times as texts; of changes, what did not change is left out.
fn payload(columns: &[Value], values: &Map<String, Value>) -> Value {
    let header = values.get(HEADER).and_then(Value::as_object);
    let nulled = header.map(|header| names(columns, &header["nulledFields"]));
    let mut shown = Map::new();
    for column in columns {
        let name = column["name"].as_str().unwrap_or_default();
        let value = values.get(name).unwrap_or(&Value::Null);
        if let Some(nulled) = &nulled {
            if name == HEADER {
                shown.insert(name.to_owned(), changed(columns, value));
                continue;
            }
            if value.is_null() && !nulled.iter().any(|field| field == name) {
                continue;
            }
        }
        shown.insert(name.to_owned(), plain(column, value));
    }
    Value::Object(shown)
}

/// The header of a change, with names where the bus has bitmaps.
fn changed(columns: &[Value], header: &Value) -> Value {
    let mut header = header.clone();
    for name in ["nulledFields", "diffFields", "changedFields"] {
        header[name] = names(columns, &header[name]).into();
    }
    header
}

/// `["0x05", "4-0x10"]`: bit *n* stands for column *n*, of the record or of the compound column that is named.
fn names(columns: &[Value], bitmaps: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for bitmap in bitmaps.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let (nested, digits) = match bitmap.split_once('-') {
            Some((parent, digits)) => {
                let column = parent.parse::<usize>().ok().and_then(|parent| columns.get(parent));
                let Some(column) = column else { continue };
                (Some(column), digits)
            }
            None => (None, bitmap),
        };
        let own = nested.map_or(columns, |column| inside(column));
        let digits = digits.trim_start_matches("0x").as_bytes();
        for (at, digit) in digits.iter().rev().enumerate() {
            let digit = (*digit as char).to_digit(16).unwrap_or_default();
            for bit in (0..4).filter(|bit| digit & (1 << bit) != 0) {
                let Some(name) = own.get(at * 4 + bit).and_then(|column| column["name"].as_str()) else {
                    continue;
                };
                names.push(match nested {
                    Some(column) => format!("{}.{name}", column["name"].as_str().unwrap_or_default()),
                    None => name.to_owned(),
                });
            }
        }
    }
    names
}

/// The columns of a compound column.
fn inside(column: &Value) -> &[Value] {
    let record = match &column["type"] {
        Value::Array(union) => union.iter().find(|one| one.is_object()),
        one => Some(one),
    };
    record.and_then(|record| record["fields"].as_array()).map_or(&[], Vec::as_slice)
}

fn plain(column: &Value, value: &Value) -> Value {
    let doc = column["doc"].as_str().unwrap_or_default();
    let kind = doc.split(':').nth(1).unwrap_or_default();
    match (value.as_i64(), value) {
        (Some(ms), _) if kind == "DateTime" => iso(ms).into(),
        (Some(ms), _) if kind == "DateOnly" => iso(ms).chars().take(10).collect::<String>().into(),
        (Some(ms), _) if kind == "TimeOnly" => iso(ms).chars().skip(11).collect::<String>().into(),
        (_, Value::Object(parts)) => {
            let columns = inside(column).iter();
            let part = |column: &Value| {
                let name = column["name"].as_str()?;
                let value = parts.get(name).filter(|value| !value.is_null())?;
                Some((name.to_owned(), plain(column, value)))
            };
            Value::Object(columns.filter_map(part).collect())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_become_names() {
        let columns = json!([
            {"name": HEADER}, {"name": "Name", "type": ["null", {"type": "record", "fields": [
                {"name": "Salutation"}, {"name": "FirstName"}, {"name": "LastName"}]}]},
            {"name": "Phone"}, {"name": "City"},
        ]);
        let columns = columns.as_array().unwrap();
        assert_eq!(names(columns, &json!(["0x08", "1-0x06"])), ["City", "Name.FirstName", "Name.LastName"]);
        assert_eq!(names(columns, &json!(["0xFFFF", "9-0x01", "x"])).len(), 4);
    }

    #[test]
    fn times_become_texts() {
        let column = |kind: &str| json!({"name": "A", "doc": format!("Data:{kind}:00N000000000001")});
        assert_eq!(plain(&column("DateTime"), &json!(1_000)), "1970-01-01T00:00:01.000Z");
        assert_eq!(plain(&column("DateOnly"), &json!(86_400_000)), "1970-01-02");
        assert_eq!(plain(&column("TimeOnly"), &json!(61_000)), "00:01:01.000Z");
        assert_eq!(plain(&column("Integer"), &json!(61_000)), 61_000);
    }
}
