//! The cases in their order: first what only looks, then a provisioning from beginning to end, then its removal, then
//! what must fail.

use provision_core::inventory::Inventory;
use provision_core::plan::Plan;

use super::events::Events;
use super::report::Report;
use super::world::{World, session};
use super::{events, looking, pacing, provisioning, quarantine, removal};
use crate::removal::ProposedRemoval;
use crate::session::Session;

/// What the cases hand on to each other.
pub(super) struct Suite<'w> {
    pub world: &'w dyn World,
    /// With the identity, once it is known.
    pub session: Session,
}

/// Runs every case. The world's organisation must be new: nothing of the connector's stands in it.
pub async fn run(world: &dyn World) -> Report {
    let mut report = Report::default();
    report.add("the manifest is whole", looking::manifest(world).map(|()| None));
    report.add(
        "the authorisation is specified in every environment",
        looking::authorization(world).map(|()| None),
    );
    report.add(
        "a token goes to no host that the connector does not trust",
        looking::instance(world).map(|()| None),
    );

    let mut suite = Suite { world, session: session(world.account(), world.credentials().await) };
    let Some(identity) = keep(&mut report, "identify looks only", looking::identify(&suite).await) else {
        return report;
    };
    suite.session.account.identity = Some(identity);
    report.add(
        "checks look only, are named once and say what to do",
        looking::check(&suite).await.map(|()| None),
    );
    let Some(inventory) =
        keep(&mut report, "the inventory looks only, and is in order", looking::inventory(&suite).await)
    else {
        return report;
    };
    let Some(plan) = keep(
        &mut report,
        "a plan looks only, is the same twice and keeps the order",
        looking::plan(&suite, &inventory).await,
    ) else {
        return report;
    };
    report.add(
        "what cannot be protected is named with its reason",
        looking::unprotected(&suite, &inventory).await.map(|()| None),
    );
    let before = world.portrait();
    let mut events = Events::default();
    let mut removal = None;
    if provision(&mut report, &suite, &inventory, &plan, &mut events).await {
        removal = remove(&mut report, &suite, &plan, &mut events, before).await;
    }
    report.add(
        "a refused session is denied by every method",
        refused(&suite, &inventory, &plan, removal.as_ref()).await.map(|()| None),
    );
    report
}

/// Whether everything was brought in.
async fn provision(
    report: &mut Report,
    suite: &Suite<'_>,
    inventory: &Inventory,
    plan: &Plan,
    events: &mut Events,
) -> bool {
    report.add("before, no content is quarantined", quarantine::nothing_before(suite).await);
    report.add(
        "no call leaves that was not asked for, or was held back",
        pacing::asked(suite, plan).await.map(|()| None),
    );
    report.add("before, nothing is there", provisioning::nothing_is_there(suite, plan).await.map(|()| None));
    if !report
        .add("every step is carried out", provisioning::carry_out(suite, plan, events).await.map(|()| None))
    {
        return false;
    }
    report.add(
        "afterwards, everything is there",
        provisioning::everything_is_there(suite, plan).await.map(|()| None),
    );
    report.add(
        "a step that is done stays done, however it is begun",
        provisioning::again(suite, plan).await.map(|()| None),
    );
    report.add(
        "a further plan keeps everything",
        provisioning::further_plan(suite, inventory, plan).await.map(|()| None),
    );
    report.add("an event comes back", events::canary(suite, events).await);
    report.add("a changed record comes back", events::change_of_a_record(suite, events).await);
    report.add("a position goes on where it was", events::resumes(suite, events).await);
    report.add("a position that is no position is gone", events::lost_position(suite).await);
    report.add("what was spoiled is seen", provisioning::tampered(suite, plan).await);
    report.add(
        "quarantined content is listed, read, restored and deleted",
        quarantine::looked_after(suite).await,
    );
    true
}

/// The removal, where it was planned.
async fn remove(
    report: &mut Report,
    suite: &Suite<'_>,
    plan: &Plan,
    events: &mut Events,
    before: Option<String>,
) -> Option<ProposedRemoval> {
    let planned = removal::planned(suite, plan).await;
    let removal = keep(report, "a removal looks only, is the same twice and leaves nothing out", planned)?;
    if !report.add(
        "every step of the removal is carried out, and survives a lost handle",
        removal::carried_out(suite, &removal).await.map(|()| None),
    ) {
        return Some(removal);
    }
    let left = removal::nothing_is_left(suite, plan, &removal, before).await;
    report.add("afterwards, the organisation is what it was", left.map(|()| None));
    report.add(
        "what is removed stays removed, however its step is begun",
        removal::again(suite, &removal).await.map(|()| None),
    );
    report.add("what is somebody else's stays and is named", removal::foreign(suite, plan, events).await);
    Some(removal)
}

async fn refused(
    suite: &Suite<'_>,
    inventory: &Inventory,
    plan: &Plan,
    removal: Option<&ProposedRemoval>,
) -> Result<(), String> {
    let refused = session(suite.session.account.clone(), suite.world.refused_credentials().await);
    looking::refused(suite, &refused, inventory).await?;
    provisioning::refused(suite, &refused, plan).await?;
    if let Some(removal) = removal {
        removal::refused(suite, &refused, removal).await?;
    }
    quarantine::refused(suite, &refused).await?;
    events::refused(suite, &refused).await
}

/// Adds the case and hands its value on.
fn keep<T>(report: &mut Report, name: &'static str, outcome: Result<T, String>) -> Option<T> {
    match outcome {
        Ok(value) => {
            report.add(name, Ok(None));
            Some(value)
        }
        Err(how) => {
            report.add(name, Err(how));
            None
        }
    }
}

impl Suite<'_> {
    /// The organisation as it was before and after a call that only looks.
    pub(super) fn unchanged_since(&self, before: Option<u64>, what: &str) -> Result<(), String> {
        super::expect::same(
            &format!("the number of effects before and after {what}"),
            &before,
            &self.world.effects(),
        )
    }
}
