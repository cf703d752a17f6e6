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
    /// The last exchange, or the authorisation itself.
    pub obtain_time: Timestamp,
    /// When an administrator authorised; unset where an older daemon wrote the record.
    #[serde(default)]
    pub authorize_time: Option<Timestamp>,
    /// When the access token ends, as the application said or as earlier ones have lived. It may live on beyond that
    /// where use prolongs it.
    #[serde(default)]
    pub access_expire_time: Option<Timestamp>,
    /// How long an access token lived before the application refused it.
    #[serde(default)]
    pub access_lifetime_seconds: Option<u32>,
    /// The application was asked about one of the tokens then, and has answered.
    #[serde(default)]
    pub introspect_time: Option<Timestamp>,
    /// When the application said that the refresh token ends; it need not say so.
    #[serde(default)]
    pub refresh_expire_time: Option<Timestamp>,
    /// People were told then that the grant ends soon.
    #[serde(default)]
    pub expiry_told_time: Option<Timestamp>,
    /// Tokens of grants that this one has replaced, and that are still to be revoked.
    #[serde(default)]
    pub retired: Vec<Sealed>,
}

/// Where a grant stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CredentialState {
    /// The stored pair is the current one.
    Valid,
    /// An exchange was about to leave; until its answer is stored, the refresh token may be spent.
    Exchanging {
        since: Timestamp,
        /// It is the one exchange that was made without knowing whether the refresh token lived.
        #[serde(default)]
        last_try: bool,
    },
    /// Whether the refresh token lives is not known, and the application does not say.
    InDoubt(Doubt),
    /// The application refuses our client, or organisation or user are switched off, while the grant stays: mended there or
    /// in the configuration, and tried again.
    ClientRefused { since: Timestamp, failure: Failure },
    /// The grant is gone.
    Lost { failure: Failure },
}

/// What is known of a grant in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    pub since: Timestamp,
    pub cause: DoubtCause,
    /// The application has refused the access token since then: nothing works until the doubt is over.
    pub access_refused_time: Option<Timestamp>,
    /// When the one exchange was made without knowing whether the refresh token lived; there is no second one.
    pub last_try_time: Option<Timestamp>,
}

/// Why a grant is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DoubtCause {
    /// The answer of an exchange was lost.
    AnswerLost,
    /// The store was restored from a backup; the tokens may have been exchanged since.
    Restored,
}

/// The store was restored from a backup, and no daemon has run on it since: no grant is used before it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreMarker {
    pub restore_time: Timestamp,
}
