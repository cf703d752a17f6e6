//! Waiting for states of a life that nobody's answer announces.

use std::time::Duration;

use provision_core::OperationName;
use provision_core::account::ServiceAccount;
use provision_core::operation::Operation;
use provision_core::ports::{AccountWatch, Explanation, Operations as _, Preconditions as _};

use crate::world::{Life, World, account_name};

const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at what cannot be watched.
const PAUSE: Duration = Duration::from_millis(2);

/// The account once it is as `found` says.
pub async fn account(life: &Life, found: impl Fn(&ServiceAccount) -> bool) -> ServiceAccount {
    let tenant = account_name().tenant;
    let wait = async {
        let (_, revision) = AccountWatch::snapshot(&life.plane, &tenant, 100).await.expect("read");
        let mut feed = AccountWatch::watch(&life.plane, &tenant, Some(revision)).await.expect("watched");
        loop {
            let account = life.account().await;
            if found(&account) {
                return account;
            }
            feed.next(PATIENCE).await.expect("changes");
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(account) => account,
        Err(_) => panic!("it does not come to that in time: {:#?}", life.account().await.conditions),
    }
}

/// An operation once it is as `found` says.
pub async fn operation(life: &Life, name: &OperationName, found: impl Fn(&Operation) -> bool) -> Operation {
    let wait = async {
        loop {
            let operation = life.plane.get(name).await.expect("there");
            if found(&operation) {
                return operation;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it comes to that in time")
}

/// The organisation was asked so many times more who it is.
pub async fn looks(world: &World, more: u32) {
    let times = world.application.state().identified + more;
    let wait = async {
        while world.application.state().identified < times {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it is asked in time");
}

/// What is explained of the account once it is as `found` says.
pub async fn explanation(life: &Life, found: impl Fn(&Explanation) -> bool) -> Explanation {
    let wait = async {
        loop {
            let explained = life.plane.explain(&account_name()).await.expect("explained");
            if found(&explained) {
                return explained;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(explained) => explained,
        Err(_) => panic!("{:?}", life.plane.explain(&account_name()).await),
    }
}
