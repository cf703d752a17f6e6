//! Readings that are interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use provision_connector_sdk::testkit::MemoryCheckpoints;
use provision_connector_sdk::{Access, ConnectorFault, Credentials, InventoryReading, Session};
use salesforce_simulator::Config;
use salesforce_simulator::ledger::Kind;

use super::{cold, reading};
use crate::world::Salesforce;

/// Calls that may be under way when one of them fails.
const UNDER_WAY: u64 = 4;

/// Gives the session so often, and then never again: the daemon died.
struct Mortal {
    inner: Arc<dyn Credentials>,
    left: AtomicU64,
}

#[async_trait]
impl Credentials for Mortal {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.inner.current().await,
            Err(_) => Err(ConnectorFault::transient("the daemon died")),
        }
    }

    async fn renew(&self, stale: &Access) -> Result<Access, ConnectorFault> {
        self.inner.renew(stale).await
    }
}

fn mortal(session: &Session, lives: u64) -> Session {
    let inner = session.credentials.clone();
    Session { credentials: Arc::new(Mortal { inner, left: AtomicU64::new(lives) }), ..session.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_anywhere_a_reading_asks_only_for_what_is_missing() {
    let salesforce = Salesforce::with(Config {
        objects: 210,
        profiles: Some(30),
        object_permission_rows: Some(1_500),
        page_rows_max: Some(250),
        ..Config::default()
    })
    .await;
    let session = salesforce.session().await;
    let (whole, calls) = cold(&salesforce, &session).await;
    let mut cut_short = 0;
    for lives in 0..2 * calls {
        let checkpoints = MemoryCheckpoints::default();
        let before = salesforce.count(Kind::Request);
        let first = reading(&salesforce, &mortal(&session, lives), None, &checkpoints).await;
        let Err(fault) = first else { break };
        assert!(fault.is_retryable(), "{fault:?}");
        cut_short += 1;
        let kept = checkpoints.keys();
        let second = reading(&salesforce, &session, None, &checkpoints).await.expect("taken up again");
        let InventoryReading::Read(second) = second else { panic!("nothing was read before") };
        assert!((&second.object_types, &second.profiles) == (&whole.object_types, &whole.profiles));
        let both = salesforce.count(Kind::Request) - before;
        assert!(
            both <= calls + UNDER_WAY,
            "cut after {lives}: {both} calls in all, {calls} at once; {kept:?}"
        );
        assert!(checkpoints.keys().iter().all(|key| is_key(key)), "{:?}", checkpoints.keys());
    }
    assert!(cut_short >= calls, "{cut_short} cuts in {calls} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_was_whole_is_not_asked_again() {
    let salesforce = Salesforce::with(Config { objects: 210, profiles: Some(30), ..Config::default() }).await;
    let session = salesforce.session().await;
    let checkpoints = MemoryCheckpoints::default();
    let first = reading(&salesforce, &session, None, &checkpoints).await.expect("read");
    let before = salesforce.count(Kind::Request);
    let second = reading(&salesforce, &session, None, &checkpoints).await.expect("taken from what was kept");
    assert!(first == second);
    assert_eq!(salesforce.count(Kind::Request), before);
}

/// 1 to 64 lower-case letters, digits and hyphens.
fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
