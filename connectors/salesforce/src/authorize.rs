//! Where administrators authorise, and where a token may be used.

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{AccountContext, AuthorizationSpec, ConnectorFault};
use serde_json::{Map, Value};
use url::Url;

use crate::connector::Inner;
use crate::hosts;
use crate::manifest::{LOGIN_URL, SANDBOX};

/// `api` covers REST, Tooling, Metadata, Pub/Sub and Apex REST; there are no finer scopes for them. `id` is for the
/// identity of the user.
const SCOPES: [&str; 3] = ["api", "refresh_token", "id"];

pub(crate) fn specification(
    inner: &Inner,
    account: &AccountContext,
) -> Result<AuthorizationSpec, ConnectorFault> {
    let environment = inner.environment(account)?;
    let kind = match account.environment.as_str() {
        SANDBOX => hosts::Environment::Sandbox,
        _ => hosts::Environment::Production,
    };
    let issuer = match account.settings.get(LOGIN_URL).and_then(Value::as_str) {
        Some(text) => inner.hosts.login(text, kind).map_err(|refused| {
            ConnectorFault::rejected(Fault::invalid(format!("settings.{LOGIN_URL}"), refused.to_string()))
        }),
        None => inner.hosts.login(environment.login_url.as_str(), kind).map_err(ConnectorFault::protocol),
    }?;
    let endpoint = |name: &str| {
        Url::parse(&format!("{issuer}/services/oauth2/{name}")).map_err(ConnectorFault::protocol)
    };
    Ok(AuthorizationSpec {
        authorize_url: endpoint("authorize")?,
        token_url: endpoint("token")?,
        revoke_url: endpoint("revoke")?,
        introspect_url: Some(endpoint("introspect")?),
        issuer,
        client_id: environment.client_id.clone(),
        client_secret: environment.client_secret.clone(),
        scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        // Without it, Salesforce would quietly take whoever is logged in to the browser.
        extra_parameters: vec![("prompt".to_owned(), "login".to_owned())],
    })
}

pub(crate) fn instance_url(inner: &Inner, answer: &Map<String, Value>) -> Result<String, ConnectorFault> {
    let text = answer.get("instance_url").and_then(Value::as_str).unwrap_or_default();
    inner.hosts.instance(text).map_err(|refused| {
        ConnectorFault::denied(
            Fault::new(
                Reason::AuthorizationRejected,
                "Salesforce named an address for the organisation that is not trusted",
            )
            .with_internal(format!("instance_url {text:?}: {refused}")),
        )
    })
}
