//! Removing, and looking after quarantined content.

use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::*;
use provision_core::operation::Leftover;
use provision_core::plan::{PlannedAction, PlannedComponent, StepKind};
use provision_core::{Fault, Reason};

use super::{FakeConnector, component, step};
use crate::application::{Held, Inner};

/// Bytes of a piece of content.
const PIECE: usize = 8;

impl FakeConnector {
    /// What reports changes goes first, in a step of its own; then all else.
    pub(super) async fn propose_removal(
        &self,
        session: &Session,
        request: RemovalRequest<'_>,
    ) -> Result<ProposedRemoval, ConnectorFault> {
        let known: Vec<String> = request.known.iter().map(|c| c.full_name.clone()).collect();
        self.call(session, || {
            let state = self.application.state();
            assert!(known.iter().all(|name| !state.foreign.contains(name)), "{known:?}");
            let (triggers, rest): (Vec<_>, Vec<_>) = state
                .created
                .keys()
                .filter(|name| state.is_there(name))
                .partition(|n| n.starts_with("trigger-"));
            let doomed =
                |name: &&String| PlannedComponent { action: PlannedAction::Delete, ..component(name) };
            let steps = [("triggers", triggers), ("rest", rest)]
                .into_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(id, names)| step(id, StepKind::Remove, names.iter().map(doomed).collect(), vec![]))
                .collect();
            ProposedRemoval { steps, leftovers: package(&state), estimated_api_calls: 4 }
        })
        .await
    }

    pub(super) async fn remove_step(
        &self,
        session: &Session,
        request: RemoveRequest<'_>,
    ) -> Result<RemoveProgress, ConnectorFault> {
        let names: Vec<String> = request.step.components.iter().map(|c| c.full_name.clone()).collect();
        let key = request.idempotency_key.to_owned();
        self.call(session, || {
            let mut state = self.application.state();
            let running = || RemoveProgress::Running {
                handle: key.clone(),
                done: 0,
                total: names.len() as u64,
                message: "working".into(),
                poll_after: Duration::from_millis(1),
            };
            match request.begin {
                Begin::Fresh => {}
                Begin::Resume { .. } => {
                    for name in state.jobs.remove(&key).unwrap_or_default() {
                        if !state.sticky.contains(&name) {
                            *state.removed.entry(name).or_default() += 1;
                        }
                    }
                    for name in std::mem::take(&mut state.late) {
                        *state.created.entry(name).or_default() += 1;
                    }
                    let leftovers = names.iter().filter(|n| state.is_there(n)).map(|n| left(n)).collect();
                    return RemoveProgress::Done { leftovers };
                }
                Begin::Uncertain { .. } => {
                    if names.iter().all(|name| !state.is_there(name)) {
                        return RemoveProgress::Done { leftovers: vec![] };
                    }
                }
            }
            state.jobs.entry(key.clone()).or_insert_with(|| names.clone());
            running()
        })
        .await
    }
}

/// The package is a person's to uninstall.
fn package(state: &Inner) -> Vec<Leftover> {
    let leftover = Leftover {
        kind: "Package".into(),
        full_name: "the app".into(),
        reason: "uninstall it".into(),
        link: Some("https://apps.example/uninstall".into()),
    };
    if state.installation { vec![leftover] } else { vec![] }
}

fn left(name: &str) -> Leftover {
    Leftover { kind: "Thing".into(), full_name: name.into(), reason: format!("{name} is in use"), link: None }
}

fn item(held: &Held) -> QuarantinedItem {
    QuarantinedItem {
        id: format!("action-{}", held.id),
        remote_id: held.id.clone(),
        source_object: "A".into(),
        source_id: format!("source-{}", held.id),
        file_name: format!("../{}.txt", held.id),
        size: held.content.len() as u64,
        sha256: held.sha256.clone(),
        state: "QUARANTINED".into(),
        held: held.held,
        reason: "malware".into(),
        quarantine_time: None,
    }
}

#[async_trait]
impl Quarantine for FakeConnector {
    /// Two items a page.
    async fn list(&self, session: &Session, after: Option<&str>) -> Result<QuarantinePage, ConnectorFault> {
        let after = after.unwrap_or_default().to_owned();
        self.call(session, || {
            let state = self.application.state();
            if !state.is_there("box") {
                return QuarantinePage::default();
            }
            let rest: Vec<_> = state.quarantine.iter().filter(|h| h.id > after).collect();
            let next = (rest.len() > 2).then(|| rest[1].id.clone());
            QuarantinePage { items: rest.into_iter().take(2).map(item).collect(), next }
        })
        .await
    }

    async fn restore(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        self.call(session, || self.application.state().dispose("restored", &item.remote_id)).await
    }

    async fn delete(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        self.call(session, || self.application.state().dispose("deleted", &item.remote_id)).await
    }

    async fn read(
        &self,
        session: &Session,
        item: &QuarantinedItem,
        piece: u64,
    ) -> Result<Option<Vec<u8>>, ConnectorFault> {
        let read = self
            .call(session, || {
                let state = self.application.state();
                let held = state.quarantine.iter().find(|h| h.id == item.remote_id).expect("listed before");
                let damaged = held.damaged && piece > 0;
                let pieces = held
                    .content
                    .chunks(if state.piece_bytes == 0 { PIECE } else { state.piece_bytes })
                    .nth(usize::try_from(piece).expect("few"));
                if damaged { Err(()) } else { Ok(pieces.map(<[u8]>::to_vec)) }
            })
            .await?;
        read.map_err(|()| {
            ConnectorFault::rejected(Fault::new(Reason::SaasRejected, "a part of the content is missing"))
        })
    }
}
