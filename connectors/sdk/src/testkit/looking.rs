//! Cases of the methods that only look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use provision_core::account::Identity;
use provision_core::inventory::Inventory;
use provision_core::notification::NotificationCode;
use provision_core::plan::{ObjectSelection, Plan, PlanStep, StepKind};
use provision_core::precondition::{CheckSeverity, PreconditionSpec};
use provision_core::{AccountName, Reason};
use serde_json::{Map, Value};

use super::checkpoints::MemoryCheckpoints;
use super::contract::Suite;
use super::expect::{Outcome, ensure, fails, same, succeeds};
use super::world::World;
use crate::connector::{
    CheckStatus, InventoryProgress, InventoryReading, InventoryRequest, PlanRequest, ProposedPlan,
    TokenErrorClass,
};
use crate::fault::FaultClass;
use crate::session::Session;

/// What the daemon fills into the texts for people.
const PARAMETERS: [&str; 15] = [
    "environment",
    "connector",
    "organization_name",
    "username",
    "display_name",
    "service_account",
    "reason",
    "message",
    "changes",
    "action",
    "expire_time",
    "leftovers",
    "removal_time",
    "link",
    "since",
];

pub(super) fn manifest(world: &dyn World) -> Outcome {
    let manifest = world.connector().manifest();
    ensure(
        !manifest.display_name.is_empty() && !manifest.version.is_empty(),
        "it lacks a name or a version",
    )?;
    ensure(!manifest.environments.is_empty(), "it has no environment")?;
    let ids: BTreeSet<&str> = manifest.environments.iter().map(|e| e.id.as_str()).collect();
    ensure(ids.len() == manifest.environments.len(), "two environments have the same id")?;
    ensure(
        ids.contains(world.account().environment.as_str()),
        "it lacks the environment of the world's account",
    )?;
    let filled: BTreeMap<String, String> =
        PARAMETERS.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
    for code in NotificationCode::ALL {
        let text = manifest.notification_texts.get(&code).map(String::as_str).unwrap_or_default();
        ensure(!text.is_empty(), format!("{} has no text", code.as_str()))?;
        let text = manifest.notification_text(code, &filled);
        ensure(
            !text.contains(['{', '}']),
            format!("{} has a hole that nothing fills: {text}", code.as_str()),
        )?;
    }
    let schema = jsonschema::draft202012::new(&manifest.settings_schema)
        .map_err(|error| format!("the schema of the settings does not compile: {error}"))?;
    ensure(schema.is_valid(&Value::Object(world.account().settings)), "the world's settings are not valid")?;
    ensure(
        !schema.is_valid(&serde_json::json!({"no such setting": 1})),
        "settings that it does not know are valid",
    )
}

pub(super) fn authorization(world: &dyn World) -> Outcome {
    let connector = world.connector();
    for environment in &connector.manifest().environments {
        let mut account = world.account();
        account.environment.clone_from(&environment.id);
        let spec = succeeds("authorization", connector.authorization(&account))?;
        ensure(!spec.issuer.is_empty() && !spec.client_id.is_empty(), "the issuer or the client is unnamed")?;
        for url in [&spec.authorize_url, &spec.token_url, &spec.revoke_url] {
            let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
            ensure(url.scheme() == "https" || local, format!("{} is not https", url.path()))?;
        }
        let again = succeeds("authorization", connector.authorization(&account))?;
        same("the issuer", &spec.issuer, &again.issuer)?;
    }
    let mut account = world.account();
    account.environment = "no-such-environment".to_owned();
    ensure(connector.authorization(&account).is_err(), "an unknown environment is authorised")?;
    same(
        "the class of an unknown token error",
        &TokenErrorClass::Other,
        &connector.token_error("no_such_error", ""),
    )
}

pub(super) fn instance(world: &dyn World) -> Outcome {
    let (connector, account) = (world.connector(), world.account());
    let named = |url: &str| Map::from_iter([("instance_url".to_owned(), Value::from(url))]);
    for answer in [Map::new(), named(""), named("http://instance.example"), named("https://instance.example")]
    {
        fails("an untrusted address", &FaultClass::Denied, connector.instance_url(&account, &answer))?;
    }
    Ok(())
}

pub(super) async fn identify(suite: &Suite<'_>) -> Result<Identity, String> {
    let before = suite.world.effects();
    let identity = succeeds("identify", suite.world.connector().identify(&suite.session).await)?;
    let mut again = succeeds("identify", suite.world.connector().identify(&suite.session).await)?;
    again.authorize_time = identity.authorize_time;
    same("the identity", &identity, &again)?;
    same("the environment", &identity.environment, &suite.session.account.environment)?;
    for (name, value) in [
        ("organization_id", &identity.organization_id),
        ("organization_name", &identity.organization_name),
        ("user_id", &identity.user_id),
        ("username", &identity.username),
        ("instance_url", &identity.instance_url),
    ] {
        ensure(!value.is_empty(), format!("{name} is empty"))?;
    }
    ensure(suite.session.calls.made() > 0, "its calls are not counted")?;
    suite.unchanged_since(before, "identify")?;
    Ok(identity)
}

pub(super) async fn check(suite: &Suite<'_>) -> Outcome {
    let before = suite.world.effects();
    let checks = succeeds("check", suite.world.connector().check(&suite.session).await)?;
    let environment = &suite.session.account.environment;
    let specs: Vec<&PreconditionSpec> = suite
        .world
        .connector()
        .manifest()
        .preconditions
        .iter()
        .filter(|spec| spec.environments.is_empty() || spec.environments.contains(environment))
        .collect();
    ensure(!specs.is_empty(), "the manifest has no preconditions")?;
    let expected: BTreeSet<&str> = specs.iter().map(|spec| spec.id.as_str()).collect();
    ensure(expected.len() == specs.len(), "two preconditions have the same id")?;
    let answered: BTreeSet<&str> = checks.iter().map(|check| check.id.as_str()).collect();
    same("the preconditions that are answered", &expected, &answered)?;
    same("the number of answers", &specs.len(), &checks.len())?;
    for spec in specs {
        let texts = [&spec.title, &spec.description, &spec.fix];
        ensure(texts.iter().all(|text| !text.is_empty()), format!("{} lacks a text", spec.id))?;
        let blocking = spec.severity == CheckSeverity::Blocking;
        ensure(blocking || !spec.refuses_grant, format!("{} refuses grants and blocks nothing", spec.id))?;
        let Some(check) = checks.iter().find(|check| check.id == spec.id) else { continue };
        ensure(!check.evidence.is_empty(), format!("{} has no evidence", spec.id))?;
        ensure(
            check.status != CheckStatus::Failed || !blocking,
            format!("{} fails in the world: {}", spec.id, check.evidence),
        )?;
        if spec.look.is_some() {
            same(&spec.id, &CheckStatus::Unknown, &check.status)?;
        }
    }
    suite.unchanged_since(before, "check")
}

/// Remembers that it was told something.
#[derive(Default)]
struct Told(Mutex<BTreeMap<&'static str, (u64, u64)>>);

impl InventoryProgress for Told {
    fn report(&self, part: &'static str, done: u64, total: u64) {
        if let Ok(mut told) = self.0.lock() {
            told.insert(part, (done, total));
        }
    }
}

pub(super) async fn inventory(suite: &Suite<'_>) -> Result<Inventory, String> {
    let (before, told) = (suite.world.effects(), Told::default());
    let inventory = read(suite, None, &told).await?.ok_or("a first reading says that nothing has changed")?;
    let again = read(suite, None, &told).await?.ok_or("a reading without a previous one says so too")?;
    ensure(
        (&inventory.object_types, &inventory.profiles) == (&again.object_types, &again.profiles),
        "two readings of the same organisation differ",
    )?;
    if let Some(changed) = read(suite, Some(&inventory), &told).await? {
        ensure(
            (&inventory.object_types, &inventory.profiles) == (&changed.object_types, &changed.profiles),
            "a reading after a previous one differs, and nothing has changed",
        )?;
    }
    ensure(!inventory.object_types.is_empty(), "it is empty")?;
    let names = inventory.object_types.windows(2).all(|pair| pair[0].api_name < pair[1].api_name);
    ensure(names, "object types are not ordered by name, or one is there twice")?;
    let profiles = inventory.profiles.windows(2).all(|pair| {
        (&pair[0].display_name, &pair[0].remote_id) < (&pair[1].display_name, &pair[1].remote_id)
    });
    ensure(profiles, "profiles are not ordered by name and id, or one is there twice")?;
    let told = told.0.lock().map(|told| told.clone()).unwrap_or_default();
    ensure(!told.is_empty(), "it does not say how far it is")?;
    ensure(told.values().all(|(done, total)| done == total), format!("it ends before its end: {told:?}"))?;
    suite.unchanged_since(before, "inventory")?;
    Ok(inventory)
}

async fn read(
    suite: &Suite<'_>,
    previous: Option<&Inventory>,
    told: &Told,
) -> Result<Option<Inventory>, String> {
    let checkpoints = MemoryCheckpoints::default();
    let request = InventoryRequest { previous, checkpoints: &checkpoints };
    let reading = suite.world.connector().inventory(&suite.session, request, told).await;
    Ok(match succeeds("inventory", reading)? {
        InventoryReading::Read(inventory) => Some(inventory),
        InventoryReading::Unchanged => None,
    })
}

pub(super) async fn plan(suite: &Suite<'_>, inventory: &Inventory) -> Result<Plan, String> {
    let before = suite.world.effects();
    let selection = selection(suite);
    let proposed = propose(suite, &selection, inventory).await?;
    let again = propose(suite, &selection, inventory).await?;
    ensure(proposed == again, "two plans for the same organisation differ")?;
    suite.unchanged_since(before, "plan")?;
    steps(&proposed.steps)?;
    ensure(!proposed.object_types.is_empty(), "it protects nothing")?;
    Ok(stored(proposed))
}

/// What the world wants to be protected.
fn selection(suite: &Suite<'_>) -> ObjectSelection {
    match suite.world.object_types() {
        none if none.is_empty() => ObjectSelection::Default,
        listed => ObjectSelection::Listed(listed),
    }
}

pub(super) async fn propose(
    suite: &Suite<'_>,
    selection: &ObjectSelection,
    inventory: &Inventory,
) -> Result<ProposedPlan, String> {
    let request = PlanRequest { selection, inventory };
    succeeds("plan", suite.world.connector().plan(&suite.session, request).await)
}

fn steps(steps: &[PlanStep]) -> Outcome {
    let ids: BTreeSet<&str> = steps.iter().map(|step| step.id.as_str()).collect();
    ensure(ids.len() == steps.len(), "two steps have the same id")?;
    let place = |kind| steps.iter().position(|step| step.kind == kind);
    let last_apply = steps.iter().rposition(|step| step.kind == StepKind::Apply);
    ensure(
        last_apply.is_some() && last_apply < place(StepKind::Verify),
        "Verify does not follow the last Apply",
    )?;
    if let Some(canary) = place(StepKind::Canary) {
        ensure(canary == steps.len() - 1, "the canary is not last")?;
        ensure(
            place(StepKind::OpenEvents).is_some_and(|open| Some(open) < last_apply),
            "events are opened only after everything that sends them",
        )?;
    }
    for step in steps {
        ensure(!step.title.is_empty(), format!("{} has no title", step.id))?;
        ensure(
            (step.kind == StepKind::Apply) != step.components.is_empty(),
            format!("{}: components are what Apply steps, and only they, have", step.id),
        )?;
        for component in &step.components {
            let digest =
                component.checksum.len() == 64 && component.checksum.bytes().all(|b| b.is_ascii_hexdigit());
            ensure(digest, format!("{} has no SHA-256", component.full_name))?;
            ensure(!component.reason.is_empty(), format!("{} has no reason", component.full_name))?;
        }
    }
    Ok(())
}

/// What the daemon makes of a proposal.
fn stored(proposed: ProposedPlan) -> Plan {
    let name: Result<AccountName, _> = "tenants/contract/serviceAccounts/suite".parse();
    Plan {
        account: name.unwrap_or_else(|fault| unreachable!("{fault}")),
        account_uid: "contract".to_owned(),
        etag: proposed.observed_digest,
        steps: proposed.steps,
        estimated_api_calls: proposed.estimated_api_calls,
        tests: proposed.tests,
        risks: proposed.risks,
        unprotected: proposed.unprotected,
        object_types: proposed.object_types,
        selection: ObjectSelection::Default,
        create_time: chrono::Utc::now(),
    }
}

pub(super) async fn unprotected(suite: &Suite<'_>, inventory: &Inventory) -> Outcome {
    let unknown = "No_Such_Object".to_owned();
    let known = propose(suite, &selection(suite), inventory).await?.object_types;
    let listed = ObjectSelection::Listed(vec![unknown.clone(), known[0].clone()]);
    let mixed = propose(suite, &listed, inventory).await?;
    same("what is protected", &vec![known[0].clone()], &mixed.object_types)?;
    let named =
        mixed.unprotected.iter().any(|object| object.object_type == unknown && !object.reason.is_empty());
    ensure(named, "an object that does not exist is not named with a reason")?;
    let request = PlanRequest { selection: &ObjectSelection::Listed(vec![unknown]), inventory };
    match suite.world.connector().plan(&suite.session, request).await {
        Ok(_) => Err("a plan for nothing is made".to_owned()),
        Err(fault) => {
            same("the class", &FaultClass::Rejected, &fault.class)?;
            same("the reason", &Reason::NothingToProtect, &fault.fault.reason())
        }
    }
}

pub(super) async fn refused(suite: &Suite<'_>, session: &Session, inventory: &Inventory) -> Outcome {
    let (connector, denied) = (suite.world.connector(), &FaultClass::Denied);
    fails("identify", denied, connector.identify(session).await)?;
    fails("check", denied, connector.check(session).await)?;
    let checkpoints = MemoryCheckpoints::default();
    let request = InventoryRequest { previous: None, checkpoints: &checkpoints };
    fails("inventory", denied, connector.inventory(session, request, &Told::default()).await)?;
    let selection = selection(suite);
    let request = PlanRequest { selection: &selection, inventory };
    fails("plan", denied, connector.plan(session, request).await)
}
