//! A small SaaS application: an organisation with components, jobs and events, and an OAuth endpoint over real HTTP.
//! It keeps a ledger of effects.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use provision_connector_sdk::{ConnectorFault, Disposed};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::Crash;

/// The application's state.
pub struct Application {
    inner: Mutex<Inner>,
    /// What happens to the daemon that calls.
    caller: Mutex<Arc<Crash>>,
    /// Grows with every event.
    pub events: watch::Sender<usize>,
    pub address: SocketAddr,
}

#[derive(Default)]
pub struct Inner {
    /// Component to the number of times it was created.
    pub created: BTreeMap<String, u32>,
    /// Component to the number of times it was removed.
    pub removed: BTreeMap<String, u32>,
    /// Components of somebody else.
    pub foreign: BTreeSet<String>,
    /// Components that cannot be removed.
    pub sticky: BTreeSet<String>,
    /// Components that come in when others have been removed.
    pub late: BTreeSet<String>,
    pub quarantine: Vec<Held>,
    /// Bytes of a piece of quarantined content; 0: a few.
    pub piece_bytes: usize,
    /// Whatever is brought in has to wait.
    pub applies_wait: bool,
    /// What became of quarantined items, and how often.
    pub disposed: BTreeMap<String, u32>,
    /// Jobs by idempotency key: components that come in when the job is asked about.
    pub jobs: HashMap<String, Vec<String>>,
    pub event_log: Vec<String>,
    pub refresh_token: String,
    pub access_token: String,
    pub tokens_issued: u32,
    pub refreshes: u32,
    /// Refresh tokens that were presented after they were rotated out.
    pub reuses: u32,
    pub revoked: Vec<String>,
    pub codes: HashMap<String, bool>,
    /// What the next token exchange does instead of answering.
    pub next_exchange: Option<Trouble>,
    /// So many exchanges are told that another one is under way.
    pub races: u32,
    /// The access token of before an exchange whose answer is lost stays good.
    pub keeps_access: bool,
    /// Nobody is told whether a token lives.
    pub introspection_down: bool,
    pub grant_dead: bool,
    /// Pairs of grants before the last one.
    pub earlier: Vec<(String, String)>,
    pub organization: String,
    pub environment: String,
    pub effects: u32,
    /// API names of the object types.
    pub objects: Vec<String>,
    /// Object types that have one more field than they were born with.
    pub grown: BTreeSet<String>,
    /// Components that are refused.
    pub refuses: BTreeSet<String>,
    /// Preconditions that do not hold.
    pub failing: BTreeSet<&'static str>,
    /// How often each part of an inventory was asked for.
    pub parts_asked: BTreeMap<String, u32>,
    /// Components that somebody has changed since, and how.
    pub amiss: BTreeMap<String, Amiss>,
    /// What the organisation answers every call with, instead of doing it.
    pub refusal: Option<ConnectorFault>,
    /// Calls of the last day and their limit, as every answer tells.
    pub allowance: Option<(u64, u64)>,
    /// Somebody else's doing, which a plan must notice.
    pub touched: u32,
    /// A page where the app is installed first.
    pub installation: bool,
    pub identified: u32,
    /// Revoking one grant ends all of the organisation.
    pub revokes_all: bool,
    /// A revocation is not answered.
    pub revoke_fails: bool,
}

/// Quarantined content.
#[derive(Debug, Clone)]
pub struct Held {
    pub id: String,
    pub content: Vec<u8>,
    pub sha256: String,
    pub held: bool,
    /// What the application says when it is to be restored or deleted.
    pub refuses: Option<String>,
    /// Not all of the content is there.
    pub damaged: bool,
    /// The application never comes to an end with it.
    pub stuck: bool,
}

/// What somebody has done to a component.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Amiss {
    Changed,
    SwitchedOff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Rotates, then answers nothing readable.
    LoseAnswer,
    /// Does nothing and answers 504.
    GatewayTimeout,
}

impl Application {
    pub async fn start() -> Arc<Application> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let application = Arc::new(Application {
            inner: Mutex::new(Inner {
                organization: "org-1".into(),
                environment: "sandbox".into(),
                objects: vec!["A".into(), "B".into()],
                ..Inner::default()
            }),
            caller: Mutex::new(Crash::never()),
            events: watch::Sender::new(0),
            address,
        });
        let router = Router::new()
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/introspect", post(introspect))
            .layer(axum::middleware::from_fn_with_state(application.clone(), crashing))
            .with_state(application.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        application
    }

    pub fn state(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds the lock")
    }

    /// Another daemon calls from now on.
    pub fn is_called_by(&self, daemon: Arc<Crash>) {
        *self.caller.lock().expect("no test panics while it holds the lock") = daemon;
    }

    pub fn publish(&self, marker: &str) {
        let count = {
            let mut state = self.state();
            state.event_log.push(marker.to_owned());
            state.event_log.len()
        };
        self.events.send_replace(count);
    }

    pub fn issue_code(&self) -> String {
        let mut state = self.state();
        let code = format!("code-{}", state.codes.len());
        state.codes.insert(code.clone(), false);
        code
    }
}

impl Inner {
    /// Effects that must happen once, by name.
    pub fn effects(&self) -> BTreeMap<String, u32> {
        let created = self.created.iter().map(|(name, count)| (format!("created {name}"), *count));
        let removed = self.removed.iter().map(|(name, count)| (format!("removed {name}"), *count));
        let disposed = self.disposed.iter().map(|(deed, count)| (deed.clone(), *count));
        created.chain(removed).chain(disposed).collect()
    }

    pub fn is_there(&self, name: &str) -> bool {
        self.created.get(name).copied().unwrap_or(0) > self.removed.get(name).copied().unwrap_or(0)
    }

    /// What of ours is in the organisation.
    pub fn there(&self) -> Vec<String> {
        self.created.keys().filter(|name| self.is_there(name)).cloned().collect()
    }

    pub fn put_into_quarantine(&mut self, id: &str, content: &str) -> &mut Held {
        self.quarantine.push(Held {
            id: id.into(),
            content: content.into(),
            sha256: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(content)),
            held: true,
            refuses: None,
            damaged: false,
            stuck: false,
        });
        self.quarantine.last_mut().expect("pushed")
    }

    /// The first time, it is only begun.
    pub fn dispose(&mut self, deed: &str, id: &str) -> Disposed {
        let Some(held) = self.quarantine.iter_mut().find(|held| held.id == id) else {
            return Disposed::Refused { reason: "no such item".into() };
        };
        if let Some(reason) = &held.refuses {
            return Disposed::Refused { reason: reason.clone() };
        }
        if held.stuck {
            return Disposed::Pending { poll_after: std::time::Duration::from_millis(1) };
        }
        if held.held {
            held.held = false;
            *self.disposed.entry(format!("{deed} {id}")).or_default() += 1;
            return Disposed::Pending { poll_after: std::time::Duration::from_millis(1) };
        }
        Disposed::Done
    }

    fn issue(&mut self) -> Value {
        self.tokens_issued += 1;
        self.access_token = format!("access-{}", self.tokens_issued);
        self.refresh_token = format!("refresh-{}", self.tokens_issued);
        self.grant_dead = false;
        json!({"access_token": self.access_token, "refresh_token": self.refresh_token, "token_type": "Bearer"})
    }
}

type Answer = (axum::http::StatusCode, Json<Value>);

fn refused(error: &str) -> Answer {
    (axum::http::StatusCode::BAD_REQUEST, Json(json!({"error": error, "error_description": "refused"})))
}

/// The calls of the broker have their points too.
async fn crashing(State(app): State<Arc<Application>>, request: Request, next: Next) -> Response {
    let caller = app.caller.lock().expect("no test panics while it holds the lock").clone();
    caller.point().await;
    let answer = next.run(request).await;
    if caller.answers().await { answer } else { lost().into_response() }
}

fn lost() -> Answer {
    (axum::http::StatusCode::GATEWAY_TIMEOUT, Json(json!("lost")))
}

fn raced() -> Answer {
    let told =
        json!({"error": "invalid_grant", "error_description": "token request is already being processed"});
    (axum::http::StatusCode::BAD_REQUEST, Json(told))
}

async fn token(State(app): State<Arc<Application>>, Form(form): Form<HashMap<String, String>>) -> Answer {
    let mut state = app.state();
    if form.get("grant_type").map(String::as_str) == Some("authorization_code") {
        let code = form.get("code").cloned().unwrap_or_default();
        if !form.contains_key("code_verifier") || state.codes.insert(code, true) != Some(false) {
            return refused("invalid_grant");
        }
        if !state.refresh_token.is_empty() && !state.grant_dead {
            let pair = (state.access_token.clone(), state.refresh_token.clone());
            state.earlier.push(pair);
        }
        return (axum::http::StatusCode::OK, Json(state.issue()));
    }
    state.refreshes += 1;
    if state.next_exchange == Some(Trouble::GatewayTimeout) {
        state.next_exchange = None;
        return (axum::http::StatusCode::GATEWAY_TIMEOUT, Json(json!("gateway")));
    }
    if state.races > 0 {
        state.races -= 1;
        return raced();
    }
    if state.grant_dead || form.get("refresh_token") != Some(&state.refresh_token) {
        state.reuses += u32::from(!state.grant_dead);
        state.grant_dead = true;
        return refused("invalid_grant");
    }
    let access = state.access_token.clone();
    let answer = state.issue();
    if state.keeps_access {
        state.access_token = access;
    }
    if state.next_exchange.take() == Some(Trouble::LoseAnswer) {
        return lost();
    }
    (axum::http::StatusCode::OK, Json(answer))
}

async fn revoke(State(app): State<Arc<Application>>, Form(form): Form<HashMap<String, String>>) -> Answer {
    let token = form.get("token").cloned().unwrap_or_default();
    let mut state = app.state();
    if state.revoke_fails {
        return (axum::http::StatusCode::SERVICE_UNAVAILABLE, Json(json!("later")));
    }
    if state.revokes_all {
        state.grant_dead = true;
        state.access_token = "revoked".into();
    } else if token == state.refresh_token {
        // The grant before it, where there is one, lives on.
        match state.earlier.pop() {
            Some((access, refresh)) => (state.access_token, state.refresh_token) = (access, refresh),
            None => {
                state.grant_dead = true;
                state.access_token = "revoked".into();
            }
        }
    }
    state.revoked.push(token);
    (axum::http::StatusCode::OK, Json(json!({})))
}

async fn introspect(
    State(app): State<Arc<Application>>,
    Form(form): Form<HashMap<String, String>>,
) -> Answer {
    let state = app.state();
    if state.introspection_down {
        return (axum::http::StatusCode::SERVICE_UNAVAILABLE, Json(json!("later")));
    }
    let active = !state.grant_dead && form.get("token") == Some(&state.refresh_token);
    (axum::http::StatusCode::OK, Json(json!({"active": active})))
}
