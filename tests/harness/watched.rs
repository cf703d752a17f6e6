//! A protected organisation that the daemon looks at every second, and what a console sees of it.

use std::time::{Duration, Instant};

use provision_client::api::v1::{
    Cause, Condition, ConditionStatus, Notification, ServiceAccount, ServiceAccountState,
};
use provision_client::{Client, ListOptions};

use crate::setup::Setup;
use crate::world::World;

/// How long the daemon may take to see something.
pub const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// A protected account.
pub struct Watched {
    pub world: World,
    pub admin: Client,
    pub account: String,
}

impl Watched {
    /// A Sandbox of 60 objects.
    pub async fn new() -> Watched {
        Watched::made(Setup::default()).await
    }

    pub async fn made(setup: Setup) -> Watched {
        let more = format!("{}\n[drift]\ninterval_seconds = 1\n", setup.more);
        let world = World::made(Setup { more, log: "info", ..setup }).await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        world.protect(&admin, &account).await;
        Watched { world, admin, account }
    }

    pub async fn get(&self) -> ServiceAccount {
        self.admin.accounts().get(&self.account).await.expect("account")
    }

    /// A cause of that reason, once it is told; it says what was seen, and who does what about it.
    pub async fn cause(&self, reason: &str) -> Cause {
        self.causes_until(reason, |cause| cause.reason == reason).await
    }

    /// A cause that is asked for, once it is told.
    pub async fn causes_until(&self, wanted: &str, is_it: impl Fn(&Cause) -> bool) -> Cause {
        let begun = Instant::now();
        loop {
            let explained = self.admin.accounts().explain(&self.account).await.expect("explained");
            if let Some(cause) = explained.causes.iter().find(|cause| is_it(cause)) {
                assert!(!cause.evidence.is_empty(), "{cause:?}");
                let next = cause.next_action.as_ref().expect("somebody must act");
                assert!(!next.hint.is_empty(), "{cause:?}");
                return cause.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{wanted} is not among {:?}", explained.causes);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The account, once it is in that state.
    pub async fn until(&self, state: ServiceAccountState) -> ServiceAccount {
        self.account_until(state.as_str_name(), |account| account.state() == state).await
    }

    /// The account, once it is as wanted.
    pub async fn account_until(
        &self,
        wanted: &str,
        is_it: impl Fn(&ServiceAccount) -> bool,
    ) -> ServiceAccount {
        let begun = Instant::now();
        loop {
            let found = self.get().await;
            if is_it(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not become {wanted}: {found:#?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Protected, and explained so: nothing is left of what was amiss.
    pub async fn is_well(&self) {
        let shown = self.until(ServiceAccountState::Protected).await;
        assert!(shown.failure.is_none() && shown.next_action.is_none(), "{shown:#?}");
        let begun = Instant::now();
        loop {
            let explained = self.admin.accounts().explain(&self.account).await.expect("explained");
            if explained.protected && explained.causes.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{explained:#?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Everything that was told by that code, the newest first.
    pub async fn told(&self, code: &str) -> Vec<Notification> {
        let filter = ListOptions::filter(format!("code = {code}"));
        let list = self.admin.notifications().list("tenants/acme", filter).await.expect("list");
        list.notifications
    }
}

/// The condition of that type.
pub fn condition<'a>(account: &'a ServiceAccount, kind: &str) -> &'a Condition {
    account.conditions.iter().find(|c| c.r#type == kind).expect("every condition is shown")
}

/// Whether the condition of that type does not hold.
pub fn is_false(account: &ServiceAccount, kind: &str) -> bool {
    condition(account, kind).status() == ConditionStatus::False
}
