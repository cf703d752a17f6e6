//! Page tokens and resume tokens: opaque to callers, bound by an HMAC to what they were made for. They carry a place,
//! never a right: each use is authorised anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use provision_core::fault::{Fault, Result};
use provision_core::ports::Position;
use provision_core::{Principal, Reason, TenantId};
use sha2::Sha256;

/// Longest token that is looked at, in characters.
const TOKEN_LENGTH_MAX: usize = 4_096;
const MAC_LENGTH: usize = 32;
const PAGE: u8 = 1;

/// Makes tokens under the first key, and reads those made under any.
#[derive(Clone)]
pub(crate) struct Tokens {
    keys: Vec<[u8; 32]>,
}

/// What a page token belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageScope<'a> {
    pub method: &'a str,
    pub principal: &'a Principal,
    pub parent: &'a str,
    pub filter: &'a str,
}

/// What a stream is about. The numbers stand in tokens: they stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Notifications = 2,
    Accounts = 3,
}

/// What a resume token belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamScope<'a> {
    pub topic: Topic,
    pub principal: &'a Principal,
    pub tenant: &'a TenantId,
    pub filter: &'a str,
}

/// A place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub position: Position,
    /// Sequence of the last event that the subscriber could see; 0 for none.
    pub last_sequence: u64,
}

impl Tokens {
    pub(crate) fn new(keys: Vec<[u8; 32]>) -> Self {
        Tokens { keys }
    }

    /// The token of the page that begins at `cursor`.
    pub(crate) fn page(&self, scope: PageScope<'_>, cursor: &str) -> String {
        self.seal(PAGE, &scope.parts(), cursor.as_bytes())
    }

    /// The cursor in a page token; `None` for the empty token of a first page.
    pub(crate) fn read_page(&self, scope: PageScope<'_>, token: &str) -> Result<Option<String>> {
        if token.is_empty() {
            return Ok(None);
        }
        let cursor = self.open(PAGE, &scope.parts(), token).and_then(|c| String::from_utf8(c).ok());
        cursor.map(Some).ok_or_else(|| {
            let why = "is not a token of this list with these arguments; begin again without one";
            Fault::new(Reason::PageTokenInvalid, format!("page_token: {why}")).violation("page_token", why)
        })
    }

    /// The token of a place in a stream.
    pub(crate) fn resume(&self, scope: StreamScope<'_>, place: Place) -> String {
        let mut payload = [0; 16];
        payload[..8].copy_from_slice(&place.position.0.to_be_bytes());
        payload[8..].copy_from_slice(&place.last_sequence.to_be_bytes());
        self.seal(scope.topic as u8, &scope.parts(), &payload)
    }

    /// The place in a resume token.
    pub(crate) fn read_resume(&self, scope: StreamScope<'_>, token: &str) -> Result<Place> {
        let place = self.open(scope.topic as u8, &scope.parts(), token).and_then(|payload| {
            let (position, sequence) = payload.split_at_checked(8)?;
            Some(Place {
                position: Position(u64::from_be_bytes(position.try_into().ok()?)),
                last_sequence: u64::from_be_bytes(sequence.try_into().ok()?),
            })
        });
        place.ok_or_else(|| {
            let why = "is not a token of this stream for this caller and filter; begin again without one";
            Fault::new(Reason::ResumeTokenInvalid, format!("resume_token: {why}"))
                .violation("resume_token", why)
        })
    }

    fn seal(&self, kind: u8, scope: &[&str], payload: &[u8]) -> String {
        let mut token = payload.to_vec();
        if let Some(key) = self.keys.first() {
            token.extend_from_slice(&mac(key, kind, scope, payload).finalize().into_bytes());
        }
        URL_SAFE_NO_PAD.encode(token)
    }

    fn open(&self, kind: u8, scope: &[&str], token: &str) -> Option<Vec<u8>> {
        if token.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, found) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LENGTH)?)?;
        let mut keys = self.keys.iter();
        keys.any(|key| mac(key, kind, scope, payload).verify_slice(found).is_ok()).then(|| payload.to_vec())
    }
}

/// Every part goes in with its length, so that no two scopes read the same.
fn mac(key: &[u8; 32], kind: u8, scope: &[&str], payload: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    mac.update(&[kind]);
    for part in scope.iter().map(|s| s.as_bytes()).chain([payload]) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

impl<'a> PageScope<'a> {
    fn parts(&self) -> [&'a str; 4] {
        [self.method, self.principal.as_str(), self.parent, self.filter]
    }
}

impl<'a> StreamScope<'a> {
    fn parts(&self) -> [&'a str; 3] {
        [self.principal.as_str(), self.tenant.as_str(), self.filter]
    }
}

#[cfg(test)]
mod tests;
