//! The Metadata API's deployments over REST.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use provision_connector_sdk::ConnectorFault;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{Call, Org};

/// Which tests a deployment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tests {
    /// What the organisation asks for of itself.
    Default,
    /// These classes, whose coverage alone then counts.
    Specified(Vec<String>),
    /// All but those of packages.
    Local,
}

/// What a deployment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To take effect, as a whole or not at all.
    Change,
    /// To learn what it would refuse.
    Validation,
    /// To delete, as a whole or not at all; what is gone already does not stop it. With `purge` deleted objects are gone
    /// at once, which production does not offer.
    Removal { purge: bool },
}

/// How a deployment stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeployResult {
    pub id: String,
    pub status: String,
    #[serde(deserialize_with = "boolean")]
    pub done: bool,
    #[serde(deserialize_with = "boolean")]
    pub success: bool,
    #[serde(deserialize_with = "number")]
    pub number_components_deployed: u64,
    #[serde(deserialize_with = "number")]
    pub number_components_total: u64,
    #[serde(deserialize_with = "number")]
    pub number_tests_completed: u64,
    #[serde(deserialize_with = "number")]
    pub number_tests_total: u64,
    pub state_detail: Option<String>,
    pub error_message: Option<String>,
    pub error_status_code: Option<String>,
    pub canceled_by_name: Option<String>,
    pub created_date: Option<String>,
    pub details: Option<Details>,
    /// Salesforce's clock at the answer.
    #[serde(skip)]
    pub now: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Details {
    #[serde(deserialize_with = "rows")]
    pub component_successes: Vec<ComponentSuccess>,
    #[serde(deserialize_with = "rows")]
    pub component_failures: Vec<ComponentFailure>,
    pub run_test_result: Option<RunTestResult>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ComponentSuccess {
    pub component_type: Option<String>,
    pub full_name: Option<String>,
    pub id: Option<String>,
    /// It was not there before.
    #[serde(deserialize_with = "boolean")]
    pub created: bool,
}

impl ComponentSuccess {
    /// Whether it is the one of that type and, where given, name.
    pub(crate) fn is(&self, kind: &str, full_name: Option<&str>) -> bool {
        self.component_type.as_deref() == Some(kind)
            && full_name.is_none_or(|name| self.full_name.as_deref() == Some(name))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ComponentFailure {
    pub component_type: Option<String>,
    pub full_name: Option<String>,
    pub file_name: Option<String>,
    #[serde(deserialize_with = "number")]
    pub line_number: u64,
    #[serde(deserialize_with = "number")]
    pub column_number: u64,
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RunTestResult {
    #[serde(deserialize_with = "rows")]
    pub failures: Vec<TestFailure>,
    #[serde(deserialize_with = "rows")]
    pub code_coverage_warnings: Vec<CoverageWarning>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TestFailure {
    pub name: Option<String>,
    pub method_name: Option<String>,
    pub message: Option<String>,
}

/// The average of all classes comes as a warning without a name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CoverageWarning {
    pub name: Option<String>,
    pub message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    deploy_result: DeployResult,
}

#[derive(Deserialize)]
struct Started {
    id: String,
}

impl Org<'_> {
    /// Starts a deployment. Answers its id.
    pub(crate) async fn start_deploy(
        &self,
        zip: Bytes,
        tests: &Tests,
        purpose: Purpose,
    ) -> Result<String, ConnectorFault> {
        let mut options = json!({
            "allowMissingFiles": false,
            "autoUpdatePackage": false,
            "checkOnly": purpose == Purpose::Validation,
            // That something to be deleted is not there is a warning.
            "ignoreWarnings": matches!(purpose, Purpose::Removal { .. }),
            "performRetrieve": false,
            "purgeOnDelete": purpose == Purpose::Removal { purge: true },
            "rollbackOnError": true,
            "singlePackage": true,
        });
        match tests {
            Tests::Default => {}
            Tests::Specified(classes) => {
                options["testLevel"] = json!("RunSpecifiedTests");
                options["runTests"] = json!(classes);
            }
            Tests::Local => options["testLevel"] = json!("RunLocalTests"),
        }
        let options = json!({"deployOptions": options}).to_string();
        self.started(Call::deployment(self.data("/metadata/deployRequest"), options.into(), zip)).await
    }

    /// Deploys what a validation with tests has found good, without running them again. `Gone` or `Rejected` where
    /// Salesforce does not take it for one.
    pub(crate) async fn start_validated(&self, validation: &str) -> Result<String, ConnectorFault> {
        let body = json!({"validatedDeployRequestId": validation});
        self.started(Call::post(self.data("/metadata/deployRequest"), &body)).await
    }

    async fn started(&self, call: Call) -> Result<String, ConnectorFault> {
        let started: Started = self.call(call).await?.json()?;
        if is_deploy_id(&started.id) {
            Ok(started.id)
        } else {
            Err(ConnectorFault::unknown("a deployment was answered with a strange id"))
        }
    }

    /// How a deployment stands.
    pub(crate) async fn deploy_result(&self, id: &str) -> Result<DeployResult, ConnectorFault> {
        let path = self.data(&format!("/metadata/deployRequest/{id}"));
        let answer = self.call(Call::get(path).query("includeDetails", "true")).await?;
        let mut status: Status = answer.json()?;
        status.deploy_result.now = answer.date;
        Ok(status.deploy_result)
    }
}

/// `0Af` and 12 or 15 more letters and digits: it becomes a part of a path.
pub(crate) fn is_deploy_id(id: &str) -> bool {
    id.starts_with("0Af") && matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The guide's own sample has numbers and booleans in quotes.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().unwrap_or_default(),
        Value::String(text) => text.parse().unwrap_or_default(),
        _ => 0,
    })
}

fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(value) => value,
        Value::String(text) => text == "true",
        _ => false,
    })
}

/// A list; where it has one row, the row alone can stand there; where it has none, nothing.
fn rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let rows = match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Array(rows) => rows,
        row => vec![row],
    };
    rows.into_iter().map(|row| serde_json::from_value(row).map_err(serde::de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_in_every_dialect() {
        let text = r#"{"id":"0Af000000000001AAA","status":"Failed","done":"true","success":false,
            "numberComponentsDeployed":"1","numberComponentsTotal":2,"details":{
            "componentFailures":{"fullName":"CAS_X","lineNumber":"3","problem":"Invalid type: Y"},
            "runTestResult":{"failures":null,"codeCoverageWarnings":[{"name":null,"message":"Average …"}]}}}"#;
        let result: DeployResult = serde_json::from_str(text).expect("it parses");
        assert!(result.done && !result.success);
        assert_eq!((result.number_components_deployed, result.number_components_total), (1, 2));
        let details = result.details.expect("details");
        assert_eq!(details.component_failures[0].line_number, 3);
        assert_eq!(details.run_test_result.expect("tests").code_coverage_warnings.len(), 1);
    }

    #[test]
    fn ids_of_deployments_cannot_lead_elsewhere() {
        assert!(is_deploy_id("0Af000000000001AAA"));
        for id in ["", "0Af", "0Af000000000001/..", "01p000000000001AAA", "0Af000000000001AAAA"] {
            assert!(!is_deploy_id(id), "{id}");
        }
    }
}
