//! Cases of quarantined content, for connectors whose application keeps it.

use std::time::Duration;

use super::contract::Suite;
use super::expect::{Outcome, ensure, fails, same, succeeds};
use crate::fault::{ConnectorFault, FaultClass};
use crate::quarantine::{Disposed, PAGE_MAX, PIECE_MAX, Quarantine, QuarantinedItem};
use crate::session::Session;

const NO_QUARANTINE: &str = "the connector looks after no content";
const NO_CONTENT: &str = "the world quarantines nothing";
/// More often than this nothing is asked for.
const ROUNDS_MAX: usize = 1000;
const WAIT_MAX: Duration = Duration::from_millis(100);
/// Content of two sizes: the first is small; the second takes an application that cuts more than one piece.
const SIZES: [usize; 2] = [12, 300_000];

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|index| u8::try_from(index % 251).unwrap_or_default()).collect()
}

fn action(index: usize) -> String {
    format!("contract-item-{index}")
}

async fn list(suite: &Suite<'_>, quarantine: &dyn Quarantine) -> Result<Vec<QuarantinedItem>, String> {
    let mut items: Vec<QuarantinedItem> = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..ROUNDS_MAX {
        let page = succeeds("list", quarantine.list(&suite.session, after.as_deref()).await)?;
        ensure(page.items.len() <= PAGE_MAX, "a page is too long")?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(items),
        }
    }
    Err("the list has no end".to_owned())
}

async fn read(
    suite: &Suite<'_>,
    quarantine: &dyn Quarantine,
    item: &QuarantinedItem,
) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    for piece in 0..ROUNDS_MAX as u64 {
        match succeeds("read", quarantine.read(&suite.session, item, piece).await)? {
            Some(bytes) => {
                ensure(!bytes.is_empty() && bytes.len() <= PIECE_MAX, "a piece is empty or too large")?;
                whole.extend(bytes);
            }
            None => return Ok(whole),
        }
    }
    Err("the content has no end".to_owned())
}

/// Waits until it is done; `ask` asks once more.
async fn done<F>(what: &str, mut ask: impl FnMut() -> F) -> Outcome
where
    F: Future<Output = Result<Disposed, ConnectorFault>>,
{
    for _ in 0..ROUNDS_MAX {
        match succeeds(what, ask().await)? {
            Disposed::Done => return Ok(()),
            Disposed::Pending { poll_after } => tokio::time::sleep(poll_after.min(WAIT_MAX)).await,
            Disposed::Refused { reason } => return Err(format!("{what} is refused: {reason}")),
        }
    }
    Err(format!("{what} has no end"))
}

/// Without what keeps it there is nothing, and that is no error.
pub(super) async fn nothing_before(suite: &Suite<'_>) -> Result<Option<&'static str>, String> {
    let Some(quarantine) = suite.world.connector().quarantine() else { return Ok(Some(NO_QUARANTINE)) };
    ensure(list(suite, quarantine).await?.is_empty(), "a new organisation holds quarantined content")?;
    Ok(None)
}

/// Listed, read, restored and deleted; each of them twice.
pub(super) async fn looked_after(suite: &Suite<'_>) -> Result<Option<&'static str>, String> {
    let Some(quarantine) = suite.world.connector().quarantine() else { return Ok(Some(NO_QUARANTINE)) };
    let session = &suite.session;
    for (index, size) in SIZES.into_iter().enumerate() {
        if !suite.world.quarantine(&action(index), &content(size)).await {
            return Ok(Some(NO_CONTENT));
        }
    }
    let before = suite.world.effects();
    let items = list(suite, quarantine).await?;
    same("the list", &items, &list(suite, quarantine).await?)?;
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    same("the items", &SIZES.len(), &ids.len())?;
    let mut own = Vec::with_capacity(SIZES.len());
    for (index, size) in SIZES.into_iter().enumerate() {
        let item = items.iter().find(|item| item.id == action(index));
        let item = item.ok_or_else(|| format!("{} is not among {ids:?}", action(index)))?;
        ensure(item.held && !item.remote_id.is_empty(), format!("{} is not held", item.id))?;
        same("the size", &(size as u64), &item.size)?;
        ensure(
            read(suite, quarantine, item).await? == content(size),
            format!("{} reads otherwise", item.id),
        )?;
        own.push(item);
    }
    suite.unchanged_since(before, "list and read")?;
    for _ in 0..2 {
        done("restore", || quarantine.restore(session, own[0])).await?;
    }
    let left = list(suite, quarantine).await?;
    ensure(!left.iter().any(|item| item.id == own[0].id && item.held), "what was restored is held")?;
    for item in own {
        for _ in 0..2 {
            done("delete", || quarantine.delete(session, item)).await?;
        }
    }
    ensure(list(suite, quarantine).await?.is_empty(), "what was deleted is listed")?;
    Ok(None)
}

pub(super) async fn refused(suite: &Suite<'_>, session: &Session) -> Outcome {
    let Some(quarantine) = suite.world.connector().quarantine() else { return Ok(()) };
    let item = QuarantinedItem {
        id: action(0),
        remote_id: "a00000000000001AAA".to_owned(),
        source_object: String::new(),
        source_id: String::new(),
        file_name: String::new(),
        size: 0,
        sha256: String::new(),
        state: String::new(),
        held: true,
        reason: String::new(),
        quarantine_time: None,
    };
    let denied = &FaultClass::Denied;
    fails("list", denied, quarantine.list(session, None).await)?;
    fails("restore", denied, quarantine.restore(session, &item).await)?;
    fails("delete", denied, quarantine.delete(session, &item).await)?;
    fails("read", denied, quarantine.read(session, &item, 0).await)
}
