use async_trait::async_trait;
use provision_core::Result;
use provision_core::operation::OperationKind;

use super::{Scenario, at_every_point, succeeded};
use crate::world::{Life, World};

/// Provisioning, where the organisation refuses some components.
struct Provisioning(&'static [&'static str]);

#[async_trait]
impl Scenario for Provisioning {
    async fn prepare(&self, world: &World, life: &Life) {
        world.application.state().refuses = self.0.iter().map(|name| (*name).to_owned()).collect();
        life.until_read(world).await;
    }

    async fn ask(&self, _world: &World, life: &Life) -> Result<()> {
        succeeded(life, OperationKind::Provision, 0, life.provision()).await?;
        assert_eq!(life.components("REFUSED").await.len(), self.0.len());
        assert_eq!(life.components("PRESENT").await.len(), 4 - self.0.len());
        let told = life.told().await;
        let told: Vec<_> = told.iter().filter(|text| !text.starts_with("EVENTS_")).collect();
        assert_eq!(told, ["ACCOUNT_AUTHORIZED", "Fake SANDBOX protected."]);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioning_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Provisioning(&[])).await;
    assert!(points > 60, "only {points} points were passed");
}

/// The organisation refuses one component: what is refused is stored before the step goes on without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_component_stays_refused_whatever_happens() {
    let points = at_every_point(&Provisioning(&["trigger-B"])).await;
    assert!(points > 60, "only {points} points were passed");
}
