//! Pending authorisations: the human in the middle of the flow.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AccountName, Principal};

/// How long an authorisation may take.
pub const AUTHORIZATION_LIFETIME: chrono::Duration = chrono::Duration::minutes(10);

/// An authorisation that was begun. It is found by the SHA-256 of its `state`, so that the store never holds a value
/// that completes it, and it is used once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAuthorization {
    pub account: AccountName,
    pub account_uid: String,
    /// Who began it.
    pub principal: Principal,
    /// Whom the browser was sent to; the code is exchanged there and nowhere else.
    pub issuer: String,
    pub redirect_uri: String,
    /// The PKCE verifier, sealed; base64.
    pub sealed_verifier: String,
    pub expire_time: Timestamp,
    /// The organisation that must be authorised; `None`: any.
    #[serde(default)]
    pub organization_id: Option<String>,
}
