//! A running organisation that is sent bodies.

use salesforce_simulator::{Config, Simulator};
use tokio::runtime::Runtime;

/// Bodies sent to one organisation before a fresh one takes its place, so that what it keeps stays small.
const BODIES_MAX: usize = 2_000;
/// Between the parts of forms, in the seeds too.
pub const BOUNDARY: &str = "----boundary";

/// Who reads the bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Records,
    Deployments,
    Soap,
}

/// The way to a service.
pub struct Door {
    service: Service,
    runtime: Runtime,
    http: reqwest::Client,
    org: Simulator,
    sent: usize,
}

fn started(runtime: &Runtime) -> Simulator {
    runtime.block_on(Simulator::start(Config::default())).expect("an organisation")
}

impl Door {
    pub fn open(service: Service) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        // Before the client, which needs what it sets up for TLS.
        let org = started(&runtime);
        Self { service, runtime, http: reqwest::Client::new(), org, sent: 0 }
    }

    /// Sends one body; true where it was taken for good, an error where the service broke.
    pub fn send(&mut self, body: &[u8]) -> Result<bool, String> {
        if self.sent == BODIES_MAX {
            let old = std::mem::replace(&mut self.org, started(&self.runtime));
            self.runtime.block_on(old.stop());
            self.sent = 0;
        }
        self.sent += 1;
        let ready = self.org.ready();
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        // Half of the envelopes go to each of the two services that have most operations.
        let dialect = if self.sent.is_multiple_of(2) { "u" } else { "m" };
        let (path, kind, body) = match self.service {
            Service::Records => {
                ("/services/data/v67.0/sobjects/ContentVersion".to_owned(), form, body.to_vec())
            }
            Service::Deployments => {
                ("/services/data/v67.0/metadata/deployRequest".to_owned(), form, body.to_vec())
            }
            Service::Soap => (
                format!("/services/Soap/{dialect}/67.0"),
                "text/xml".to_owned(),
                session(body, &ready.access_token),
            ),
        };
        let request = self
            .http
            .post(format!("{}{path}", ready.base_url))
            .bearer_auth(&ready.access_token)
            .header("content-type", kind)
            .header("soapaction", "\"\"")
            .body(body);
        let (status, answer) = self.runtime.block_on(async {
            let answer = request.send().await.map_err(|error| format!("was not answered: {error}"))?;
            let status = answer.status();
            let text = answer.text().await.map_err(|error| format!("has a broken answer: {error}"))?;
            Ok::<_, String>((status, text))
        })?;
        // SOAP tells faults with status 500.
        let fault = self.service == Service::Soap && answer.contains("faultcode>");
        if status.is_server_error() && !fault {
            return Err(format!("is answered {status}: {}", answer.chars().take(200).collect::<String>()));
        }
        Ok(status.is_success())
    }
}

/// With the session where the seeds leave it out.
fn session(body: &[u8], token: &str) -> Vec<u8> {
    let hole = super::seeds::SESSION.as_bytes();
    match body.windows(hole.len()).position(|part| part == hole) {
        Some(at) => [&body[..at], token.as_bytes(), &body[at + hole.len()..]].concat(),
        None => body.to_vec(),
    }
}
