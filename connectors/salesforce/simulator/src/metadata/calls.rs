//! What REST and SOAP ask of deployments alike.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;

use super::job::{Deployments, Order};
use super::options::DeployOptions;
use super::result::{is_done, status};
use crate::org::{DeployRequest, Id, Rights};
use crate::surface::ApiError;

impl Deployments {
    /// Refuses while maintenance lets nobody write; asked before a body is read.
    pub(super) fn writable(&self) -> Result<(), ApiError> {
        if self.org.is_read_only() { Err(ApiError::maintenance()) } else { Ok(()) }
    }

    /// Starts a deploy, or says why not.
    pub(crate) fn accept(self: &Arc<Self>, order: Order) -> Result<DeployRequest, ApiError> {
        self.writable()?;
        self.start(order).ok_or_else(|| {
            ApiError::bad("LIMIT_EXCEEDED", "Too many deployments are pending in this organization")
        })
    }

    /// Starts a quick deploy; not found is what is not good for one.
    pub(crate) fn accept_quick(
        self: &Arc<Self>,
        validation: Id,
        rights: Rights,
    ) -> Result<(DeployRequest, DeployOptions), ApiError> {
        self.writable()?;
        self.quick(validation, rights).ok_or_else(ApiError::not_found)
    }

    /// How a deploy stands; `url` is where it was asked.
    pub(crate) fn check(&self, id: Id, details: bool, url: &str) -> Result<Value, ApiError> {
        let mut job = {
            let mut jobs = self.jobs();
            let job = jobs.get_mut(&id).ok_or_else(unknown)?;
            if job.hidden_polls > 0 {
                job.hidden_polls -= 1;
                return Err(unknown());
            }
            job.clone()
        };
        let state = self.org.read();
        let request = state.deploys.get(&id).ok_or_else(unknown)?;
        if !is_done(request) {
            // What has been done so far, with the manifests, which are read first.
            let manifests = job.rows.iter().filter(|row| row.component_type.is_empty()).count();
            job.rows.truncate(manifests + request.components_deployed as usize);
        }
        Ok(status(&state, request, &job, details, url))
    }

    /// Asks a deploy to stop; whether it has stopped already.
    pub(crate) fn stop(&self, id: Id, by: Id) -> Result<bool, ApiError> {
        if !self.jobs().contains_key(&id) {
            return Err(unknown());
        }
        let canceled = self.cancel(id, by);
        let state = self.org.read();
        let request = state.deploys.get(&id).ok_or_else(unknown)?;
        match (canceled, is_done(request)) {
            (true, done) => Ok(done),
            (false, true) => Err(ApiError::bad("INVALID_ID_FIELD", "Deployment already completed")),
            (false, false) => {
                let message = "Deployment can't be canceled because it's being finalized";
                Err(ApiError::bad("INVALID_ID_FIELD", message))
            }
        }
    }
}

/// No such job.
pub(super) fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}
