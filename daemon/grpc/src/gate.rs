//! The gate before every call: credentials, rate limit, trace, metrics.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::{HeaderMap, header};
use provision_core::fault::{Fault, Result};
use provision_core::{Principal, Reason};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tonic::{Code, Status};
use tracing::Instrument;
use tracing::field::Empty;

use crate::permissions::{Entry, Need, Table};
use crate::settings::Settings;
use crate::start::StartError;
use crate::status;

type Limiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// Longest bearer token, in bytes.
const TOKEN_LENGTH_MAX: usize = 4_096;

/// Knows who may call at all, and how often.
pub(crate) struct Gate {
    table: &'static Table,
    callers: Vec<([u8; 32], Arc<Known>)>,
}

/// A principal that may call, with its limits.
pub(crate) struct Known {
    pub principal: Principal,
    pub platform_administrator: bool,
    /// A permit for each stream or wait that it may have open.
    pub streams: Arc<Semaphore>,
    limiter: Limiter,
}

/// Who calls what; the gate puts it into the request's extensions.
#[derive(Clone)]
pub(crate) struct Caller {
    pub known: Arc<Known>,
    pub entry: &'static Entry,
}

impl Gate {
    pub(crate) fn new(table: &'static Table, settings: &Settings) -> Result<Self, StartError> {
        let per_second =
            NonZeroU32::new(settings.requests_per_second).ok_or(StartError::Zero("requests_per_second"))?;
        let burst = NonZeroU32::new(settings.request_burst).ok_or(StartError::Zero("request_burst"))?;
        let quota = Quota::per_second(per_second).allow_burst(burst);
        for (zero, name) in [
            (settings.streams_per_principal_max == 0, "streams_per_principal_max"),
            (settings.heartbeat.is_zero(), "heartbeat"),
            (settings.stall_max.is_zero(), "stall_max"),
            (settings.request_timeout.is_zero(), "request_timeout"),
            (settings.token_keys.is_empty(), "token_keys"),
        ] {
            if zero {
                return Err(StartError::Zero(name));
            }
        }

        let mut known: BTreeMap<Principal, Arc<Known>> = BTreeMap::new();
        let mut callers: Vec<([u8; 32], Arc<Known>)> = Vec::new();
        for entry in &settings.principals {
            let who = known.entry(entry.principal.clone()).or_insert_with(|| {
                Arc::new(Known {
                    principal: entry.principal.clone(),
                    platform_administrator: entry.platform_administrator,
                    streams: Arc::new(Semaphore::new(settings.streams_per_principal_max)),
                    limiter: RateLimiter::direct_with_clock(quota, MonotonicClock),
                })
            });
            let name = || entry.principal.to_string();
            if who.platform_administrator != entry.platform_administrator {
                return Err(StartError::PrincipalContradicted(name()));
            }
            if let Some((_, other)) = callers.iter().find(|(digest, _)| *digest == entry.token_sha256) {
                return Err(StartError::TokenTwice(other.principal.to_string(), name()));
            }
            callers.push((entry.token_sha256, who.clone()));
        }
        Ok(Gate { table, callers })
    }

    /// Who calls `entry`; nobody in particular where the method is public or unknown.
    fn admit(&self, entry: Option<&'static Entry>, headers: &HeaderMap) -> Result<Option<Caller>> {
        let Some(entry) = entry else { return Ok(None) };
        if entry.need == Need::Public {
            return Ok(None);
        }
        let known = self.authenticate(headers)?;
        if let Err(refused) = known.limiter.check() {
            let wait = refused.wait_time_from(MonotonicClock.now()).max(Duration::from_millis(1));
            return Err(Fault::new(Reason::RateLimited, "too many calls; slow down")
                .meta("principal", known.principal.as_str())
                .retry_after(wait));
        }
        Ok(Some(Caller { known, entry }))
    }

    /// The principal whose token came along. The time it takes tells nothing about any digest: all are compared, each
    /// in constant time.
    fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Known>> {
        let refuse = |why: &str| Fault::new(Reason::CredentialsInvalid, why);
        let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(refuse("send one header 'authorization: Bearer <token>'"));
        };
        let token = value
            .as_bytes()
            .split_at_checked(7)
            .filter(|(scheme, token)| {
                scheme.eq_ignore_ascii_case(b"bearer ")
                    && !token.is_empty()
                    && token.len() <= TOKEN_LENGTH_MAX
            })
            .map(|(_, token)| token)
            .ok_or_else(|| refuse("the header 'authorization' must read 'Bearer <token>'"))?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        let mut found = None;
        for (known, who) in &self.callers {
            if bool::from(known.ct_eq(&digest)) {
                found = Some(who);
            }
        }
        found.cloned().ok_or_else(|| refuse("the token is unknown"))
    }
}

/// The middleware around all services.
pub(crate) async fn gate(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let entry = gate.table.entry(request.uri().path());
    let method = entry.map_or("unknown", |e| e.full_name.as_str());
    let admitted = gate.admit(entry, request.headers());
    let principal = match &admitted {
        Ok(Some(caller)) => caller.known.principal.as_str().to_owned(),
        _ => String::new(),
    };
    let span = tracing::info_span!("call", method, principal, tenant = Empty);
    // Not an error of ours, so the token has no reason to stay: nothing behind the gate can print it.
    request.headers_mut().remove(header::AUTHORIZATION);
    let response = match admitted {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).instrument(span.clone()).await
        }
        Err(fault) => {
            status::log(&fault, method, &principal);
            to_response(&fault)
        }
    };
    let response = if principal.is_empty() { response } else { describe(response) };

    let code = code_of(&response);
    let elapsed = started.elapsed();
    metrics::counter!("provisiond_grpc_requests_total", "method" => method, "code" => code).increment(1);
    metrics::histogram!("provisiond_grpc_request_seconds", "method" => method).record(elapsed.as_secs_f64());
    let ms = elapsed.as_millis() as u64;
    span.in_scope(|| match entry.map(|e| &e.need) {
        Some(Need::Public) => tracing::debug!(code, ms, "call"),
        _ => tracing::info!(code, ms, "call"),
    });
    response
}

fn to_response(fault: &Fault) -> Response {
    status::to_status(fault).into_http::<axum::body::Body>().into_response()
}

/// tonic refuses messages that are too large or do not decode by itself, with a bare status; callers are promised an
/// ErrorInfo with every error.
fn describe(response: Response) -> Response {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    if status.code() == Code::Ok || !status.details().is_empty() {
        return response;
    }
    match (status.code(), status.message()) {
        (Code::OutOfRange, text) if text.contains("length too large") => to_response(&Fault::new(
            Reason::TooLarge,
            format!("a request may have at most {} bytes", crate::REQUEST_SIZE_MAX),
        )),
        (Code::Internal, text) if text.contains("decode") => {
            to_response(&Fault::invalid("request", "is not a message of this method's request type"))
        }
        _ => response,
    }
}

/// The code of an answer. Where the headers carry none, the call was accepted: unary answers put OK behind the body.
fn code_of(response: &Response) -> &'static str {
    let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |s| s.code());
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
