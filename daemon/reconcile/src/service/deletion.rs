//! Deleting accounts.

use provision_core::account::{EventChannel, ServiceAccount};
use provision_core::component::{Component, ComponentState};
use provision_core::inventory::InventorySummary;
use provision_core::plan::PlanRef;
use provision_core::ports::{DeleteAccount, Mutation};
use provision_core::precondition::PreconditionReport;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::Key;
use provision_store::record::{AuthorizationPointer, Credential, OrganizationClaim, Record, RecordKey};

use super::ControlPlane;
use super::accounts::demand_etag;
use crate::commit::{Built, Draft};
use crate::repository::Versioned;

/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;
/// Records in one commit.
const REMOVED_A_COMMIT: usize = 100;

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
        self.forget_refused(name).await?;
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
                self.clear(&mut draft, &account.value).await?;
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
        let prefix = RecordKey::components(&account.name);
        let (all, _) = self.context.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        let present = all.iter().filter(|c| c.value.state != ComponentState::Refused).count();
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

    /// What was refused is in no organisation; there can be more of it than one commit takes.
    async fn forget_refused(&self, name: &AccountName) -> Result<()> {
        let prefix = RecordKey::components(name);
        let (all, _) = self.context.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        let refused: Vec<_> = all.iter().filter(|c| c.value.state == ComponentState::Refused).collect();
        for chunk in refused.chunks(REMOVED_A_COMMIT) {
            self.context
                .commit(|| async {
                    let mut draft = Draft::default();
                    for component in chunk {
                        draft.delete(RecordKey::component(name, &component.value.id()));
                    }
                    Ok(Built::Commit(draft, ()))
                })
                .await?;
        }
        Ok(())
    }

    /// Everything that stands beside the account.
    async fn clear(&self, draft: &mut Draft, account: &ServiceAccount) -> Result<()> {
        let name = &account.name;
        let pointer =
            self.take::<AuthorizationPointer>(draft, RecordKey::authorization_pointer(name)).await?;
        if let Some(pointer) = pointer {
            draft.delete(RecordKey::authorization(&pointer.value.state_hash));
        }
        self.take::<Credential>(draft, RecordKey::credential(name)).await?;
        self.take::<EventChannel>(draft, RecordKey::channel(name)).await?;
        self.take::<PlanRef>(draft, RecordKey::plan(name)).await?;
        self.take::<InventorySummary>(draft, RecordKey::inventory(name)).await?;
        self.take::<PreconditionReport>(draft, RecordKey::preconditions(name)).await?;
        if let Some(identity) = &account.identity {
            let key = RecordKey::organization(&account.connector, &identity.organization_id);
            let claim = self.context.repository().find::<OrganizationClaim>(&key).await?;
            if claim.as_ref().is_some_and(|c| c.value.account_uid == account.uid) {
                draft.as_found(key.clone(), &claim);
                draft.delete(key);
            }
        }
        Ok(())
    }

    /// Removes a record as it was found.
    async fn take<T: Record>(&self, draft: &mut Draft, key: Key) -> Result<Option<Versioned<T>>> {
        let found = self.context.repository().find::<T>(&key).await?;
        draft.as_found(key.clone(), &found);
        if found.is_some() {
            draft.delete(key);
        }
        Ok(found)
    }
}
