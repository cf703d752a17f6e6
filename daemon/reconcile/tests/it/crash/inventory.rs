use async_trait::async_trait;
use provision_core::Result;
use provision_core::operation::OperationKind;

use super::{Scenario, at_every_point, succeeded};
use crate::world::{Life, World};

/// The second reading of an organisation that has changed.
struct Rereading;

#[async_trait]
impl Scenario for Rereading {
    async fn prepare(&self, world: &World, life: &Life) {
        life.until_read(world).await;
        world.application.state().objects = ["B", "C", "D", "E", "F"].map(str::to_owned).to_vec();
    }

    async fn ask(&self, _world: &World, life: &Life) -> Result<()> {
        let read = succeeded(life, OperationKind::RefreshInventory, 1, life.refresh(false)).await?;
        assert_eq!(read.inventory.expect("read").object_types, 5);
        assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "INVENTORY_CHANGED"]);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Rereading).await;
    assert!(points > 20, "only {points} points were passed");
}
