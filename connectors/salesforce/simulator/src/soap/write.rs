//! XML written as it comes, without a tree.

use std::fmt::{Display, Write};

use crate::metadata::xml::Element;

/// A part of a document in the making. Names are constants of the callers, or were read from a document; texts are
/// escaped.
#[derive(Default)]
pub(super) struct Xml(String);

impl Xml {
    /// Starts an element.
    pub(super) fn open(&mut self, name: &str) -> &mut Self {
        self.put(&["<", name, ">"])
    }

    /// Ends an element.
    pub(super) fn close(&mut self, name: &str) -> &mut Self {
        self.put(&["</", name, ">"])
    }

    /// An element with a text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name);
        escape(&mut self.0, text);
        self.close(name)
    }

    /// An element where there is a text.
    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// An element that is null.
    pub(super) fn nil(&mut self, name: &str) -> &mut Self {
        self.put(&["<", name, " xsi:nil=\"true\"/>"])
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.put(&["<", name, if value { ">true</" } else { ">false</" }, name, ">"])
    }

    /// An element only where it is true, as the WSDL's optional booleans are written.
    pub(super) fn only(&mut self, name: &str, value: bool) -> &mut Self {
        if value { self.flag(name, true) } else { self }
    }

    /// A number.
    pub(super) fn number(&mut self, name: &str, value: impl Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "<{name}>{value}</{name}>");
        self
    }

    /// A boolean where any type may stand.
    pub(super) fn typed_flag(&mut self, name: &str, value: bool) -> &mut Self {
        let value = if value { "true" } else { "false" };
        self.put(&["<", name, " xsi:type=\"xsd:boolean\">", value, "</", name, ">"])
    }

    /// An element of a type that its place does not tell, open.
    pub(super) fn open_typed(&mut self, name: &str, kind: &str) -> &mut Self {
        self.put(&["<", name, " xsi:type=\"", kind, "\">"])
    }

    /// An element with a text of a type that its place does not tell.
    pub(super) fn typed_text(&mut self, name: &str, kind: &str, text: &str) -> &mut Self {
        self.open_typed(name, kind);
        escape(&mut self.0, text);
        self.close(name)
    }

    /// An element as it was read, under another name; its `xsi:type` is not written.
    pub(super) fn element(&mut self, name: &str, element: &Element) -> &mut Self {
        self.open(name).inner(element).close(name)
    }

    /// What is in an element.
    pub(super) fn inner(&mut self, element: &Element) -> &mut Self {
        if element.children.is_empty() {
            escape(&mut self.0, &element.text);
        }
        for child in &element.children {
            self.element(&child.name, child);
        }
        self
    }

    /// The text so far.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn put(&mut self, parts: &[&str]) -> &mut Self {
        parts.iter().for_each(|part| self.0.push_str(part));
        self
    }
}

/// Escapes what XML reserves; characters that XML 1.0 cannot hold become a replacement character.
pub(super) fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::events::Event;

    use super::*;

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let mut xml = Xml::default();
            xml.text("a", &text);
            let document = xml.as_str();
            let mut reader = quick_xml::Reader::from_str(document);
            loop {
                match reader.read_event().expect("well-formed") {
                    Event::Eof => break,
                    _ => continue,
                }
            }
            let inner = &document[3..document.len() - 4];
            let shown: String = text.chars().map(|letter| match letter {
                '\t' | '\n' | '\r' => letter,
                letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
                letter => letter,
            }).collect();
            prop_assert_eq!(quick_xml::escape::unescape(inner).expect("escaped").into_owned(), shown);
        }
    }
}
