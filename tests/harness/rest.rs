//! Salesforce's REST API as any client uses it.

use reqwest::{Client, Method, multipart};
use salesforce_simulator::Simulator;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Somebody with a token.
pub struct Rest {
    base: String,
    token: String,
    client: Client,
}

/// A file that was put into quarantine.
pub struct Quarantined {
    pub document: String,
    pub content: Vec<u8>,
}

/// Puts a file of 150,000 bytes into quarantine, as the service does.
pub async fn quarantined(org: &Simulator, action: &str) -> Quarantined {
    quarantined_of(org, action, 150_000, false).await
}

/// Puts a file of so many bytes into quarantine; purged, its document is not in the recycle bin afterwards.
pub async fn quarantined_of(org: &Simulator, action: &str, bytes: u32, purge: bool) -> Quarantined {
    let rest = Rest::of(org);
    let content: Vec<u8> = (0..bytes).map(|number| (number.wrapping_mul(7) % 251) as u8).collect();
    let document = rest.upload("lamp.bin", &content).await;
    let mut ask = json!({"actionId": action, "sourceId": document, "reason": "found", "purge": purge});
    if bytes > HEAP_MAX {
        rest.keep(action, &document, &content).await;
        ask = json!({"actionId": action, "reason": "found", "purge": purge});
    }
    loop {
        let path = "/services/apexrest/cas/v1/quarantine";
        let (status, taken) = rest.call(Method::POST, path, Some(ask.clone())).await;
        match status {
            // Not all of its chunks are verified yet.
            202 => continue,
            200 => assert_eq!(taken["state"], "QUARANTINED", "{taken}"),
            _ => panic!("{status}: {taken}"),
        }
        return Quarantined { document, content };
    }
}

/// Content up to this size is taken in by the app itself.
const HEAP_MAX: u32 = 1_200_000;
/// Bytes of a chunk.
const CHUNK: usize = 98_304;

/// In hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Rest {
    /// The administrator.
    pub fn of(org: &Simulator) -> Rest {
        Rest::with_token(org, &org.ready().access_token)
    }

    pub fn with_token(org: &Simulator, token: &str) -> Rest {
        let client = Client::builder().no_proxy().build().expect("a client");
        Rest { base: org.ready().base_url.clone(), token: token.to_owned(), client }
    }

    /// A path of the data API.
    pub fn data(&self, path: &str) -> String {
        format!("/services/data/v67.0{path}")
    }

    /// Calls a path below the organisation's address; answers status and body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Makes a record; answers its id.
    pub async fn create(&self, object: &str, fields: Value) -> String {
        let path = self.data(&format!("/sobjects/{object}"));
        let (status, made) = self.call(Method::POST, &path, Some(fields)).await;
        assert_eq!(status, 201, "{object}: {made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    pub async fn update(&self, object: &str, id: &str, fields: Value) {
        let path = self.data(&format!("/sobjects/{object}/{id}"));
        let (status, answer) = self.call(Method::PATCH, &path, Some(fields)).await;
        assert_eq!(status, 204, "{object} {id}: {answer}");
    }

    pub async fn delete(&self, object: &str, id: &str) {
        let path = self.data(&format!("/sobjects/{object}/{id}"));
        let (status, answer) = self.call(Method::DELETE, &path, None).await;
        assert_eq!(status, 204, "{object} {id}: {answer}");
    }

    /// All rows of a query that fit on its first page.
    pub async fn rows(&self, soql: &str) -> Vec<Value> {
        let query: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
        let (status, page) = self.call(Method::GET, &self.data(&format!("/query?q={query}")), None).await;
        assert_eq!(status, 200, "{soql}: {page}");
        page["records"].as_array().expect("rows").clone()
    }

    /// The one row of a query.
    pub async fn row(&self, soql: &str) -> Value {
        let mut rows = self.rows(soql).await;
        assert_eq!(rows.len(), 1, "{soql}: {rows:?}");
        rows.remove(0)
    }

    /// How many records there are of an object, perhaps under a condition.
    pub async fn count(&self, from: &str) -> usize {
        self.rows(&format!("SELECT Id FROM {from}")).await.len()
    }

    /// Uploads a file, as larger ones are: answers the id of its document.
    pub async fn upload(&self, name: &str, content: &[u8]) -> String {
        let entity = json!({"Title": name, "PathOnClient": name}).to_string();
        let entity = multipart::Part::text(entity).mime_str("application/json").expect("a type");
        let bytes = multipart::Part::bytes(content.to_vec()).file_name(name.to_owned());
        let bytes = bytes.mime_str("application/octet-stream").expect("a type");
        let form = multipart::Form::new().part("entity_content", entity).part("VersionData", bytes);
        let url = format!("{}{}", self.base, self.data("/sobjects/ContentVersion"));
        let answer = self.client.post(url).bearer_auth(&self.token).multipart(form).send().await;
        let made: Value = answer.expect("an answer").json().await.expect("JSON");
        let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
        let version =
            self.row(&format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{id}'")).await;
        version["ContentDocumentId"].as_str().expect("an id").to_owned()
    }

    /// Stores the chunks of content that does not fit into Apex, as the service does before it asks for the quarantine.
    async fn keep(&self, action: &str, document: &str, content: &[u8]) {
        use base64::Engine as _;
        let version = self
            .row(&format!("SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{document}'"))
            .await["Id"]
            .clone();
        let chunks: Vec<&[u8]> = content.chunks(CHUNK).collect();
        let item = json!({
            "Action_Id__c": action, "Action__c": "QUARANTINE", "State__c": "STORING", "Source_Id__c": document,
            "Source_Version__c": version, "Size__c": content.len(), "Chunk_Count__c": chunks.len(),
            "Sha256__c": sha256(content),
        });
        let item = self.create("CAS_Quarantined_Item__c", item).await;
        for (index, bytes) in chunks.into_iter().enumerate() {
            let chunk = json!({
                "Item__c": item, "Index__c": index, "Size__c": bytes.len(), "Sha256__c": sha256(bytes),
                "Chunk_Id__c": format!("{action}:{index}"),
                "Data__c": base64::engine::general_purpose::STANDARD.encode(bytes),
            });
            self.create("CAS_Quarantined_Chunk__c", chunk).await;
        }
    }

    /// The bytes of a file's latest version.
    pub async fn content_of(&self, document: &str) -> Vec<u8> {
        let soql = format!(
            "SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{document}' AND IsLatest = true"
        );
        let version = self.row(&soql).await["Id"].as_str().expect("an id").to_owned();
        let path = self.data(&format!("/sobjects/ContentVersion/{version}/VersionData"));
        let answer = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await;
        answer.expect("an answer").bytes().await.expect("bytes").to_vec()
    }
}
