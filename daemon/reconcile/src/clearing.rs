//! What stands beside an account and goes when its life in the organisation ends.

use provision_core::AccountName;
use provision_core::Result;
use provision_core::account::{ApiBudget, EventChannel, ServiceAccount};
use provision_core::component::{Component, ComponentState};
use provision_core::inventory::InventorySummary;
use provision_core::plan::PlanRef;
use provision_core::precondition::PreconditionReport;
use provision_store::Key;
use provision_store::record::{AuthorizationPointer, Credential, OrganizationClaim, Record, RecordKey};

use crate::commit::{Built, Draft};
use crate::context::Context;
use crate::repository::Versioned;

/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;
/// Records in one commit.
const REMOVED_A_COMMIT: usize = 100;

impl Context {
    /// Grant, channel, plan, what was read of the organisation, and the claim to it.
    pub(crate) async fn clear(&self, draft: &mut Draft, account: &ServiceAccount) -> Result<()> {
        let name = &account.name;
        self.end_authorization(draft, name).await?;
        self.take::<Credential>(draft, RecordKey::credential(name)).await?;
        self.take::<EventChannel>(draft, RecordKey::channel(name)).await?;
        self.take::<PlanRef>(draft, RecordKey::plan(name)).await?;
        self.take::<PlanRef>(draft, RecordKey::carried_out(name)).await?;
        self.take::<InventorySummary>(draft, RecordKey::inventory(name)).await?;
        self.take::<PreconditionReport>(draft, RecordKey::preconditions(name)).await?;
        self.take::<ApiBudget>(draft, RecordKey::budget(name)).await?;
        if let Some(identity) = &account.identity {
            let key = RecordKey::organization(&account.connector, &identity.organization_id);
            let claim = self.repository().find::<OrganizationClaim>(&key).await?;
            if claim.as_ref().is_some_and(|c| c.value.account_uid == account.uid) {
                draft.as_found(key.clone(), &claim);
                draft.delete(key);
            }
        }
        Ok(())
    }

    /// An authorisation that is under way leads nowhere any more.
    pub(crate) async fn end_authorization(&self, draft: &mut Draft, name: &AccountName) -> Result<()> {
        let pointer =
            self.take::<AuthorizationPointer>(draft, RecordKey::authorization_pointer(name)).await?;
        if let Some(pointer) = pointer {
            draft.delete(RecordKey::authorization(&pointer.value.state_hash));
        }
        Ok(())
    }

    /// Removes the records of an account's components that `gone` says so of; there can be more than one commit takes.
    pub(crate) async fn forget_components(
        &self,
        name: &AccountName,
        gone: impl Fn(&Component) -> bool,
    ) -> Result<()> {
        let prefix = RecordKey::components(name);
        let (all, _) = self.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        let gone: Vec<_> = all.into_iter().map(|c| c.value).filter(gone).collect();
        for chunk in gone.chunks(REMOVED_A_COMMIT) {
            self.commit(|| async {
                let mut draft = Draft::default();
                for component in chunk {
                    draft.delete(RecordKey::component(name, &component.id()));
                }
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        }
        Ok(())
    }

    /// What of the account is, or may be, in its organisation.
    pub(crate) async fn present_components(&self, name: &AccountName) -> Result<Vec<Component>> {
        let prefix = RecordKey::components(name);
        let (all, _) = self.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        let present = |c: &Component| c.state != ComponentState::Refused;
        Ok(all.into_iter().map(|c| c.value).filter(present).collect())
    }

    /// Removes a record as it was found.
    async fn take<T: Record>(&self, draft: &mut Draft, key: Key) -> Result<Option<Versioned<T>>> {
        let found = self.repository().find::<T>(&key).await?;
        draft.as_found(key.clone(), &found);
        if found.is_some() {
            draft.delete(key);
        }
        Ok(found)
    }
}
