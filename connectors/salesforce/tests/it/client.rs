//! A person's client: the REST API and the app's own service.

use serde_json::{Value, json};

use crate::world::Salesforce;

/// Calls of a person's client: the REST API and the app's service.
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: String,
}

impl Client {
    pub fn of(salesforce: &Salesforce) -> Self {
        let ready = salesforce.simulator.ready();
        Client {
            http: reqwest::Client::new(),
            base: ready.base_url.clone(),
            token: ready.access_token.clone(),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.base);
        let request = self.http.post(url).bearer_auth(&self.token);
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let answer = request.send().await.expect("an answer").text().await.expect("a text");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// Attaches content to a new case and quarantines it.
    pub async fn quarantine(&self, action: &str, content: &[u8]) {
        use base64::Engine as _;
        let case = self.post("/services/data/v67.0/sobjects/Case", &json!({"Subject": action})).await;
        let body = base64::engine::general_purpose::STANDARD.encode(content);
        let attachment = json!({"Name": format!("{action}.txt"), "ParentId": case["id"], "Body": body});
        let attachment = self.post("/services/data/v67.0/sobjects/Attachment", &attachment).await;
        let id = attachment["id"].as_str().expect("an id").to_owned();
        let ask =
            json!({"actionId": action, "sourceId": id, "reason": "test", "policy": "p", "purge": false});
        let outcome = self.post("/services/apexrest/cas/v1/quarantine", &ask).await;
        assert_eq!(outcome["state"], "QUARANTINED", "{outcome}");
    }
}
