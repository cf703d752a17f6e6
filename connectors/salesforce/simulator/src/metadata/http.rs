//! The REST resource `metadata/deployRequest`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::job::{Deployments, Order};
use super::options::DeployOptions;
use super::result::started;
use crate::org::{Id, Rights};
use crate::surface::{Answer, ApiError, ApiResult};

/// Bytes of the JSON part and of JSON bodies.
const JSON_BYTES_MAX: usize = 1 << 20;

/// Serves `/services/data/vNN.0/metadata/deployRequest…`. The caller's [`Rights`] are expected as an extension.
pub(crate) fn router(deployments: Arc<Deployments>) -> Router {
    let not_allowed =
        |allowed: &'static str| move |method: Method| async move { ApiError::method(&method, allowed) };
    Router::new()
        .route("/services/data/{version}/metadata/deployRequest", post(start).fallback(not_allowed("POST")))
        .route(
            "/services/data/{version}/metadata/deployRequest/validatedDeployRequestId",
            post(start_quick).fallback(not_allowed("POST")),
        )
        .route(
            "/services/data/{version}/metadata/deployRequest/validatedDeployRequestId/{id}",
            post(start_quick).fallback(not_allowed("POST")),
        )
        .route(
            "/services/data/{version}/metadata/deployRequest/{id}",
            get(poll).patch(cancel).fallback(not_allowed("GET,PATCH,HEAD")),
        )
        .with_state(deployments)
}

async fn start(
    State(deployments): State<Arc<Deployments>>,
    Path(version): Path<String>,
    Extension(rights): Extension<Rights>,
    request: Request,
) -> ApiResult {
    may_deploy(&rights)?;
    deployments.writable()?;
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        let body = Bytes::from_request(request, &()).await.map_err(|rejection| {
            ApiError::new(rejection.status(), "INVALID_REQUEST", rejection.body_text())
        })?;
        return quick(&deployments, rights, validation_of(&body)?);
    }
    let multipart = Multipart::from_request(request, &()).await.map_err(|error: MultipartRejection| {
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", error.to_string())
    })?;
    let (options, zip) = parts(multipart).await?;
    let options = DeployOptions::parse(&options).map_err(|text| ApiError::bad("JSON_PARSER_ERROR", text))?;
    let version = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .unwrap_or_default();
    let request = deployments.accept(Order::new(options.clone(), zip, rights, version))?;
    Ok(Answer::json(StatusCode::CREATED, started(&request, &options, None)))
}

/// A quick deploy whose validation stands in the path or in the body.
async fn start_quick(
    State(deployments): State<Arc<Deployments>>,
    Path(path): Path<BTreeMap<String, String>>,
    Extension(rights): Extension<Rights>,
    body: Bytes,
) -> ApiResult {
    may_deploy(&rights)?;
    deployments.writable()?;
    let validation = match path.get("id") {
        Some(id) => known(id)?,
        None => validation_of(&body)?,
    };
    quick(&deployments, rights, validation)
}

fn validation_of(body: &Bytes) -> Result<Id, ApiError> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad("JSON_PARSER_ERROR", error.to_string()))?;
    match body.get("validatedDeployRequestId") {
        Some(Value::String(id)) => known(id),
        _ => Err(ApiError::bad("JSON_PARSER_ERROR", "Missing validatedDeployRequestId")),
    }
}

fn quick(deployments: &Arc<Deployments>, rights: Rights, validation: Id) -> ApiResult {
    let (request, options) = deployments.accept_quick(validation, rights)?;
    Ok(Answer::json(StatusCode::CREATED, started(&request, &options, Some(validation))))
}

/// The JSON part goes by the name `json` in Salesforce's guide and `entity_content` in its clients; any order.
async fn parts(mut multipart: Multipart) -> Result<(Bytes, Bytes), ApiError> {
    let bad = |error: axum::extract::multipart::MultipartError| {
        ApiError::bad("INVALID_MULTIPART_REQUEST", error.body_text())
    };
    let (mut options, mut zip) = (None, None);
    while let Some(field) = multipart.next_field().await.map_err(bad)? {
        let slot = match field.name() {
            Some("json" | "entity_content") => &mut options,
            Some("file") => &mut zip,
            name => {
                let message =
                    format!("Unexpected part {} in the multipart request", name.unwrap_or("without a name"));
                return Err(ApiError::bad("INVALID_MULTIPART_REQUEST", message));
            }
        };
        let bytes = field.bytes().await.map_err(bad)?;
        if slot.replace(bytes).is_some() {
            return Err(ApiError::bad(
                "INVALID_MULTIPART_REQUEST",
                "A part is given twice in the multipart request",
            ));
        }
    }
    match (options, zip) {
        (Some(options), Some(zip)) if options.len() <= JSON_BYTES_MAX => Ok((options, zip)),
        (Some(_), Some(_)) => Err(ApiError::bad("JSON_PARSER_ERROR", "The JSON part is too large")),
        (None, _) => {
            Err(ApiError::bad("INVALID_MULTIPART_REQUEST", "The multipart request has no part named json"))
        }
        (_, None) => {
            Err(ApiError::bad("INVALID_MULTIPART_REQUEST", "The multipart request has no part named file"))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PollQuery {
    #[serde(default)]
    include_details: Option<String>,
}

async fn poll(
    State(deployments): State<Arc<Deployments>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<PollQuery>,
    Extension(rights): Extension<Rights>,
) -> ApiResult {
    may_deploy(&rights)?;
    let id = known(&id)?;
    let details = query.include_details.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let url = format!("/services/data/{version}/metadata/deployRequest/{id}");
    deployments.check(id, details, &url).map(Answer::ok)
}

async fn cancel(
    State(deployments): State<Arc<Deployments>>,
    Path((version, id)): Path<(String, String)>,
    Extension(rights): Extension<Rights>,
    body: Bytes,
) -> Response {
    match cancelled(&deployments, &version, &id, &rights, &body) {
        Ok(answer) => answer.into_response(),
        Err(error) => error.into_response(),
    }
}

fn cancelled(deployments: &Deployments, version: &str, id: &str, rights: &Rights, body: &Bytes) -> ApiResult {
    may_deploy(rights)?;
    let id = known(id)?;
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad("JSON_PARSER_ERROR", error.to_string()))?;
    if body.pointer("/deployResult/status").and_then(Value::as_str) != Some("Canceling") {
        return Err(ApiError::bad("INVALID_INPUT", "Only the status Canceling can be set on a deployment"));
    }
    deployments.stop(id, rights.user)?;
    let url = format!("/services/data/{version}/metadata/deployRequest/{id}");
    deployments.check(id, false, &url).map(|shown| Answer::json(StatusCode::ACCEPTED, shown))
}

fn may_deploy(rights: &Rights) -> Result<(), ApiError> {
    if rights.may_deploy() {
        return Ok(());
    }
    let message = "You do not have permission to deploy: Modify Metadata Through Metadata API Functions or Modify All Data is needed";
    Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message))
}

fn known(id: &str) -> Result<Id, ApiError> {
    Id::parse(id).ok_or_else(|| ApiError::bad("MALFORMED_ID", format!("bad id {id}")))
}
