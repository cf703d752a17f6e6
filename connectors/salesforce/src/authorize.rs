//! Where administrators authorise, and where a token may be used.

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{AccountContext, AuthorizationSpec, ConnectorFault};
use serde_json::{Map, Value};
use url::Url;

use crate::connector::Inner;
use crate::hosts;
use crate::manifest::{LOGIN_URL, SANDBOX, USERNAME};

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
    // Without it, Salesforce would quietly take whoever is logged in to the browser.
    let mut extra_parameters = vec![("prompt".to_owned(), "login".to_owned())];
    if let Some(username) = account.settings.get(USERNAME).and_then(Value::as_str) {
        extra_parameters.push(("login_hint".to_owned(), username.to_owned()));
    }
    Ok(AuthorizationSpec {
        authorize_url: endpoint("authorize")?,
        token_url: endpoint("token")?,
        revoke_url: endpoint("revoke")?,
        introspect_url: Some(endpoint("introspect")?),
        issuer,
        client_id: environment.client_id.clone(),
        client_secrets: environment.client_secrets.all(),
        scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        extra_parameters,
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
#[cfg(test)]
mod tests {
    use provision_connector_sdk::Connector as _;
    use provision_connector_sdk::core::Reason;
    use serde_json::json;

    use super::*;
    use crate::config::{ConfigError, EnvironmentConfig, SalesforceConfig};
    use crate::manifest::PRODUCTION;
    use crate::{Cloud, SalesforceConnector};

    fn config() -> SalesforceConfig {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let at = |login_url: &str| EnvironmentConfig {
            login_url: login_url.parse().expect("a URL"),
            client_id: "the-client".to_owned(),
            client_secrets: Default::default(),
            refresh_tokens: Default::default(),
            delivery: Default::default(),
        };
        SalesforceConfig {
            sandbox: Some(at("https://test.salesforce.com")),
            production: Some(at("https://login.salesforce.com")),
            ..SalesforceConfig::new(SalesforceConfig::PUBSUB_URL.parse().expect("a URL"))
        }
    }

    fn account(environment: &str, settings: serde_json::Value) -> AccountContext {
        AccountContext {
            uid: "uid".to_owned(),
            environment: environment.to_owned(),
            settings: settings.as_object().expect("an object").clone(),
            identity: None,
        }
    }

    #[tokio::test]
    async fn the_setting_must_fit_the_environment_of_the_account() {
        let connector = SalesforceConnector::new(config()).expect("a connector");
        let login = |environment: &str, url: &str| {
            connector.authorization(&account(environment, json!({ LOGIN_URL: url }))).map(|spec| spec.issuer)
        };
        let (sandbox, production) =
            ("https://acme--uat.sandbox.my.salesforce.com", "https://acme.my.salesforce.com");
        assert_eq!(login(SANDBOX, sandbox).as_deref(), Ok(sandbox));
        assert_eq!(login(PRODUCTION, production).as_deref(), Ok(production));
        for (environment, url, word) in [
            (SANDBOX, production, "https://test.salesforce.com"),
            (SANDBOX, "https://login.salesforce.com", "https://test.salesforce.com"),
            (PRODUCTION, sandbox, "https://login.salesforce.com"),
            (PRODUCTION, "https://test.salesforce.com", "https://login.salesforce.com"),
            (PRODUCTION, "https://acme.lightning.force.com", production),
            (PRODUCTION, "https://acme.my.salesforce.mil", "Government Cloud"),
        ] {
            let refused = login(environment, url).expect_err(url);
            assert_eq!(refused.fault.reason(), Reason::InvalidRequest);
            let told = refused.fault.message();
            assert!(told.starts_with("settings.loginUrl: ") && told.contains(word), "{told}");
        }
        let usual = connector.authorization(&account(SANDBOX, json!({}))).map(|spec| spec.issuer);
        assert_eq!(usual.as_deref(), Ok("https://test.salesforce.com"));
    }

    #[tokio::test]
    async fn the_login_page_asks_for_the_expected_user_and_always_for_a_login() {
        let connector = SalesforceConnector::new(config()).expect("a connector");
        let parameters = |settings| {
            connector.authorization(&account(SANDBOX, settings)).expect("a specification").extra_parameters
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parameters(json!({})), [pair("prompt", "login")]);
        let hinted = parameters(json!({ USERNAME: "ada@acme.example.uat" }));
        assert_eq!(hinted, [pair("prompt", "login"), pair("login_hint", "ada@acme.example.uat")]);
    }

    #[tokio::test]
    async fn the_configuration_must_fit_its_environment_too() {
        let swapped = SalesforceConfig { sandbox: config().production, ..config() };
        let refused = SalesforceConnector::new(swapped).err();
        assert!(matches!(refused, Some(ConfigError::Host { key: "sandbox.login_url", .. })), "{refused:?}");
        let china = "https://login.sfcrmproducts.cn".parse().expect("a URL");
        let mut config = config();
        config.production.as_mut().expect("it is set").login_url = china;
        assert!(SalesforceConnector::new(config.clone()).is_err());
        config.further_clouds = vec![Cloud::China];
        assert!(SalesforceConnector::new(config).is_ok());
    }

    #[tokio::test]
    async fn an_address_in_a_token_answer_is_checked_as_strictly() {
        let connector = SalesforceConnector::new(config()).expect("a connector");
        let instance = |url: &str| {
            let answer = json!({ "instance_url": url });
            connector.instance_url(&account(SANDBOX, json!({})), answer.as_object().expect("an object"))
        };
        assert!(instance("https://acme--uat.sandbox.my.salesforce.com").is_ok());
        for url in
            ["https://login.salesforce.com", "https://evil.example", "https://10.0.0.1", "http://localhost:1"]
        {
            assert_eq!(instance(url).expect_err(url).fault.reason(), Reason::AuthorizationRejected);
        }
    }
}
