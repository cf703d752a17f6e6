//! Beginning a deprovisioning: in every phase but the last, also while something else works on the account.

use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::CallCounter;
use provision_core::account::ServiceAccount;
use provision_core::machine::Action;
use provision_core::operation::{Disposition, Operation, OperationKind, Removal, RemovalMode, Step};
use provision_core::ports::{DeprovisionAccount, Mutation};
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{Credential, CredentialState, RecordKey};

use super::ControlPlane;
use super::accounts::demand_etag;
use super::starting::Start;
use crate::commit::Draft;
use crate::drive::{quarantined, removal_step, unresolved_quarantine};

/// How long a caller waits for what the organisation says about quarantined content; the operation looks again.
const LOOK_PATIENCE: Duration = Duration::from_secs(10);

impl ControlPlane {
    pub(super) async fn begin_deprovisioning(
        &self,
        by: Mutation,
        request: DeprovisionAccount,
    ) -> Result<Operation> {
        match self.earlier(&by, &request.name).await? {
            Some(operation) => Ok(operation),
            None => match self.begin_removal(&by, &request).await {
                Err(fault) => self.earlier(&by, &request.name).await?.ok_or(fault),
                started => started,
            },
        }
    }

    async fn begin_removal(&self, by: &Mutation, request: &DeprovisionAccount) -> Result<Operation> {
        let (name, removal) = (&request.name, request.removal);
        if removal.mode == RemovalMode::LocalOnly && removal.disposition.is_some() {
            return Err(Fault::invalid(
                "quarantine_disposition",
                "must not be set with mode LOCAL_ONLY: no call leaves for the organisation",
            ));
        }
        let account = self.context.account(name).await?;
        demand_etag(request.etag.as_deref(), &account)?;
        let steps = steps(&account.value, removal);
        let start = Start {
            removal: Some(removal),
            etag: request.etag.clone(),
            ..Start::of(OperationKind::Deprovision, steps)
        };
        // What can be refused without asking the organisation is refused first.
        self.start(by, name, start.clone(), true).await?;
        self.look_first(&account.value, removal, request.validate_only).await?;
        self.start(by, name, start, request.validate_only).await
    }

    /// Looks whether the caller must say what becomes of quarantined content. An organisation that does not answer in
    /// time keeps nobody from leaving: the operation looks again before it removes anything.
    async fn look_first(&self, account: &ServiceAccount, removal: Removal, only: bool) -> Result<()> {
        if account.identity.is_none() || removal.mode != RemovalMode::Everything {
            return Ok(());
        }
        let credential =
            self.context.repository().find::<Credential>(&RecordKey::credential(&account.name)).await?;
        let lost = |c: &Credential| matches!(c.state, CredentialState::Lost { .. });
        if credential.is_none_or(|c| lost(&c.value)) {
            return if only { Err(grant_needed()) } else { Ok(()) };
        }
        if removal.disposition.is_some() && !only {
            return Ok(());
        }
        let connector = self.context.connectors.get(&account.connector)?;
        let session = self.broker.session(account, Arc::new(CallCounter::default()));
        let look = quarantined(connector.as_ref(), &session);
        match tokio::time::timeout(LOOK_PATIENCE, look).await {
            Ok(Ok(count)) => match removal.disposition {
                None if count > 0 => Err(unresolved_quarantine(count)),
                _ => Ok(()),
            },
            Ok(Err(fault)) if fault.fault.reason() == Reason::ReauthorizationRequired && only => {
                Err(grant_needed())
            }
            Ok(Err(fault)) => {
                tracing::info!(account = %account.name, ?fault, "quarantined content could not be looked at; the operation does");
                Ok(())
            }
            Err(_elapsed) => Ok(()),
        }
    }

    /// In the commit that starts the operation: what works on the account is asked to stop, and an authorisation that is
    /// under way leads nowhere.
    pub(super) async fn clear_the_way(
        &self,
        draft: &mut Draft,
        name: &AccountName,
        actions: &[Action],
    ) -> Result<()> {
        self.context.end_authorization(draft, name).await?;
        for action in actions {
            let Action::Halt { operation } = action else { continue };
            let key = RecordKey::operation(operation);
            let Some(found) = self.context.repository().find::<Operation>(&key).await? else { continue };
            if !found.value.is_done() && !found.value.cancel_requested {
                let halted = Operation { cancel_requested: true, ..found.value };
                draft.replace(key, found.revision, &halted)?;
            }
        }
        Ok(())
    }
}

/// What a deprovisioning without a grant is told.
fn grant_needed() -> Fault {
    Fault::new(
        Reason::ReauthorizationRequired,
        "the account's grant is gone: authorise it again and deprovision it, or deprovision it with mode LOCAL_ONLY, \
         which leaves the organisation as it is",
    )
}

/// The steps that are known at the start; the survey adds those that remove components.
fn steps(account: &ServiceAccount, removal: Removal) -> Vec<Step> {
    let step = |id: &str, title: &str| Step::pending(id, title);
    let mut steps = vec![step(removal_step::CLOSE_EVENTS, "Close the event channel")];
    // Without an identity nobody has ever authorised the account: there is no organisation to ask.
    if account.identity.is_none() || removal.mode == RemovalMode::LocalOnly {
        steps.push(step(removal_step::FORGET_GRANT, "Destroy what is kept of the grant"));
        return steps;
    }
    let everything = removal.mode == RemovalMode::Everything;
    if everything {
        steps.push(step(removal_step::SURVEY, "Look what of ours is in the organisation"));
    }
    if everything || removal.disposition.is_some() {
        let title = match removal.disposition {
            Some(Disposition::RestoreAll) => "Put quarantined content back",
            Some(Disposition::Export) => "Export quarantined content, then delete it",
            Some(Disposition::DeleteAll) => "Delete quarantined content",
            None => "See that no quarantined content is left",
        };
        steps.push(step(removal_step::DISPOSE, title));
    }
    if everything {
        steps.push(step(removal_step::VERIFY, "See that nothing of ours is left"));
    }
    steps.push(step(removal_step::REVOKE, "Revoke the grant, and prove it"));
    steps
}
