//! Envelopes of SOAP 1.1, as they come and as they go.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::dialect::Dialect;
use super::fault::SoapFault;
use super::write::Xml;
use crate::metadata::xml::Element;

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Elements that may stand before an operation: headers.
const HEADERS_MAX: usize = 1_000;

/// A request, read.
#[derive(Debug)]
pub(super) struct Envelope {
    pub header: Option<Element>,
    /// The first element of the body; texts in it are as they came where the API is about code.
    pub operation: Element,
}

impl Envelope {
    /// Reads an envelope. Document types, and with them entities, are refused; depth and size are bounded.
    pub(super) fn parse(body: &[u8], dialect: Dialect) -> Result<Self, SoapFault> {
        let mut root = Element::parse_as_is(body, ENVELOPE).map_err(|error| {
            SoapFault::client(format!(
                "{} (line {}, column {})",
                error.message, error.at.line, error.at.column
            ))
        })?;
        if root.name != "Envelope" {
            return Err(SoapFault::client(format!("Expected an Envelope, found {}", root.name)));
        }
        let mut take = |name: &str| {
            let at = root.children.iter().position(|child| child.name == name)?;
            Some(root.children.swap_remove(at))
        };
        let (mut header, body) = (take("Header"), take("Body"));
        if let Some(header) = &mut header {
            header.trim();
        }
        let operation = body.and_then(|body| body.children.into_iter().next());
        let mut operation =
            operation.ok_or_else(|| SoapFault::client("The body of the envelope is empty"))?;
        if dialect != Dialect::Apex {
            operation.trim();
        }
        Ok(Self { header, operation })
    }

    /// A header by its name.
    pub(super) fn header(&self, name: &str) -> Option<&Element> {
        self.header.as_ref()?.get(name)
    }

    /// `SessionHeader/sessionId`. SOAP takes opaque session ids alone, no access tokens in the form of a JWT.
    pub(super) fn session(&self) -> Option<&str> {
        let token = self.header("SessionHeader")?.text_of("sessionId")?;
        let jwt = token.starts_with("eyJ") && token.split('.').count() == 3;
        (!jwt).then_some(token)
    }

    /// `AllOrNoneHeader`
    pub(super) fn all_or_none(&self) -> bool {
        self.header("AllOrNoneHeader").is_some_and(|header| header.is_true("allOrNone"))
    }

    /// `QueryOptions`
    pub(super) fn batch_size(&self) -> Option<usize> {
        self.header("QueryOptions")?.number_of("batchSize").map(|size| size as usize)
    }

    /// What is said of an operation that the API does not have.
    pub(super) fn unknown(&self, dialect: Dialect) -> SoapFault {
        let (namespace, name) = (dialect.namespace(), &self.operation.name);
        SoapFault::client(format!("No operation available for request {{{namespace}}}{name}"))
    }
}

/// The local name of the operation, without reading further.
pub(super) fn operation_name(body: &[u8]) -> Option<String> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let (mut depth, mut in_body) = (0_usize, false);
    for _ in 0..HEADERS_MAX {
        match reader.read_event().ok()? {
            Event::Start(tag) if depth == 1 => {
                in_body = tag.local_name().as_ref() == "Body";
                depth += 1;
            }
            Event::Start(tag) | Event::Empty(tag) if depth == 2 && in_body => {
                return Some(tag.local_name().as_ref().to_owned());
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof | Event::DocType(_) => return None,
            _ => {}
        }
    }
    None
}

/// An answer: its headers and the element in its body.
pub(super) fn answer(dialect: Dialect, header: &Xml, body: &Xml) -> String {
    let records = match dialect.record_namespace() {
        Some(namespace) => format!(" xmlns:sf=\"{namespace}\""),
        None => String::new(),
    };
    let header = match header.as_str() {
        "" => String::new(),
        header => format!("<soapenv:Header>{header}</soapenv:Header>"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{ENVELOPE}\" xmlns=\"{}\"{records} xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{header}<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>",
        dialect.namespace(),
        body.as_str(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_operation_is_found_behind_any_prefix_and_header() {
        let text = format!(
            "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"{ENVELOPE}\"><e:Header><Body><x/></Body></e:Header><e:Body><m:deploy xmlns:m=\"u\"><m:ZipFile/></m:deploy></e:Body></e:Envelope>"
        );
        assert_eq!(operation_name(text.as_bytes()).as_deref(), Some("deploy"));
        assert_eq!(operation_name(b"<a><b/></a>"), None);
    }

    #[test]
    fn code_keeps_its_first_lines() {
        let text = format!(
            "<e:Envelope xmlns:e=\"{ENVELOPE}\"><e:Body><executeAnonymous><String>\n\n x;</String></executeAnonymous></e:Body></e:Envelope>"
        );
        let code = |dialect| {
            let envelope = Envelope::parse(text.as_bytes(), dialect).expect("an envelope");
            envelope.operation.children[0].text.clone()
        };
        assert_eq!((code(Dialect::Apex).as_str(), code(Dialect::Partner).as_str()), ("\n\n x;", "x;"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Envelope::parse(&bytes, Dialect::Partner);
            let _ = operation_name(&bytes);
        }

        #[test]
        fn any_markup_is_a_request_or_a_refusal(inner in "[<>/a-z \"=&;!\\[\\]-]{0,80}") {
            let text = format!("<e:Envelope xmlns:e=\"{ENVELOPE}\">{inner}</e:Envelope>");
            let _ = Envelope::parse(text.as_bytes(), Dialect::Metadata);
            let _ = operation_name(text.as_bytes());
        }
    }
}
