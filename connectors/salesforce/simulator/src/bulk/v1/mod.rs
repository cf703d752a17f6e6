//! Bulk API 1: `/services/async/NN.0/job`, in XML or JSON, with the session in `X-SFDC-Session`.

mod calls;
mod job;
mod read;
mod show;
mod work;

pub(super) use job::Job;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;

use super::CONTENT_MAX;
use super::error::BulkError;
use crate::org::Rights;
use crate::surface::{Site, body, gate};
use show::{Shown, Wire};

/// Serves everything below `/services/async`.
pub(crate) fn router() -> Router<Site> {
    Router::new().route("/services/async/{version}/{*path}", any(handle))
}

/// A call as the handlers see it.
struct Call {
    rights: Rights,
    method: Method,
    version: u32,
    headers: HeaderMap,
    body: Bytes,
}

async fn handle(
    State(site): State<Site>,
    Path((version, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, content) = request.into_parts();
    let headers = parts.headers;
    let asked = Wire::asked(&headers);
    let content = match body::read(&headers, content, CONTENT_MAX).await {
        Ok(content) => content,
        Err(error) => return refused(asked, &BulkError::input(error.to_string())),
    };
    let admitted = admit(&site, &version, &headers);
    let (rights, version) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return refused(asked, &error),
    };
    let call = Call { rights, method: parts.method, version, headers, body: content };
    let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    // Rows are read and written on a thread that may take its time.
    let work = tokio::task::spawn_blocking(move || {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        calls::answer(&site, &call, &segments)
    });
    match work.await {
        Ok(Ok(shown)) => shown.into_response(),
        Ok(Err((wire, error))) => refused(wire.unwrap_or(asked), &error),
        Err(error) => {
            tracing::error!(%error, "a bulk call failed");
            refused(asked, &BulkError::new("Unknown", "An unexpected error occurred."))
        }
    }
}

/// Who calls, and in which version.
fn admit(site: &Site, version: &str, headers: &HeaderMap) -> Result<(Rights, u32), BulkError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer =
        text(header::AUTHORIZATION.as_str()).and_then(|value| value.split_once(' ')).map(|(_, token)| token);
    let token = text("x-sfdc-session").or(bearer).unwrap_or_default();
    let version = version.trim_start_matches('v');
    let number = version.strip_suffix(".0").and_then(|number| number.parse().ok());
    let number = number.filter(|_| gate::serves(version));
    let number =
        number.ok_or_else(|| BulkError::new("InvalidVersion", format!("Unsupported Version: {version}")))?;
    let rights = gate::admit(&site.org, token.trim()).map_err(|error| match error.code.as_str() {
        "INVALID_SESSION_ID" => BulkError::new("InvalidSessionId", "Invalid session id"),
        _ => BulkError::new("FeatureNotEnabled", error.message),
    })?;
    gate::count(&site.org).map_err(|error| BulkError::new("ExceededQuota", error.message))?;
    Ok((rights, number))
}

fn refused(wire: Wire, error: &BulkError) -> Response {
    let status = match error.code {
        "InvalidUrl" => StatusCode::NOT_FOUND,
        "Unknown" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let members =
        vec![("exceptionCode", error.code.into()), ("exceptionMessage", error.message.as_str().into())];
    let mut response = Shown::info(wire, "error", members).into_response();
    *response.status_mut() = status;
    response
}
