//! The connector itself: it keeps the contract by handing each call to the module that knows.

use std::sync::Arc;

use async_trait::async_trait;
use provision_connector_sdk::core::account::Identity;
use provision_connector_sdk::core::connector::Manifest;
use provision_connector_sdk::core::plan::{Plan, PlannedComponent};
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::http::{HttpOptions, PublicOnly, client};
use provision_connector_sdk::{
    AccountContext, ApplyProgress, ApplyRequest, AuthorizationSpec, ChangeStream, Changes, Check, Connector,
    ConnectorFault, Cursor, Disposed, GrantPolicy, Installation, InventoryProgress, InventoryReading,
    InventoryRequest, Observation, PlanRequest, ProposedPlan, ProposedRemoval, Quarantine, QuarantinePage,
    QuarantinedItem, RemovalRequest, RemoveProgress, RemoveRequest, Session, TokenErrorClass,
};
use serde_json::{Map, Value};

use crate::api::Org;
use crate::api::pubsub::PubSub;
use crate::config::{self, ConfigError, EnvironmentConfig, SalesforceConfig};
use crate::delivery::Delivery;
use crate::hosts::{Environment, Hosts};
use crate::render::App;
use crate::{
    apply, authorize, changes, check, faults, identify, inventory, manifest, observe, package, plan,
    quarantine, removal, verify,
};

/// Salesforce, as provisiond sees it. Cheap to clone.
#[derive(Clone)]
pub struct SalesforceConnector(Arc<Inner>);

/// What all calls share.
pub(crate) struct Inner {
    pub config: SalesforceConfig,
    pub hosts: Hosts,
    pub http: reqwest::Client,
    pub pubsub: PubSub,
    pub app: App,
    pub manifest: Manifest,
}

impl SalesforceConnector {
    /// Checks the configuration and makes ready; no call leaves. Needs a tokio runtime, and a rustls provider that the
    /// process has installed.
    pub fn new(config: SalesforceConfig) -> Result<Self, ConfigError> {
        let hosts =
            Hosts { allow_loopback: config.allow_loopback, further_clouds: config.further_clouds.clone() };
        for (key, configured, environment) in [
            ("sandbox.login_url", &config.sandbox, Environment::Sandbox),
            ("production.login_url", &config.production, Environment::Production),
        ] {
            if let Some(configured) = configured {
                hosts
                    .login(configured.login_url.as_str(), environment)
                    .map_err(|cause| ConfigError::Host { key, cause })?;
            }
        }
        for (environment, configured) in [("sandbox", &config.sandbox), ("production", &config.production)] {
            if let Some(package) = configured.as_ref().and_then(|configured| configured.delivery.package()) {
                package.check().map_err(|(key, what)| ConfigError::Package { environment, key, what })?;
            }
        }
        if config.sandbox.is_none() && config.production.is_none() {
            return Err(ConfigError::NoEnvironment);
        }
        let is_version = |text: &str| {
            let number = text.strip_suffix(".0");
            number.is_some_and(|number| number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()))
        };
        if !is_version(&config.api_version) {
            return Err(ConfigError::ApiVersion);
        }
        config::check_egress(&config.egress_addresses)?;
        if config.deploy_poll_min.is_zero() || config.deploy_poll_min > config.deploy_poll_max {
            return Err(ConfigError::DeployPoll);
        }
        let pubsub_url = hosts
            .pubsub(config.pubsub_url.as_str())
            .map_err(|cause| ConfigError::Host { key: "pubsub_url", cause })?;
        let http = client(&HttpOptions {
            extra_root_ca: config.ca_file.clone(),
            request_timeout: config.request_timeout,
            allow_loopback: config.allow_loopback,
            ..HttpOptions::default()
        })?;
        let resolver = PublicOnly { allow_loopback: config.allow_loopback };
        let pubsub = PubSub::new(&config.pubsub_url, pubsub_url, config.ca_file.as_deref(), resolver)?;
        let app = App::load().map_err(ConfigError::App)?;
        let manifest = manifest::manifest(&config, &app.version).map_err(ConfigError::App)?;
        Ok(SalesforceConnector(Arc::new(Inner { config, hosts, http, pubsub, app, manifest })))
    }

    fn org<'a>(&'a self, session: &'a Session) -> Org<'a> {
        Org { inner: &self.0, session }
    }
}

impl Inner {
    /// What is configured for an account's environment.
    pub(crate) fn environment(&self, account: &AccountContext) -> Result<&EnvironmentConfig, ConnectorFault> {
        let environment = match account.environment.as_str() {
            manifest::SANDBOX => self.config.sandbox.as_ref(),
            manifest::PRODUCTION => self.config.production.as_ref(),
            _ => None,
        };
        environment.ok_or_else(|| {
            ConnectorFault::rejected(Fault::invalid("environment", "is not offered by this installation"))
        })
    }
}

impl Org<'_> {
    /// Who and where we are; known once the account was authorised.
    pub(crate) fn identity(&self) -> Result<&Identity, ConnectorFault> {
        self.session.account.identity.as_ref().ok_or_else(|| {
            ConnectorFault::rejected(Fault::new(Reason::WrongPhase, "the account was not authorised yet"))
        })
    }

    /// How the app comes into this organisation.
    pub(crate) fn delivery(&self) -> Result<&Delivery, ConnectorFault> {
        Ok(&self.inner.environment(&self.session.account)?.delivery)
    }

    pub(crate) fn is_production(&self) -> bool {
        self.session.account.environment == manifest::PRODUCTION
    }
}

#[async_trait]
impl Connector for SalesforceConnector {
    fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    fn authorization(&self, account: &AccountContext) -> Result<AuthorizationSpec, ConnectorFault> {
        authorize::specification(&self.0, account)
    }

    fn instance_url(
        &self,
        _account: &AccountContext,
        token_answer: &Map<String, Value>,
    ) -> Result<String, ConnectorFault> {
        authorize::instance_url(&self.0, token_answer)
    }

    fn token_error(&self, error: &str, description: &str) -> TokenErrorClass {
        faults::of_token_error(error, description)
    }

    fn grant_policy(&self, account: &AccountContext) -> GrantPolicy {
        self.0.environment(account).map(|environment| environment.refresh_tokens).unwrap_or_default()
    }

    fn installation(&self, account: &AccountContext) -> Option<Installation> {
        package::installation(&self.0, account)
    }

    async fn identify(&self, session: &Session) -> Result<Identity, ConnectorFault> {
        identify::identify(&self.org(session)).await
    }

    async fn check(&self, session: &Session) -> Result<Vec<Check>, ConnectorFault> {
        check::check(&self.org(session)).await
    }

    async fn inventory(
        &self,
        session: &Session,
        request: InventoryRequest<'_>,
        progress: &dyn InventoryProgress,
    ) -> Result<InventoryReading, ConnectorFault> {
        inventory::read(&self.org(session), request, progress).await
    }

    async fn plan(
        &self,
        session: &Session,
        request: PlanRequest<'_>,
    ) -> Result<ProposedPlan, ConnectorFault> {
        plan::plan(&self.org(session), request).await
    }

    async fn apply(
        &self,
        session: &Session,
        request: ApplyRequest<'_>,
    ) -> Result<ApplyProgress, ConnectorFault> {
        apply::apply(&self.org(session), request).await
    }

    async fn observe(
        &self,
        session: &Session,
        plan: &Plan,
        components: &[PlannedComponent],
    ) -> Result<Vec<Observation>, ConnectorFault> {
        observe::observe(&self.org(session), plan, components).await
    }

    async fn verify(&self, session: &Session, plan: &Plan) -> Result<(), ConnectorFault> {
        verify::verify(&self.org(session), plan).await
    }

    async fn plan_removal(
        &self,
        session: &Session,
        request: RemovalRequest<'_>,
    ) -> Result<ProposedRemoval, ConnectorFault> {
        removal::plan(&self.org(session), request).await
    }

    async fn remove(
        &self,
        session: &Session,
        request: RemoveRequest<'_>,
    ) -> Result<RemoveProgress, ConnectorFault> {
        removal::remove(&self.org(session), request).await
    }

    fn quarantine(&self) -> Option<&dyn Quarantine> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }
}

#[async_trait]
impl Changes for SalesforceConnector {
    async fn open(
        &self,
        session: &Session,
        cursor: Option<&Cursor>,
    ) -> Result<Box<dyn ChangeStream>, ConnectorFault> {
        Ok(Box::new(changes::open(self.clone(), session, cursor).await?))
    }

    async fn send_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault> {
        changes::send_canary(&self.org(session), marker).await
    }

    async fn change_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault> {
        changes::change_canary(&self.org(session), marker).await
    }
}

#[async_trait]
impl Quarantine for SalesforceConnector {
    async fn list(&self, session: &Session, after: Option<&str>) -> Result<QuarantinePage, ConnectorFault> {
        quarantine::list(&self.org(session), after).await
    }

    async fn restore(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        quarantine::restore(&self.org(session), item).await
    }

    async fn delete(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        quarantine::delete(&self.org(session), item).await
    }

    async fn read(
        &self,
        session: &Session,
        item: &QuarantinedItem,
        piece: u64,
    ) -> Result<Option<Vec<u8>>, ConnectorFault> {
        quarantine::read(&self.org(session), item, piece).await
    }
}

impl SalesforceConnector {
    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}
