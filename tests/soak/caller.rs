//! Somebody who wants something of a daemon that comes and goes, and asks until it is done.

use std::time::Duration;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{ConditionStatus, ServiceAccount, ServiceAccountState};
use provision_client::{Client, Error, ListOptions};
use provision_tests::person::Person;
use salesforce_simulator::Credentials;

/// How often something is asked for that fails for a passing reason.
const ASKS_MAX: u32 = 40;
/// Between two looks at a state that has to come.
const LOOK: Duration = Duration::from_millis(50);
/// How long a state may take to come.
const PATIENCE: Duration = Duration::from_secs(90);
pub const TENANT: &str = "tenants/acme";
pub const ACCOUNT: &str = "tenants/acme/serviceAccounts/main";

/// The Global administrator, and the organisation's administrator beside them.
#[derive(Clone)]
pub struct Caller {
    pub client: Client,
    pub person: Credentials,
}

impl Caller {
    pub async fn account(&self) -> Result<ServiceAccount, String> {
        self.client.accounts().get(ACCOUNT).await.map_err(told)
    }

    /// Authorises unless that is done.
    pub async fn authorize(&self) -> Result<(), String> {
        for _ in 0..ASKS_MAX {
            if holds(&self.account().await?, "Authorized") {
                return Ok(());
            }
            let begun = match self.client.accounts().begin_authorization(ACCOUNT, "", "").await {
                Ok(begun) => begun,
                Err(error) if passes(&error) => continue,
                Err(error) => return Err(told(error)),
            };
            // A browser does not mind a page that does not come: its user tries again.
            let mut person = Person::new(&self.person);
            let _page = person.try_allow(&begun.authorization_url).await;
        }
        Err("nobody gets the account authorised".to_owned())
    }

    /// Operations of a kind that have succeeded.
    pub async fn succeeded(&self, kind: &str) -> Result<Vec<Operation>, String> {
        self.operations(kind, "SUCCEEDED").await
    }

    async fn operations(&self, kind: &str, state: &str) -> Result<Vec<Operation>, String> {
        let filter = format!("kind = {kind} AND state = {state}");
        let options = ListOptions { filter, limit: 1_000 };
        Ok(self.client.operations().list(TENANT, options).await.map_err(told)?.operations)
    }

    /// Goes on until so many operations of a kind have succeeded: waits for the one that runs, or starts one, and another
    /// where it failed for a reason that passes.
    pub async fn brought_about<F>(
        &self,
        kind: &str,
        times: usize,
        start: impl Fn(Client) -> F,
    ) -> Result<(), String>
    where
        F: Future<Output = Result<Operation, Error>>,
    {
        for _ in 0..ASKS_MAX {
            // In this order: one that ends between the two looks is seen by the second.
            let running = self.operations(kind, "RUNNING").await?;
            if self.succeeded(kind).await?.len() >= times {
                return Ok(());
            }
            let name = match running.into_iter().next() {
                Some(running) => running.name,
                None => match start(self.client.clone()).await {
                    Ok(started) => started.name,
                    Err(error) if error.reason() == "REAUTHORIZATION_REQUIRED" => {
                        self.authorize().await?;
                        continue;
                    }
                    Err(error) if passes(&error) => continue,
                    Err(error) => return Err(format!("{kind} is refused: {}", told(error))),
                },
            };
            match self.client.operations().wait_done(&name, |_| {}).await {
                Ok(_) => {}
                Err(error) if error.reason() == "REAUTHORIZATION_REQUIRED" => self.authorize().await?,
                Err(error) if passes(&error) => {}
                Err(error) => return Err(format!("{kind} fails: {}", told(error))),
            }
        }
        Err(format!("{kind} does not come about"))
    }

    /// Waits until an account is as `wanted`.
    pub async fn until(&self, what: &str, wanted: impl Fn(&ServiceAccount) -> bool) -> Result<(), String> {
        let wait = async {
            while !wanted(&self.account().await?) {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(done) => done,
            Err(_) => Err(format!("the account is not {what} in time: {:?}", self.account().await?.state())),
        }
    }

    /// Waits until it is protected and its events are read.
    pub async fn until_protected(&self) -> Result<(), String> {
        let wanted = |account: &ServiceAccount| {
            account.state() == ServiceAccountState::Protected
                && account.event_channel.as_ref().is_some_and(|channel| channel.connected)
        };
        self.until("protected", wanted).await
    }
}

/// Whether a condition holds.
pub fn holds(account: &ServiceAccount, condition: &str) -> bool {
    let found = account.conditions.iter().find(|one| one.r#type == condition);
    found.is_some_and(|one| one.status() == ConditionStatus::True)
}

/// Reasons for which the same may be asked for again.
pub fn passes(error: &Error) -> bool {
    error.is_unavailable()
        || matches!(
            error.reason(),
            "SAAS_UNAVAILABLE"
                | "SAAS_RATE_LIMITED"
                | "SAAS_PROTOCOL_ERROR"
                | "STORE_UNAVAILABLE"
                | "REQUEST_TIMED_OUT"
                | "PLAN_STALE"
                | "GRANT_IN_DOUBT"
                | "CONCURRENT_CHANGE"
                | "OPERATION_IN_PROGRESS"
                | "SHUTTING_DOWN"
        )
}

pub fn told(error: Error) -> String {
    error.to_string()
}
