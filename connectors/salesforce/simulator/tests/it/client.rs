//! A plain REST client.

use std::sync::Arc;

use reqwest::{Method, Response, StatusCode, redirect};
use salesforce_simulator::org::{ManualClock, Org};
use salesforce_simulator::{Config, Ready, Simulator};
use serde_json::{Value, json};

/// 2026-11-24T12:00:00Z.
pub const NOON: i64 = 1_795_521_600_000;

/// A running simulator on a clock that stands still, and a client for it.
pub struct World {
    pub simulator: Simulator,
    pub clock: Arc<ManualClock>,
    pub http: reqwest::Client,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let clock = Arc::new(ManualClock::new(NOON));
        let simulator = Simulator::start(Config { clock: clock.clone(), ..config }).await.expect("starts");
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).build().expect("builds");
        Self { simulator, clock, http }
    }

    pub fn ready(&self) -> &Ready {
        self.simulator.ready()
    }

    pub fn org(&self) -> &Org {
        self.simulator.org()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready().base_url)
    }

    /// The administrator's ready-made session.
    pub fn admin(&self) -> Api<'_> {
        self.api(&self.ready().access_token)
    }

    /// A session of the ordinary user.
    pub fn user(&self) -> Api<'_> {
        let token = self.org().open_session(self.org().user, None, "full");
        self.api(&token)
    }

    pub fn api(&self, token: &str) -> Api<'_> {
        Api { world: self, token: token.to_owned() }
    }
}

/// REST calls with one token.
pub struct Api<'a> {
    pub world: &'a World,
    pub token: String,
}

impl Api<'_> {
    /// Sends a request; `path` continues `/services/data/v67.0`.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.try_send(method, path, body).await.expect("answers")
    }

    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let url = self.world.url(&format!("/services/data/v67.0{path}"));
        let mut request = self.world.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    /// Status and JSON (null where there is none).
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status();
        let bytes = response.bytes().await.expect("has a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Runs a query that has to work.
    pub async fn query(&self, soql: &str) -> Value {
        self.get(&format!("/query?q={}", encoded(soql))).await
    }

    /// The records of a query that has to work.
    pub async fn rows(&self, soql: &str) -> Vec<Value> {
        self.query(soql).await["records"].as_array().cloned().expect("records")
    }

    /// The error code and words of a query that has to fail.
    pub async fn query_error(&self, soql: &str) -> (String, String) {
        let (status, body) = self.call(Method::GET, &format!("/query?q={}", encoded(soql)), None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{soql}: {body}");
        error(&body)
    }

    /// Creates a record that has to work and answers its id.
    pub async fn create(&self, object: &str, body: Value) -> String {
        let (status, answer) = self.call(Method::POST, &format!("/sobjects/{object}"), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{object}: {answer}");
        assert_eq!(answer["success"], json!(true));
        answer["id"].as_str().expect("an id").to_owned()
    }
}

/// Code and message of an error array.
pub fn error(body: &Value) -> (String, String) {
    let text = |name: &str| body[0][name].as_str().unwrap_or_default().to_owned();
    (text("errorCode"), text("message"))
}

pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
