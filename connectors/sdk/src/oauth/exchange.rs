//! The calls of the token, revocation and introspection endpoints.

use std::fmt;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, HttpRequest,
    HttpResponse, IntrospectionUrl, RedirectUrl, RefreshToken, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use super::{Introspection, PkceVerifier, TokenAnswer, TokenFault, TokenKind};
use crate::connector::AuthorizationSpec;
use crate::http::{AddressRefused, error_text, read_body};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest time for one exchange.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The fields of an answer that the standard does not name.
#[derive(Deserialize, Serialize)]
struct Extra(Map<String, Value>);

// Written by hand: some of the fields are secrets.
impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extra(..)")
    }
}

impl ExtraTokenFields for Extra {}

type Client<Auth, Device, Introspect, Revoke, Token> = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<Extra, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Auth,
    Device,
    Introspect,
    Revoke,
    Token,
>;
type Unset = oauth2::EndpointNotSet;
type TokenClient = Client<Unset, Unset, Unset, Unset, oauth2::EndpointSet>;

/// What became of a request.
#[derive(Debug, Error)]
enum Outcome {
    #[error("{0}")]
    Unsent(String),
    #[error("{0}")]
    AddressRefused(AddressRefused),
    #[error("{0}")]
    Unavailable(String),
    #[error("{0}")]
    Ambiguous(String),
}

impl From<Outcome> for TokenFault {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Unsent(text) => TokenFault::Unsent(text),
            Outcome::AddressRefused(refused) => TokenFault::AddressRefused(refused),
            Outcome::Unavailable(text) => TokenFault::Unavailable(text),
            Outcome::Ambiguous(text) => TokenFault::Ambiguous(text),
        }
    }
}

/// A client that presents this secret; `None`: its id alone.
fn bare_client(
    spec: &AuthorizationSpec,
    secret: Option<&SecretString>,
) -> Client<Unset, Unset, Unset, Unset, Unset> {
    let client = oauth2::Client::new(ClientId::new(spec.client_id.clone()))
        // In the body, where every application reads them; a public client then sends its id alone.
        .set_auth_type(AuthType::RequestBody);
    match secret {
        // The crate keeps it out of its own debug output.
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        None => client,
    }
}

fn token_client(spec: &AuthorizationSpec, secret: Option<&SecretString>) -> TokenClient {
    bare_client(spec, secret).set_token_uri(TokenUrl::from_url(spec.token_url.clone()))
}

/// The secrets to present, in turn: the next one only after [`is_unknown_client`].
fn secrets(spec: &AuthorizationSpec) -> Vec<Option<&SecretString>> {
    match spec.client_secrets.is_empty() {
        true => vec![None],
        false => spec.client_secrets.iter().map(Some).collect(),
    }
}

/// RFC 6749 5.2: the client was not authenticated, so nothing that it presented was looked at.
fn is_unknown_client(error: &str) -> bool {
    error == "invalid_client"
}

/// A call with each secret in turn, until one is known.
async fn with_secrets<T, F, Fut>(spec: &AuthorizationSpec, call: F) -> Result<T, TokenFault>
where
    F: Fn(Option<SecretString>) -> Fut,
    Fut: Future<Output = Result<T, TokenFault>>,
{
    let mut last = None;
    for secret in secrets(spec) {
        match call(secret.cloned()).await {
            Err(TokenFault::Refused { error, description }) if is_unknown_client(&error) => {
                last = Some(TokenFault::Refused { error, description });
            }
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| TokenFault::Unsent("no client to present".to_owned())))
}

/// Exchanges the code that came back with the browser. A code can be used once.
pub async fn exchange_code(
    http: &reqwest::Client,
    spec: &AuthorizationSpec,
    redirect_uri: &Url,
    code: &SecretString,
    verifier: &PkceVerifier,
) -> Result<TokenAnswer, TokenFault> {
    with_secrets(spec, |secret| async move {
        let answer = token_client(spec, secret.as_ref())
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_verifier(verifier.for_exchange())
            .request_async(&|request| send(http.clone(), request))
            .await;
        token_answer(answer)
    })
    .await
}

/// Exchanges a refresh token. Where the application rotates them, the presented one is used up by it.
pub async fn refresh(
    http: &reqwest::Client,
    spec: &AuthorizationSpec,
    refresh_token: &SecretString,
) -> Result<TokenAnswer, TokenFault> {
    let token = &RefreshToken::new(refresh_token.expose_secret().to_owned());
    with_secrets(spec, |secret| async move {
        let answer = token_client(spec, secret.as_ref())
            .exchange_refresh_token(token)
            .request_async(&|request| send(http.clone(), request))
            .await;
        token_answer(answer)
    })
    .await
}

/// Revokes a token. One that is gone already counts as revoked.
pub async fn revoke(
    http: &reqwest::Client,
    spec: &AuthorizationSpec,
    token: &SecretString,
) -> Result<(), TokenFault> {
    with_secrets(spec, |secret| async move { revoke_with(http, spec, token, secret.as_ref()).await }).await
}

async fn revoke_with(
    http: &reqwest::Client,
    spec: &AuthorizationSpec,
    token: &SecretString,
    secret: Option<&SecretString>,
) -> Result<(), TokenFault> {
    // By hand: the crate's own call refuses plain http, which a simulated application on loopback speaks.
    let mut form = vec![("token", token.expose_secret()), ("client_id", spec.client_id.as_str())];
    if let Some(secret) = secret {
        form.push(("client_secret", secret.expose_secret()));
    }
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = ::http::Request::post(spec.revoke_url.as_str())
        .header(::http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(::http::header::ACCEPT, "application/json")
        .body(body.into_bytes())
        .map_err(|error| TokenFault::Unsent(error.to_string()))?;
    let response = send(http.clone(), request).await?;
    if response.status().is_success() {
        return Ok(());
    }
    let (error, description) = refusal(response.body()).unwrap_or_default();
    match error.as_str() {
        "invalid_token" | "unsupported_token_type" => Ok(()),
        _ => Err(TokenFault::Refused { error, description }),
    }
}

/// Asks whether a token lives. Looks only.
pub async fn introspect(
    http: &reqwest::Client,
    spec: &AuthorizationSpec,
    token: &SecretString,
    kind: TokenKind,
) -> Introspection {
    let Some(url) = &spec.introspect_url else { return Introspection::NoAnswer };
    let token = AccessToken::new(token.expose_secret().to_owned());
    for secret in secrets(spec) {
        let client = bare_client(spec, secret).set_introspection_url(IntrospectionUrl::from_url(url.clone()));
        let answer = client
            .introspect(&token)
            .set_token_type_hint(kind.hint())
            .request_async(&|request| send(http.clone(), request))
            .await;
        return match answer {
            Ok(answer) if answer.active() => Introspection::Active { expire_time: answer.exp() },
            Ok(_) => Introspection::Inactive,
            Err(RequestTokenError::ServerResponse(refused))
                if is_unknown_client(refused.error().as_ref()) =>
            {
                continue;
            }
            Err(_) => Introspection::NoAnswer,
        };
    }
    Introspection::NoAnswer
}

/// One exchange. `Ok` is an answer that the application itself gave: a success, or a refusal in its own words.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Outcome> {
    let request = reqwest::Request::try_from(request).map_err(|error| Outcome::Unsent(error_text(error)))?;
    let sent = tokio::time::timeout(EXCHANGE_TIMEOUT, async {
        let response = http.execute(request).await.map_err(|error| {
            if let Some(refused) = AddressRefused::find(&error) {
                Outcome::AddressRefused(refused.clone())
            } else if error.is_connect() || error.is_builder() {
                Outcome::Unsent(error_text(error))
            } else {
                Outcome::Ambiguous(error_text(error))
            }
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response, ANSWER_BYTES_MAX).await;
        Ok((status, headers, body))
    });
    let (status, headers, body) = sent
        .await
        .unwrap_or_else(|_| Err(Outcome::Ambiguous(format!("nothing within {EXCHANGE_TIMEOUT:?}"))))?;

    // A gateway that waited in vain: the application behind it may have done the work.
    if status == ::http::StatusCode::GATEWAY_TIMEOUT {
        return Err(Outcome::Ambiguous(format!("status {status}")));
    }
    let body = match body {
        Ok(body) => body,
        Err(error) if status.is_success() => return Err(Outcome::Ambiguous(error.to_string())),
        Err(error) => return Err(Outcome::Unavailable(format!("status {status}; {error}"))),
    };
    if status.is_success() {
        if body.trim_ascii_start().starts_with(b"<") {
            return Err(Outcome::Unavailable(format!("status {status} with a page instead of an answer")));
        }
    } else if !status.is_client_error() || refusal(&body).is_none() {
        return Err(Outcome::Unavailable(format!("status {status}, {} bytes", body.len())));
    }
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// `error` and `error_description` of a refusal.
fn refusal(body: &[u8]) -> Option<(String, String)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let error = answer.get("error")?.as_str()?.to_owned();
    let description = answer.get("error_description").and_then(Value::as_str).unwrap_or_default();
    Some((error, description.to_owned()))
}

fn token_answer(
    answer: Result<
        StandardTokenResponse<Extra, BasicTokenType>,
        RequestTokenError<Outcome, BasicErrorResponse>,
    >,
) -> Result<TokenAnswer, TokenFault> {
    let answer = answer.map_err(|error| match error {
        RequestTokenError::ServerResponse(refused) => TokenFault::Refused {
            error: refused.error().as_ref().to_owned(),
            description: refused.error_description().cloned().unwrap_or_default(),
        },
        RequestTokenError::Request(outcome) => outcome.into(),
        // The body is left out: it may hold the very tokens that could not be read.
        RequestTokenError::Parse(error, _) => {
            TokenFault::Ambiguous(format!("unreadable at {}", error.path()))
        }
        RequestTokenError::Other(_) => TokenFault::Ambiguous("an answer outside the standard".to_owned()),
    })?;
    let mut extra = answer.extra_fields().0.clone();
    extra.retain(|name, _| !is_secret(name));
    if let Some(scopes) = answer.scopes() {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_ref()).collect();
        extra.insert("scope".to_owned(), Value::String(scopes.join(" ")));
    }
    Ok(TokenAnswer {
        access_token: SecretString::from(answer.access_token().secret().to_owned()),
        refresh_token: answer.refresh_token().map(|token| SecretString::from(token.secret().to_owned())),
        extra,
    })
}

/// Session ids and tokens that ride along in some flows.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("token") || name.ends_with("_sid") || name.starts_with("cookie") || name == "sid"
}

#[cfg(test)]
mod tests;
