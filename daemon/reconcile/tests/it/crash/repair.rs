use async_trait::async_trait;
use provision_core::Result;
use provision_core::account::State;
use provision_core::operation::OperationKind;
use provision_core::ports::{Accounts as _, RepairAccount};

use super::{Scenario, at_every_point, succeeded};
use crate::world::{Life, World, account_name, by};

/// Somebody has removed everything that was provisioned.
struct Repair;

#[async_trait]
impl Scenario for Repair {
    async fn prepare(&self, world: &World, life: &Life) {
        life.until_read(world).await;
        life.protect().await;
        world.application.state().created.clear();
    }

    async fn ask(&self, world: &World, life: &Life) -> Result<()> {
        let request = RepairAccount { name: account_name(), validate_only: false };
        succeeded(life, OperationKind::Repair, 0, life.plane.repair(by("admin"), request)).await?;
        assert_eq!(life.components("PRESENT").await.len(), 4);
        assert_eq!(life.account().await.state(), State::Protected);
        let told = life.told().await;
        assert_eq!(told.iter().filter(|text| *text == "ACCOUNT_REPAIRED").count(), 1, "{told:?}");
        assert_eq!(world.application.state().created.len(), 4);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Repair).await;
    assert!(points > 60, "only {points} points were passed");
}
