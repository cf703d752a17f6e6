//! Rows of a batch in CSV, XML or JSON.

use std::sync::Arc;

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::show::Wire;
use crate::bulk::csv::Format;
use crate::bulk::error::BulkError;
use crate::bulk::ingest::{Column, typed};
use crate::org::{Id, Org};
use crate::tables::View;

/// Elements inside each other: a row, its parent, the parent's key.
const DEPTH_MAX: usize = 8;

/// Reads all rows of a batch.
pub(super) fn rows(
    org: &Arc<Org>,
    user: Id,
    object: &str,
    wire: Wire,
    content: &Bytes,
) -> Result<Vec<Map<String, Value>>, BulkError> {
    let text = std::str::from_utf8(content).map_err(|_| BulkError::batch("The content is not UTF-8"))?;
    let state = org.snapshot();
    let rights = state.rights(user);
    let view = View { org, state: &state, rights: &rights, tooling: false };
    let found = view.object(object);
    let object = found.ok_or_else(|| BulkError::job(format!("Unable to find object: {object}")))?;
    match wire {
        Wire::Csv => {
            let unreadable = |error: crate::bulk::csv::CsvError| BulkError::batch(error.to_string());
            let mut rows = Format::default().rows(text);
            let header = rows.next().transpose().map_err(unreadable)?.unwrap_or_default();
            let columns = Column::of(&view, object, &header)?;
            rows.map(|cells| Ok(Column::body(&columns, &cells.map_err(unreadable)?))).collect()
        }
        Wire::Json => {
            let rows: Vec<Map<String, Value>> = serde_json::from_str(text)
                .map_err(|error| BulkError::batch(format!("Failed to parse JSON: {error}")))?;
            Ok(rows)
        }
        Wire::Xml => Ok(sobjects(text)?.into_iter().map(|row| typed(object, row)).collect()),
    }
}

/// An element that is not closed yet.
struct Open {
    name: String,
    nil: bool,
    text: String,
    members: Map<String, Value>,
}

/// `<sObjects><sObject><Name>…`: a parent is an element that holds an `sObject` again.
fn sobjects(text: &str) -> Result<Vec<Map<String, Value>>, BulkError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut rows = Vec::new();
    let bad = |why: String| BulkError::batch(format!("Failed to parse XML: {why}"));
    loop {
        match reader.read_event().map_err(|error| bad(error.to_string()))? {
            Event::Start(tag) => {
                if open.len() >= DEPTH_MAX {
                    return Err(bad("elements are nested too deeply".to_owned()));
                }
                open.push(opened(&tag));
            }
            Event::Empty(tag) => {
                let done = opened(&tag);
                close(done, &mut open, &mut rows);
            }
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, &mut open, &mut rows);
                }
            }
            Event::Text(data) => push(&mut open, &data.xml10_content()),
            Event::CData(data) => push(&mut open, &data.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => push(&mut open, &letter.to_string()),
                Ok(None) => match quick_xml::escape::resolve_predefined_entity(&reference) {
                    Some(value) => push(&mut open, value),
                    None => return Err(bad("an entity was not declared".to_owned())),
                },
                Err(error) => return Err(bad(error.to_string())),
            },
            Event::DocType(_) => return Err(bad("DOCTYPE is disallowed".to_owned())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() => return Ok(rows),
            Event::Eof => return Err(bad("the document ends too early".to_owned())),
        }
    }
}

fn opened(tag: &BytesStart<'_>) -> Open {
    let nil = tag.attributes().flatten().any(|attribute| {
        attribute.key.local_name().as_ref() == "nil" && matches!(attribute.value.as_ref(), "true" | "1")
    });
    Open { name: tag.local_name().as_ref().to_owned(), nil, text: String::new(), members: Map::new() }
}

fn push(open: &mut [Open], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

fn close(done: Open, open: &mut [Open], rows: &mut Vec<Map<String, Value>>) {
    let depth = open.len();
    let Some(outer) = open.last_mut() else { return };
    match done.name.as_str() {
        "sObject" if depth == 1 => rows.push(done.members),
        "sObject" => outer.members = done.members,
        _ if depth < 2 => {}
        // The type of a parent that may be of several.
        "type" => {
            outer.members.insert("attributes".to_owned(), serde_json::json!({"type": done.text.trim()}));
        }
        _ if done.nil => {
            outer.members.insert(done.name, Value::Null);
        }
        _ if !done.members.is_empty() => {
            outer.members.insert(done.name, done.members.into());
        }
        // An empty element says nothing.
        _ if done.text.is_empty() => {}
        _ => {
            outer.members.insert(done.name, done.text.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_nulls_and_parents_are_read() {
        let text = "<?xml version=\"1.0\"?><sObjects xmlns=\"x\" xmlns:xsi=\"y\"><sObject><Name>a &amp; b</Name><Fax xsi:nil=\"true\"/><Phone/><Owner><sObject><type>User</type><Username>u@x</Username></sObject></Owner></sObject><sObject/></sObjects>";
        let rows = sobjects(text).expect("two rows");
        let owner = json!({"attributes": {"type": "User"}, "Username": "u@x"});
        assert_eq!(Value::from(rows[0].clone()), json!({"Name": "a & b", "Fax": null, "Owner": owner}));
        assert_eq!(rows.len(), 2);
        assert!(sobjects("<a><b>").is_err());
        assert!(sobjects(&"<a>".repeat(20)).is_err());
    }

    proptest! {
        #[test]
        fn any_markup_ends(text in "[<>/a&;!\"= -]{0,80}") {
            let _ = sobjects(&text);
        }
    }
}
