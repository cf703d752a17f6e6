//! Asking an organisation for everything that preconditions are about: three calls, or four where it does not know
//! one of the permissions.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use provision_connector_sdk::core::Reason;
use provision_connector_sdk::{ConnectorFault, FaultClass};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::facts::{AppThere, Facts, Here, Limit, Refusal, Topic};
use super::permission::{self, Held};
use super::spec::Seen;
use crate::api::composite::COMPOSITE_QUERIES_MAX;
use crate::api::pubsub::Bus;
use crate::api::rest::Catalogue::{self, Data, Tooling};
use crate::api::{Call, Org};
use crate::faults;
use crate::identify::{self, UserInfo};
use crate::package;
use crate::render::{Content, MARKER};

const COLUMN: &str = "Permissions";
const EVENTS: &str =
    "SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix LIKE 'e%' AND IsCustomizable = true";
const DEPLOYMENTS: &str = "SELECT Status, CreatedDate, CreatedBy.Name FROM DeployRequest \
     WHERE Status IN ('Pending', 'InProgress') ORDER BY CreatedDate";
/// The class of ours that knows its version.
const INSTALLED: &str = "SELECT Body FROM ApexClass WHERE NamespacePrefix = null AND Name = 'CAS_Install'";

/// Asks. What the organisation refuses to tell is told so in its place; a fault is one of the calls themselves.
pub(super) async fn gather(org: &Org<'_>) -> Result<Facts, ConnectorFault> {
    let mut refused = None;
    let (user, skew) = user(org).await?;
    let names: Vec<&'static str> = permission::asked().collect();
    let data = [
        org.query_path(Data, identify::ORGANIZATION),
        // Not in the reference, and yet there in most organisations.
        org.query_path(Data, "SELECT IsReadOnly FROM Organization"),
        org.query_path(Data, &permissions_soql(&names)),
        org.query_path(Data, EVENTS),
        org.data("/limits"),
    ];
    let [organization, read_only, permissions, events, limits] = ask(org, Data, data, &mut refused).await?;
    let package = org.delivery()?.package();
    let tooling = [
        org.query_path(Tooling, DEPLOYMENTS),
        org.query_path(Tooling, "SELECT PercentCovered FROM ApexOrgWideCoverage"),
        org.query_path(Tooling, if package.is_some() { package::SOQL } else { INSTALLED }),
        org.query_path(Tooling, &length_soql("ApexClass")),
        org.query_path(Tooling, &length_soql("ApexTrigger")),
    ];
    let [deployments, coverage, app, classes, triggers] = ask(org, Tooling, tooling, &mut refused).await?;
    let app = app.and_then(|answer| match package {
        Some(config) => Ok(package::find(table(&answer)?, &config.namespace).map(AppThere::Package)),
        None => Ok(cell(&answer, "Body").and_then(Value::as_str).map(version_of).map(AppThere::Source)),
    });
    let permissions = match permissions {
        Err(why) if refused.is_none() => permissions_apart(org, &names, &why, &mut refused).await?,
        permissions => permissions_of(&names, &permissions),
    };
    let here = here(org, user.as_ref().ok()).await?;
    let topic = topic(org, &user).await?;
    let apex_length = classes.and_then(|classes| {
        let triggers = triggers?;
        Ok(number(&classes, "length").unwrap_or(0) + number(&triggers, "length").unwrap_or(0))
    });
    Ok(Facts {
        refused,
        user,
        organization: organization.and_then(|answer| {
            table(&answer)?
                .into_iter()
                .next()
                .ok_or_else(|| "the organisation does not name itself".to_owned())
        }),
        read_only: read_only.map(|answer| cell(&answer, "IsReadOnly") == Some(&Value::Bool(true))),
        permissions,
        limits: limits.map(|answer| limits_of(&answer)),
        events: events.map(|answer| event_names(&answer)),
        deployments: deployments.and_then(|answer| table(&answer)),
        coverage: coverage
            .map(|answer| number(&answer, "PercentCovered").and_then(|n| u32::try_from(n).ok())),
        app,
        apex_length,
        topic,
        skew,
        here,
    })
}

fn length_soql(table: &str) -> String {
    format!("SELECT SUM(LengthWithoutComments) length FROM {table} WHERE NamespacePrefix = null")
}

fn permissions_soql(names: &[&str]) -> String {
    let columns: Vec<String> = names.iter().map(|name| format!("{COLUMN}{name}")).collect();
    format!("SELECT {} FROM UserPermissionAccess", columns.join(", "))
}

/// An answer, or the organisation's words where it refuses for good. Whatever may work soon stays a fault, and so does
/// a grant that is gone.
fn seen<T>(result: Result<T, ConnectorFault>) -> Result<Seen<T>, ConnectorFault> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(fault) if is_refusal(&fault) => Ok(Err(why(&fault))),
        Err(fault) => Err(fault),
    }
}

/// Salesforce is long-winded about tables that it does not show.
fn why(fault: &ConnectorFault) -> String {
    let message = fault.fault.message();
    match fault.fault.metadata().get(faults::ERROR_CODE).map(String::as_str) {
        Some("INVALID_TYPE") => "the organisation does not show it to the user (INVALID_TYPE)".to_owned(),
        _ => message.to_owned(),
    }
}

fn is_refusal(fault: &ConnectorFault) -> bool {
    match fault.class {
        FaultClass::Denied => fault.fault.reason() != Reason::ReauthorizationRequired,
        FaultClass::Rejected | FaultClass::Gone => true,
        FaultClass::Throttled { .. } => fault.fault.reason() == Reason::ApiBudgetExhausted,
        FaultClass::Transient | FaultClass::Conflict | FaultClass::Unknown => false,
    }
}

/// Who we are there, and by how much our clock is ahead of theirs.
async fn user(org: &Org<'_>) -> Result<(Seen<UserInfo>, Seen<TimeDelta>), ConnectorFault> {
    let answer = seen(org.call(Call::get(identify::USER_INFO)).await)?;
    let now = Utc::now();
    Ok(match answer {
        Ok(answer) => {
            let skew = answer.date.map(|theirs| now - theirs);
            (Ok(answer.json()?), skew.ok_or_else(|| "Salesforce's answer names no time".to_owned()))
        }
        Err(why) => (Err(why.clone()), Err(why)),
    })
}

/// One composite call. Where the API as a whole refuses, it is not asked again, and each part says why.
async fn ask<const N: usize>(
    org: &Org<'_>,
    catalogue: Catalogue,
    paths: [String; N],
    refused: &mut Option<Refusal>,
) -> Result<[Seen<Value>; N], ConnectorFault> {
    if let Some(refused) = refused {
        return Ok(std::array::from_fn(|_| Err(refused.words.clone())));
    }
    let parts = match org.look_together::<Value>(catalogue, &paths).await {
        Ok(parts) => parts,
        Err(fault) if is_refusal(&fault) => {
            let code = match fault.fault.reason() {
                Reason::ApiBudgetExhausted => "REQUEST_LIMIT_EXCEEDED".to_owned(),
                _ => fault.fault.metadata().get(faults::ERROR_CODE).cloned().unwrap_or_default(),
            };
            let words = fault.fault.message().to_owned();
            *refused = Some(Refusal { code, words: words.clone() });
            return Ok(std::array::from_fn(|_| Err(words.clone())));
        }
        Err(fault) => return Err(fault),
    };
    let mut answers = std::array::from_fn(|_| Err("Salesforce did not answer it".to_owned()));
    for (answer, part) in answers.iter_mut().zip(parts) {
        *answer = seen(part.answer())?;
    }
    Ok(answers)
}

/// The columns differ between organisations, and a refusal names one of those that are missing at the most: the rest
/// is asked in groups, so that a second missing one takes few others with it.
async fn permissions_apart(
    org: &Org<'_>,
    names: &[&'static str],
    why: &str,
    refused: &mut Option<Refusal>,
) -> Result<BTreeMap<&'static str, Seen<Held>>, ConnectorFault> {
    let (missing, rest): (Vec<&'static str>, Vec<&'static str>) =
        names.iter().partition(|name| why.contains(&format!("'{COLUMN}{name}'")));
    let groups: Vec<&[&'static str]> =
        rest.chunks(rest.len().div_ceil(COMPOSITE_QUERIES_MAX).max(1)).collect();
    let paths: [String; COMPOSITE_QUERIES_MAX] = std::array::from_fn(|at| {
        let group = groups.get(at).or(groups.first()).copied().unwrap_or_default();
        org.query_path(Data, &permissions_soql(group))
    });
    let answers = ask(org, Data, paths, refused).await?;
    let mut held = BTreeMap::new();
    for (group, answer) in groups.into_iter().zip(&answers) {
        held.extend(permissions_of(group, answer));
    }
    held.extend(missing.into_iter().map(|name| (name, Ok(Held::Absent))));
    Ok(held)
}

fn permissions_of(names: &[&'static str], answer: &Seen<Value>) -> BTreeMap<&'static str, Seen<Held>> {
    let held = |name: &str| {
        let answer = answer.as_ref().map_err(Clone::clone)?;
        match cell(answer, &format!("{COLUMN}{name}")).and_then(Value::as_bool) {
            Some(true) => Ok(Held::Yes),
            Some(false) => Ok(Held::No),
            None => Ok(Held::Absent),
        }
    };
    names.iter().map(|name| (*name, held(name))).collect()
}

/// Whether the event bus serves us, and what we may do on the app's topic.
async fn topic(org: &Org<'_>, user: &Seen<UserInfo>) -> Result<Topic, ConnectorFault> {
    let user = match user {
        Ok(user) => user,
        Err(why) => return Ok(Topic::NotAsked(why.clone())),
    };
    let bus = Bus { pubsub: &org.inner.pubsub, session: org.session, organization_id: &user.organization_id };
    Ok(match bus.topic(org.delivery()?.namespace()).await {
        Ok(info) => Topic::There(info),
        Err(fault) => match fault.fault.reason() {
            Reason::ComponentNotObserved => Topic::Absent,
            Reason::SaasPermissionMissing => Topic::Hidden(fault.fault.message().to_owned()),
            _ => Topic::Unusable(fault.fault.message().to_owned()),
        },
    })
}

async fn here(org: &Org<'_>, user: Option<&UserInfo>) -> Result<Here, ConnectorFault> {
    let app = &org.inner.app;
    let organization_id = user.map(|user| user.organization_id.as_str()).unwrap_or_default();
    let components = app.classes(organization_id).map_err(ConnectorFault::protocol)?;
    let length = components.iter().map(|component| match &component.content {
        Content::Apex { body, .. } => body.len() as u64,
        _ => 0,
    });
    Ok(Here {
        environment: org.session.account.environment.clone(),
        instance_url: org.session.credentials.current().await?.instance_url,
        known_url: org.session.account.identity.as_ref().map(|identity| identity.instance_url.clone()),
        egress: org.inner.config.egress_addresses.clone(),
        delivery: org.delivery()?.clone(),
        install_url: package::installation(org.inner, &org.session.account)
            .map(|found| found.url.to_string()),
        app_version: app.version.clone(),
        app_length: length.sum(),
    })
}

/// The rows of a query's answer.
fn table<T: DeserializeOwned>(answer: &Value) -> Seen<Vec<T>> {
    let rows = answer.get("records").cloned().unwrap_or_default();
    serde_json::from_value(rows).map_err(|_| "the answer has not the form that is expected".to_owned())
}

/// A column of the first row.
fn cell<'a>(answer: &'a Value, column: &str) -> Option<&'a Value> {
    answer.get("records")?.get(0)?.get(column)
}

fn number(answer: &Value, column: &str) -> Option<u64> {
    let value = cell(answer, column)?;
    value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

fn event_names(answer: &Value) -> Vec<String> {
    let rows: Vec<Map<String, Value>> = table(answer).unwrap_or_default();
    let names = rows.iter().filter_map(|row| row.get("QualifiedApiName").and_then(Value::as_str));
    names.filter(|name| name.ends_with("__e")).map(str::to_owned).collect()
}

/// An allowance that has another form than the usual one is left out.
fn limits_of(answer: &Value) -> BTreeMap<String, Limit> {
    let all = answer.as_object().into_iter().flatten();
    all.filter_map(|(name, limit)| Some((name.clone(), serde_json::from_value(limit.clone()).ok()?)))
        .collect()
}

/// The first line of each class of ours ends with its version.
fn version_of(body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    line.split_once(MARKER)
        .map_or_else(|| "of unknown version".to_owned(), |(_, rest)| rest.trim().to_owned())
}
