//! What a request asks for.

use crate::fault::Operation;
use crate::metadata::xml::Element;

use super::change::Change;
use super::fault::SoapFault;

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// A request, read.
#[derive(Debug)]
pub(super) struct Envelope {
    /// `SessionHeader/sessionId`.
    pub session: Option<String>,
    pub request: Result<Request, SoapFault>,
}

/// The operations served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    DescribeGlobal,
    DescribeSObjects(Vec<String>),
    DescribeSObject(String),
    GetUserInfo,
    GetServerTimestamp,
    Change(Change),
}

impl Envelope {
    /// Reads an envelope of SOAP 1.1. Document types, and with them entities, are refused; depth and size are bounded.
    pub(super) fn parse(body: &[u8]) -> Result<Self, SoapFault> {
        let root = Element::parse_in(body, ENVELOPE).map_err(|error| {
            SoapFault::client(format!(
                "{} (line {}, column {})",
                error.message, error.at.line, error.at.column
            ))
        })?;
        if root.name != "Envelope" {
            return Err(SoapFault::client(format!("Expected an Envelope, found {}", root.name)));
        }
        let session = root
            .get("Header")
            .and_then(|header| header.get("SessionHeader"))
            .and_then(|header| header.text_of("sessionId"))
            .map(str::to_owned);
        let operation = root.get("Body").and_then(|body| body.children.first());
        let operation = operation.ok_or_else(|| SoapFault::client("The body of the envelope is empty"))?;
        let header = root.get("Header").and_then(|header| header.get("AllOrNoneHeader"));
        let all_or_none = header.is_some_and(|header| header.is_true("allOrNone"));
        Ok(Self { session, request: Request::of(operation, all_or_none) })
    }
}

impl Request {
    fn of(element: &Element, all_or_none: bool) -> Result<Self, SoapFault> {
        if let Some(change) = Change::of(element, all_or_none) {
            return Ok(Self::Change(change));
        }
        let types = || element.all("sObjectType").map(|name| name.text.clone()).collect::<Vec<_>>();
        match element.name.as_str() {
            "describeGlobal" => Ok(Self::DescribeGlobal),
            "describeSObjects" => Ok(Self::DescribeSObjects(types())),
            "describeSObject" => Ok(Self::DescribeSObject(types().into_iter().next().unwrap_or_default())),
            "getUserInfo" => Ok(Self::GetUserInfo),
            "getServerTimestamp" => Ok(Self::GetServerTimestamp),
            name => Err(SoapFault::client(format!(
                "No operation available for request {{urn:partner.soap.sforce.com}}{name}"
            ))),
        }
    }

    /// The element that the answer is in.
    pub(super) fn response_name(&self) -> &'static str {
        match self {
            Self::DescribeGlobal => "describeGlobalResponse",
            Self::DescribeSObjects(_) => "describeSObjectsResponse",
            Self::DescribeSObject(_) => "describeSObjectResponse",
            Self::GetUserInfo => "getUserInfoResponse",
            Self::GetServerTimestamp => "getServerTimestampResponse",
            Self::Change(change) => change.response_name(),
        }
    }
}

/// What a request means to the fault rules and the ledger.
pub(crate) fn meaning(body: &[u8]) -> Operation {
    match Envelope::parse(body).and_then(|envelope| envelope.request) {
        Ok(Request::DescribeSObjects(_) | Request::DescribeSObject(_)) => Operation::SoapDescribe,
        Ok(Request::DescribeGlobal) => Operation::SoapDescribeGlobal,
        Ok(Request::GetUserInfo) => Operation::SoapUserInfo,
        Ok(Request::GetServerTimestamp) => Operation::SoapTimestamp,
        Ok(Request::Change(change)) => change.meaning(),
        Err(_) => Operation::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_refusal(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Envelope::parse(&bytes);
        }

        #[test]
        fn any_markup_is_a_request_or_a_refusal(inner in "[<>/a-z \"=&;!\\[\\]-]{0,80}") {
            let _ = Envelope::parse(format!("<e:Envelope xmlns:e=\"{ENVELOPE}\">{inner}</e:Envelope>").as_bytes());
        }
    }
}
