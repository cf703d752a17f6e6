use async_trait::async_trait;
use provision_core::account::{ConditionType, State, Status};
use provision_core::plan::ObjectSelection;
use provision_core::ports::Accounts as _;
use provision_core::{Reason, Result};

use super::{Scenario, at_every_point};
use crate::world::{Life, World, account_name, by};

/// A protected account whose grant was taken away is authorised again.
struct Reauthorization;

#[async_trait]
impl Scenario for Reauthorization {
    async fn prepare(&self, world: &World, life: &Life) {
        life.until_read(world).await;
        life.protect().await;
        {
            let mut state = world.application.state();
            state.grant_dead = true;
            state.access_token = "revoked".into();
        }
        let planned = life.plane.plan(by("admin"), &account_name(), ObjectSelection::Default).await;
        let refused = planned.expect_err("the grant is gone");
        assert_eq!(refused.reason(), Reason::ReauthorizationRequired);
        assert_eq!(life.account().await.condition(ConditionType::Authorized), Status::False);
    }

    async fn ask(&self, world: &World, life: &Life) -> Result<()> {
        // Who finds the account authorised has nothing to ask for; everybody else begins anew, since a code serves once.
        if life.account().await.condition(ConditionType::Authorized) != Status::True {
            let state = life.try_begin_of(&account_name()).await?;
            life.complete(&state, world.application.issue_code()).await?;
        }
        life.until(|account| account.state() == State::Protected).await;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authorisation_ends_in_the_same_place_whatever_happens() {
    let points = at_every_point(&Reauthorization).await;
    assert!(points > 10, "only {points} points were passed");
}
