//! How people and programs may log in, and whether they may.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::app::{AppAccess, AppSettings};
use super::{Id, Org};

/// Letters of a security token.
const TOKEN_LENGTH: usize = 24;

/// What can be chosen about logins before the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logins {
    /// Whether the OAuth username-password flow is allowed. Orgs of today have it off; here it is on unless said otherwise.
    pub password_flow: bool,
    /// Whether a password alone is not enough for the API: the security token has to follow it, as from an address that
    /// the org does not trust.
    pub security_token_required: bool,
    /// Newest API version that has SOAP's `login`.
    pub soap_login_newest: u32,
    /// How the vendor's app gets in without a browser; `run_as` is the administrator unless something is said.
    pub app: AppAccess,
    /// Further apps.
    pub apps: Vec<AppSettings>,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            password_flow: true,
            security_token_required: false,
            soap_login_newest: 64,
            app: AppAccess::default(),
            apps: Vec::new(),
        }
    }
}

impl Org {
    /// The active user of a name and a password, which the security token may follow.
    pub fn user_of_password(&self, username: &str, password: &str) -> Option<Id> {
        let state = self.read();
        let user = state.users.values().find(|user| user.username.eq_ignore_ascii_case(username))?;
        // Whoever was made without a password has none that would fit.
        let rest = password.strip_prefix(user.password.as_str()).filter(|_| !user.password.is_empty())?;
        let enough = rest.is_empty() && !self.config.logins.security_token_required;
        (user.active && (enough || rest == self.security_token(user.id))).then_some(user.id)
    }

    /// The active user of a name.
    pub fn user_named(&self, username: &str) -> Option<Id> {
        let state = self.read();
        let mut users = state.users.values();
        users.find(|user| user.active && user.username.eq_ignore_ascii_case(username)).map(|user| user.id)
    }

    /// A user's security token: letters and digits.
    pub fn security_token(&self, user: Id) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.config.seed.to_be_bytes()) else {
            // HMAC takes keys of any length.
            return String::new();
        };
        mac.update(b"security token");
        mac.update(user.as_str().as_bytes());
        let bytes = mac.finalize().into_bytes();
        let letters = bytes.iter().take(TOKEN_LENGTH);
        letters.map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()] as char).collect()
    }

    /// Remembers that a user logged in now.
    pub fn note_login(&self, user: Id) {
        let now = self.now_ms();
        if let Some(user) = std::sync::Arc::make_mut(&mut self.write().users).get_mut(&user) {
            user.last_login_ms = Some(now);
        }
    }
}
