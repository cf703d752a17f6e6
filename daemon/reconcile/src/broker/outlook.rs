//! What is known of a grant's life.

use std::time::Duration;

use chrono::TimeDelta;
use provision_connector_sdk::GrantPolicy;
use provision_core::Timestamp;
use provision_core::account::{GrantOutlook, GrantState};
use provision_store::record::{Credential, CredentialState};

/// What is shown of a grant.
pub(crate) fn outlook(credential: &Credential, policy: GrantPolicy) -> GrantOutlook {
    let state = match &credential.state {
        CredentialState::Valid | CredentialState::Exchanging { .. } => GrantState::Valid,
        CredentialState::InDoubt(_) => GrantState::InDoubt,
        CredentialState::ClientRefused { .. } | CredentialState::Lost { .. } => GrantState::Lost,
    };
    GrantOutlook {
        state,
        refresh_time: credential.obtain_time,
        access_expire_time: credential.access_expire_time,
        expire_time: expire_time(credential, policy),
    }
}

/// When the grant ends unless somebody authorises again: the earliest of what the application said and what its policy
/// says.
pub(super) fn expire_time(credential: &Credential, policy: GrantPolicy) -> Option<Timestamp> {
    if matches!(credential.state, CredentialState::Lost { .. }) {
        return None;
    }
    let idle = policy.idle.and_then(|idle| after(credential.obtain_time, idle));
    let authorized = credential.authorize_time.unwrap_or(credential.obtain_time);
    let lifetime = policy.lifetime.and_then(|lifetime| after(authorized, lifetime));
    [idle, lifetime, credential.refresh_expire_time].into_iter().flatten().min()
}

pub(super) fn after(time: Timestamp, duration: Duration) -> Option<Timestamp> {
    time.checked_add_signed(TimeDelta::from_std(duration).ok()?)
}
