//! What users have allowed the app: pending pages, authorization codes, grants with their refresh tokens.

use std::collections::{BTreeMap, HashMap};

use super::id::Id;

/// What an authorize request asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The app's consumer key.
    pub client_id: String,
    pub response: Response,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub scope: String,
    pub code_challenge: Option<String>,
    pub login_hint: Option<String>,
    /// For the id token.
    pub nonce: Option<String>,
}

/// What the browser is sent back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// A code, which the app exchanges.
    Code,
    /// Tokens, behind a `#`: the user-agent flow.
    Token,
}

/// A login or approval page that somebody has open.
#[derive(Debug, Clone)]
pub struct PendingPage {
    pub asked: Asked,
    /// Who logged in; `None` while the login page is open.
    pub user: Option<Id>,
    pub opened_ms: i64,
    /// Ask for approval even where it was given before.
    pub consent: bool,
}

/// An authorization code, good for one exchange within fifteen minutes.
#[derive(Debug, Clone)]
pub struct Code {
    pub asked: Asked,
    pub user: Id,
    pub issued_ms: i64,
    pub used: bool,
}

/// A user's standing permission to the app.
#[derive(Clone)]
pub struct Grant {
    pub number: u64,
    /// The app's consumer key.
    pub app: String,
    pub user: Id,
    pub scope: String,
    /// The one that works now, if the scope includes refreshing.
    pub refresh_token: Option<String>,
    pub created_ms: i64,
    pub used_ms: i64,
    /// A refresh is being answered; a second one is refused meanwhile.
    pub refreshing: bool,
}

/// A link that opens the org in a browser, once and soon.
#[derive(Debug, Clone)]
pub struct FrontDoor {
    pub user: Id,
    pub made_ms: i64,
    /// Path that the browser goes on to.
    pub start: String,
}

/// Something without a browser that waits for a person to allow it.
#[derive(Debug, Clone)]
pub struct Device {
    /// The app's consumer key.
    pub client_id: String,
    pub scope: String,
    /// What the person types.
    pub word: String,
    pub asked_ms: i64,
    pub polled_ms: Option<i64>,
    pub verdict: Verdict,
}

/// What a person said of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Open,
    Allowed(Id),
    Denied,
}

/// Everything OAuth keeps.
#[derive(Default)]
pub struct Grants {
    pub pages: HashMap<String, PendingPage>,
    /// Users logged in with a browser, by the value of its session cookie.
    pub browsers: HashMap<String, Id>,
    /// Users who may open the org in a browser once, by the word that lets them: see [`FrontDoor`].
    pub front_doors: HashMap<String, FrontDoor>,
    pub codes: HashMap<String, Code>,
    /// Devices that wait, by their code.
    pub devices: HashMap<String, Device>,
    pub grants: BTreeMap<u64, Grant>,
    /// Every refresh token ever handed out and its grant: a rotated one must still be recognised.
    pub refresh_tokens: HashMap<String, u64>,
    pub last: u64,
}

impl Grants {
    /// The live grants of a user to an app, oldest first.
    pub fn of_user(&self, user: Id, app: &str) -> impl Iterator<Item = &Grant> {
        self.grants.values().filter(move |grant| grant.user == user && grant.app == app)
    }
}
