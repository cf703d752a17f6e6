//! Answers of the HTTP APIs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::http::{BodyError, read_body};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::faults::{self, Effect};

/// Longest entity tag or date that is kept.
const VALIDATOR_MAX: usize = 200;

/// What a later request can ask by, whether the answer still holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.is_empty() && value.len() <= VALIDATOR_MAX).then(|| value.to_owned())
        };
        Validators { etag: text(header::ETAG), modified: text(header::LAST_MODIFIED) }
    }
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    effect: Effect,
    retry_after: Option<Duration>,
    /// Salesforce's clock.
    pub date: Option<DateTime<Utc>>,
    pub validators: Validators,
}

impl Answer {
    pub(super) async fn read(
        response: reqwest::Response,
        bytes_max: usize,
        effect: Effect,
    ) -> Result<Self, ConnectorFault> {
        let status = response.status();
        let retry_after = super::retry_after(response.headers());
        let date = date(response.headers());
        let validators = Validators::of(response.headers());
        let body = read_body(response, bytes_max).await.map_err(|error| match error {
            BodyError::TooLong { .. } if effect == Effect::None => ConnectorFault::protocol(error),
            error => faults::no_answer(effect, true, error.to_string()),
        })?;
        Ok(Answer { status, body, effect, retry_after, date, validators })
    }

    /// The token is not accepted, and another may be. The identity services have words of their own for it.
    pub(super) fn refuses_session(&self) -> bool {
        match self.status {
            StatusCode::UNAUTHORIZED => {
                !faults::first_error(&self.body).is_some_and(|error| faults::is_policy(&error.message))
            }
            StatusCode::FORBIDDEN => self.body.starts_with(b"Bad_OAuth_Token"),
            _ => false,
        }
    }

    /// What it means, where it is no success.
    pub(crate) fn fault(&self) -> ConnectorFault {
        faults::of_answer(self.status, &self.body, self.effect, self.retry_after)
    }

    /// The answer's JSON. One that stops halfway is an answer that was lost.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ConnectorFault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let internal = format!("an answer of {} bytes does not parse: {error}", self.body.len());
            match error.classify() {
                serde_json::error::Category::Data => ConnectorFault::protocol(internal),
                _ => faults::no_answer(self.effect, true, internal),
            }
        })
    }
}

fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}
