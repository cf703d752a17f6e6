//! Finding a place for quarantined content before the objects that hold it go.

use std::collections::HashSet;

use provision_connector_sdk::{Disposed, Quarantine, QuarantinedItem};
use provision_core::operation::{Disposition, Operation, RemovalMode};
use provision_core::{Fault, Reason};

use super::removal_step::DISPOSE;
use super::survey::{Position, page};
use super::{quarantined, unresolved_quarantine};
use crate::drive::{Driver, Stop, Work};

/// How often all items are gone through: others may put some in at the same time.
const PASSES_MAX: usize = 3;
/// Items that a fault names at the most.
const NAMED_MAX: usize = 20;
/// Characters of the application's words that a fault repeats.
const WORDS_MAX: usize = 300;

/// What is done to each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Restore,
    Delete,
}

/// What has come of going through the items.
#[derive(Debug, Default)]
struct Pass {
    done: u64,
    refused: Vec<Refused>,
}

/// An item that was not disposed of, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub remote_id: String,
    pub name: String,
    pub reason: String,
}

impl Driver<'_> {
    pub(super) async fn dispose(&self, work: &Work, operation: &Operation) -> Result<(), Stop> {
        let total = self.looking(DISPOSE, || quarantined(work.connector.as_ref(), &work.session)).await?;
        let removal =
            operation.removal.ok_or_else(|| Fault::internal_error("a removal without a request"))?;
        let Some(quarantine) = work.connector.quarantine() else {
            return self.end_removal_step(DISPOSE, &[], |_| {}).await;
        };
        // With the objects goes what could not be deleted in them; where they stay, it would stay.
        let objects_go = removal.mode == RemovalMode::Everything;
        let pass = match removal.disposition {
            None if total == 0 => Pass::default(),
            None => return Err(Stop::Failed(unresolved_quarantine(total))),
            Some(Disposition::RestoreAll) => self.each(work, quarantine, Deed::Restore, total, None).await?,
            Some(Disposition::DeleteAll) => self.each(work, quarantine, Deed::Delete, total, None).await?,
            Some(Disposition::Export) => {
                let exported: HashSet<String> =
                    self.export(work, operation, quarantine, total).await?.into_iter().collect();
                self.each(work, quarantine, Deed::Delete, total, Some(&exported)).await?
            }
        };
        let must_be_done = removal.disposition == Some(Disposition::RestoreAll) || !objects_go;
        if must_be_done && !pass.refused.is_empty() {
            return Err(Stop::Failed(refused("restored or deleted", &pass.refused)));
        }
        let (done, refused) = (pass.done.to_string(), pass.refused.len().to_string());
        let disposition = removal.disposition.map_or("NONE".to_owned(), |d| format!("{d:?}").to_uppercase());
        let details = [("disposition", disposition.as_str()), ("items", &done), ("refused", &refused)];
        self.end_removal_step(DISPOSE, &details, |_| {}).await
    }

    /// Goes through the items until none is held but those that are refused. Of an export only what is in the archive is
    /// deleted; what came in since is a matter for whoever asked.
    async fn each(
        &self,
        work: &Work,
        quarantine: &dyn Quarantine,
        deed: Deed,
        total: u64,
        only: Option<&HashSet<String>>,
    ) -> Result<Pass, Stop> {
        let mut pass = Pass::default();
        for _ in 0..PASSES_MAX {
            pass.refused.clear();
            let mut strangers = 0;
            let before = pass.done;
            let mut position: Option<Position> = None;
            while let Some((items, reached)) = self
                .looking(DISPOSE, || page(work.connector.as_ref(), &work.session, position.clone()))
                .await?
            {
                for item in items.iter().filter(|item| item.held) {
                    if only.is_some_and(|only| !only.contains(&item.remote_id)) {
                        strangers += 1;
                        continue;
                    }
                    match self.disposed(work, quarantine, deed, item).await? {
                        None => pass.done += 1,
                        Some(reason) => pass.refused.push(Refused::of(item, reason)),
                    }
                    let done = pass.done + pass.refused.len() as u64;
                    self.report(DISPOSE, done, total.max(done), deed.saying(), None).await?;
                }
                if reached.next.is_none() {
                    break;
                }
                position = Some(reached);
            }
            if strangers > 0 {
                return Err(Stop::Failed(unresolved_quarantine(strangers)));
            }
            if pass.done == before {
                return Ok(pass);
            }
        }
        let left = self.looking(DISPOSE, || quarantined(work.connector.as_ref(), &work.session)).await?;
        match left > pass.refused.len() as u64 {
            true => Err(Stop::Failed(unresolved_quarantine(left))),
            false => Ok(pass),
        }
    }

    /// Done, or the application's words against it.
    async fn disposed(
        &self,
        work: &Work,
        quarantine: &dyn Quarantine,
        deed: Deed,
        item: &QuarantinedItem,
    ) -> Result<Option<String>, Stop> {
        loop {
            let answer = match deed {
                Deed::Restore => self.looking(DISPOSE, || quarantine.restore(&work.session, item)).await?,
                Deed::Delete => self.looking(DISPOSE, || quarantine.delete(&work.session, item)).await?,
            };
            match answer {
                Disposed::Done => return Ok(None),
                Disposed::Refused { reason } => return Ok(Some(reason)),
                Disposed::Pending { poll_after } => {
                    self.report_pause(DISPOSE, "the application works on an item", None).await?;
                    self.sleep(poll_after).await;
                }
            }
        }
    }
}

impl Deed {
    fn saying(self) -> &'static str {
        match self {
            Deed::Restore => "putting items back",
            Deed::Delete => "deleting items",
        }
    }
}

impl Refused {
    pub fn of(item: &QuarantinedItem, reason: String) -> Refused {
        Refused {
            remote_id: item.remote_id.clone(),
            name: format!("{} of {} {}", item.file_name, item.source_object, item.source_id),
            reason: reason.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect(),
        }
    }
}

/// Items stand in the way, each with its reason.
pub(super) fn refused(what: &str, items: &[Refused]) -> Fault {
    let count = items.len();
    let fault = Fault::new(
        Reason::QuarantineItemsRefused,
        format!(
            "{count} items of quarantined content could not be {what}; nothing of ours was removed. Mend what each says, \
             and deprovision again"
        ),
    )
    .meta("count", count.to_string());
    items.iter().take(NAMED_MAX).fold(fault, |fault, item| {
        fault.violation(item.remote_id.clone(), format!("{}: {}", item.name, item.reason))
    })
}
