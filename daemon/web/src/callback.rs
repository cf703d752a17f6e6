//! Where the administrator's browser comes back to.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use provision_core::ports::{Callback, CompleteAuthorization, Mutation};
use provision_core::{Fault, Principal, Reason};
use secrecy::SecretString;
use tracing::Instrument as _;

use crate::{Parts, page};

/// Longest parameter that is looked at.
const PARAMETER_BYTES_MAX: usize = 4 * 1024;

/// The parameters of the redirect; each may stand there once.
#[derive(Default)]
struct Parameters {
    code: Option<SecretString>,
    state: Option<SecretString>,
    error: Option<String>,
    error_description: Option<String>,
}

pub(crate) async fn callback(State(parts): State<Parts>, RawQuery(query): RawQuery) -> Response {
    let request = match parse(query.as_deref().unwrap_or_default()) {
        Ok(request) => request,
        Err(what) => return page::malformed(what),
    };
    let by = Mutation { principal: Principal::system(), method: "AuthorizationCallback", idempotency: None };
    // A code works once. A browser that is closed now must not leave its exchange half done.
    let accounts = parts.accounts.clone();
    let exchange = async move { accounts.complete_authorization(by, request).await }.in_current_span();
    let outcome =
        tokio::spawn(exchange).await.unwrap_or_else(|panicked| Err(Fault::internal_error(panicked)));
    match outcome {
        Ok(view) => {
            let (account, _) = view.value;
            tracing::info!(account = %account.name, "an authorisation came back and was kept");
            page::authorized(&account)
        }
        Err(fault) => {
            tracing::warn!(
                reason = fault.reason().as_str(),
                internal = fault.internal(),
                "an authorisation came back and was refused"
            );
            page::refused(status_of(&fault), &fault)
        }
    }
}

fn parse(query: &str) -> Result<CompleteAuthorization, &'static str> {
    let mut found = Parameters::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if value.len() > PARAMETER_BYTES_MAX {
            return Err("a parameter of the address is too long");
        }
        let twice = match &*name {
            "code" => found.code.replace(SecretString::from(value.into_owned())).is_some(),
            "state" => found.state.replace(SecretString::from(value.into_owned())).is_some(),
            "error" => found.error.replace(value.into_owned()).is_some(),
            "error_description" => found.error_description.replace(value.into_owned()).is_some(),
            _ => false,
        };
        if twice {
            return Err("a parameter of the address stands there twice");
        }
    }
    let state = found.state.ok_or("the address lacks the parameter 'state'")?;
    let callback = match (found.code, found.error) {
        (Some(code), None) => Callback::Code(code),
        (None, Some(error)) => {
            Callback::Refused { error, description: found.error_description.unwrap_or_default() }
        }
        (None, None) => return Err("the address has neither 'code' nor 'error'"),
        (Some(_), Some(_)) => return Err("the address has both 'code' and 'error'"),
    };
    Ok(CompleteAuthorization { expected: None, state, callback })
}

pub(crate) fn status_of(fault: &Fault) -> StatusCode {
    match fault.reason() {
        Reason::Internal | Reason::SaasProtocolError => StatusCode::INTERNAL_SERVER_ERROR,
        Reason::SaasUnavailable | Reason::StoreUnavailable | Reason::ShuttingDown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_addresses_are_refused() {
        for query in [
            "",
            "code=x",
            "state=x",
            "state=x&code=a&code=b",
            "state=x&code=a&error=b",
            &format!("state=x&code={}", "a".repeat(5_000)),
        ] {
            assert!(parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_code_is_decoded_once() {
        let parsed = parse("state=s&code=a%3D%3D").expect("valid");
        let Callback::Code(code) = parsed.callback else { panic!("a code") };
        assert_eq!(secrecy::ExposeSecret::expose_secret(&code), "a==");
    }
}
