//! Organisations in each condition: what the checks say of it, and that nothing is touched while it lasts.

mod born;
mod stale;

use std::sync::Arc;
use std::time::Duration;

use provision_client::Client;
use provision_client::api::v1::{CheckPreconditionsResponse, PreconditionCheck, ServiceAccountState};
use provision_tests::effects::changes;
use provision_tests::world::World;
use salesforce_simulator::org::Org;
use salesforce_simulator::{Config, Environment};

const PASSED: i32 = 1;
const FAILED: i32 = 2;

fn of<'c>(checks: &'c CheckPreconditionsResponse, id: &str) -> &'c PreconditionCheck {
    checks.checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}"))
}

/// Every check that has failed, with what was seen and what to do.
fn failures(world: &World, checks: &CheckPreconditionsResponse) -> String {
    let failed = checks.checks.iter().filter(|check| check.status == FAILED);
    let lines = failed.map(|check| {
        let severity = check.severity().as_str_name().rsplit('_').next().unwrap_or_default().to_lowercase();
        format!("{} ({severity}): {}\n    {}\n", check.id, check.evidence, check.fix)
    });
    lines.collect::<String>().replace(&world.org.ready().base_url, "https://org")
}

/// A condition that comes over an organisation, and goes.
struct Trouble {
    /// The check that tells it.
    check: &'static str,
    evidence: &'static str,
    comes: fn(&Org),
    goes: fn(&Org),
}

const BLOCKING: &[Trouble] = &[
    Trouble {
        check: "api.enabled",
        evidence: "API is not enabled for this Organization or Partner",
        comes: |org| org.set_conditions(|now| now.api_disabled = true),
        goes: |org| org.set_conditions(|now| now.api_disabled = false),
    },
    Trouble {
        check: "permission.ApiEnabled",
        evidence: "the API is disabled for admin@",
        comes: |org| {
            let name = org.read().users[&org.admin].username.clone();
            org.set_conditions(|now| now.api_disabled_for = vec![name]);
        },
        goes: |org| org.set_conditions(|now| now.api_disabled_for.clear()),
    },
    Trouble {
        check: "api.enabled",
        evidence: "This session is not valid for use with the REST API",
        comes: |org| org.set_conditions(|now| now.api_access_control = true),
        goes: |org| org.set_conditions(|now| now.api_access_control = false),
    },
    Trouble {
        check: "storage",
        evidence: "0 of 10240 are left",
        comes: |org| org.set_conditions(|now| now.storage_used_percent = 100),
        goes: |org| org.set_conditions(|now| now.storage_used_percent = 0),
    },
    Trouble {
        check: "organization.writable",
        evidence: "read-only at the moment",
        comes: |org| org.set_conditions(|now| now.read_only = true),
        goes: |org| org.set_conditions(|now| now.read_only = false),
    },
    Trouble {
        check: "permission.AuthorApex",
        evidence: "lacks it",
        comes: |org| permission(org, "AuthorApex", false),
        goes: |org| permission(org, "AuthorApex", true),
    },
    Trouble {
        check: "permission.CustomizeApplication",
        evidence: "lacks it",
        comes: |org| permission(org, "CustomizeApplication", false),
        goes: |org| permission(org, "CustomizeApplication", true),
    },
    Trouble {
        check: "api.requests",
        evidence: "of 125000 are left (150 needed)",
        comes: |org| used(org, 124_900),
        goes: |org| used(org, 0),
    },
];

/// Gives administrators a permission, or takes it away.
fn permission(org: &Org, name: &str, has: bool) {
    let shadow = {
        let state = org.read();
        state.profiles[&state.users[&org.admin].profile].shadow
    };
    let changed = org.change_metadata(|metadata| {
        let set = Arc::make_mut(metadata.permission_sets.get_mut(&shadow).ok_or(())?);
        set.permissions.retain(|held| held != name);
        if has {
            set.permissions.insert(name.to_owned());
        }
        Ok::<_, ()>(())
    });
    changed.expect("the profile is there");
}

/// So many API calls were made in the last hour.
fn used(org: &Org, calls: u64) {
    let hour = org.now_ms().div_euclid(3_600_000);
    let mut state = org.write();
    state.api_calls.clear();
    state.api_calls.insert(hour, calls);
}

async fn checked(client: &Client, account: &str) -> CheckPreconditionsResponse {
    client.accounts().check(account).await.expect("checked")
}

#[tokio::test]
async fn what_blocks_is_named_and_nothing_is_touched_until_it_is_gone() {
    let config = Config { environment: Environment::Production, objects: 60, ..Config::default() };
    let world = World::with(config).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let org = world.org.org();
    let mut told = String::new();
    for (number, trouble) in BLOCKING.iter().enumerate() {
        (trouble.comes)(org);
        let checks = checked(&admin, &account).await;
        let check = of(&checks, trouble.check);
        assert!(!checks.passed && check.status == FAILED, "{check:?}");
        assert!(check.evidence.contains(trouble.evidence), "{check:?}");
        // What was used before differs a little with every run.
        let text = failures(&world, &checks);
        if trouble.check != "api.requests" {
            told.push_str(&format!("--- {}\n{text}", number + 1));
        }

        let refused = admin.accounts().provision(&account, &plan.etag).await.expect_err(trouble.check);
        assert_eq!(refused.reason(), "PRECONDITION_CHECKS_FAILED");
        let violations = &refused.rejection().expect("an answer").violations;
        let violation = violations.iter().find(|one| one.subject == trouble.check).expect(trouble.check);
        assert!(violation.description.contains(trouble.evidence), "{violation:?}");
        assert_eq!(changes(&world.org), 0, "{}: nothing was touched", trouble.check);
        (trouble.goes)(org);
        let checks = self::checked(&admin, &account).await;
        assert!(checks.passed && of(&checks, trouble.check).status == PASSED, "{checks:?}");
    }
    insta::assert_snapshot!(told);
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("the plan still holds");
    world.done(&admin, &operation.name).await;
    let account = admin.accounts().get(&account).await.expect("account");
    assert_eq!(account.state(), ServiceAccountState::Protected);
}

#[tokio::test]
async fn what_is_advisory_is_told_accepted_with_a_reason_and_does_not_stop() {
    let config = Config { environment: Environment::Production, objects: 60, ..Config::default() };
    let world = World::with(config).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let org = world.org.org();
    org.set_conditions(|now| {
        now.org_coverage_percent = Some(61);
        now.storage_used_percent = 95;
    });
    used(org, 110_000);
    world.org.deploy_by_somebody_else(Duration::from_secs(3));
    let checks = checked(&admin, &account).await;
    assert!(checks.passed);
    for (id, evidence) in [
        ("apex.coverage", "61 %"),
        ("storage.head-room", "512 of 10240 are left"),
        ("api.head-room", "of 125000 are left"),
        ("deployments", "(InProgress)"),
    ] {
        let check = of(&checks, id);
        assert!(check.status == FAILED && check.evidence.contains(evidence), "{check:?}");
        let blocking = admin.accounts().accept(&account, "storage", "never mind").await.expect_err(id);
        assert_eq!(blocking.reason(), "INVALID_REQUEST", "what blocks cannot be accepted");
    }
    let reason = "the other integrations end at midnight";
    admin.accounts().accept(&account, "api.head-room", reason).await.expect("accepted");
    let checks = checked(&admin, &account).await;
    let accepted = of(&checks, "api.head-room").acceptance.clone().expect("it is shown with the check");
    assert_eq!((accepted.reason.as_str(), accepted.principal.as_str()), (reason, "admin@acme.example"));
    let shown = admin.accounts().get(&account).await.expect("account").acceptances;
    assert!(shown.iter().any(|one| one.check == "api.head-room" && one.reason == reason), "{shown:?}");
    // Somebody else's deployment is waited for.
    world.protect(&admin, &account).await;
    admin.accounts().accept(&account, "api.head-room", "").await.expect("taken back");
    let checks = checked(&admin, &account).await;
    assert_eq!(of(&checks, "api.head-room").acceptance, None);
    assert_eq!(of(&checks, "deployments").status, PASSED);
}
