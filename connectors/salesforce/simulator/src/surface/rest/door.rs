//! From a call to the door of records: in a transaction of its own, or inside one that several calls share.

use std::sync::Arc;

use super::Call;
use crate::apex::run::Thrown;
use crate::dml::{self, RowError};
use crate::org::{Org, State};
use crate::surface::ApiError;
use crate::transaction::Transaction;

/// How a call gets at the org.
pub(crate) enum Door<'a> {
    /// By itself.
    Own,
    /// Inside a transaction, which sees what was done in it and is not yet there for others.
    Within(&'a mut Transaction),
}

impl Door<'_> {
    /// Changes records. In a transaction of its own all is undone when it fails.
    pub(super) fn change<T>(
        &mut self,
        org: &Arc<Org>,
        call: &Call,
        change: impl FnOnce(&mut Transaction) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        if org.is_read_only() {
            return Err(ApiError::maintenance());
        }
        match self {
            Self::Within(tx) => change(tx),
            Self::Own => {
                let mut tx = Transaction::begin(org, call.rights.clone());
                tx.called(call.version, &call.path());
                let done = change(&mut tx)?;
                tx.commit();
                Ok(done)
            }
        }
    }

    /// Looks at the org without holding it up.
    pub(super) fn look<T>(&self, org: &Org, look: impl FnOnce(&State) -> T) -> T {
        match self {
            Self::Within(tx) => look(&tx.state),
            Self::Own => look(&org.read()),
        }
    }

    /// The org as it is, to be looked at for as long as it takes.
    pub(super) fn snapshot(&self, org: &Org) -> State {
        match self {
            Self::Within(tx) => tx.state.picture(),
            Self::Own => org.snapshot(),
        }
    }
}

impl From<RowError> for ApiError {
    fn from(error: RowError) -> Self {
        let status = match error.status.as_str() {
            "ENTITY_IS_DELETED" => axum::http::StatusCode::NOT_FOUND,
            _ => axum::http::StatusCode::BAD_REQUEST,
        };
        Self::new(status, &error.status, error.message).on(error.fields)
    }
}

impl From<ApiError> for Vec<RowError> {
    fn from(error: ApiError) -> Self {
        let ApiError { code, message, fields, more, .. } = error;
        let first = RowError { status: code, message, fields };
        std::iter::once(first).chain(more.into_iter().flat_map(Self::from)).collect()
    }
}

/// What a row, or a whole call, is told when Apex ended it.
pub(crate) fn thrown(tx: &Transaction, thrown: &Thrown) -> RowError {
    let headline = thrown.headline(&tx.program);
    let message = match dml::trigger_of(&thrown.stack()) {
        Some(trigger) => format!("{trigger}: {headline}"),
        None => headline,
    };
    RowError::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
}
