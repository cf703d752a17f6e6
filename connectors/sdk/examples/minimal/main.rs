//! The smallest connector that keeps the whole contract: the place to start from for a new one.
//!
//! `pad` is an application that exists only in this process. `application.rs` is the application, `connector.rs` the
//! connector, `removal.rs` how it undoes what it did; here both are put to the contract suite, as a connector's own tests do it against a simulator:
//!
//! ```sh
//! cargo run -p provision-connector-sdk --example minimal
//! ```

mod application;
mod connector;
mod removal;

use std::sync::Arc;

use async_trait::async_trait;
use provision_connector_sdk::core::plan::PlannedComponent;
use provision_connector_sdk::testkit::{Report, StaticCredentials, World, contract};
use provision_connector_sdk::{AccountContext, Connector, Credentials};

use application::{Application, GOOD_TOKEN};
use connector::PadConnector;

struct PadWorld {
    application: Arc<Application>,
    connector: PadConnector,
}

#[async_trait]
impl World for PadWorld {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn account(&self) -> AccountContext {
        AccountContext {
            uid: "example".to_owned(),
            environment: "live".to_owned(),
            settings: serde_json::Map::new(),
            identity: None,
        }
    }

    async fn credentials(&self) -> Arc<dyn Credentials> {
        Arc::new(StaticCredentials::new(GOOD_TOKEN, "https://pad.example"))
    }

    async fn refused_credentials(&self) -> Arc<dyn Credentials> {
        Arc::new(StaticCredentials::new("revoked", "https://pad.example"))
    }

    fn effects(&self) -> Option<u64> {
        Some(self.application.lock().effects)
    }

    fn portrait(&self) -> Option<String> {
        let state = self.application.lock();
        Some(format!("{:?} {:?}", state.components, state.items))
    }

    async fn quarantine(&self, action: &str, content: &[u8]) -> bool {
        let mut state = self.application.lock();
        state.items.insert(action.to_owned(), Some(content.to_vec()));
        state.effects += 1;
        true
    }

    async fn disown(&self, component: &PlannedComponent) -> bool {
        self.application.put(&component.full_name, "somebody else's".to_owned());
        true
    }

    async fn tamper(&self, component: &PlannedComponent) -> bool {
        self.application.lock().components.remove(&component.full_name).is_some()
    }
}

async fn judge() -> Report {
    let application = Arc::new(Application::default());
    let connector = PadConnector::new(Arc::clone(&application));
    contract::run(&PadWorld { application, connector }).await
}

#[tokio::main]
async fn main() {
    let report = judge().await;
    print!("{report}");
    if report.broken().next().is_some() {
        std::process::exit(1);
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn the_example_keeps_the_contract() {
        super::judge().await.assert_kept();
    }
}
