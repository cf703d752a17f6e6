//! The SOAP APIs: `POST /services/Soap/{u,c,m,s}/NN.0`.
//!
//! One call counts as one API request, whatever it does. Every refusal is HTTP 500 with a fault. The session stands in
//! the envelope, not in a header of HTTP.

mod apex;
mod dialect;
mod envelope;
mod fault;
mod json;
mod login;
mod metadata;
mod partner;
mod write;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;

pub(crate) use dialect::Dialect;
pub(crate) use fault::SoapFault;

use crate::fault::Operation;
use crate::org::Rights;
use crate::surface::{Site, gate};
use envelope::Envelope;
use write::Xml;

/// Serves the endpoints; clients may put the org's id, or names of operations, behind the version.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/services/Soap/{api}/{version}", post(serve))
        .route("/services/Soap/{api}/{version}/", post(serve))
        .route("/services/Soap/{api}/{version}/{*more}", post(serve))
}

/// What a request means to the fault rules and the ledger.
pub(crate) fn meaning(path: &str, body: &[u8]) -> Operation {
    match Dialect::of(path) {
        Some(Dialect::Metadata) => metadata::meaning(body),
        Some(dialect @ (Dialect::Partner | Dialect::Enterprise)) => partner::meaning(dialect, body),
        Some(Dialect::Apex) | None => Operation::Other,
    }
}

async fn serve(State(site): State<Site>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path();
    let Some(dialect) = Dialect::of(path) else {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    };
    let version = path.split('/').nth(4).unwrap_or_default().to_owned();
    // Describes of a large org compute for a while; the listener's threads stay free.
    let work = tokio::task::spawn_blocking(move || answer(&site, dialect, &version, &headers, &body));
    let answered = work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a SOAP handler failed");
        Err(SoapFault::api("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    });
    match answered {
        Ok(text) => xml(text),
        Err(fault) => fault.answer(dialect),
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
    dialect: Dialect,
    rights: Rights,
    /// The session that was presented.
    session: String,
    base_url: String,
    /// API version of the URL.
    version: u32,
    used: u64,
    limit: u64,
}

/// The parts of an answer.
struct Reply {
    header: Xml,
    body: Xml,
}

impl From<Xml> for Reply {
    fn from(body: Xml) -> Self {
        Self { header: Xml::default(), body }
    }
}

fn answer(
    site: &Site,
    dialect: Dialect,
    version: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<String, SoapFault> {
    if !gate::serves(version) {
        return Err(SoapFault::api("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"));
    }
    if !headers.contains_key("soapaction") {
        return Err(SoapFault::client("SOAPAction HTTP header missing"));
    }
    let envelope = Envelope::parse(body, dialect)?;
    if login::is_login(dialect, &envelope) {
        let reply = login::login(site, dialect, headers, version, &envelope)?;
        return Ok(envelope::answer(dialect, &reply.header, &reply.body));
    }
    // Without a request there is nothing to be let in for.
    let known = match dialect {
        Dialect::Partner | Dialect::Enterprise => partner::knows(&envelope),
        Dialect::Metadata => metadata::knows(&envelope),
        Dialect::Apex => apex::knows(&envelope),
    };
    if !known {
        return Err(envelope.unknown(dialect));
    }
    let session = envelope.session().ok_or_else(SoapFault::session)?.to_owned();
    let rights = gate::admit(&site.org, &session)?;
    let (used, limit) = gate::count(&site.org)?;
    let version = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
    let base_url = site.base_url(headers);
    let caller = Caller { site, dialect, rights, session, base_url, version, used, limit };
    let reply = match dialect {
        Dialect::Partner | Dialect::Enterprise => partner::answer(&caller, envelope)?,
        Dialect::Metadata => metadata::answer(&caller, envelope)?.into(),
        Dialect::Apex => apex::answer(&caller, &envelope)?,
    };
    Ok(envelope::answer(dialect, &reply.header, &reply.body))
}
