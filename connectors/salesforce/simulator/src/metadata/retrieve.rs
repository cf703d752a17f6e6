//! Retrieves as jobs of the org.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use super::calls::unknown;
use super::contents::{self, Retrieval, Retrieved};
use super::job::Deployments;
use crate::org::{Id, Rights};
use crate::surface::ApiError;

/// Key prefix of asynchronous jobs.
const PREFIX: &str = "09S";
/// Retrieves that are kept; the oldest goes.
const KEPT_MAX: usize = 50;

/// One retrieve.
pub(crate) struct RetrieveJob {
    user: Id,
    /// Absent: it runs. An error: it broke.
    result: Option<Result<Arc<Retrieved>, ()>>,
    /// Its zip has been handed out, which happens once.
    fetched: bool,
}

/// How a retrieve stands.
pub(crate) enum RetrieveStatus {
    Running,
    Failed,
    /// With the zip where it was asked for.
    Done {
        retrieved: Arc<Retrieved>,
        with_zip: bool,
    },
}

impl Deployments {
    fn retrieves(&self) -> MutexGuard<'_, BTreeMap<Id, RetrieveJob>> {
        self.retrieves.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Starts a retrieve.
    pub(crate) fn retrieve(self: &Arc<Self>, rights: Rights, asked: Retrieval) -> Id {
        let id = self.org.ids.next(PREFIX);
        {
            let mut jobs = self.retrieves();
            jobs.insert(id, RetrieveJob { user: rights.user, result: None, fetched: false });
            while jobs.len() > KEPT_MAX {
                jobs.pop_first();
            }
        }
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let org = Arc::clone(&this.org);
            let work = move || contents::retrieve(&org, &org.snapshot(), &rights, &asked);
            let result = tokio::task::spawn_blocking(work).await;
            let result = result.map_err(|error| tracing::error!(%error, "a retrieve failed")).map(Arc::new);
            if let Some(job) = this.retrieves().get_mut(&id) {
                job.result = Some(result);
            }
        });
        id
    }

    /// Whether a job of this id is a retrieve, and whether it is over.
    pub(crate) fn retrieve_is_over(&self, id: Id) -> Option<bool> {
        self.retrieves().get(&id).map(|job| job.result.is_some())
    }

    /// How a retrieve of the user's own stands. Its zip is given once.
    pub(crate) fn check_retrieve(
        &self,
        id: Id,
        user: Id,
        with_zip: bool,
    ) -> Result<RetrieveStatus, ApiError> {
        let mut jobs = self.retrieves();
        let job = jobs.get_mut(&id).filter(|job| job.user == user).ok_or_else(unknown)?;
        match &job.result {
            None => Ok(RetrieveStatus::Running),
            Some(Err(())) => Ok(RetrieveStatus::Failed),
            Some(Ok(_)) if job.fetched => {
                Err(ApiError::bad("INVALID_LOCATOR", "Retrieve result has been deleted."))
            }
            Some(Ok(retrieved)) => {
                job.fetched = with_zip;
                Ok(RetrieveStatus::Done { retrieved: Arc::clone(retrieved), with_zip })
            }
        }
    }
}
