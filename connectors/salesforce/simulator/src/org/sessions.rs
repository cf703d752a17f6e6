//! Live sessions: what an access token stands for.

use std::collections::HashMap;
use std::net::IpAddr;

use super::id::Id;

/// A session of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: Id,
    /// The app grant it came from; `None` for the session made at the start.
    pub grant: Option<u64>,
    /// Consumer key of the app that it was opened for; `None` = a login by SOAP, or the session made at the start.
    pub app: Option<String>,
    /// Granted scopes, space separated.
    pub scope: String,
    pub created_ms: i64,
    pub used_ms: i64,
    /// Where it was used first.
    pub address: Option<IpAddr>,
}

/// All sessions, by their access token.
#[derive(Default)]
pub struct Sessions {
    live: HashMap<String, Session>,
}

impl Sessions {
    /// The access tokens that live.
    pub fn tokens(&self) -> impl Iterator<Item = &String> {
        self.live.keys()
    }

    /// Opens a session under this token.
    pub fn open(&mut self, token: String, session: Session) {
        self.live.insert(token, session);
    }

    /// The session of a token, if it has been used within `lifetime_ms`; does not slide it.
    pub fn peek(&self, token: &str, now_ms: i64, lifetime_ms: i64) -> Option<&Session> {
        self.live.get(token).filter(|session| now_ms - session.used_ms < lifetime_ms)
    }

    /// As [`Sessions::peek`], and starts the lifetime anew.
    pub fn touch(&mut self, token: &str, now_ms: i64, lifetime_ms: i64) -> Option<Session> {
        let session = self.live.get_mut(token)?;
        if now_ms - session.used_ms >= lifetime_ms {
            self.live.remove(token);
            return None;
        }
        session.used_ms = now_ms;
        Some(session.clone())
    }

    /// Whether a session is used from where it was used first.
    pub fn is_at_home(&mut self, token: &str, address: IpAddr) -> bool {
        self.live.get_mut(token).is_none_or(|session| *session.address.get_or_insert(address) == address)
    }

    /// Ends one session.
    pub fn end(&mut self, token: &str) -> Option<Session> {
        self.live.remove(token)
    }

    /// Ends every session that came from a grant.
    pub fn end_of_grant(&mut self, grant: u64) {
        self.live.retain(|_, session| session.grant != Some(grant));
    }

    /// Ends all sessions.
    pub fn end_all(&mut self) {
        self.live.clear();
    }

    /// Ends every session of a user.
    pub fn end_of_user(&mut self, user: Id) {
        self.live.retain(|_, session| session.user != user);
    }
}
