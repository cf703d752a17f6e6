//! From the code to the grant: exchanged, identified, checked, and kept or revoked.

use std::sync::Arc;

use async_trait::async_trait;
use provision_connector_sdk::oauth::{self, PkceVerifier, TokenAnswer, TokenFault};
use provision_connector_sdk::{
    Access, CallCounter, Check, CheckStatus, Connector, ConnectorFault, Credentials, Session,
};
use provision_core::account::{ConditionType, Identity, Phase, ServiceAccount, Status};
use provision_core::authorization::PendingAuthorization;
use provision_core::connector::Manifest;
use provision_core::machine::{Action, Event};
use provision_core::ports::{Callback, Mutation};
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::{Credential, OrganizationClaim, RecordKey, Sealed};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{place, short, state_invalid};
use crate::broker::{TokenPair, pair_of};
use crate::commit::{Built, Draft};
use crate::context::account_context;
use crate::service::ControlPlane;

impl ControlPlane {
    pub(super) async fn exchange(
        &self,
        by: &Mutation,
        account: &ServiceAccount,
        pending: &PendingAuthorization,
        hash: &str,
        callback: Callback,
    ) -> Result<()> {
        if self.context.now() >= pending.expire_time {
            return Err(Fault::new(
                Reason::AuthorizationExpired,
                "the authorisation took too long; begin again",
            ));
        }
        let code = match callback {
            Callback::Code(code) => code,
            Callback::Refused { error, description } => {
                return Err(Fault::new(
                    Reason::AuthorizationDenied,
                    "access was not allowed on the authorisation page; begin again and allow it",
                )
                .meta("error", short(&error))
                .with_internal(format!("{}: {}", short(&error), short(&description))));
            }
        };
        self.demand_license(&account.name.tenant, &account.connector).await?;
        let connector = self.context.connectors.get(&account.connector)?;
        let spec = self.broker.spec(account)?;
        if spec.issuer != pending.issuer {
            return Err(state_invalid());
        }
        let sealed: Sealed = serde_json::from_str(&pending.sealed_verifier).map_err(Fault::internal_error)?;
        let verifier = self.context.envelope.open(&place(hash), &sealed)?;
        let verifier = String::from_utf8(verifier.expose_secret().clone()).map_err(Fault::internal_error)?;
        let verifier =
            PkceVerifier::from_secret(SecretString::from(verifier)).map_err(Fault::internal_error)?;
        let redirect = Url::parse(&pending.redirect_uri).map_err(Fault::internal_error)?;
        let answer = oauth::exchange_code(self.broker.http(), &spec, &redirect, &code, &verifier)
            .await
            .map_err(exchange_fault)?;
        // From here on there is a grant: it is kept, or it is revoked.
        let expected = pending.organization_id.as_deref();
        let fresh = Fresh { hash, principal: &pending.principal, expected, answer: &answer };
        let mut organization = None;
        let kept = self.identify_and_keep(by, account, connector.as_ref(), fresh, &mut organization).await;
        if let Err(fault) = &kept {
            // The commit that keeps it may have passed, and its answer be lost.
            if fault.reason() == Reason::StoreUnavailable {
                match self.broker.holds(account, &answer).await {
                    Some(true) => {
                        self.perform(&account.name, vec![Action::OpenEvents]);
                        return Ok(());
                    }
                    // Nobody revokes what may be the account's own.
                    None => return kept,
                    Some(false) => {}
                }
            }
            self.broker.revoke(&spec, &answer).await;
            self.look_after_owner(account, organization.as_deref()).await;
        }
        kept
    }

    /// A refused grant has been revoked; applications can take others of the same organisation with it. So the account
    /// that lives there, this one or another's, is looked at.
    async fn look_after_owner(&self, account: &ServiceAccount, organization: Option<&str>) {
        let owner = async {
            let Some(organization) = organization else { return Ok(Some(account.clone())) };
            let key = RecordKey::organization(&account.connector, organization);
            let Some(claim) = self.context.repository().find::<OrganizationClaim>(&key).await? else {
                return Ok(None);
            };
            let owner = self.context.account(&claim.value.account).await?.value;
            Ok::<_, Fault>(Some(owner).filter(|owner| owner.uid == claim.value.account_uid))
        };
        match owner.await {
            Ok(Some(owner)) if owner.condition(ConditionType::Authorized) == Status::True => {
                self.broker.look_after(&owner).await;
            }
            Ok(_) => {}
            Err(fault) => tracing::warn!(?fault, "whose organisation it is could not be read"),
        }
    }

    async fn identify_and_keep(
        &self,
        by: &Mutation,
        account: &ServiceAccount,
        connector: &dyn Connector,
        Fresh { hash, principal, expected, answer }: Fresh<'_>,
        organization: &mut Option<String>,
    ) -> Result<()> {
        let pair = pair_of(answer)?;
        let context = account_context(account);
        let instance_url = connector.instance_url(&context, &answer.extra)?;
        let session = Session {
            account: context,
            credentials: Arc::new(FreshGrant(Access {
                token: pair.access.clone(),
                instance_url: instance_url.clone(),
                generation: 0,
            })),
            calls: Arc::new(CallCounter::default()),
        };
        let identity = connector.identify(&session).await?;
        *organization = Some(identity.organization_id.clone());
        // The daemon's own clock, as for every other time.
        let identity = Identity { authorize_time: self.context.now(), ..identity };
        if identity.environment != account.environment {
            return Err(Fault::new(
                Reason::EnvironmentMismatch,
                format!(
                    "the account is for environment '{}', but the organisation '{}' that was authorised is '{}'; \
                     begin again and log in to the right one",
                    account.environment, identity.organization_name, identity.environment
                ),
            )
            .meta("expected", account.environment.clone())
            .meta("actual", identity.environment));
        }
        if let Some(expected) = expected.filter(|expected| *expected != identity.organization_id) {
            return Err(Fault::new(
                Reason::OrgMismatch,
                "another organisation was authorised than the one the account belongs to; log in to that one",
            )
            .meta("expected", expected)
            .meta("actual", identity.organization_id));
        }
        let checks = connector.check(&session).await?;
        let demanded = demand_checks(connector.manifest(), &checks);
        self.keep_attempt(principal, account, &identity, (&checks, demanded.is_err())).await?;
        demanded?;
        self.keep(by, account, &identity, hash, (&pair, &instance_url)).await
    }

    /// Grant, organisation, phase, notification and audit record in one commit.
    async fn keep(
        &self,
        by: &Mutation,
        account: &ServiceAccount,
        identity: &Identity,
        hash: &str,
        (pair, instance_url): (&TokenPair, &str),
    ) -> Result<()> {
        let (name, uid) = (&account.name, &account.uid);
        let claim_key = RecordKey::organization(&account.connector, &identity.organization_id);
        let actions = self
            .context
            .commit(|| async {
                let repository = self.context.repository();
                let account = self.context.account(name).await?;
                if account.value.uid != *uid {
                    return Err(state_invalid());
                }
                let claim = repository.find::<OrganizationClaim>(&claim_key).await?;
                if claim.as_ref().is_some_and(|c| c.value.account_uid != *uid) {
                    return Err(taken(name, claim.as_ref().map(|c| &c.value.account)));
                }
                let mut draft = Draft::default();
                self.settle(&mut draft, name, hash).await?;
                let before = account.value.identity.as_ref().map(|i| i.organization_id.clone());
                if let Some(other) = before.filter(|other| *other != identity.organization_id) {
                    draft.delete(RecordKey::organization(&account.value.connector, &other));
                }
                draft.as_found(claim_key.clone(), &claim);
                let own = OrganizationClaim { account: name.clone(), account_uid: uid.clone() };
                draft.put(claim_key.clone(), &own)?;
                let credential = repository.find::<Credential>(&RecordKey::credential(name)).await?;
                self.broker.keep(&mut draft, &account.value, &credential, pair, instance_url)?;
                let event = Event::Authorized { identity: identity.clone() };
                let (next, actions) = draft.transition(&self.context, &account, event)?;
                debug_assert!(matches!(next.phase, Phase::Ready | Phase::Active | Phase::Deprovisioning));
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &[("organization_id", &identity.organization_id), ("username", &identity.username)],
                )?;
                Ok(Built::Commit(draft, actions))
            })
            .await?;
        self.perform(name, actions);
        // Only now: until the fresh grant was durable, the old one had to work. What fails is tried again later.
        if let Err(fault) = self.broker.revoke_retired(account).await {
            tracing::warn!(account = %name, ?fault, "grants that were replaced could not be revoked yet");
        }
        Ok(())
    }
}

/// A grant that has just come, and of which authorisation.
struct Fresh<'a> {
    hash: &'a str,
    /// Who began the authorisation.
    principal: &'a Principal,
    /// The organisation that must be authorised; `None`: any.
    expected: Option<&'a str>,
    answer: &'a TokenAnswer,
}

/// A grant that nobody has kept yet: its access token, and no renewal.
struct FreshGrant(Access);

#[async_trait]
impl Credentials for FreshGrant {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        Err(ConnectorFault::denied(Fault::new(
            Reason::AuthorizationRejected,
            "the application does not accept the token that it has just given; begin again",
        )))
    }
}

/// Another tenant's account is not named: nobody learns who else is a customer.
fn taken(name: &AccountName, owner: Option<&AccountName>) -> Fault {
    match owner.filter(|owner| owner.tenant == name.tenant) {
        Some(owner) => Fault::new(
            Reason::OrgAlreadyProvisioned,
            format!("the organisation belongs to '{owner}' already; use that account, or log in to another organisation"),
        )
        .meta("service_account", owner.to_string()),
        None => Fault::new(
            Reason::OrgAlreadyProvisioned,
            "the organisation belongs to another service account already; log in to another organisation",
        ),
    }
}

fn exchange_fault(fault: TokenFault) -> Fault {
    match fault {
        TokenFault::Refused { error, description } => Fault::new(
            Reason::AuthorizationRejected,
            "the application refused the authorisation code; begin again, and check the client id and secret of the \
             configuration if it happens again",
        )
        .meta("error", short(&error))
        .with_internal(format!("{}: {}", short(&error), short(&description))),
        TokenFault::AddressRefused(refused) => ConnectorFault::from(&refused).into(),
        other => Fault::new(
            Reason::SaasUnavailable,
            "the application did not answer when the authorisation code was exchanged; begin again",
        )
        .with_internal(other),
    }
}

/// Every check that refuses a grant must pass; all that fail are told at once, each with its fix.
fn demand_checks(manifest: &Manifest, checks: &[Check]) -> Result<()> {
    let failed: Vec<_> = manifest
        .preconditions
        .iter()
        .filter(|spec| spec.refuses_grant)
        .filter_map(|spec| Some((spec, checks.iter().find(|check| check.id == spec.id)?)))
        .filter(|(_, check)| check.status == CheckStatus::Failed)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let titles: Vec<_> = failed.iter().map(|(spec, _)| spec.title.as_str()).collect();
    let mut fault = Fault::new(
        Reason::PreconditionChecksFailed,
        format!("the organisation is not ready: {}; mend it and authorise again", titles.join(", ")),
    );
    if let Some(link) = failed.iter().find_map(|(spec, check)| check.link.as_ref().or(spec.help_uri.as_ref()))
    {
        fault = fault.link(link.clone());
    }
    for (spec, check) in failed {
        let fix = check.fix.as_ref().unwrap_or(&spec.fix);
        fault = fault.violation(spec.id.clone(), format!("{}; {fix}", check.evidence));
    }
    Err(fault)
}
