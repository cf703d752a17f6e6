//! Undoing it: what carries the mark goes, and quarantined content is looked after before.

use async_trait::async_trait;
use provision_connector_sdk::core::operation::Leftover;
use provision_connector_sdk::core::plan::{PlanStep, PlannedAction, PlannedComponent, StepKind};
use provision_connector_sdk::{
    ConnectorFault, Disposed, ProposedRemoval, Quarantine, QuarantinePage, QuarantinedItem, RemovalRequest,
    RemoveProgress, Session,
};

use crate::application::Application;
use crate::connector::{PadConnector, digest};

/// What the text of every component of ours begins with: without it, it is somebody else's.
pub const MARK: &str = "pad component";
/// Bytes of a piece of content.
const PIECE: usize = 1 << 16;

/// What is marked goes; what has one of our names without the mark stays, and people are told.
pub fn plan(application: &Application, request: RemovalRequest<'_>) -> ProposedRemoval {
    let state = application.lock();
    let ours = state.components.iter().filter(|(_, text)| text.starts_with(MARK));
    let components: Vec<PlannedComponent> = ours
        .map(|(name, text)| PlannedComponent {
            kind: kind(name).to_owned(),
            full_name: name.clone(),
            action: PlannedAction::Delete,
            reason: "nobody reports what is written any more".to_owned(),
            checksum: digest(text),
            version: String::new(),
        })
        .collect();
    let step = PlanStep {
        id: "remove".to_owned(),
        title: "Pad: remove".to_owned(),
        kind: StepKind::Remove,
        components,
        establishes: Vec::new(),
    };
    let is_foreign = |name: &str| state.components.get(name).is_some_and(|text| !text.starts_with(MARK));
    let foreign = request.known.iter().filter(|known| is_foreign(&known.full_name));
    ProposedRemoval {
        steps: Some(step).filter(|step| !step.components.is_empty()).into_iter().collect(),
        leftovers: foreign.map(|known| leftover(&known.kind, &known.full_name)).collect(),
        estimated_api_calls: 2,
    }
}

fn kind(name: &str) -> &'static str {
    if name == "CAS_Channel" { "Channel" } else { "Watcher" }
}

fn leftover(kind: &str, full_name: &str) -> Leftover {
    Leftover {
        kind: kind.to_owned(),
        full_name: full_name.to_owned(),
        reason: "it is not marked as ours".to_owned(),
        link: None,
    }
}

/// Looks once more before each deletion. An application that works in jobs answers `Running` with a handle.
pub fn remove(application: &Application, step: &PlanStep) -> RemoveProgress {
    let mut state = application.lock();
    let mut leftovers = Vec::new();
    for component in &step.components {
        match state.components.get(&component.full_name) {
            Some(text) if text.starts_with(MARK) => {
                state.components.remove(&component.full_name);
                state.effects += 1;
            }
            Some(_) => leftovers.push(leftover(&component.kind, &component.full_name)),
            None => {}
        }
    }
    RemoveProgress::Done { leftovers }
}

#[async_trait]
impl Quarantine for PadConnector {
    async fn list(&self, session: &Session, _after: Option<&str>) -> Result<QuarantinePage, ConnectorFault> {
        self.call(session).await?;
        let state = self.application.lock();
        let items = state.items.iter().map(|(id, content)| QuarantinedItem {
            id: id.clone(),
            remote_id: id.clone(),
            source_object: "Note".to_owned(),
            source_id: id.clone(),
            file_name: String::new(),
            size: content.as_ref().map_or(0, Vec::len) as u64,
            sha256: String::new(),
            state: if content.is_some() { "KEPT" } else { "PUT_BACK" }.to_owned(),
            held: content.is_some(),
            reason: String::new(),
            quarantine_time: None,
        });
        Ok(QuarantinePage { items: items.collect(), next: None })
    }

    async fn restore(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        self.call(session).await?;
        let mut state = self.application.lock();
        let Some(content) = state.items.get_mut(&item.id) else {
            return Ok(Disposed::Refused { reason: "there is no such item".to_owned() });
        };
        if content.take().is_some() {
            state.effects += 1;
        }
        Ok(Disposed::Done)
    }

    async fn delete(&self, session: &Session, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
        self.call(session).await?;
        let mut state = self.application.lock();
        if state.items.remove(&item.id).is_some() {
            state.effects += 1;
        }
        Ok(Disposed::Done)
    }

    async fn read(
        &self,
        session: &Session,
        item: &QuarantinedItem,
        piece: u64,
    ) -> Result<Option<Vec<u8>>, ConnectorFault> {
        self.call(session).await?;
        let state = self.application.lock();
        let content = state.items.get(&item.id).cloned().flatten().unwrap_or_default();
        let piece = usize::try_from(piece).ok().and_then(|piece| content.chunks(PIECE).nth(piece));
        Ok(piece.map(<[u8]>::to_vec))
    }
}
