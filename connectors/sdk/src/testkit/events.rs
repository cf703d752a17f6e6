//! Cases of the event channel, for connectors that have one.

use std::time::Duration;

use super::contract::Suite;
use super::expect::{Outcome, ensure, fails, succeeds};
use crate::changes::{Change, ChangeStream, Changes, Cursor};
use crate::fault::FaultClass;
use crate::session::Session;

/// An event that has not come back after this is lost.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(60);

const FIRST: &str = "contract-canary-1";
const RECORD: &str = "contract-canary-record";
const SECOND: &str = "contract-canary-2";
const NO_CHANGES: &str = "the connector reports no changes";

/// The stream that the plan's step opened, and where it got to.
#[derive(Default)]
pub(super) struct Events {
    stream: Option<Box<dyn ChangeStream>>,
    cursor: Option<Cursor>,
}

impl Events {
    pub(super) async fn open(&mut self, suite: &Suite<'_>) -> Outcome {
        let changes = capability(suite).ok_or("the plan opens events, and the connector has none")?;
        self.stream = Some(succeeds("open", changes.open(&suite.session, None).await)?);
        Ok(())
    }
}

fn capability<'w>(suite: &Suite<'w>) -> Option<&'w dyn Changes> {
    suite.world.connector().changes()
}

/// Reads until the canary is there; answers it, what came before it, and the position behind it.
async fn wait_for(
    stream: &mut dyn ChangeStream,
    marker: &str,
) -> Result<(Change, Vec<Change>, Option<Cursor>), String> {
    let found = tokio::time::timeout(COMES_BACK_WITHIN, async {
        let mut before = Vec::new();
        loop {
            let batch = succeeds("next", stream.next().await)?;
            let cursor = batch.cursor;
            for change in batch.changes {
                if change.canary.as_deref() == Some(marker) {
                    return Ok((change, before, cursor));
                }
                before.push(change);
            }
        }
    });
    found.await.unwrap_or_else(|_| Err(format!("{marker} did not come back")))
}

pub(super) async fn canary(suite: &Suite<'_>, events: &mut Events) -> Result<Option<&'static str>, String> {
    let Some(changes) = capability(suite) else { return Ok(Some(NO_CHANGES)) };
    let stream = events.stream.as_mut().ok_or("no step of the plan opened events")?;
    succeeds("send_canary", changes.send_canary(&suite.session, FIRST).await)?;
    let (canary, _, cursor) = wait_for(stream.as_mut(), FIRST).await?;
    ensure(!canary.id.is_empty(), "it has no id")?;
    ensure(cursor.is_some(), "no position came with it")?;
    events.cursor = cursor;
    Ok(None)
}

pub(super) async fn change_of_a_record(
    suite: &Suite<'_>,
    events: &mut Events,
) -> Result<Option<&'static str>, String> {
    let Some(changes) = capability(suite) else { return Ok(Some(NO_CHANGES)) };
    let stream = events.stream.as_mut().ok_or("no step of the plan opened events")?;
    succeeds("change_canary", changes.change_canary(&suite.session, RECORD).await)?;
    let (canary, ..) = wait_for(stream.as_mut(), RECORD).await?;
    ensure(!canary.id.is_empty(), "it has no id")?;
    Ok(None)
}

pub(super) async fn resumes(suite: &Suite<'_>, events: &Events) -> Result<Option<&'static str>, String> {
    let Some(changes) = capability(suite) else { return Ok(Some(NO_CHANGES)) };
    let Some(cursor) = &events.cursor else { return Ok(Some("there is no position")) };
    succeeds("send_canary", changes.send_canary(&suite.session, SECOND).await)?;
    let mut stream = succeeds("open", changes.open(&suite.session, Some(cursor)).await)?;
    let (_, before, _) = wait_for(stream.as_mut(), SECOND).await?;
    let repeated = before.iter().any(|change| change.canary.as_deref() == Some(FIRST));
    ensure(!repeated, "what came before the position comes again")?;
    Ok(None)
}

pub(super) async fn lost_position(suite: &Suite<'_>) -> Result<Option<&'static str>, String> {
    let Some(changes) = capability(suite) else { return Ok(Some(NO_CHANGES)) };
    let nowhere = Cursor(b"no such position".to_vec());
    let result = match changes.open(&suite.session, Some(&nowhere)).await {
        Ok(mut stream) => stream.next().await.map(|_| ()),
        Err(fault) => Err(fault),
    };
    fails("opening at a position that does not exist", &FaultClass::Gone, result)?;
    Ok(None)
}

pub(super) async fn refused(suite: &Suite<'_>, session: &Session) -> Outcome {
    let Some(changes) = capability(suite) else { return Ok(()) };
    let denied = &FaultClass::Denied;
    fails("open", denied, changes.open(session, None).await.map(|_| ()))?;
    fails("send_canary", denied, changes.send_canary(session, "refused").await)?;
    fails("change_canary", denied, changes.change_canary(session, "refused").await)
}
