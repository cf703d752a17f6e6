//! Compiles the files of a package against metadata, as its packaging org would.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::archive::Archive;
use super::package::Package;
use super::stage::Stage;
use crate::org::{Id, Metadata, Org, PermissionSet, Rights, prefix, user_permissions};

/// Major version for a package whose manifest names none.
const API_VERSION: u32 = 67;

/// The metadata with every component of `files`, or what is wrong with them.
pub(crate) fn compile(
    org: &Org,
    metadata: Metadata,
    files: &BTreeMap<String, Bytes>,
    by: Id,
) -> Result<Metadata, Vec<String>> {
    let read = Package::read(&Archive::of(files.clone()), true, false);
    let package = Package { certified: true, ..read };
    let mut everything =
        PermissionSet::new(Id::derived(prefix::PERMISSION_SET, &["packaging"]), "Packaging", "Packaging");
    everything.permissions = user_permissions().map(str::to_owned).collect();
    let rights = Rights { user: by, sets: vec![Arc::new(everything)], reach: Default::default() };
    let stage = Stage::run(org, metadata, &package, &rights, API_VERSION);
    let wrong: Vec<String> = stage
        .rows
        .iter()
        .filter_map(|row| {
            row.problem.as_ref().map(|complaint| format!("{}: {}", row.file_name, complaint.text))
        })
        .collect();
    if wrong.is_empty() { Ok(stage.metadata) } else { Err(wrong) }
}
