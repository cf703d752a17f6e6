//! XML written as it comes, without a tree.

use std::fmt::{Display, Write};

/// A document in the making. Names are constants of the callers; texts are escaped.
pub(super) struct Xml(String);

impl Xml {
    /// A SOAP envelope, open, whose other elements are in `namespace`.
    pub(super) fn document(namespace: &str) -> Self {
        Self(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"{namespace}\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
        ))
    }

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

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.0
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
            let mut xml = Xml(String::new());
            xml.text("a", &text);
            let document = xml.into_text();
            let mut reader = quick_xml::Reader::from_str(&document);
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
