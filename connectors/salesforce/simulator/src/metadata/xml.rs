//! A small, bounded reader from XML text to a tree that remembers where each element began.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The namespace of every metadata file and of `package.xml`.
pub const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
/// The namespace that files of the Tooling API's making carry; deploys take them as well.
const TOOLING: &str = "urn:metadata.tooling.soap.sforce.com";
/// Nesting of elements in one file.
const DEPTH_MAX: usize = 64;
/// Elements in one file; a permission set of a large org has some hundred thousand.
const ELEMENTS_MAX: usize = 1_000_000;

/// An element with its children in document order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Local name of its `xsi:type`, which SOAP messages carry.
    pub kind: Option<String>,
    /// Character data, trimmed; comments and references resolved.
    pub text: String,
    /// The character data with the white space around it, where that is more than `text` and nothing else is inside.
    pub padded: Option<String>,
    /// Attributes as they are written, namespace declarations left out.
    pub attributes: Vec<(String, String)>,
    /// Child elements.
    pub children: Vec<Element>,
    /// Where the start tag stands.
    pub at: Position,
}

/// A place in a text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

/// Why a text is not a metadata document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    /// What is wrong, in words for the deploy's result.
    pub message: String,
    /// Where.
    pub at: Position,
}

impl Element {
    /// An element that holds text.
    pub fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), ..Self::default() }
    }

    /// An element that holds others.
    pub fn node(name: &str, children: Vec<Element>) -> Self {
        Self { name: name.to_owned(), children, ..Self::default() }
    }

    /// The value of an attribute, by its local name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let local = |key: &str| key.rsplit_once(':').map_or(key, |(_, local)| local) == name;
        self.attributes.iter().find(|(key, _)| local(key)).map(|(_, value)| value.as_str())
    }

    /// Its text, with the white space around it.
    pub fn whole_text(&self) -> &str {
        self.padded.as_deref().unwrap_or(&self.text)
    }

    /// Reads one document whose root is in the metadata namespace.
    pub fn parse(bytes: &[u8]) -> Result<Self, XmlError> {
        Self::parse_in(bytes, NAMESPACE)
    }

    /// Reads one document whose root is in `namespace`.
    pub fn parse_in(bytes: &[u8], namespace: &str) -> Result<Self, XmlError> {
        let mut root = Self::parse_as_is(bytes, namespace)?;
        root.trim();
        Ok(root)
    }

    /// As [`Element::parse_in`], with the white space that stands around texts.
    pub fn parse_as_is(bytes: &[u8], namespace: &str) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(bytes).map_err(|_| XmlError {
            message: "Invalid byte sequence: the file is not UTF-8".to_owned(),
            at: Position { line: 1, column: 1 },
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Parse::new(text, namespace).run()
    }

    /// Drops the white space around all texts.
    pub fn trim(&mut self) {
        let trimmed = self.text.trim();
        if trimmed.len() != self.text.len() {
            let trimmed = trimmed.to_owned();
            let whole = std::mem::replace(&mut self.text, trimmed);
            self.padded = self.children.is_empty().then_some(whole);
        }
        self.children.iter_mut().for_each(Self::trim);
    }

    /// Children called `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// First child called `name`.
    pub fn get(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Text of the first child called `name`; an empty element counts as absent.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The first child called `name` holds a true value.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.text_of(name), Some("true" | "1"))
    }

    /// Number in the first child called `name`.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        self.text_of(name)?.parse().ok()
    }
}

struct Parse<'a> {
    text: &'a str,
    namespace: &'a str,
    reader: Reader<&'a [u8]>,
    seen: (usize, Position),
    elements: usize,
}

impl<'a> Parse<'a> {
    fn new(text: &'a str, namespace: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        Self { text, namespace, reader, seen: (0, Position { line: 1, column: 1 }), elements: 0 }
    }

    fn run(mut self) -> Result<Element, XmlError> {
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        loop {
            let start = self.reader.buffer_position() as usize;
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = self.reader.error_position() as usize;
                    return Err(self.error(at, error.to_string()));
                }
            };
            match event {
                Event::Start(tag) => {
                    let element = self.element(&tag, start, &open, root.is_some())?;
                    open.push(element);
                }
                Event::Empty(tag) => {
                    let element = self.element(&tag, start, &open, root.is_some())?;
                    close(element, &mut open, &mut root);
                }
                Event::End(_) => {
                    // The reader has checked that the names match.
                    if let Some(element) = open.pop() {
                        close(element, &mut open, &mut root);
                    }
                }
                Event::Text(data) => self.characters(&data.xml10_content(), start, &mut open)?,
                Event::CData(data) => self.characters(&data.xml10_content(), start, &mut open)?,
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(character)) => character.to_string(),
                        Ok(None) => match quick_xml::escape::resolve_predefined_entity(&reference) {
                            Some(value) => value.to_owned(),
                            None => {
                                return Err(self.error(
                                    start,
                                    format!(
                                        "The entity \"{}\" was referenced, but not declared.",
                                        &*reference
                                    ),
                                ));
                            }
                        },
                        Err(error) => return Err(self.error(start, error.to_string())),
                    };
                    self.characters(&resolved, start, &mut open)?;
                }
                Event::DocType(_) => return Err(self.error(start, "DOCTYPE is disallowed".to_owned())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match (open.last(), root) {
            (Some(element), _) => Err(XmlError {
                message: format!(
                    "The element type \"{}\" must be terminated by the matching end-tag.",
                    element.name
                ),
                at: element.at,
            }),
            (None, Some(root)) => Ok(root),
            (None, None) => Err(self.error(self.text.len(), "Premature end of file.".to_owned())),
        }
    }

    fn element(
        &mut self,
        tag: &BytesStart<'_>,
        start: usize,
        open: &[Element],
        rooted: bool,
    ) -> Result<Element, XmlError> {
        self.elements += 1;
        if open.len() >= DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return Err(self.error(start, "The document is nested too deeply or too large".to_owned()));
        }
        if open.is_empty() {
            if rooted {
                return Err(self.error(
                    start,
                    "The markup in the document following the root element must be well-formed.".to_owned(),
                ));
            }
            let prefix = tag.name().prefix().map(|prefix| format!("xmlns:{}", prefix.as_ref()));
            let declared =
                tag.try_get_attribute(prefix.as_deref().unwrap_or("xmlns")).ok().flatten().and_then(
                    |attribute| {
                        attribute
                            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                            .ok()
                            .map(std::borrow::Cow::into_owned)
                    },
                );
            let tooling = self.namespace == NAMESPACE && declared.as_deref() == Some(TOOLING);
            if declared.as_deref().unwrap_or_default() != self.namespace && !tooling {
                let namespace = self.namespace;
                return Err(
                    self.error(start, format!("The root element must be in the namespace {namespace}"))
                );
            }
        }
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.error(start, error.to_string()))?;
            let key = attribute.key.as_ref().to_owned();
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| self.error(start, error.to_string()))?;
            attributes.push((key, value.into_owned()));
        }
        let kind = attributes.iter().find(|(key, _)| key.ends_with(":type"));
        Ok(Element {
            name: tag.local_name().as_ref().to_owned(),
            kind: kind.and_then(|(_, value)| value.rsplit(':').next()).map(str::to_owned),
            attributes,
            at: self.position(start),
            ..Element::default()
        })
    }

    fn characters(&mut self, data: &str, start: usize, open: &mut [Element]) -> Result<(), XmlError> {
        match open.last_mut() {
            Some(element) => {
                element.text.push_str(data);
                Ok(())
            }
            None if data.trim().is_empty() => Ok(()),
            None => Err(self.error(start, "Content is not allowed in prolog.".to_owned())),
        }
    }

    fn error(&mut self, byte: usize, message: String) -> XmlError {
        XmlError { message, at: self.position(byte) }
    }

    /// Offsets only grow while reading, so each part of the text is counted once.
    fn position(&mut self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let (from, mut at) =
            if byte >= self.seen.0 { self.seen } else { (0, Position { line: 1, column: 1 }) };
        for &value in &self.text.as_bytes()[from..byte] {
            if value == b'\n' {
                at = Position { line: at.line + 1, column: 1 };
            } else if value & 0xC0 != 0x80 {
                at.column += 1;
            }
        }
        self.seen = (byte, at);
        at
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(inner: &str) -> Result<Element, XmlError> {
        Element::parse(
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A xmlns=\"{NAMESPACE}\">{inner}</A>")
                .as_bytes(),
        )
    }

    #[test]
    fn reads_text_references_and_places() {
        let root = parse("\n  <b>x &amp; <![CDATA[<y>]]>&#33;</b>\n  <c/>").unwrap();
        assert_eq!(root.text_of("b"), Some("x & <y>!"));
        assert_eq!(root.get("b").unwrap().at, Position { line: 3, column: 3 });
        assert_eq!(root.get("c").unwrap().at, Position { line: 4, column: 3 });
    }

    #[test]
    fn a_prefixed_root_is_read() {
        let root =
            Element::parse(format!("<m:A xmlns:m=\"{NAMESPACE}\"><m:b>1</m:b></m:A>").as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), root.text_of("b")), ("A", Some("1")));
    }

    #[test]
    fn refuses_what_is_not_a_metadata_document() {
        assert!(parse("<b>").is_err());
        assert!(parse("&unknown;").is_err());
        assert!(Element::parse(b"<A/>").unwrap_err().message.contains("namespace"));
        assert!(Element::parse(b"").is_err());
        assert!(Element::parse(&[0xFF]).is_err());
        assert!(
            Element::parse(format!("<!DOCTYPE a [<!ENTITY x \"y\">]><A xmlns=\"{NAMESPACE}\"/>").as_bytes())
                .is_err()
        );
        assert!(parse(&"<b>".repeat(80)).unwrap_err().message.contains("deeply"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = Element::parse(&bytes);
        }

        #[test]
        fn arbitrary_markup_never_panics(inner in "[<>/a-c&;!\\[\\]\\-\"'= \n#0-9x]{0,200}") {
            let _ = parse(&inner);
        }
    }
}
