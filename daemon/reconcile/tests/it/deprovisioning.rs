//! The way back out of the organisation.

mod content;
mod modes;
mod refusals;

use provision_core::Result;
use provision_core::account::{Phase, State};
use provision_core::operation::{Disposition, Operation, OperationState, Removal, RemovalMode};
use provision_core::ports::{Accounts as _, DeleteAccount, DeprovisionAccount};

use crate::world::{Crash, Life, World, account_name, by};

impl Life {
    pub fn deprovision_request(
        &self,
        mode: RemovalMode,
        disposition: Option<Disposition>,
    ) -> DeprovisionAccount {
        let removal = Removal { mode, disposition };
        DeprovisionAccount { name: account_name(), etag: None, removal, validate_only: false }
    }

    pub async fn deprovision(
        &self,
        mode: RemovalMode,
        disposition: Option<Disposition>,
    ) -> Result<Operation> {
        self.plane.deprovision(by("admin"), self.deprovision_request(mode, disposition)).await
    }

    /// To its end.
    pub async fn deprovisioned(&self, mode: RemovalMode, disposition: Option<Disposition>) -> Operation {
        let started = self.deprovision(mode, disposition).await.expect("started");
        self.done(&started.name).await.expect("done")
    }
}

/// Keys of the store that name a grant, a channel, a plan or a claim of the account.
pub async fn beside(world: &World) -> Vec<String> {
    let mut keys = Vec::new();
    for kind in [
        "channel",
        "credential",
        "plan",
        "inventory",
        "component",
        "preconditions",
        "authorization-pointer",
        "authorization",
        "organization",
    ] {
        let prefix = provision_store::Prefix::new(format!("{kind}/")).expect("valid");
        let all = provision_store::read_all(world.data.as_ref(), &prefix, 1_000).await.expect("read");
        keys.extend(all.entries.into_iter().map(|e| e.key.as_str().to_owned()));
    }
    keys
}

#[tokio::test]
async fn everything_of_ours_leaves_and_the_organisation_is_free() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    assert_eq!(world.application.state().there().len(), 4);
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    let steps: Vec<_> = ended.steps.iter().map(|s| s.id.as_str()).collect();
    let expected = [
        "close-events",
        "survey",
        "dispose-quarantine",
        "remove-triggers",
        "remove-rest",
        "verify-removed",
        "revoke",
    ];
    assert_eq!(steps, expected);
    assert_eq!(ended.leftovers, []);
    assert!(ended.api_calls > 0);
    let account = life.account().await;
    assert_eq!((account.phase, account.state()), (Phase::Deprovisioned, State::Deprovisioned));
    assert_eq!((account.next_action, account.current_operation), (None, None));
    {
        let state = world.application.state();
        assert_eq!(state.there(), Vec::<String>::new());
        assert!(state.grant_dead);
        assert_eq!(state.revoked, ["refresh-1"]);
        assert!(state.removed.values().all(|count| *count == 1));
    }
    assert_eq!(beside(&world).await, Vec::<String>::new());
    assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "Fake SANDBOX protected.", "ACCOUNT_DEPROVISIONED"]);

    let other = life.create_other("tenants/acme/serviceAccounts/other").await;
    let state = life.begin_of(&other).await;
    life.complete_of(&other, &state, world.application.issue_code()).await.expect("the organisation is free");
    let delete = DeleteAccount { name: account_name(), etag: None, validate_only: false };
    life.plane.delete(by("admin"), delete).await.expect("deleted");
    life.end().await;
}

#[tokio::test]
async fn what_comes_in_late_is_found_and_removed_too() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    world.application.state().late = ["trigger-Late".to_owned()].into();
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert!(ended.steps.iter().any(|s| s.id == "remove-2-triggers"), "{:?}", ended.steps);
    assert_eq!(world.application.state().there(), Vec::<String>::new());
    life.end().await;
}

#[tokio::test]
async fn what_cannot_be_removed_is_listed_with_its_reason() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    world.application.state().sticky = ["box".to_owned()].into();
    world.application.state().installation = true;
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    let told: Vec<_> = ended.leftovers.iter().map(|l| (l.full_name.as_str(), l.reason.as_str())).collect();
    assert!(told.contains(&("box", "box is in use")), "{told:?}");
    assert!(told.contains(&("the app", "uninstall it")), "{told:?}");
    assert_eq!(world.application.state().there(), ["box"]);
    let (all, _) = provision_core::ports::Notifications::snapshot(&life.plane, &account_name().tenant, 100)
        .await
        .expect("read");
    assert_eq!(all.last().expect("told").0.parameters["leftovers"], "2");
    life.end().await;
}

/// Provisioning waits for an application that keeps it waiting; the account goes to the deprovisioning at once.
#[tokio::test]
async fn a_provisioning_that_runs_is_halted() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.connector.throttle.store(u32::MAX / 2, std::sync::atomic::Ordering::SeqCst);
    let first = life.provision().await.expect("started");
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(life.done(&first.name).await.expect("done").state, OperationState::Cancelled);
    let account = life.account().await;
    assert_eq!((account.phase, account.next_action), (Phase::Deprovisioned, None));
    assert_eq!(beside(&world).await, Vec::<String>::new());
    assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "ACCOUNT_DEPROVISIONED"]);
    life.end().await;
}

#[tokio::test]
async fn one_that_is_cancelled_can_be_finished_later() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    world.application.state().put_into_quarantine("1", "one").stuck = true;
    let disposition = Some(Disposition::RestoreAll);
    let started = life.deprovision(RemovalMode::Everything, disposition).await.expect("started");
    let again = life.deprovision(RemovalMode::Everything, disposition).await.expect_err("it runs");
    assert_eq!(again.reason(), provision_core::Reason::OperationInProgress);
    provision_core::ports::Operations::cancel(&life.plane, by("admin"), &started.name).await.expect("asked");
    assert_eq!(life.done(&started.name).await.expect("done").state, OperationState::Cancelled);
    let account = life.account().await;
    assert_eq!((account.phase, account.state()), (Phase::Deprovisioning, State::ActionRequired));
    assert_eq!(account.next_action.expect("somebody acts").action, "DEPROVISION");
    world.application.state().quarantine[0].stuck = false;
    let ended = life.deprovisioned(RemovalMode::Everything, disposition).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(world.application.state().disposed["restored 1"], 1);
    life.end().await;
}

#[tokio::test]
async fn an_account_nobody_authorised_ends_without_a_call() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let state = life.begin().await;
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!((ended.api_calls, ended.leftovers.len()), (0, 0));
    assert_eq!(life.account().await.phase, Phase::Deprovisioned);
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("too late");
    assert_eq!(fault.reason(), provision_core::Reason::AuthorizationStateInvalid);
    life.end().await;
}
