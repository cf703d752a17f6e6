//! The SOAP partner API, as far as it describes: a hundred objects in one call, where REST takes 25.
//!
//! It takes the session in the body, and no access tokens in the form of a JWT; some organisations close it. Whoever
//! asks must have another way.

mod describe;

use std::io;

use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{StatusCode, header};
use provision_connector_sdk::http::{AddressRefused, read_body};
use provision_connector_sdk::{Access, ConnectorFault, FaultClass};
use secrecy::ExposeSecret as _;
use tokio_util::io::StreamReader;

use super::{CALL_OPTIONS, Org};
use crate::faults::{self, ApiError, Effect};
use crate::limits;
pub(crate) use describe::DescribedObject;
use describe::{Document, ReadError};

/// Types that one call takes.
pub(crate) const DESCRIBE_MAX: usize = 100;
/// Longest page that stands in for an answer, as proxies send them.
const PAGE_BYTES_MAX: usize = 64 << 10;

/// What came of a call.
pub(crate) enum SoapAnswer {
    /// In the order asked, as a rule; each names itself.
    Described(Vec<DescribedObject>),
    /// One of the types is not there for this user, so none was described. Named where Salesforce names it.
    UnknownType(Option<String>),
    /// Not for this session or organisation: ask REST.
    Closed,
}

impl Org<'_> {
    /// Describes up to [`DESCRIBE_MAX`] objects. A refused session is renewed once.
    pub(crate) async fn soap_describe(&self, names: &[&str]) -> Result<SoapAnswer, ConnectorFault> {
        let access = self.session.credentials.current().await?;
        if is_jwt(access.token.expose_secret()) {
            return Ok(SoapAnswer::Closed);
        }
        let document = self.soap_attempt(names, &access).await?;
        let document = match document {
            Attempt::SessionRefused => {
                let renewed = self.session.credentials.renew(&access).await?;
                if is_jwt(renewed.token.expose_secret()) {
                    return Ok(SoapAnswer::Closed);
                }
                self.soap_attempt(names, &renewed).await?
            }
            document => document,
        };
        match document {
            Attempt::Described(objects) => Ok(SoapAnswer::Described(objects)),
            // REST says whether it is the session or the way.
            Attempt::SessionRefused => Ok(SoapAnswer::Closed),
            Attempt::Refused(error) if error.code() == "INVALID_TYPE" => {
                Ok(SoapAnswer::UnknownType(named_type(&error.message)))
            }
            Attempt::Refused(error) => {
                let fault = faults::of_error(StatusCode::INTERNAL_SERVER_ERROR, &error, Effect::None);
                closed_or_fault(self.session.calls.refused(fault))
            }
            Attempt::Page(fault) => closed_or_fault(self.session.calls.refused(fault)),
        }
    }

    async fn soap_attempt(&self, names: &[&str], access: &Access) -> Result<Attempt, ConnectorFault> {
        let base = self.trusted(access)?;
        let version = &self.inner.config.api_version;
        let request = self
            .inner
            .http
            .post(format!("{base}/services/Soap/u/{version}"))
            .header("SOAPAction", "\"\"")
            .header("Sforce-Call-Options", CALL_OPTIONS)
            .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
            .header(header::ACCEPT, "text/xml")
            .timeout(self.inner.config.request_timeout)
            .body(envelope(access.token.expose_secret(), names));
        self.session.calls.admit().await?;
        let response = request.send().await.map_err(|error| {
            if let Some(refused) = AddressRefused::find(&error) {
                return refused.into();
            }
            ConnectorFault::transient(provision_connector_sdk::http::error_text(error))
        })?;
        limits::observe(response.headers(), &self.session.calls);
        let status = response.status();
        let is_xml = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.contains("xml"));
        if !is_xml || !matches!(status.as_u16(), 200 | 500) {
            let retry_after = super::retry_after(response.headers());
            let page = read_body(response, PAGE_BYTES_MAX).await.unwrap_or_default();
            return Ok(Attempt::Page(match status {
                StatusCode::OK => ConnectorFault::transient("a page that is no SOAP answer"),
                StatusCode::UNAUTHORIZED => return Ok(Attempt::SessionRefused),
                status => faults::of_answer(status, &page, Effect::None, retry_after),
            }));
        }
        let chunks = response.bytes_stream().map_err(io::Error::other);
        let document = Document::read(StreamReader::new(chunks)).await.map_err(|error| match error {
            ReadError::BrokenOff(internal) => ConnectorFault::transient(internal),
            ReadError::Refused(internal) => ConnectorFault::protocol(internal),
        })?;
        if let Some((used, limit)) = document.allowance {
            self.session.calls.observe_allowance(used, limit);
        }
        Ok(match document.fault {
            None if status == StatusCode::OK => Attempt::Described(document.objects),
            None => Attempt::Page(ConnectorFault::transient("an error without a fault")),
            Some(fault) if fault.code() == "INVALID_SESSION_ID" => Attempt::SessionRefused,
            Some(fault) => Attempt::Refused(fault),
        })
    }
}

enum Attempt {
    Described(Vec<DescribedObject>),
    SessionRefused,
    Refused(ApiError),
    /// Not even SOAP's form.
    Page(ConnectorFault),
}

/// What is refused for good is left to REST, which says why if it refuses too.
fn closed_or_fault(fault: ConnectorFault) -> Result<SoapAnswer, ConnectorFault> {
    match fault.class {
        FaultClass::Denied | FaultClass::Rejected | FaultClass::Gone => {
            tracing::debug!(%fault, "SOAP is closed; REST is asked");
            Ok(SoapAnswer::Closed)
        }
        _ => Err(fault),
    }
}

/// `sObject type 'X' is not supported. …`
fn named_type(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("type '")?;
    rest.split_once('\'').map(|(name, _)| name.to_owned())
}

fn is_jwt(token: &str) -> bool {
    token.starts_with("eyJ") && token.split('.').count() == 3
}

/// Holds the session: never logged.
fn envelope(session: &str, names: &[&str]) -> Bytes {
    use quick_xml::escape::escape;
    let mut types = String::new();
    for name in names {
        types.push_str("<u:sObjectType>");
        types.push_str(&escape(*name));
        types.push_str("</u:sObjectType>");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:u=\"urn:partner.soap.sforce.com\">\
         <e:Header><u:CallOptions><u:client>provisiond</u:client></u:CallOptions>\
         <u:SessionHeader><u:sessionId>{}</u:sessionId></u:SessionHeader></e:Header>\
         <e:Body><u:describeSObjects>{types}</u:describeSObjects></e:Body></e:Envelope>",
        escape(session)
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_envelope_cannot_leave_its_element() {
        let envelope = envelope("00D!<x>&", &["A<b", "Case"]);
        let text = std::str::from_utf8(&envelope).expect("UTF-8");
        assert!(text.contains("<u:sessionId>00D!&lt;x&gt;&amp;</u:sessionId>"), "{text}");
        assert!(text.contains("<u:sObjectType>A&lt;b</u:sObjectType><u:sObjectType>Case</u:sObjectType>"));
    }

    #[test]
    fn the_unknown_type_is_read_out_of_salesforces_words() {
        let words =
            "sObject type 'Gone__c' is not supported. If you are attempting to use a custom object, …";
        assert_eq!(named_type(words).as_deref(), Some("Gone__c"));
        assert_eq!(named_type("no type"), None);
        assert_eq!(named_type("type 'open"), None);
    }

    #[test]
    fn json_web_tokens_are_told_from_session_ids() {
        assert!(is_jwt("eyJ0bmsi.eyJzdWIi.c2ln"));
        assert!(!is_jwt("00D000000000001!AQ.x.y"));
    }
}
