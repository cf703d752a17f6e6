//! The one place that says what an error of Salesforce means.

use std::time::Duration;

use http::StatusCode;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::http::AddressRefused;
use provision_connector_sdk::{ConnectorFault, FaultClass, TokenErrorClass};
use serde::Deserialize;
use tonic::Code;

mod refusal;

pub(crate) use refusal::is_policy;

/// Salesforce's own code, in the metadata of a fault.
pub(crate) const ERROR_CODE: &str = "error_code";

/// Longest text of Salesforce's that is passed on.
const WORDS_MAX: usize = 500;
/// Too many calls at once: the others end within minutes.
const CONCURRENT_WAIT: Duration = Duration::from_secs(60);
/// The day's calls are used up: the window rolls, so some come back each hour.
const DAILY_WAIT: Duration = Duration::from_secs(3600);

/// Whether a request can have had an effect that its lost answer hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    Possible,
}

/// One entry of the array that Salesforce's APIs answer errors with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ApiError {
    pub error_code: String,
    /// Row errors of collections name the code so.
    pub status_code: String,
    pub message: String,
}

impl ApiError {
    pub(crate) fn code(&self) -> &str {
        if self.error_code.is_empty() { &self.status_code } else { &self.error_code }
    }
}

/// The first error of an answer, if it has Salesforce's form.
pub(crate) fn first_error(body: &[u8]) -> Option<ApiError> {
    serde_json::from_slice::<Vec<ApiError>>(body).ok()?.into_iter().find(|error| !error.code().is_empty())
}

/// A request that got no answer.
pub(crate) fn no_answer(effect: Effect, left: bool, internal: String) -> ConnectorFault {
    match effect {
        Effect::Possible if left => ConnectorFault::unknown(internal),
        _ => ConnectorFault::transient(internal),
    }
}

/// The grant does not open the organisation any more.
pub(crate) fn reauthorize(internal: impl std::fmt::Display) -> ConnectorFault {
    ConnectorFault::denied(
        Fault::new(
            Reason::ReauthorizationRequired,
            "Salesforce does not accept the service account's authorisation any more; an administrator must authorise again",
        )
        .with_internal(internal),
    )
}

/// What an answer with an error status means. `retry_after` is what the answer's header says.
pub(crate) fn of_answer(
    status: StatusCode,
    body: &[u8],
    effect: Effect,
    retry_after: Option<Duration>,
) -> ConnectorFault {
    match first_error(body) {
        Some(error) => of_error(status, &error, effect),
        None => of_status(status, effect, retry_after),
    }
}

/// What an error in Salesforce's own words means.
pub(crate) fn of_error(status: StatusCode, error: &ApiError, effect: Effect) -> ConnectorFault {
    let words = words(&error.message);
    let internal = format!("status {status}, {}: {words}", error.code());
    let told = |reason: Reason| {
        Fault::new(reason, format!("Salesforce answered: {words} ({})", error.code()))
            .meta(ERROR_CODE, error.code())
            .with_internal(&internal)
    };
    match error.code() {
        code if refusal::is_known(code, &error.message) => refusal::of(code, &words, internal),
        "INVALID_SESSION_ID" => reauthorize(internal),
        "REQUEST_LIMIT_EXCEEDED" if words.to_ascii_lowercase().contains("concurrent") => throttled(
            CONCURRENT_WAIT,
            Reason::SaasRateLimited,
            "too many calls are under way in the organisation",
            internal,
        ),
        "REQUEST_LIMIT_EXCEEDED" => throttled(
            DAILY_WAIT,
            Reason::ApiBudgetExhausted,
            "the organisation's API calls of the last 24 hours are used up",
            internal,
        ),
        "ALREADY_IN_PROCESS" => ConnectorFault::new(FaultClass::Conflict, deploy_locked(internal)),
        "UNABLE_TO_LOCK_ROW" => ConnectorFault::new(FaultClass::Conflict, told(Reason::SaasUnavailable)),
        "QUERY_TIMEOUT" | "INVALID_QUERY_LOCATOR" | "SERVER_UNAVAILABLE" => {
            ConnectorFault::transient(internal)
        }
        "UNKNOWN_EXCEPTION" => no_answer(effect, true, internal),
        "NOT_FOUND" | "ENTITY_IS_DELETED" => {
            ConnectorFault::new(FaultClass::Gone, told(Reason::ResourceNotFound))
        }
        _ if status.is_server_error() => of_status(status, effect, None),
        _ => ConnectorFault::rejected(told(Reason::SaasRejected)),
    }
}

fn of_status(status: StatusCode, effect: Effect, retry_after: Option<Duration>) -> ConnectorFault {
    let internal = format!("status {status} without Salesforce's words");
    match status.as_u16() {
        401 => reauthorize(internal),
        403 => ConnectorFault::denied(
            Fault::new(Reason::SaasPermissionMissing, "Salesforce refuses the service account access")
                .with_internal(internal),
        ),
        404 => ConnectorFault::new(
            FaultClass::Gone,
            Fault::new(Reason::ResourceNotFound, "Salesforce knows no such resource").with_internal(internal),
        ),
        // The edge has no route: the organisation moves, or is gone. A moved one redirects for a while.
        420 | 300..=399 => ConnectorFault::transient(internal),
        429 => throttled(
            retry_after.unwrap_or(CONCURRENT_WAIT),
            Reason::SaasRateLimited,
            "Salesforce asks to slow down",
            internal,
        ),
        503 => match retry_after {
            Some(wait) => {
                throttled(wait, Reason::SaasRateLimited, "Salesforce asks to come back later", internal)
            }
            None => ConnectorFault::transient(internal),
        },
        500.. => no_answer(effect, true, internal),
        _ => ConnectorFault::protocol(internal),
    }
}

fn throttled(wait: Duration, reason: Reason, message: &str, internal: String) -> ConnectorFault {
    ConnectorFault::new(
        FaultClass::Throttled { wait },
        Fault::new(reason, message).retry_after(wait).with_internal(internal),
    )
}

/// Somebody else changes the organisation's setup.
pub(crate) fn deploy_locked(internal: impl std::fmt::Display) -> Fault {
    Fault::new(
        Reason::SaasDeployLocked,
        "another change of the organisation's setup is under way; it is tried again",
    )
    .with_internal(internal)
}

/// What an error of the token endpoint means. Salesforce words the same condition in more than one way.
pub(crate) fn of_token_error(error: &str, description: &str) -> TokenErrorClass {
    let words = description.to_ascii_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    match error {
        // Another refresh of the same token is under way; until Winter '25 the first text said so too.
        "invalid_grant" if says(&["expired authorization code", "already being processed"]) => {
            TokenErrorClass::Race
        }
        // The grant lives; the place or the hour is wrong.
        "invalid_grant" if says(&["ip restricted", "invalid login hours", "login rate"]) => {
            TokenErrorClass::Other
        }
        // The verifier is ours to send.
        "invalid_grant"
            if says(&["code verifier", "code challenge", "invalid audience", "audience validation"]) =>
        {
            TokenErrorClass::Other
        }
        "invalid_grant" if says(&["hasn't approved this consumer", "not admin approved"]) => {
            TokenErrorClass::ClientRefused
        }
        "inactive_user" | "inactive_org" => TokenErrorClass::Inactive,
        "invalid_grant" => TokenErrorClass::Revoked,
        // The organisation was deleted, or has expired.
        _ if says(&["data not available"]) => TokenErrorClass::Revoked,
        "invalid_client"
        | "invalid_client_id"
        | "invalid_app_access"
        | "unauthorized_client"
        | "redirect_uri_mismatch"
        | "invalid_scope"
        | "OAUTH_APP_BLOCKED"
        | "OAUTH_APP_ACCESS_DENIED"
        | "OAUTH_APPROVAL_ERROR_GENERIC" => TokenErrorClass::ClientRefused,
        _ => TokenErrorClass::Other,
    }
}

const PUBSUB_CODES: &str = "sfdc.platform.eventbus.grpc.";

/// What a status of the Pub/Sub API means. Its trailer `error-code` says more than the status.
pub(crate) fn of_pubsub(status: &tonic::Status) -> ConnectorFault {
    if let Some(refused) = AddressRefused::find(status) {
        return refused.into();
    }
    let code = status.metadata().get("error-code").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let code = code.strip_prefix(PUBSUB_CODES).unwrap_or(code);
    let words = words(status.message());
    let internal = format!("pubsub {:?} {code}: {words}", status.code());
    let told = |reason: Reason| {
        Fault::new(reason, format!("Salesforce's event bus answered: {words}")).with_internal(&internal)
    };
    if code.starts_with("service.auth.") {
        return reauthorize(internal);
    }
    match code {
        "subscription.fetch.replayid.corrupted" | "subscription.fetch.replayid.validation.failed" => {
            return ConnectorFault::new(
                FaultClass::Gone,
                Fault::new(
                    Reason::EventCursorExpired,
                    "the position in Salesforce's event stream is too old: what lies between is lost to it",
                )
                .with_internal(internal),
            );
        }
        "subscription.limit.exceeded" => {
            return throttled(
                DAILY_WAIT,
                Reason::SaasRateLimited,
                "the organisation's events of the last 24 hours are used up",
                internal,
            );
        }
        "service.tenant.license" => return ConnectorFault::denied(told(Reason::SaasApiNotEnabled)),
        _ => {}
    }
    match status.code() {
        Code::Unauthenticated => reauthorize(internal),
        Code::PermissionDenied => ConnectorFault::denied(told(Reason::SaasPermissionMissing)),
        Code::NotFound => ConnectorFault::rejected(told(Reason::ComponentNotObserved)),
        Code::ResourceExhausted => throttled(
            CONCURRENT_WAIT,
            Reason::SaasRateLimited,
            "Salesforce's event bus asks to wait",
            internal,
        ),
        Code::InvalidArgument | Code::FailedPrecondition | Code::Unimplemented | Code::OutOfRange => {
            ConnectorFault::protocol(internal)
        }
        _ => ConnectorFault::transient(internal),
    }
}

/// A text of Salesforce's, on one line and of bounded length.
pub(crate) fn words(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > WORDS_MAX {
        let mut end = WORDS_MAX;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
