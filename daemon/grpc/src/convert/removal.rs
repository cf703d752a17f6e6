//! Deprovisioning.

use provision_api::v1;
use provision_core::fault::{Fault, Result};
use provision_core::operation::{Disposition, Leftover, Removal, RemovalMode};
use provision_core::ports::DeprovisionAccount;

use super::checks::{Checks, plain};
use crate::name;

/// Longest etag, in characters.
const ETAG_MAX: usize = 256;

/// What a DeprovisionServiceAccount asks for.
pub(crate) fn deprovision(q: v1::DeprovisionServiceAccountRequest) -> Result<DeprovisionAccount> {
    let mut checks = Checks::default();
    let name = checks.take(name::account("name", &q.name));
    let etag = checks.take(plain("etag", &q.etag, ETAG_MAX));
    let mode = checks.take(mode_asked(q.mode));
    let disposition = checks.take(disposition_asked(q.quarantine_disposition));
    checks.done()?;
    let (Some(name), Some(etag), Some(mode), Some(disposition)) = (name, etag, mode, disposition) else {
        return Err(Fault::internal_error("a check lost its fault"));
    };
    Ok(DeprovisionAccount {
        name,
        etag: Some(etag).filter(|etag| !etag.is_empty()),
        removal: Removal { mode, disposition },
        validate_only: q.validate_only,
    })
}

fn mode_asked(value: i32) -> Result<RemovalMode> {
    match v1::RemovalMode::try_from(value) {
        Ok(v1::RemovalMode::Unspecified | v1::RemovalMode::Everything) => Ok(RemovalMode::Everything),
        Ok(v1::RemovalMode::KeepComponents) => Ok(RemovalMode::KeepComponents),
        Ok(v1::RemovalMode::LocalOnly) => Ok(RemovalMode::LocalOnly),
        Err(_) => Err(Fault::invalid("mode", "must be one of RemovalMode's values")),
    }
}

fn disposition_asked(value: i32) -> Result<Option<Disposition>> {
    match v1::QuarantineDisposition::try_from(value) {
        Ok(v1::QuarantineDisposition::Unspecified) => Ok(None),
        Ok(v1::QuarantineDisposition::RestoreAll) => Ok(Some(Disposition::RestoreAll)),
        Ok(v1::QuarantineDisposition::Export) => Ok(Some(Disposition::Export)),
        Ok(v1::QuarantineDisposition::DeleteAll) => Ok(Some(Disposition::DeleteAll)),
        Err(_) => {
            Err(Fault::invalid("quarantine_disposition", "must be one of QuarantineDisposition's values"))
        }
    }
}

pub(super) fn mode(mode: RemovalMode) -> v1::RemovalMode {
    match mode {
        RemovalMode::Everything => v1::RemovalMode::Everything,
        RemovalMode::KeepComponents => v1::RemovalMode::KeepComponents,
        RemovalMode::LocalOnly => v1::RemovalMode::LocalOnly,
    }
}

pub(super) fn disposition(disposition: Disposition) -> v1::QuarantineDisposition {
    match disposition {
        Disposition::RestoreAll => v1::QuarantineDisposition::RestoreAll,
        Disposition::Export => v1::QuarantineDisposition::Export,
        Disposition::DeleteAll => v1::QuarantineDisposition::DeleteAll,
    }
}

pub(super) fn leftover(leftover: Leftover) -> v1::Leftover {
    v1::Leftover {
        kind: leftover.kind,
        full_name: leftover.full_name,
        reason: leftover.reason,
        link: leftover.link.unwrap_or_default(),
    }
}
