//! A pair of tokens, sealed and opened.

use provision_core::{AccountName, Fault, Result};
use provision_store::record::Sealed;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::seal::Envelope;

/// Access and refresh token of a grant.
pub(crate) struct TokenPair {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
}

#[derive(Serialize)]
struct Plain<'a> {
    access: &'a str,
    refresh: Option<&'a str>,
}

#[derive(Deserialize)]
struct Opened {
    access: SecretString,
    refresh: Option<SecretString>,
}

impl TokenPair {
    /// True where both stand for the same grant at the same time.
    pub fn is_same(&self, other: &TokenPair) -> bool {
        let text = |pair: &TokenPair| pair.refresh.as_ref().map(|r| r.expose_secret().to_owned());
        match (text(self), text(other)) {
            (None, None) => self.access.expose_secret() == other.access.expose_secret(),
            (one, another) => one == another,
        }
    }

    pub fn seal(&self, envelope: &Envelope, name: &AccountName, uid: &str) -> Result<Sealed> {
        let plain = Plain {
            access: self.access.expose_secret(),
            refresh: self.refresh.as_ref().map(|r| r.expose_secret()),
        };
        // The buffer is wiped when the secret box is dropped.
        let bytes =
            secrecy::SecretBox::new(Box::new(serde_json::to_vec(&plain).map_err(Fault::internal_error)?));
        envelope.seal(&place(name, uid), bytes.expose_secret())
    }

    pub fn open(envelope: &Envelope, name: &AccountName, uid: &str, sealed: &Sealed) -> Result<TokenPair> {
        let bytes = envelope.open(&place(name, uid), sealed)?;
        let opened: Opened = serde_json::from_slice(bytes.expose_secret())
            .map_err(|_| Fault::internal_error("a sealed token pair has another form"))?;
        Ok(TokenPair { access: opened.access, refresh: opened.refresh })
    }
}

/// The tokens of one account never open for another, nor for a later account of the same name.
fn place(name: &AccountName, uid: &str) -> String {
    format!("tokens of {name} {uid}")
}
