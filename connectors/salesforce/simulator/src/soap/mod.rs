//! The SOAP partner API, as far as it describes and changes records: `POST /services/Soap/u/NN.0`.
//!
//! One call counts as one API request, whatever it describes. Every refusal is HTTP 500 with a fault.

mod change;
mod describe;
mod envelope;
mod fault;
mod person;
mod write;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;

pub(crate) use envelope::meaning;
pub(crate) use fault::SoapFault;

use crate::org::Rights;
use crate::surface::{Site, gate};
use envelope::{Envelope, Request};
use write::Xml;

/// Bytes of a request: the names of a hundred types are a few thousand.
pub(crate) const BODY_MAX: usize = 1 << 20;

/// Serves the partner endpoint; clients may put the org's id behind the version.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/services/Soap/u/{version}", post(serve))
        .route("/services/Soap/u/{version}/{org}", post(serve_with_org))
}

async fn serve_with_org(
    site: State<Site>,
    Path((version, _)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    serve(site, Path(version), headers, body).await
}

async fn serve(
    State(site): State<Site>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Describes of a large org compute for a while; the listener's threads stay free.
    let work = tokio::task::spawn_blocking(move || answer(&site, &version, &headers, &body));
    let answered = work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a SOAP handler failed");
        Err(SoapFault::api("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    });
    match answered {
        Ok(text) => xml(text),
        Err(fault) => fault.into_response(),
    }
}

fn xml(text: String) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    response
}

/// A caller who may go on, and what the org has spent.
struct Caller<'a> {
    site: &'a Site,
    rights: Rights,
    base_url: String,
    used: u64,
    limit: u64,
}

fn answer(site: &Site, version: &str, headers: &HeaderMap, body: &[u8]) -> Result<String, SoapFault> {
    if !gate::serves(version) {
        return Err(SoapFault::api("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"));
    }
    if !headers.contains_key("soapaction") {
        return Err(SoapFault::client("SOAPAction HTTP header missing"));
    }
    let Envelope { session, request } = Envelope::parse(body)?;
    // Without a request there is nothing to be let in for.
    let request = request?;
    let session = session.filter(|token| !is_jwt(token)).ok_or_else(SoapFault::session)?;
    let rights = gate::admit(&site.org, &session)?;
    let (used, limit) = gate::count(&site.org)?;
    let caller = Caller { site, rights, base_url: site.base_url(headers), used, limit };
    let mut out = caller.head(request.response_name());
    match &request {
        Request::DescribeGlobal => describe::global(&caller, &mut out),
        Request::DescribeSObjects(names) => describe::objects(&caller, names, &mut out)?,
        Request::DescribeSObject(name) => describe::objects(&caller, std::slice::from_ref(name), &mut out)?,
        Request::GetUserInfo => person::user_info(&caller, &mut out)?,
        Request::GetServerTimestamp => person::timestamp(&caller, &mut out),
        Request::Change(change) => change::change(&caller, change, &mut out)?,
    }
    Ok(caller.tail(out, request.response_name()))
}

/// SOAP takes opaque session ids alone, no access tokens in the form of a JWT.
fn is_jwt(token: &str) -> bool {
    token.starts_with("eyJ") && token.split('.').count() == 3
}

impl Caller<'_> {
    fn head(&self, response: &str) -> Xml {
        let mut out = Xml::document("urn:partner.soap.sforce.com");
        out.open("soapenv:Header").open("LimitInfoHeader").open("limitInfo");
        out.number("current", self.used).number("limit", self.limit).text("type", "API REQUESTS");
        out.close("limitInfo").close("LimitInfoHeader").close("soapenv:Header");
        out.open("soapenv:Body").open(response);
        out
    }

    fn tail(&self, mut out: Xml, response: &str) -> String {
        out.close(response).close("soapenv:Body").close("soapenv:Envelope");
        out.into_text()
    }
}
