//! Authorisations that end without a grant.

use provision_core::account::Failure;
use provision_core::machine::Event;
use provision_core::ports::Mutation;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{AuthorizationPointer, RecordKey};

use crate::commit::{Built, Draft};
use crate::service::ControlPlane;

impl ControlPlane {
    /// The attempt has ended without a grant.
    pub(super) async fn end(
        &self,
        by: &Mutation,
        name: &AccountName,
        uid: &str,
        hash: &str,
        fault: &Fault,
    ) -> Result<()> {
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        self.context
            .commit(|| async {
                let account = match self.context.account(name).await {
                    Ok(account) if account.value.uid == uid => account,
                    Ok(_) => return Ok(Built::Already(())),
                    Err(fault) if fault.reason() == Reason::ResourceNotFound => {
                        return Ok(Built::Already(()));
                    }
                    Err(fault) => return Err(fault),
                };
                let mut draft = Draft::default();
                if self.settle(&mut draft, name, hash).await? {
                    return Ok(Built::Already(()));
                }
                draft.transition(
                    &self.context,
                    &account,
                    Event::AuthorizationEnded { failure: failure.clone() },
                )?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    "AuthorizationEnded",
                    name.to_string(),
                    &[("reason", failure.reason.as_str())],
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }

    /// Ends a pending authorisation that never came back; called by the reaper.
    pub(crate) async fn expire_authorization(
        &self,
        pointer: &AuthorizationPointer,
        name: &AccountName,
    ) -> Result<()> {
        let by = Mutation {
            principal: provision_core::Principal::system(),
            method: "AuthorizationExpired",
            idempotency: None,
        };
        match self.consume(&pointer.state_hash, Some(name)).await {
            // Used up already, and neither kept nor ended: the daemon that took it up has died.
            Err(fault) if fault.reason() == Reason::AuthorizationStateInvalid => {}
            taken => drop(taken?),
        }
        let account = match self.context.account(name).await {
            Ok(account) => account.value,
            Err(fault) if fault.reason() == Reason::ResourceNotFound => return self.drop_pointer(name).await,
            Err(fault) => return Err(fault),
        };
        let hints = &self.context.connectors.get(&account.connector)?.manifest().authorization_hints;
        self.end(&by, name, &account.uid, &pointer.state_hash, &never_came_back(hints)).await
    }

    /// A pointer without its account leads nowhere.
    async fn drop_pointer(&self, name: &AccountName) -> Result<()> {
        self.context
            .commit(|| async {
                let mut draft = Draft::default();
                draft.absent(RecordKey::account(name));
                draft.delete(RecordKey::authorization_pointer(name));
                Ok(Built::Commit(draft, ()))
            })
            .await
    }

    /// Takes the attempt's pointer along in a commit that settles it; a later attempt's pointer stays.
    /// True where there is a later one.
    pub(super) async fn settle(
        &self,
        draft: &mut Draft,
        name: &AccountName,
        state_hash: &str,
    ) -> Result<bool> {
        let key = RecordKey::authorization_pointer(name);
        let found = self.context.repository().find::<AuthorizationPointer>(&key).await?;
        let replaced = found.as_ref().is_some_and(|f| f.value.state_hash != state_hash);
        draft.as_found(key.clone(), &found);
        if found.is_some() && !replaced {
            draft.delete(key);
        }
        Ok(replaced)
    }
}

/// Some refusals are shown to the browser alone; the connector knows which.
fn never_came_back(hints: &[String]) -> Fault {
    let mut text = "the administrator's browser never came back within ten minutes; look whether the authorisation page \
                    shows an error, and begin again"
        .to_owned();
    if !hints.is_empty() {
        text.push_str(". What it can be: ");
        text.push_str(&hints.join("; "));
    }
    Fault::new(Reason::AuthorizationExpired, text)
}
