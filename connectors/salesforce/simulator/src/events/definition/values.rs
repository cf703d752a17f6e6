//! The values of a definition, whichever way they came: XML of a deploy, JSON of the Tooling API.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::metadata::xml::Element;

/// Texts by the name of the metadata field; a field may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// From the root element of a metadata file.
    pub(crate) fn of_element(root: &Element) -> Self {
        let mut values = Self::default();
        for child in &root.children {
            // An enriched field is an element with a name inside.
            let text = child.text_of("name").unwrap_or(&child.text);
            values.add(&child.name, text);
        }
        values
    }

    /// From the `Metadata` object of a Tooling record.
    pub fn of_json(object: &Map<String, Value>) -> Self {
        let mut values = Self::default();
        for (name, value) in object {
            match value {
                Value::Array(items) => {
                    for item in items {
                        let item = item.get("name").unwrap_or(item);
                        values.add(name, item.as_str().unwrap_or_default());
                    }
                }
                Value::String(text) => values.add(name, text),
                Value::Null => {}
                other => values.add(name, &other.to_string()),
            }
        }
        values
    }

    fn add(&mut self, name: &str, text: &str) {
        self.0.entry(name.to_owned()).or_default().push(text.to_owned());
    }

    /// The first text of a field; empty counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// All texts of a field.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}
