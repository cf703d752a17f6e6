//! Metadata files taken apart into the elements below their root, and put together again.

use quick_xml::Reader;
use quick_xml::events::Event;

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// One element below the root, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    /// From its start tag to its end tag.
    raw: String,
}

/// A metadata file.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub root: String,
    pub elements: Vec<Element>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut document = None;
        loop {
            let start = position(&reader);
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    match &mut document {
                        None => document = Some(Document { root: name, elements: Vec::new() }),
                        Some(document) => {
                            let end = tag.to_end().into_owned();
                            reader.read_to_end(end.name()).map_err(|error| error.to_string())?;
                            let raw = text.get(start..position(&reader)).unwrap_or_default().to_owned();
                            document.elements.push(Element { name, raw });
                        }
                    }
                }
                Event::Empty(_) if document.is_some() => return Err("an element without content".to_owned()),
                Event::Eof => return document.ok_or_else(|| "no root element".to_owned()),
                _ => {}
            }
        }
    }

    /// The text of the only element of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.name == name).map(Element::text)
    }

    pub(super) fn print(&self) -> String {
        let mut text =
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{} xmlns=\"{NAMESPACE}\">\n", self.root);
        for element in &self.elements {
            text.push_str("    ");
            text.push_str(&element.raw);
            text.push('\n');
        }
        text.push_str(&format!("</{}>\n", self.root));
        text
    }

    /// The whole document as an element of another, one level further in.
    pub(super) fn nested(&self, name: &str) -> Element {
        let mut raw = format!("<{name}>\n");
        for element in &self.elements {
            raw.push_str("        ");
            raw.push_str(&element.raw.replace('\n', "\n    "));
            raw.push('\n');
        }
        raw.push_str(&format!("    </{name}>"));
        Element { name: name.to_owned(), raw }
    }
}

impl Element {
    /// What stands between the tags.
    fn text(&self) -> &str {
        let inner = self.raw.split_once('>').map_or("", |(_, rest)| rest);
        inner.rsplit_once("</").map_or("", |(inner, _)| inner).trim()
    }

    /// The text of the element `name` within this one.
    pub(super) fn child(&self, name: &str) -> Option<&str> {
        let inner = self.raw.split_once(&format!("<{name}>"))?.1;
        inner.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_survives_being_taken_apart() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <fullName>A__c</fullName>\n    <valueSet>\n        <restricted>true</restricted>\n    </valueSet>\n    <label>A &amp; B</label>\n</CustomField>\n";
        let document = Document::parse(text).expect("it parses");
        assert_eq!(document.root, "CustomField");
        assert_eq!(document.text("fullName"), Some("A__c"));
        assert_eq!(document.elements[1].child("restricted"), Some("true"));
        assert_eq!(document.print(), text);
        let nested = document.nested("fields");
        assert!(nested.raw.contains("\n        <valueSet>\n            <restricted>"), "{}", nested.raw);
    }

    #[test]
    fn broken_documents_are_refused() {
        for text in ["", "text", "<a><b></a>", "<a/>"] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
    }
}
