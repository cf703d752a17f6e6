//! Each trouble that a provisioned organisation can meet: how the account shows it, who is told, what is explained, and that
//! all is well again when the trouble is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use provision_client::api::v1::{Actor, Cause};
use provision_tests::effects::changes;
use provision_tests::setup::Setup;
use provision_tests::watched::{PATIENCE, Watched, is_false};
use salesforce_simulator::fault::{Operation, Rule};
use salesforce_simulator::org::{Happening, Org};

/// How the organisation is mended.
enum Mended {
    /// By what its people do there.
    There(fn(&Org)),
    /// So, and somebody authorises again.
    Authorized(fn(&Org)),
}

/// What people see of a trouble.
struct Trouble {
    /// A rule as the simulator's `--fault` takes it.
    rule: &'static str,
    reason: &'static str,
    /// Part of what the cause says.
    says: &'static str,
    condition: &'static str,
    /// The code of the notification, where people are told at once.
    told: Option<&'static str>,
    action: (Actor, &'static str),
    mended: Mended,
}

const AUTHORIZE: (Actor, &str) = (Actor::Operator, "BEGIN_AUTHORIZATION");
const MEND: (Actor, &str) = (Actor::SaasAdmin, "MEND_ORGANIZATION");

fn troubles() -> Vec<Trouble> {
    vec![
        Trouble {
            rule: "user-info=grants-revoked",
            reason: "REAUTHORIZATION_REQUIRED",
            says: "invalid_grant",
            condition: "Authorized",
            told: Some("REAUTHORIZATION_REQUIRED"),
            action: AUTHORIZE,
            mended: Mended::Authorized(|_| {}),
        },
        Trouble {
            rule: "user-info=users-deactivated",
            reason: "REAUTHORIZATION_REQUIRED",
            says: "inactive_user",
            condition: "Authorized",
            told: Some("REAUTHORIZATION_REQUIRED"),
            action: AUTHORIZE,
            mended: Mended::Authorized(|org| {
                let mut state = org.write();
                Arc::make_mut(&mut state.users).values_mut().for_each(|user| user.active = true);
            }),
        },
        Trouble {
            rule: "user-info=org-locked",
            reason: "REAUTHORIZATION_REQUIRED",
            says: "organization is locked",
            condition: "Authorized",
            told: Some("REAUTHORIZATION_REQUIRED"),
            action: AUTHORIZE,
            mended: Mended::Authorized(|org| org.set_conditions(|now| now.locked = false)),
        },
        Trouble {
            rule: "user-info=api-access-off",
            reason: "SAAS_PERMISSION_MISSING",
            says: "API_CURRENTLY_DISABLED",
            condition: "InSync",
            told: Some("DRIFT_DETECTED"),
            action: MEND,
            mended: Mended::There(|org| org.set_conditions(|now| now.api_disabled_for.clear())),
        },
        Trouble {
            rule: "user-info=api-requests-used-up",
            reason: "API_BUDGET_EXHAUSTED",
            says: "calls of the last 24 hours are used",
            condition: "WithinApiBudget",
            told: None,
            action: (Actor::SaasAdmin, "FREE_API_CALLS"),
            mended: Mended::There(|org| org.write().api_calls.clear()),
        },
    ]
}

/// Looks again soon whether calls have come back.
async fn quick() -> Watched {
    let more = "\n[api_budget]\nprobe_interval_seconds = 1\n".to_owned();
    Watched::made(Setup { more, ..Setup::default() }).await
}

/// Sets a rule, and waits until it has fired.
async fn strikes(watched: &Watched, rule: &str) {
    let faults = watched.world.org.faults();
    faults.add(rule.parse::<Rule>().unwrap_or_else(|e| panic!("{rule}: {e}")));
    let begun = Instant::now();
    while let Err(unfired) = faults.verify() {
        assert!(begun.elapsed() < PATIENCE, "{rule}: {unfired}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    faults.clear();
}

async fn is_told(watched: &Watched, trouble: &Trouble) -> Cause {
    let before = match trouble.told {
        Some(code) => watched.told(code).await.len(),
        None => 0,
    };
    strikes(watched, trouble.rule).await;
    let cause = watched.cause(trouble.reason).await;
    assert!(cause.message.contains(trouble.says), "{}: {cause:?}", trouble.rule);
    let next = cause.next_action.clone().expect("somebody acts");
    assert_eq!((next.actor(), next.action.as_str()), trouble.action, "{}", trouble.rule);
    let shown = watched.account_until(trouble.rule, |account| is_false(account, trouble.condition)).await;
    if let Some(code) = trouble.told {
        assert!(shown.next_action.is_some_and(|next| next.deadline.is_some()), "{}", trouble.rule);
        assert_eq!(watched.told(code).await.len(), before + 1, "{}: told once", trouble.rule);
        let explained = watched.admin.accounts().explain(&watched.account).await.expect("explained");
        assert_eq!(explained.causes[0].reason, trouble.reason, "{}: {explained:#?}", trouble.rule);
        assert!(!explained.protected, "{explained:#?}");
    }
    cause
}

#[tokio::test]
async fn each_trouble_is_told_once_explained_first_and_gone_when_it_is_mended() {
    let watched = quick().await;
    let written = changes(&watched.world.org);
    let mut links = BTreeSet::new();
    for trouble in troubles() {
        let cause = is_told(&watched, &trouble).await;
        let org = watched.world.org.org();
        match trouble.mended {
            Mended::There(mend) => mend(org),
            Mended::Authorized(mend) => {
                mend(org);
                links.insert(cause.next_action.expect("named").link);
                let page =
                    watched.world.allow(&watched.world.begin(&watched.admin, &watched.account).await).await;
                assert!(page.contains("Access granted"), "{}: {page}", trouble.rule);
            }
        }
        watched.is_well().await;
    }
    assert_eq!(links.len(), 1, "one account, one link: {links:?}");
    assert_eq!(changes(&watched.world.org), written, "looking changes nothing");
}

#[tokio::test]
async fn what_passes_by_itself_bothers_nobody() {
    let watched = quick().await;
    let host = watched.world.org.ready().base_url.replace("http://127.0.0.1", "localhost");
    let written = changes(&watched.world.org);
    for rule in [
        "user-info=sessions-ended",
        "user-info=session-invalid",
        "query=limit-exceeded",
        "user-info=unavailable",
        "user-info=truncated",
        "user-info=connection-reset",
        "user-info=answer-lost",
        "user-info=slow:2s",
        "query=truncated",
        &format!("user-info=instance-moved:{host}"),
    ] {
        strikes(&watched, rule).await;
        watched.is_well().await;
    }
    let moved = watched.world.org.ledger().requests("GET", "/services/oauth2/userinfo");
    let begun = Instant::now();
    while watched.world.org.ledger().requests("GET", "/services/oauth2/userinfo") < moved + 2 {
        assert!(begun.elapsed() < PATIENCE, "nobody looks at the instance that it moved to");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    watched.is_well().await;
    for code in ["REAUTHORIZATION_REQUIRED", "DRIFT_DETECTED", "GRANT_IN_DOUBT", "EVENTS_MISSED"] {
        let told = watched.told(code).await;
        assert!(told.is_empty(), "{told:#?}");
    }
    assert_eq!(changes(&watched.world.org), written);
}

#[tokio::test]
async fn a_permission_that_was_withdrawn_is_named_and_its_return_is_seen() {
    let watched = Watched::new().await;
    let org = watched.world.org.org();
    let before = org.metadata().permission_sets.clone();
    for permission in ["ViewSetup", "ModifyAllData", "AuthorApex", "CustomizeApplication", "ModifyMetadata"] {
        org.happen(&Happening::PermissionWithdrawn(permission.to_owned()));
    }
    let cause = watched.cause("SAAS_PERMISSION_MISSING").await;
    let next = cause.next_action.expect("named");
    assert_eq!((next.actor(), next.action.as_str()), MEND, "{next:?}");
    let checks = watched.admin.accounts().check(&watched.account).await.expect("checked");
    let failed: Vec<_> = checks.checks.iter().filter(|check| !check.fix.is_empty()).collect();
    assert!(!checks.passed && !failed.is_empty(), "{checks:?}");
    let given_back = org.change_metadata(|metadata| {
        metadata.permission_sets = before.clone();
        Ok::<_, ()>(())
    });
    given_back.expect("given back");
    watched.admin.accounts().check(&watched.account).await.expect("checked again");
    watched.is_well().await;
}

#[tokio::test]
async fn a_setup_that_somebody_else_changes_for_hours_is_waited_for_and_named() {
    let watched = Watched::new().await;
    let org = watched.world.org.org();
    let broken = org.change_metadata(|metadata| {
        let trigger = metadata.triggers.values_mut().find(|t| t.unit.name.starts_with("CAS_")).ok_or(())?;
        Arc::make_mut(trigger).unit.status = "Inactive".to_owned();
        Ok::<_, ()>(())
    });
    broken.expect("it is there");
    watched.cause("DRIFT_DETECTED").await;
    let lock: Rule = "deploy-start=deploy-locked:3h".parse().expect("a rule");
    assert_eq!(lock.on, Operation::DeployStart);
    watched.world.org.faults().add(lock);
    let repair = watched.admin.accounts().repair(&watched.account, false).await.expect("begun").name;
    let cause = watched
        .causes_until("a repair that waits", |cause| {
            cause.reason == "REPAIRING"
                && cause.message.contains("another deployment holds the organisation's setup")
        })
        .await;
    watched.world.org.faults().verify().expect("the lock was set");
    assert_eq!(cause.next_action.expect("named").actor(), Actor::System);
    watched.admin.operations().cancel(&repair).await.expect("cancelled");
    let ended = watched.admin.operations().wait_done(&repair, |_| {}).await.expect_err("it was cancelled");
    assert_eq!(ended.reason(), "OPERATION_CANCELLED");
    let shown = watched.account_until("free", |account| account.current_operation.is_empty()).await;
    assert_eq!(shown.next_action.expect("named").action, "REPAIR", "what is broken stays broken");
}
