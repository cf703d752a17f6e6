//! Everything that must hold in an organisation before it is provisioned.

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::account::Actor;
use provision_connector_sdk::core::precondition::{CheckSeverity, PreconditionSpec};
use provision_connector_sdk::{Check, CheckStatus, ConnectorFault};
use serde_json::{Map, Value};

use crate::api::Org;
use crate::api::rest::Catalogue;
use crate::identify::{organization, user_info};

/// A permission of the authorising user.
pub(crate) struct Needed {
    /// Its name; the column has the prefix `Permissions`.
    pub name: &'static str,
    pub title: &'static str,
    pub needed_for: &'static str,
    /// Provisioning cannot work without it.
    pub blocking: bool,
}

const fn needed(name: &'static str, title: &'static str, needed_for: &'static str, blocking: bool) -> Needed {
    Needed { name, title, needed_for, blocking }
}

pub(crate) const PERMISSIONS: [Needed; 10] = [
    needed("ApiEnabled", "API Enabled", "every call", true),
    needed("AuthorApex", "Author Apex", "deploying classes and triggers", true),
    needed(
        "CustomizeApplication",
        "Customize Application",
        "creating the quarantine objects and the event",
        true,
    ),
    needed(
        "ManageProfilesPermissionsets",
        "Manage Profiles and Permission Sets",
        "creating the service account's permission set",
        true,
    ),
    needed(
        "AssignPermissionSets",
        "Assign Permission Sets",
        "assigning it to the service account's user",
        true,
    ),
    needed("ViewSetup", "View Setup and Configuration", "reading objects, profiles and rights", true),
    needed("ViewAllData", "View All Data", "reading the records to scan", true),
    needed("ModifyAllData", "Modify All Data", "deploying, and quarantining records of all users", true),
    needed(
        "ModifyMetadata",
        "Modify Metadata Through Metadata API Functions",
        "deploying without Modify All Data",
        false,
    ),
    needed("QueryAllFiles", "Query All Files", "finding files in private libraries", false),
];

const EDITION: &str = "edition";
const USER_TYPE: &str = "user.type";
const DEPLOYMENTS: &str = "deployments";

/// Editions that run no Apex of a customer's own.
const WITHOUT_APEX: [&str; 5] =
    ["Professional Edition", "Team Edition", "Group Edition", "Base Edition", "Essentials Edition"];

pub(crate) async fn check(org: &Org<'_>) -> Result<Vec<Check>, ConnectorFault> {
    let mut checks = vec![edition(&organization(org).await?.organization_type)];
    checks.push(user(&user_info(org).await?.user_type));
    let held = permissions(org).await?;
    checks.extend(PERMISSIONS.iter().map(|needed| permission(needed, held.get(needed.name))));
    checks.push(deployments(org).await?);
    Ok(checks)
}

/// The list, as it stands in the manifest.
pub(crate) fn specs() -> Vec<PreconditionSpec> {
    let spec =
        |id: &str, title: &str, description: &str, fix: String, severity, refuses_grant| PreconditionSpec {
            id: id.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            fix,
            actor: Actor::SaasAdmin,
            severity,
            refuses_grant,
            look: None,
            help_uri: None,
            environments: Vec::new(),
        };
    let mut specs = vec![
        spec(
            EDITION,
            "Edition with Apex and platform events",
            "Only some editions run Apex of their own.",
            "Salesforce must move the organisation to Enterprise, Performance, Unlimited or Developer Edition"
                .to_owned(),
            CheckSeverity::Blocking,
            true,
        ),
        spec(
            USER_TYPE,
            "An ordinary user",
            "Community and guest users cannot hold the rights that are needed.",
            "authorise as a user with a full Salesforce licence, not as a community or guest user".to_owned(),
            CheckSeverity::Blocking,
            true,
        ),
    ];
    specs.extend(PERMISSIONS.iter().map(|needed| {
        let severity = if needed.blocking { CheckSeverity::Blocking } else { CheckSeverity::Advisory };
        spec(
            &format!("permission.{}", needed.name),
            &format!("Permission \"{}\"", needed.title),
            &format!("Needed for {}.", needed.needed_for),
            format!(
                "a Salesforce administrator gives the service account's user \"{}\" (needed for {})",
                needed.title, needed.needed_for
            ),
            severity,
            needed.blocking,
        )
    }));
    specs.push(spec(
        DEPLOYMENTS,
        "No other deployment",
        "One deployment runs at a time; ours waits in line behind others.",
        "wait for it, or ask whoever deploys (Setup, Deployment Status); ours waits in line otherwise"
            .to_owned(),
        CheckSeverity::Advisory,
        false,
    ));
    specs
}

fn answer(id: &str, status: CheckStatus, evidence: impl Into<String>) -> Check {
    Check { id: id.to_owned(), status, evidence: evidence.into(), fix: None, link: None }
}

fn edition(edition: &str) -> Check {
    let lacks_apex = WITHOUT_APEX.contains(&edition);
    answer(EDITION, if lacks_apex { CheckStatus::Failed } else { CheckStatus::Passed }, edition)
}

fn user(kind: &str) -> Check {
    let ordinary = kind.eq_ignore_ascii_case("STANDARD");
    let status = if ordinary { CheckStatus::Passed } else { CheckStatus::Failed };
    answer(USER_TYPE, status, format!("user type {kind}"))
}

fn permission(needed: &Needed, held: Option<&Value>) -> Check {
    let (status, evidence) = match held.and_then(Value::as_bool) {
        Some(true) => (CheckStatus::Passed, "the user has it"),
        Some(false) => (CheckStatus::Failed, "the user lacks it"),
        None => (CheckStatus::Failed, "the organisation has no such permission"),
    };
    answer(&format!("permission.{}", needed.name), status, evidence)
}

/// Which of the permissions the user holds. One that the organisation does not know is left out.
async fn permissions(org: &Org<'_>) -> Result<Map<String, Value>, ConnectorFault> {
    let names: Vec<&str> = PERMISSIONS.iter().map(|needed| needed.name).collect();
    match ask(org, &names).await {
        // The columns differ between organisations; the refusal does not say which ones are missing.
        Err(fault) if fault.fault.reason() == Reason::SaasRejected => {
            let mut held = Map::new();
            for name in names {
                match ask(org, &[name]).await {
                    Ok(answer) => held.extend(answer),
                    Err(fault) if fault.fault.reason() == Reason::SaasRejected => {}
                    Err(fault) => return Err(fault),
                }
            }
            Ok(held)
        }
        answer => answer,
    }
}

async fn ask(org: &Org<'_>, names: &[&str]) -> Result<Map<String, Value>, ConnectorFault> {
    let columns: Vec<String> = names.iter().map(|name| format!("Permissions{name}")).collect();
    let soql = format!("SELECT {} FROM UserPermissionAccess", columns.join(", "));
    let rows: Vec<Map<String, Value>> = org.query(Catalogue::Data, &soql).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    let held = row
        .into_iter()
        .filter_map(|(column, held)| column.strip_prefix("Permissions").map(|name| (name.to_owned(), held)));
    Ok(held.collect())
}

/// One deployment runs at a time; a long one of somebody else's is worth knowing of.
async fn deployments(org: &Org<'_>) -> Result<Check, ConnectorFault> {
    let (status, evidence) = match org.running_deployments().await {
        Ok(running) if running.is_empty() => (CheckStatus::Passed, "none is under way".to_owned()),
        Ok(running) => (CheckStatus::Failed, format!("{} under way or waiting", running.len())),
        // Some organisations do not show the table; provisioning then finds out by waiting.
        Err(fault) if fault.fault.reason() == Reason::SaasRejected => {
            (CheckStatus::Unknown, fault.fault.message().to_owned())
        }
        Err(fault) => return Err(fault),
    };
    Ok(answer(DEPLOYMENTS, status, evidence))
}
