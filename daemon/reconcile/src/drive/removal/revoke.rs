//! The end of the grant, and with it of the deprovisioning.

use provision_core::account::ServiceAccount;
use provision_core::operation::{Leftover, Operation, RemovalMode};
use provision_core::{Fault, Reason};
use provision_store::record::{Credential, CredentialState, RecordKey};

use super::leftovers;
use crate::drive::finish::Farewell;
use crate::drive::{Driver, Stop, Work};

/// How often a grant is revoked that was renewed in the meantime.
const TRIES_MAX: usize = 3;

impl Driver<'_> {
    /// Revokes the grant and proves it; then everything that stands beside the account goes, in the commit that ends the
    /// operation. Who dies between the two revokes again.
    pub(super) async fn revoke(&self, work: &Work, operation: &Operation) -> Result<(), Stop> {
        let removal =
            operation.removal.ok_or_else(|| Fault::internal_error("a removal without a request"))?;
        let stay = match removal.mode {
            RemovalMode::Everything => operation.leftovers.clone(),
            _ => self.staying(operation, "it stays, as was asked for with mode KEEP_COMPONENTS").await?,
        };
        let mut pauses = self.pauses();
        for _ in 0..TRIES_MAX {
            let ended = loop {
                match self.broker.end_proven(&work.account).await {
                    Ok(ended) => break ended,
                    Err(fault) => self.pause(super::removal_step::REVOKE, &mut pauses, fault).await?,
                }
            };
            let farewell = Farewell { leftovers: stay.clone(), grant: ended.map(|c| c.value.generation) };
            match self.finish_deprovisioned(farewell).await {
                Err(fault) if fault.reason() == Reason::ConcurrentChange => {}
                finished => {
                    finished?;
                    self.broker.forget(&work.account.name);
                    return Ok(());
                }
            }
        }
        Err(Stop::Failed(Fault::new(
            Reason::ConcurrentChange,
            "the grant was renewed each time while it was revoked; deprovision again",
        )))
    }

    /// No call leaves: the tokens are destroyed here, and what may be in the organisation is listed.
    pub(super) async fn forget_grant(&self, work: &Work, operation: &Operation) -> Result<(), Stop> {
        let reason = "it may still be in the organisation, which was not asked (mode LOCAL_ONLY); an administrator of \
                      the organisation removes it";
        let mut stay = self.staying(operation, reason).await?;
        let key = RecordKey::credential(&work.account.name);
        let found = self.context.repository().find::<Credential>(&key).await?;
        let found = found.filter(|c| c.value.account_uid == work.account.uid);
        if found.as_ref().is_some_and(|c| !matches!(c.value.state, CredentialState::Lost { .. })) {
            stay = leftovers::joined(&stay, &[grant_of(&work.account)]);
        }
        let farewell = Farewell { leftovers: stay, grant: None };
        self.finish_deprovisioned(farewell).await?;
        self.broker.forget(&work.account.name);
        Ok(())
    }

    async fn staying(&self, operation: &Operation, reason: &str) -> Result<Vec<Leftover>, Stop> {
        let components = self.context.present_components(&operation.account).await?;
        Ok(leftovers::joined(&operation.leftovers, &leftovers::of_components(&components, reason)))
    }
}

/// The grant itself, where it was not revoked.
fn grant_of(account: &ServiceAccount) -> Leftover {
    let username = account.identity.as_ref().map_or("", |identity| identity.username.as_str());
    Leftover {
        kind: "Grant".to_owned(),
        full_name: username.to_owned(),
        reason: "it was not revoked, since the organisation was not asked (mode LOCAL_ONLY); the daemon has destroyed \
                 its tokens. An administrator of the organisation can end it among the user's authorised applications"
            .to_owned(),
        link: None,
    }
}
