//! A deployment by somebody else, which holds the org's setup for a while.

use std::sync::Arc;
use std::time::Duration;

use crate::org::{DeployRequest, Id, Org, prefix};

/// Starts one, at once if nobody else changes the setup; returns its id.
pub(crate) fn foreign_deploy(org: &Arc<Org>, takes: Duration) -> Id {
    let id = org.ids.next(prefix::DEPLOY_REQUEST);
    let now_ms = org.now_ms();
    let turn = Arc::clone(&org.setup).try_lock_owned().ok();
    {
        let mut state = org.write();
        let others = state.users.keys().find(|user| **user != org.admin && **user != org.user);
        let by = others.copied().unwrap_or(org.admin);
        let mut request = DeployRequest { components_total: 1, ..DeployRequest::pending(id, by, now_ms) };
        if turn.is_some() {
            begin(&mut request, now_ms);
        }
        state.deploys.insert(id, request);
    }
    let org = Arc::clone(org);
    tokio::spawn(async move {
        let _turn = match turn {
            Some(turn) => turn,
            None => {
                let turn = Arc::clone(&org.setup).lock_owned().await;
                change(&org, id, begin);
                turn
            }
        };
        org.clock.sleep(takes).await;
        change(&org, id, |request, now_ms| {
            "Succeeded".clone_into(&mut request.status);
            request.completed_ms = Some(now_ms);
            request.components_deployed = request.components_total;
        });
    });
    id
}

fn begin(request: &mut DeployRequest, now_ms: i64) {
    "InProgress".clone_into(&mut request.status);
    request.started_ms = Some(now_ms);
}

fn change(org: &Org, id: Id, with: impl FnOnce(&mut DeployRequest, i64)) {
    let now_ms = org.now_ms();
    if let Some(request) = org.write().deploys.get_mut(&id) {
        with(request, now_ms);
        request.modified_ms = now_ms;
    }
}
