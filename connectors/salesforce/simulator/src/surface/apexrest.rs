//! The door to Apex REST.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::Site;
use super::answer::ApiError;
use crate::apex::rest::{BODY_MAX, ROOT, RestCall, serve};
use crate::org::Rights;
use crate::server::Wire;

/// Everything below `/services/apexrest`; the gate has authenticated and counted the call.
pub(super) fn router() -> Router<Site> {
    Router::new().route(&format!("{ROOT}/{{*path}}"), any(handle))
}

async fn handle(State(site): State<Site>, request: Request) -> Response {
    let Some(rights) = request.extensions().get::<Rights>().cloned() else {
        return ApiError::session().into_response();
    };
    let peer = request.extensions().get::<ConnectInfo<Wire>>().and_then(|info| info.0.peer);
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        let message = "Exceeded max size limit of 6000000";
        return ApiError::new(StatusCode::BAD_REQUEST, "EXCEEDED_MAX_SIZE_REQUEST", message).into_response();
    };
    let path = parts.uri.path().strip_prefix(ROOT).unwrap_or_default();
    let decoded = url::form_urlencoded::parse(path.replace('+', "%2B").as_bytes())
        .next()
        .map(|(path, _)| path.into_owned())
        .unwrap_or_default();
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    // Apex never sees the token that it is called with.
    let headers = parts.headers.iter().filter(|(name, _)| **name != header::AUTHORIZATION);
    let call = RestCall {
        method: parts.method.to_string(),
        path: decoded,
        query: url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
        remote_address: peer.map(|peer| peer.to_string()).unwrap_or_default(),
    };
    // Apex may compute for a while; the listener's threads stay free.
    let answer = tokio::task::spawn_blocking(move || serve(&site.org, rights, &call)).await;
    match answer {
        Ok(Ok(reply)) => {
            let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, reply.body).into_response();
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
            for (name, value) in reply.headers {
                let name = HeaderName::try_from(name);
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => {
            tracing::error!(%error, "Apex REST failed");
            let message = "An unexpected error occurred.";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message).into_response()
        }
    }
}
