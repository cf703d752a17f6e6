//! The Streaming API: Bayeux over long polling at `/cometd/NN.0`.
//!
//! Events and changes are those of the event bus, read by each client from its own positions: nothing is queued for a
//! client, so a slow one costs nothing. Beside the bus's topics there are PushTopics (`/topic/X`), generic channels
//! (`/u/X`) and what the platform tells of itself (`/systemTopic/Logging`, `/systemTopic/TestResult`).

mod channel;
mod clients;
mod messages;
mod payload;
mod poll;
mod push_topic;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

pub(crate) use channel::{LOGGING, TEST_RESULT};
pub(crate) use clients::Clients;
pub(crate) use push_topic::notices;

use crate::org::Org;
use crate::server::Wire;
use crate::surface::{Site, gate};

/// Bytes of one request, as Salesforce bounds them.
const REQUEST_MAX: usize = 32_768;
/// The oldest version of the path.
const OLDEST: u32 = 23;

/// Every path below `/cometd`: clients put the version behind it, and some the kind of message behind that.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/cometd", any(serve))
        .route("/cometd/", any(serve))
        .route("/cometd/{version}", any(serve))
        .route("/cometd/{version}/", any(serve))
        .route("/cometd/{version}/{*more}", any(serve))
}

/// Tells whoever listens on `topic` what happened to a row of the platform's own.
pub(crate) fn tell(org: &Org, topic: &str, kind: &str, sobject: Value) {
    let at = iso(org.now_ms());
    org.bus.announce(topic, &json!({"event": {"createdDate": at, "type": kind}, "sobject": sobject}));
}

/// A time as messages write it: `2026-11-24T12:00:00.000Z`.
fn iso(ms: i64) -> String {
    crate::org::metadata_time(ms)
}

/// Who sends a request, and why it is nobody.
enum Caller {
    Known(Box<crate::org::Rights>),
    /// Salesforce's reason.
    Refused(&'static str),
}

async fn serve(State(site): State<Site>, request: Request) -> Response {
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response();
    }
    let peer = request.extensions().get::<ConnectInfo<Wire>>().and_then(|info| info.0.peer);
    let (parts, body) = request.into_parts();
    let body = match crate::surface::body::read(&parts.headers, body, REQUEST_MAX).await {
        Ok(body) => body,
        Err(crate::surface::body::BodyError::TooLarge) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, "413::Maximum Request Size Exceeded").into_response();
        }
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let Some(messages) = messages::read(&body) else {
        return (StatusCode::BAD_REQUEST, "400::Malformed JSON").into_response();
    };
    let wrong_version = version(parts.uri.path()).err();
    let caller = caller(&site, &parts.headers, peer);
    let answer = messages::answer(&site, &caller, wrong_version.as_deref(), messages).await;
    let mut response = answer.messages.to_string().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    if let Some(browser) = answer.browser {
        let secure = if site.scheme == "https" { ";Secure" } else { "" };
        let cookie =
            HeaderValue::from_str(&format!("BAYEUX_BROWSER={browser};Path=/cometd/{secure};HttpOnly"));
        if let Ok(cookie) = cookie {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// Checks the version behind `/cometd/`.
fn version(path: &str) -> Result<(), String> {
    let newest = crate::surface::newest_version();
    let form = format!("URI format: '/cometd/{newest}.0'");
    let named = path.split('/').nth(2).unwrap_or_default();
    let number = named.split_once('.').map_or(named, |(major, _)| major).parse::<u32>();
    match number {
        Ok(number) if (OLDEST..=newest).contains(&number) => Ok(()),
        Ok(_) => Err(format!(
            "400::Unsupported API version. Only API versions '{OLDEST}.0' and above are supported. {form}"
        )),
        Err(_) => Err(format!("400::API version in the URI is mandatory. {form}")),
    }
}

/// The session stands in the header, or in the cookie `sid` of a browser.
fn caller(site: &Site, headers: &HeaderMap, peer: Option<std::net::IpAddr>) -> Caller {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let named =
        text(header::AUTHORIZATION).and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    let cookie = || {
        let cookies = text(header::COOKIE)?.split(';');
        cookies.filter_map(|cookie| cookie.trim().strip_prefix("sid=")).next()
    };
    let Some(token) = named.or_else(cookie) else {
        return Caller::Refused("401::Request requires authentication");
    };
    let at_home = peer.is_none_or(|peer| site.org.may_come_from(token, peer));
    match gate::admit(&site.org, token) {
        Ok(rights) if at_home => Caller::Known(Box::new(rights)),
        _ => Caller::Refused("401::Authentication invalid"),
    }
}
