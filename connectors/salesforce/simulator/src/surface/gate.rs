//! The gate that every request passes: latency, planned faults, sessions and the API count, the ledger.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::ApiError;
use super::body::BodyError;
use super::{Site, classify};
use crate::fault::Fault;
use crate::ledger::Kind;
use crate::org::{Org, Rights, SessionError};
use crate::server::Wire;
use crate::soap::{self, Dialect, SoapFault};

/// Salesforce answers 414 to a longer request URI.
const URI_MAX: usize = 16_384;
/// Salesforce answers 431 where path and headers together are longer.
const HEADERS_MAX: usize = 16_384;
/// Forms of the OAuth endpoints are small.
const FORM_MAX: usize = 64 << 10;
const HOUR_MS: i64 = 60 * 60 * 1000;

pub(super) async fn pass(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    name_host(&mut request);
    single_slashes(&mut request);
    let org = site.org.clone();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let wire = request.extensions().get::<ConnectInfo<Wire>>().map(|info| info.0.clone()).unwrap_or_default();
    if !org.config.latency.is_zero() {
        tokio::time::sleep(org.config.latency).await;
    }
    let (mut request, operation) = match classified(request).await {
        Ok(classified) => classified,
        Err(refusal) => return refusal,
    };
    let fault = org.faults.strike(&operation);
    if let Some(fault) = &fault {
        org.note(Kind::FaultFired, None, format!("{operation:?}"), &[("fault", &format!("{fault:?}"))]);
    }
    match &fault {
        Some(Fault::ConnectionReset) => return cut(&wire),
        Some(Fault::Hang) => std::future::pending::<()>().await,
        Some(Fault::Delayed(by)) => org.clock.sleep(*by).await,
        Some(Fault::Refused { status, error_code, message }) => {
            return refused(&path, *status, error_code, message);
        }
        Some(Fault::SessionInvalid) => {
            return match Dialect::of(&path) {
                Some(dialect) => SoapFault::session().answer(dialect),
                None => ApiError::session().into_response(),
            };
        }
        Some(Fault::UnavailableHtml) => return unavailable(),
        // What is to be cut must not come packed.
        Some(Fault::TruncatedJson) => drop(request.headers_mut().remove(header::ACCEPT_ENCODING)),
        Some(Fault::Happens(what)) => org.happen(what),
        Some(Fault::AnswerLost | Fault::DeployRestarted) | None => {}
    }
    if let Some(redirect) = moved(&org, request.headers(), request.uri(), site.scheme) {
        return redirect;
    }
    // A task of its own: what a call does is done to the end, even when its caller has gone away.
    let work = tokio::spawn(async move { answered(&site, request, next).await });
    let response = match work.await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, path, "a handler failed");
            let message =
                "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message).into_response()
        }
    };
    let (meaning, status) = (format!("{operation:?}"), response.status());
    let mut detail = vec![("status", status.as_str())];
    if Dialect::of(&path).is_some() {
        detail.push(("operation", &meaning));
    }
    org.note(Kind::Request, None, format!("{method} {path}"), &detail);
    match fault {
        Some(Fault::AnswerLost) => cut(&wire),
        Some(Fault::TruncatedJson) => truncated(response).await,
        _ => response,
    }
}

/// HTTP/2 names the host in the URI, where handlers do not look for it.
fn name_host(request: &mut Request) {
    let authority =
        request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(authority) = authority {
        request.headers_mut().entry(header::HOST).or_insert(authority);
    }
}

/// Where an org has moved to another instance, its old host sends the API's callers on.
fn moved(org: &Org, headers: &HeaderMap, uri: &Uri, scheme: &str) -> Option<Response> {
    let conditions = org.conditions();
    let host = conditions.moved_to.as_ref()?;
    let asked = headers.get(header::HOST).and_then(|asked| asked.to_str().ok()).unwrap_or_default();
    let path = uri.path();
    let at_home = asked.eq_ignore_ascii_case(host);
    // Logins are at a host that all instances share.
    if at_home || path.starts_with("/services/oauth2/") || !path.starts_with("/services/") {
        return None;
    }
    let path = uri.path_and_query().map_or(path, |path| path.as_str());
    let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
    let location = HeaderValue::from_str(&format!("{scheme}://{host}{path}")).ok()?;
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}

/// Clients that end their base URL with a slash send paths that begin with two.
fn single_slashes(request: &mut Request) {
    let uri = request.uri();
    if !uri.path().starts_with("//") {
        return;
    }
    let path = uri.path().trim_start_matches('/');
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(mended) = format!("/{path}{query}").parse::<Uri>() {
        *request.uri_mut() = mended;
    }
}

/// Reads the body of calls whose meaning stands in it: the forms of OAuth, the envelopes of SOAP.
async fn classified(request: Request) -> Result<(Request, crate::fault::Operation), Response> {
    let uri_length = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri_length > URI_MAX {
        return Err(ApiError::new(
            StatusCode::URI_TOO_LONG,
            "URI_TOO_LONG",
            "The URI exceeds the maximum of 16384 bytes",
        )
        .into_response());
    }
    // Path, names and values of headers together.
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if uri_length + headers > HEADERS_MAX {
        let message = "The combined length of the URI and headers exceeds the maximum of 16384 bytes";
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(ApiError::new(status, "REQUEST_HEADER_FIELDS_TOO_LARGE", message).into_response());
    }
    // A SOAP API has one path for all of its operations.
    if let Some(dialect) = Dialect::of(request.uri().path()) {
        let (mut parts, body) = request.into_parts();
        let body = super::body::read(&parts.headers, body, dialect.body_max()).await;
        let body = body.map_err(|error| match error {
            BodyError::TooLarge => SoapFault::too_large(dialect).answer(dialect),
            BodyError::Encoding | BodyError::Unknown => SoapFault::client(error.to_string()).answer(dialect),
        })?;
        // What follows reads it as it is now.
        parts.headers.remove(header::CONTENT_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
        let operation = soap::meaning(parts.uri.path(), &body);
        return Ok((Request::from_parts(parts, Body::from(body)), operation));
    }
    if !request.uri().path().starts_with("/services/oauth2/") {
        let operation = classify::operation(request.method(), request.uri(), None);
        return Ok((request, operation));
    }
    let (parts, body) = request.into_parts();
    let form = to_bytes(body, FORM_MAX).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
    let operation = classify::operation(&parts.method, &parts.uri, Some(&form));
    Ok((Request::from_parts(parts, Body::from(form)), operation))
}

async fn answered(site: &Site, mut request: Request, next: Next) -> Response {
    let apex = request.uri().path().starts_with("/services/apexrest/");
    match versioned(request.uri().path()).map(str::to_owned) {
        Some(version) => {
            if let Err(refusal) = known_version(&version) {
                return refusal.into_response();
            }
        }
        // Apex REST has no version, but needs a session all the same.
        None if apex => {}
        None => return next.run(request).await,
    }
    let org = &site.org;
    let peer = request.extensions().get::<ConnectInfo<Wire>>().and_then(|info| info.0.peer);
    let rights = match caller(org, request.headers(), peer) {
        Ok(rights) => rights,
        Err(refusal) => return refusal.into_response(),
    };
    let (used, limit) = match count(org) {
        Ok(counted) => counted,
        Err(refusal) => {
            let limit = super::rest::daily_api_requests(org);
            return with_usage(refusal.into_response(), limit, limit);
        }
    };
    request.extensions_mut().insert::<Rights>(rights);
    with_usage(next.run(request).await, used, limit)
}

/// The caller behind the Authorization header.
fn caller(org: &Org, headers: &HeaderMap, peer: Option<IpAddr>) -> Result<Rights, ApiError> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth"));
    let Some((_, token)) = token else { return Err(ApiError::session()) };
    let rights = admit(org, token.trim())?;
    match peer {
        Some(peer) if !org.may_come_from(token.trim(), peer) => Err(ApiError::session()),
        _ => Ok(rights),
    }
}

/// The rights behind an access token, or why it is turned away.
pub(crate) fn admit(org: &Org, token: &str) -> Result<Rights, ApiError> {
    org.authenticate(token).map_err(|error| match error {
        SessionError::Invalid => ApiError::session(),
        SessionError::ApiDisabled => {
            ApiError::new(StatusCode::FORBIDDEN, "API_CURRENTLY_DISABLED", error.to_string())
        }
        SessionError::OrgWithoutApi => {
            ApiError::new(StatusCode::FORBIDDEN, "API_DISABLED_FOR_ORG", error.to_string())
        }
        SessionError::AppNotListed => {
            ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", error.to_string())
        }
    })
}

/// Counts one call; answers the calls of the last 24 hours and their limit, or a refusal beyond it.
pub(crate) fn count(org: &Org) -> Result<(u64, u64), ApiError> {
    let hour = org.now_ms().div_euclid(HOUR_MS);
    let mut state = org.write();
    state.api_calls.retain(|past, _| *past > hour - 24);
    *state.api_calls.entry(hour).or_default() += 1;
    let (used, limit) = (state.api_calls.values().sum(), super::rest::daily_api_requests(org));
    if used > limit {
        let message = "TotalRequests Limit exceeded.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message));
    }
    Ok((used, limit))
}

/// Counts calls that came inside one that is counted already.
pub(super) fn count_more(org: &Org, calls: u64) {
    let hour = org.now_ms().div_euclid(HOUR_MS);
    *org.write().api_calls.entry(hour).or_default() += calls;
}

fn with_usage(mut response: Response, used: u64, limit: u64) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("api-usage={used}/{limit}")) {
        response.headers_mut().insert("sforce-limit-info", value);
    }
    response
}

/// The `vNN.0` of a path that needs a session.
fn versioned(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/services/data/")?;
    rest.split('/').next().filter(|version| !version.is_empty())
}

/// Whether `67.0` names a version that this org serves.
pub(crate) fn serves(version: &str) -> bool {
    known_version(&format!("v{version}")).is_ok()
}

fn known_version(version: &str) -> Result<(), ApiError> {
    let number = version
        .strip_prefix('v')
        .and_then(|version| version.strip_suffix(".0"))
        .and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(number) if super::rest::VERSIONS.contains(&number) => Ok(()),
        Some(number) if (1..=super::rest::RETIRED).contains(&number) => {
            let message = format!("API version {number}.0 has been retired");
            Err(ApiError::new(StatusCode::GONE, "UNSUPPORTED_API_VERSION", message))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn cut(wire: &Wire) -> Response {
    wire.cut();
    // Never sent: the first write on the connection fails.
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn refused(path: &str, status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if path.starts_with("/services/oauth2/") {
        return super::oauth::refusal(status, code, message);
    }
    if let Some(dialect) = Dialect::of(path) {
        return SoapFault::api(code, message).answer(dialect);
    }
    ApiError::new(status, code, message).into_response()
}

fn unavailable() -> Response {
    let page =
        "<html><head><title>Service Not Available</title></head><body>Service Not Available</body></html>";
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, page).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    response
}

async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = tokio::time::timeout(Duration::from_secs(60), to_bytes(body, usize::MAX)).await;
    let Ok(Ok(bytes)) = bytes else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2)))
}
