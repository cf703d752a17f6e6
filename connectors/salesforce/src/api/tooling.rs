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
        matches!(
            self.status.as_str(),
            "Pending" | "InProgress" | "FinalizingDeploy" | "Finalizing" | "Canceling"
        )
    }
}

impl Org<'_> {
    /// Unmanaged classes whose name begins with `prefix`.
    pub(crate) async fn apex_classes(&self, prefix: &str) -> Result<Vec<ApexRow>, ConnectorFault> {
        let soql = format!(
            "SELECT Id, Name, Body, Status FROM ApexClass WHERE NamespacePrefix = null AND Name LIKE {}",
            quoted(&format!("{prefix}%"))
        );
        self.query(Catalogue::Tooling, &soql).await
    }

    /// Unmanaged triggers whose name begins with `prefix`.
    pub(crate) async fn apex_triggers(&self, prefix: &str) -> Result<Vec<ApexRow>, ConnectorFault> {
        let soql = format!(
            "SELECT Id, Name, Body, Status FROM ApexTrigger \
             WHERE NamespacePrefix = null AND Name LIKE {}",
            quoted(&format!("{prefix}%"))
        );
        self.query(Catalogue::Tooling, &soql).await
    }

    /// Unmanaged custom objects and platform events of these developer names.
    pub(crate) async fn custom_objects(
        &self,
        developer_names: &[String],
    ) -> Result<Vec<CustomObjectRow>, ConnectorFault> {
        if developer_names.is_empty() {
            return Ok(Vec::new());
        }
        let soql = format!(
            "SELECT Id, DeveloperName, Description FROM CustomObject \
             WHERE NamespacePrefix = null AND DeveloperName IN ({})",
            list(developer_names)
        );
        self.query(Catalogue::Tooling, &soql).await
    }

    /// The custom fields of custom objects, by the objects' ids.
    pub(crate) async fn custom_fields(
        &self,
        object_ids: &[String],
    ) -> Result<Vec<CustomFieldRow>, ConnectorFault> {
        if object_ids.is_empty() {
            return Ok(Vec::new());
        }
        // The column holds text, and orgs write the id in it with 15 or with 18 characters.
        let short = object_ids.iter().filter_map(|id| id.get(..15)).map(str::to_owned);
        let spellings: Vec<String> = object_ids.iter().cloned().chain(short).collect();
        let soql = format!(
            "SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE TableEnumOrId IN ({})",
            list(&spellings)
        );
        self.query(Catalogue::Tooling, &soql).await
    }

    /// Deployments that a user has started since then, the newest first.
    pub(crate) async fn deployments_of(
        &self,
        user_id: &str,
        since: Timestamp,
    ) -> Result<Vec<DeployRow>, ConnectorFault> {
        let soql = format!(
            "SELECT Id, Status FROM DeployRequest WHERE CreatedById = {} AND CreatedDate >= {} \
             ORDER BY CreatedDate DESC",
            quoted(user_id),
            since.format("%Y-%m-%dT%H:%M:%SZ")
        );
        self.query(Catalogue::Tooling, &soql).await
    }

    /// Deployments of anybody's that have not ended.
    pub(crate) async fn running_deployments(&self) -> Result<Vec<DeployRow>, ConnectorFault> {
        let soql = "SELECT Id, Status FROM DeployRequest WHERE Status IN ('Pending', 'InProgress')";
        self.query(Catalogue::Tooling, soql).await
    }
}

/// Quoted texts with commas between them.
pub(crate) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}
