//! Deleting accounts.

use provision_core::account::{Phase, ServiceAccount};
use provision_core::component::ComponentState;
use provision_core::ports::{DeleteAccount, Mutation};
use provision_core::{Fault, Reason, Result};
use provision_store::record::{Credential, RecordKey};

use super::ControlPlane;
use super::accounts::demand_etag;
use crate::commit::{Built, Draft};

impl ControlPlane {
    /// First the grant is revoked, then everything goes in one commit: who dies between the two leaves an account whose
    /// grant is dead, and whose deletion can be asked for again.
    pub(super) async fn remove(&self, by: Mutation, request: DeleteAccount) -> Result<()> {
        let (name, scope) = (&request.name, request.name.tenant.as_str());
        if self.context.replayed(&by, scope).await?.is_some() {
            return Ok(());
        }
        let account = self.context.account(name).await?;
        demand_etag(request.etag.as_deref(), &account)?;
        self.demand_removable(&account.value).await?;
        if request.validate_only {
            return Ok(());
        }
        let credential = self.broker.end(&account.value).await?;
        let over = account.value.phase == Phase::Deprovisioned;
        self.context.forget_components(name, |c| over || c.state == ComponentState::Refused).await?;
        crate::drive::forget_checkpoints(&self.context, name).await?;
        let uid = &account.value.uid;
        self.context
            .commit(|| async {
                if self.context.replayed(&by, scope).await?.is_some() {
                    return Ok(Built::Already(()));
                }
                let account = self.context.account(name).await?;
                demand_etag(request.etag.as_deref(), &account)?;
                self.demand_removable(&account.value).await?;
                let key = RecordKey::credential(name);
                let now = self.context.repository().find::<Credential>(&key).await?;
                let same = now.as_ref().map(|c| c.revision) == credential.as_ref().map(|c| c.revision);
                if account.value.uid != *uid || !same {
                    return Err(Fault::new(
                        Reason::ConcurrentChange,
                        "the account was authorised anew while it was deleted; try again",
                    ));
                }
                let mut draft = Draft::default();
                draft.unchanged(RecordKey::account(name), account.revision);
                draft.delete(RecordKey::account(name));
                self.context.clear(&mut draft, &account.value).await?;
                draft.remember(&by, scope, &name.to_string(), self.context.now())?;
                let organization = account.value.identity.as_ref().map_or("", |i| i.organization_id.as_str());
                let details = [("uid", uid.as_str()), ("organization_id", organization)];
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &details,
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.broker.forget(name);
        Ok(())
    }

    /// Nothing of ours is, or may be, in the organisation, and nothing is under way there.
    async fn demand_removable(&self, account: &ServiceAccount) -> Result<()> {
        if let Some(running) = &account.current_operation {
            return Err(Fault::new(
                Reason::OperationInProgress,
                format!("'{running}' works on the account; wait for it or cancel it"),
            )
            .meta("operation", running.to_string()));
        }
        // What a deprovisioning has left there it has listed, and people have been told.
        if account.phase == Phase::Deprovisioned {
            return Ok(());
        }
        let present = self.context.present_components(&account.name).await?.len();
        if present == 0 {
            return Ok(());
        }
        Err(Fault::new(
            Reason::ComponentsPresent,
            format!(
                "{present} components of ours are or may be in the organisation; they must be removed before the \
                 account can be deleted"
            ),
        )
        .meta("components", present.to_string())
        .violation("components", "must be removed from the organisation"))
    }
}
