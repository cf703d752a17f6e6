//! The human in the middle: beginning an authorisation, and what comes back of it.

mod ending;
mod exchange;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provision_connector_sdk::oauth::{self, PkceVerifier};
use provision_core::account::ServiceAccount;
use provision_core::authorization::{AUTHORIZATION_LIFETIME, PendingAuthorization};
use provision_core::machine::Event;
use provision_core::ports::{
    AuthorizationResult, BeginAuthorization, BegunAuthorization, CompleteAuthorization, Mutation,
};
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{AuthorizationPointer, RecordKey};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::ControlPlane;
use crate::commit::{Built, Draft};
use crate::context::{account_context, sha256_hex};

/// Which organisation an authorisation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    /// The one that the account has had a grant of.
    SameOrganization,
}

impl ControlPlane {
    pub(super) async fn begin(
        &self,
        by: Mutation,
        request: BeginAuthorization,
        wanted: Wanted,
    ) -> Result<BegunAuthorization> {
        let settings = &self.context.settings;
        let redirect_uri = match &request.redirect_uri {
            None => settings.callback_url.clone(),
            Some(uri) if settings.console_redirect_uris.contains(uri) => uri.clone(),
            Some(_) => {
                return Err(Fault::invalid(
                    "redirect_uri",
                    "is not among the console redirects of the configuration",
                ));
            }
        };
        let redirect = Url::parse(&redirect_uri).map_err(Fault::internal_error)?;
        let mut bytes = [0u8; 32];
        self.context.randomness.fill(&mut bytes);
        let state = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
        let hash = sha256_hex(state.expose_secret().as_bytes());
        let verifier = PkceVerifier::generate(self.context.randomness.as_ref());
        let sealed =
            self.context.envelope.seal(&place(&hash), verifier.secret().expose_secret().as_bytes())?;
        let sealed_verifier = serde_json::to_string(&sealed).map_err(Fault::internal_error)?;
        let name = &request.name;
        let (spec, expire_time, installation) = self
            .context
            .commit(|| async {
                let account = self.context.account(name).await?;
                self.demand_license(&name.tenant, &account.value.connector).await?;
                let organization_id = account.value.identity.as_ref().map(|i| i.organization_id.clone());
                if wanted == Wanted::SameOrganization && organization_id.is_none() {
                    return Err(never_authorized(&account.value));
                }
                let spec = self.broker.spec(&account.value)?;
                let expire_time = self.context.now() + AUTHORIZATION_LIFETIME;
                let mut draft = Draft::default();
                draft.transition(
                    &self.context,
                    &account,
                    Event::AuthorizationBegun { deadline: expire_time },
                )?;
                let pointer_key = RecordKey::authorization_pointer(name);
                let pointer = self.context.repository().find::<AuthorizationPointer>(&pointer_key).await?;
                if let Some(earlier) = &pointer {
                    draft.delete(RecordKey::authorization(&earlier.value.state_hash));
                }
                draft.as_found(pointer_key.clone(), &pointer);
                draft.put(pointer_key, &AuthorizationPointer { state_hash: hash.clone(), expire_time })?;
                let pending = PendingAuthorization {
                    account: name.clone(),
                    account_uid: account.value.uid.clone(),
                    principal: by.principal.clone(),
                    issuer: spec.issuer.clone(),
                    redirect_uri: redirect_uri.clone(),
                    sealed_verifier: sealed_verifier.clone(),
                    expire_time,
                    organization_id: organization_id.filter(|_| wanted == Wanted::SameOrganization),
                };
                draft.put(RecordKey::authorization(&hash), &pending)?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &[("issuer", &spec.issuer)],
                )?;
                let connector = self.context.connectors.get(&account.value.connector)?;
                let installation = connector.installation(&account_context(&account.value));
                Ok(Built::Commit(draft, (spec, expire_time, installation)))
            })
            .await?;
        let url =
            oauth::authorization_url(&spec, &redirect, &state, &verifier, request.login_hint.as_deref());
        let installation_url = installation.map(|installation| installation.url.to_string());
        Ok(BegunAuthorization { url: SecretString::from(String::from(url)), expire_time, installation_url })
    }

    pub(super) async fn complete(
        &self,
        by: Mutation,
        request: CompleteAuthorization,
    ) -> Result<AuthorizationResult> {
        let hash = sha256_hex(request.state.expose_secret().as_bytes());
        let pending = self.consume(&hash, request.expected.as_ref()).await?;
        let name = pending.account.clone();
        let account = self.context.account(&name).await?.value;
        if account.uid != pending.account_uid {
            return Err(state_invalid());
        }
        match self.exchange(&by, &account, &pending, &hash, request.callback).await {
            Ok(()) => provision_core::ports::Accounts::get(self, &name).await,
            Err(fault) => {
                self.end(&by, &name, &account.uid, &hash, &fault).await?;
                Err(fault)
            }
        }
    }

    /// Takes a pending authorisation out of the store: whatever happens next, its state is used up. The account's pointer
    /// stays until the attempt is kept or ended: a daemon that dies between leaves it for the reaper.
    async fn consume(&self, hash: &str, expected: Option<&AccountName>) -> Result<PendingAuthorization> {
        let key = RecordKey::authorization(hash);
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<PendingAuthorization>(&key).await?;
                let found = found.ok_or_else(state_invalid)?;
                // A state of another account is not used up by somebody who has no business with it.
                if expected.is_some_and(|name| *name != found.value.account) {
                    return Err(state_invalid());
                }
                let mut draft = Draft::default();
                draft.unchanged(key.clone(), found.revision);
                draft.delete(key.clone());
                Ok(Built::Commit(draft, found.value))
            })
            .await
    }
}

fn never_authorized(account: &ServiceAccount) -> Fault {
    Fault::new(
        Reason::WrongPhase,
        "the account has never had a grant that could be replaced; authorise it with BeginAuthorization",
    )
    .meta("phase", account.phase.as_str())
    .violation("phase", "must be after the first authorisation")
}

fn place(state_hash: &str) -> String {
    format!("pkce verifier of {state_hash}")
}

fn state_invalid() -> Fault {
    Fault::new(
        Reason::AuthorizationStateInvalid,
        "this authorisation is unknown, was used already, or was replaced by a later one; begin again",
    )
}

/// Words from outside, cut and freed of control characters.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
