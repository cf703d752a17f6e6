use async_trait::async_trait;
use provision_core::Result;
use provision_core::operation::{Disposition, OperationKind, RemovalMode};
use provision_core::ports::Accounts as _;

use super::{Scenario, at_every_point, succeeded};
use crate::world::{Life, World, account_name};

/// A protected account leaves, and quarantined content with it.
struct Deprovisioning(RemovalMode, Option<Disposition>);

#[async_trait]
impl Scenario for Deprovisioning {
    async fn prepare(&self, world: &World, life: &Life) {
        life.until_read(world).await;
        life.protect().await;
        if self.1.is_some() {
            world.application.state().put_into_quarantine("1", "one");
            world.application.state().put_into_quarantine("2", "two is longer than a piece");
        }
    }

    async fn ask(&self, world: &World, life: &Life) -> Result<()> {
        let ended = succeeded(life, OperationKind::Deprovision, 0, life.deprovision(self.0, self.1)).await?;
        if self.1 == Some(Disposition::Export) {
            let mut archive = life.plane.read_export(&account_name(), &ended.name).await?;
            while archive.next().await?.is_some() {}
            // Parts of the archive and their index, a plan, a plan of the removal, an inventory: what a writing that was
            // cut short has left is gone, but for the one part or index that it was at.
            assert!(world.artifacts().len() <= 8, "{:?}", world.artifacts());
        }
        let beside = crate::deprovisioning::beside(world).await;
        let kept = self.0 != RemovalMode::Everything;
        assert!(beside.iter().all(|key| kept && key.starts_with("component/")), "{beside:?}");
        assert_eq!(world.application.state().there().is_empty(), !kept);
        assert_eq!(
            life.plane.get(&account_name()).await?.value.0.phase,
            provision_core::account::Phase::Deprovisioned
        );
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deprovisioning_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Deprovisioning(RemovalMode::Everything, None)).await;
    assert!(points > 60, "only {points} points were passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn restored_content_is_restored_once_whatever_happens() {
    let restore = Deprovisioning(RemovalMode::Everything, Some(Disposition::RestoreAll));
    let points = at_every_point(&restore).await;
    assert!(points > 60, "only {points} points were passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_whole_whatever_happens() {
    let export = Deprovisioning(RemovalMode::Everything, Some(Disposition::Export));
    let points = at_every_point(&export).await;
    assert!(points > 60, "only {points} points were passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_end_is_the_same_whatever_happens() {
    let points = at_every_point(&Deprovisioning(RemovalMode::LocalOnly, None)).await;
    assert!(points > 10, "only {points} points were passed");
}

/// Provisioning runs, and waits for its application.
struct Halting;

#[async_trait]
impl Scenario for Halting {
    async fn prepare(&self, world: &World, life: &Life) {
        life.until_read(world).await;
        world.application.state().applies_wait = true;
        life.provision().await.expect("started");
    }

    async fn ask(&self, world: &World, life: &Life) -> Result<()> {
        succeeded(life, OperationKind::Deprovision, 0, life.deprovision(RemovalMode::Everything, None))
            .await?;
        let beside = crate::deprovisioning::beside(world).await;
        assert!(beside.is_empty(), "{beside:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_provisioning_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Halting).await;
    assert!(points > 40, "only {points} points were passed");
}
