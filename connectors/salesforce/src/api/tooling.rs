//! The Tooling API: what stands in the organisation of classes, triggers, custom objects and deployments.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::Timestamp;
use serde::Deserialize;

use super::Org;
use super::rest::{Catalogue, quoted};

/// A class or trigger.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ApexRow {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub namespace_prefix: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    pub status: String,
}

/// A custom object or platform event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CustomObjectRow {
    pub id: String,
    /// Without namespace and ending.
    pub developer_name: String,
    #[serde(default)]
    pub description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CustomFieldRow {
    pub developer_name: String,
    /// Id of the custom object.
    pub table_enum_or_id: String,
}

/// Status of a deployment that has not ended.
const RUNNING: [&str; 5] = ["Pending", "InProgress", "FinalizingDeploy", "Finalizing", "Canceling"];

/// A deployment of anybody's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeployRow {
    pub id: String,
    pub status: String,
}

impl DeployRow {
    /// It has not ended.
    pub(crate) fn is_running(&self) -> bool {
        RUNNING.contains(&self.status.as_str())
    }
}

impl Org<'_> {
    /// Deployments that a user has started since then, the newest first.
    pub(crate) async fn deployments_of(
        &self,
        user_id: &str,
        since: Timestamp,
    ) -> Result<Vec<DeployRow>, ConnectorFault> {
        self.query(Catalogue::Tooling, &deployments_of(user_id, since)).await
    }

    /// A deployment of a user that has not ended.
    pub(crate) async fn running_deployment_of(
        &self,
        user_id: &str,
    ) -> Result<Option<DeployRow>, ConnectorFault> {
        let soql = format!(
            "SELECT Id, Status FROM DeployRequest WHERE CreatedById = {} AND Status IN ({}) LIMIT 1",
            quoted(user_id),
            list(&RUNNING)
        );
        Ok(self.query(Catalogue::Tooling, &soql).await?.into_iter().next())
    }
}

/// The query for the deployments that a user has started since then.
pub(crate) fn deployments_of(user_id: &str, since: Timestamp) -> String {
    format!(
        "SELECT Id, Status FROM DeployRequest WHERE CreatedById = {} AND CreatedDate >= {} \
         ORDER BY CreatedDate DESC",
        quoted(user_id),
        since.format("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// Quoted texts with commas between them.
pub(crate) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}
