//! Calls of an organisation's HTTP APIs: one attempt each, bounded in time and size, counted, and sent only to a host
//! that is trusted.

mod answer;
pub(crate) mod composite;
pub(crate) mod metadata;
pub(crate) mod pubsub;
mod queries;
pub(crate) mod rest;
pub(crate) mod soap;
pub(crate) mod tooling;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use provision_connector_sdk::http::AddressRefused;
use provision_connector_sdk::{Access, ConnectorFault, Session};
use secrecy::ExposeSecret as _;

use crate::connector::Inner;
use crate::faults::{self, Effect};
use crate::limits;
pub(crate) use answer::{Answer, Validators};

/// Largest answer that is read, unless a call expects more.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The clients that Salesforce's support sees in its logs.
const CALL_OPTIONS: &str = "client=provisiond";

/// An organisation, spoken to in a session.
pub(crate) struct Org<'a> {
    pub inner: &'a Inner,
    pub session: &'a Session,
}

/// One request.
pub(crate) struct Call {
    method: Method,
    /// Below the organisation's address; begins with `/`.
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(http::HeaderName, String)>,
    body: Body,
    effect: Effect,
    bytes_max: usize,
}

/// A record that is made together with the bytes of one of its fields.
pub(crate) struct File {
    /// The record's other fields, as JSON.
    pub entity: Bytes,
    /// The field of the bytes, and the file's name.
    pub field: &'static str,
    pub name: String,
    pub size: u64,
    /// How much longer than other calls it may take.
    pub patience: Duration,
}

enum Body {
    Empty,
    Json(Bytes),
    /// The two parts of a deployment: options and zip.
    Deployment {
        options: Bytes,
        zip: Bytes,
    },
    /// The content is there for one attempt.
    File {
        file: File,
        content: Mutex<Option<reqwest::Body>>,
    },
}

impl Call {
    /// Looks only.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Call {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            effect: Effect::None,
            bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// May change something.
    pub(crate) fn post(path: impl Into<String>, body: &serde_json::Value) -> Self {
        let body = Body::Json(body.to_string().into());
        Call { method: Method::POST, body, effect: Effect::Possible, ..Call::get(path) }
    }

    /// Deletes.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Call { method: Method::DELETE, effect: Effect::Possible, ..Call::get(path) }
    }

    fn deployment(path: String, options: Bytes, zip: Bytes) -> Self {
        let body = Body::Deployment { options, zip };
        Call { method: Method::POST, body, effect: Effect::Possible, ..Call::get(path) }
    }

    /// Makes a record with the bytes of `content`, which can be sent once.
    pub(crate) fn upload(path: impl Into<String>, file: File, content: reqwest::Body) -> Self {
        let body = Body::File { file, content: Mutex::new(Some(content)) };
        Call { method: Method::POST, body, effect: Effect::Possible, ..Call::get(path) }
    }

    /// Is a POST that changes nothing.
    pub(crate) fn looks_only(mut self) -> Self {
        self.effect = Effect::None;
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: http::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }
}

impl Org<'_> {
    /// `/services/data/v67.0` and what follows.
    pub(crate) fn data(&self, rest: &str) -> String {
        format!("/services/data/v{}{rest}", self.inner.config.api_version)
    }

    /// Makes the call. A refused token is renewed once.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, ConnectorFault> {
        let answer = self.ask(&call).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
            Ok(answer)
        } else {
            Err(self.session.calls.refused(answer.fault()))
        }
    }

    /// Makes the call and answers whatever comes, but for a refused token, which is renewed once.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, ConnectorFault> {
        let access = self.session.credentials.current().await?;
        let answer = self.attempt(call, &access).await?;
        if !answer.refuses_session() {
            return Ok(answer);
        }
        let renewed = self.session.credentials.renew(&access).await?;
        let answer = self.attempt(call, &renewed).await?;
        if answer.refuses_session() {
            return Err(faults::reauthorize("a renewed token was refused too"));
        }
        Ok(answer)
    }

    /// The organisation's address. Checked when it came in; checked again before each use, since this is where a token
    /// leaves.
    fn trusted(&self, access: &Access) -> Result<String, ConnectorFault> {
        self.inner.hosts.instance(&access.instance_url).map_err(|refused| {
            faults::reauthorize(format!("the address of the organisation is not trusted: {refused}"))
        })
    }

    async fn attempt(&self, call: &Call, access: &Access) -> Result<Answer, ConnectorFault> {
        let base = self.trusted(access)?;
        let request = self
            .inner
            .http
            .request(call.method.clone(), format!("{base}{}", call.path))
            .query(&call.query)
            .bearer_auth(access.token.expose_secret())
            .header("Sforce-Call-Options", CALL_OPTIONS)
            .header(http::header::ACCEPT, "application/json")
            .timeout(self.inner.config.request_timeout);
        let request = call.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = match &call.body {
            Body::Empty => request,
            Body::Json(json) => {
                request.header(http::header::CONTENT_TYPE, "application/json").body(json.clone())
            }
            Body::Deployment { options, zip } => request.multipart(deployment(options, zip)?),
            Body::File { file, content } => {
                let content = content.lock().unwrap_or_else(PoisonError::into_inner).take();
                let content = content.ok_or_else(|| {
                    ConnectorFault::transient(
                        "the token of an upload was refused, and its content is sent already",
                    )
                })?;
                let timeout = self.inner.config.request_timeout + file.patience;
                request.timeout(timeout).multipart(entity(file, content)?)
            }
        };
        self.session.calls.admit().await?;
        let response = request.send().await.map_err(|error| {
            if let Some(refused) = AddressRefused::find(&error) {
                return refused.into();
            }
            let left = !(error.is_connect() || error.is_builder());
            faults::no_answer(call.effect, left, provision_connector_sdk::http::error_text(error))
        })?;
        limits::observe(response.headers(), &self.session.calls);
        Answer::read(response, call.bytes_max, call.effect).await
    }
}

/// As the Metadata API's guide has it: `json`, then `file`.
fn deployment(options: &Bytes, zip: &Bytes) -> Result<reqwest::multipart::Form, ConnectorFault> {
    let part = |bytes: &Bytes, kind: &str| {
        reqwest::multipart::Part::stream_with_length(bytes.clone(), bytes.len() as u64)
            .mime_str(kind)
            .map_err(|error| ConnectorFault::protocol(provision_connector_sdk::http::error_text(error)))
    };
    Ok(reqwest::multipart::Form::new()
        .part("json", part(options, "application/json")?)
        .part("file", part(zip, "application/zip")?.file_name("deploy.zip")))
}

/// As the REST API's guide has it for files: the record's fields, then the bytes in a part of their field's name.
fn entity(file: &File, content: reqwest::Body) -> Result<reqwest::multipart::Form, ConnectorFault> {
    let part = |body: reqwest::Body, size: u64, kind: &str| {
        reqwest::multipart::Part::stream_with_length(body, size)
            .mime_str(kind)
            .map_err(|error| ConnectorFault::protocol(provision_connector_sdk::http::error_text(error)))
    };
    let fields = part(file.entity.clone().into(), file.entity.len() as u64, "application/json")?;
    let bytes = part(content, file.size, "application/octet-stream")?;
    Ok(reqwest::multipart::Form::new()
        .part("entity_content", fields)
        .part(file.field, bytes.file_name(file.name.clone())))
}

/// What a `Retry-After` header says, where it counts seconds.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    // A day at most: whatever it says, the organisation is asked again.
    text.trim().parse().ok().map(|seconds: u64| Duration::from_secs(seconds.min(86_400)))
}
