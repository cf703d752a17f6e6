//! The credential broker's records.

use std::fmt;

use provision_core::Timestamp;
use provision_core::account::Failure;
use serde::{Deserialize, Serialize};

/// Bytes sealed by envelope encryption: a fresh data key seals the content, the key provider's key seals the data key.
/// All fields are base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Which of the key provider's keys sealed the data key.
    pub key_id: String,
    pub wrapped_key: String,
    pub nonce: String,
    pub ciphertext: String,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// An account's grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub account_uid: String,
    /// Grows with each exchange.
    pub generation: u64,
    /// Access and refresh token, bound to tenant, account and key id.
    pub tokens: Sealed,
    pub instance_url: String,
    pub state: CredentialState,
    pub obtain_time: Timestamp,
}

/// Where a grant stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CredentialState {
    /// The stored pair is the current one.
    Valid,
    /// An exchange was about to leave; until its answer is stored, the refresh token may be spent.
    Exchanging { since: Timestamp },
    /// The grant is gone.
    Lost { failure: Failure },
}
