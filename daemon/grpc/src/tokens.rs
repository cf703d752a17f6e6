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

/// Makes and reads tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    key: [u8; 32],
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
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Tokens { key }
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
        token.extend_from_slice(&self.mac(kind, scope, payload).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    fn open(&self, kind: u8, scope: &[&str], token: &str) -> Option<Vec<u8>> {
        if token.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_LENGTH)?)?;
        self.mac(kind, scope, payload).verify_slice(mac).ok()?;
        Some(payload.to_vec())
    }

    /// Every part goes in with its length, so that no two scopes read the same.
    fn mac(&self, kind: u8, scope: &[&str], payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("an HMAC takes keys of any length");
        mac.update(&[kind]);
        for part in scope.iter().map(|s| s.as_bytes()).chain([payload]) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> Tokens {
        Tokens::new([7; 32])
    }

    #[test]
    fn a_page_token_works_for_its_own_list_alone() {
        let (one, other) = (Principal::new("one").expect("valid"), Principal::new("two").expect("valid"));
        let scope = PageScope { method: "ListX", principal: &one, parent: "tenants/acme", filter: "a = b" };
        let token = tokens().page(scope, "cursor");
        assert_eq!(tokens().read_page(scope, &token).expect("own"), Some("cursor".to_owned()));
        assert_eq!(tokens().read_page(scope, "").expect("first page"), None);
        for wrong in [
            PageScope { method: "ListY", ..scope },
            PageScope { principal: &other, ..scope },
            PageScope { parent: "tenants/other", ..scope },
            PageScope { filter: "", ..scope },
            PageScope { parent: "tenants/acmea", filter: " = b", ..scope },
        ] {
            let fault = tokens().read_page(wrong, &token).expect_err("bound");
            assert_eq!(fault.reason(), Reason::PageTokenInvalid);
        }
        assert!(Tokens::new([8; 32]).read_page(scope, &token).is_err(), "another key");
    }

    #[test]
    fn a_resume_token_is_no_page_token() {
        let principal = Principal::new("one").expect("valid");
        let tenant = TenantId::new("acme").expect("valid");
        let scope =
            StreamScope { topic: Topic::Notifications, principal: &principal, tenant: &tenant, filter: "" };
        let place = Place { position: Position(u64::MAX), last_sequence: 3 };
        let token = tokens().resume(scope, place);
        assert_eq!(tokens().read_resume(scope, &token).expect("own"), place);
        let page = PageScope { method: "one", principal: &principal, parent: "acme", filter: "" };
        assert!(tokens().read_page(page, &token).is_err());
    }

    proptest! {
        #[test]
        fn reading_strange_tokens_never_panics_nor_succeeds(token in ".{1,200}") {
            let principal = Principal::new("one").expect("valid");
            let tenant = TenantId::new("acme").expect("valid");
            let scope = PageScope { method: "m", principal: &principal, parent: "", filter: "" };
            prop_assert!(tokens().read_page(scope, &token).is_err());
            let scope = StreamScope { topic: Topic::Notifications, principal: &principal, tenant: &tenant, filter: "" };
            prop_assert!(tokens().read_resume(scope, &token).is_err());
        }

        #[test]
        fn one_changed_bit_breaks_a_token(cursor in ".{0,40}", at in 0usize..500, bit in 0u8..8) {
            let principal = Principal::new("one").expect("valid");
            let scope = PageScope { method: "m", principal: &principal, parent: "p", filter: "f" };
            let token = tokens().page(scope, &cursor);
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64");
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(tokens().read_page(scope, &URL_SAFE_NO_PAD.encode(bytes)).is_err());
        }
    }
}
