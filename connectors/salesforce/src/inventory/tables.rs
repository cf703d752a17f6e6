//! The tables of the set-up, read side by side in rounds of five pages a call.

use std::collections::BTreeSet;

use provision_connector_sdk::{ConnectorFault, InventoryProgress};
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, EntityRow};
use super::kept::Kept;
use super::series::Series;
use crate::api::Org;
use crate::api::composite::COMPOSITE_QUERIES_MAX;
use crate::api::rest::{Catalogue as Api, Page};

/// What the tables hold.
pub(super) struct Tables {
    /// Objects that can carry no trigger.
    pub without_triggers: BTreeSet<String>,
    pub sets: Vec<Set>,
    pub rights: Vec<Right>,
}

/// A permission set, or the one that keeps a profile's rights.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Set {
    pub id: String,
    pub name: String,
    pub custom: bool,
    /// Id of the profile whose rights it keeps.
    pub profile: Option<String>,
}

impl Set {
    /// What it is known by outside: the profile's own id for a profile.
    pub(super) fn remote_id(&self) -> &str {
        self.profile.as_deref().unwrap_or(&self.id)
    }
}

/// A permission set's rights on an object: its id, the object, and bits in the order of [`super::assemble`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Right(pub String, pub String, pub u8);

/// A row of any of the tables, told by its columns.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Right(RightRow),
    Entity(EntityRow),
    Set(SetRow),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetRow {
    id: String,
    name: String,
    label: Option<String>,
    is_owned_by_profile: bool,
    #[serde(default)]
    is_custom: bool,
    profile_id: Option<String>,
    profile: Option<ProfileRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProfileRow {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RightRow {
    parent_id: String,
    sobject_type: String,
    permissions_read: bool,
    permissions_create: bool,
    permissions_edit: bool,
    permissions_delete: bool,
    permissions_view_all_records: bool,
    permissions_modify_all_records: bool,
}

/// A profile keeps its rights in a permission set of its own, so one query reads both.
const SETS: &str =
    "SELECT Id, Name, Label, IsOwnedByProfile, IsCustom, ProfileId, Profile.Name FROM PermissionSet";
/// No row, no right.
const RIGHTS: &str = "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, \
                      PermissionsDelete, PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions";

impl Tables {
    /// Reads them; the catalogue only where it is wanted.
    pub(super) async fn read(
        org: &Org<'_>,
        kept: &Kept<'_>,
        progress: &dyn InventoryProgress,
        with_catalogue: bool,
    ) -> Result<Self, ConnectorFault> {
        let mut catalogue = Catalogue::resume(kept).await?;
        let mut sets = Series::new("sets", org.query_path(Api::Data, SETS));
        let mut rights = Series::new("rights", org.query_path(Api::Data, RIGHTS));
        sets.resume(kept).await?;
        rights.resume(kept).await?;
        loop {
            let entities: Vec<String> = catalogue.ask(org).filter(|_| with_catalogue).into_iter().collect();
            let set_pages = sets.ask(COMPOSITE_QUERIES_MAX - 1 - entities.len());
            let right_pages = rights.ask(COMPOSITE_QUERIES_MAX - entities.len() - set_pages.len());
            let (first, second) = (entities.len(), entities.len() + set_pages.len());
            let paths: Vec<String> = entities.into_iter().chain(set_pages).chain(right_pages).collect();
            if paths.is_empty() {
                break;
            }
            let mut parts = org.look_together::<Page<Row>>(Api::Data, &paths).await?;
            let right_parts = parts.split_off(second);
            let set_parts = parts.split_off(first);
            for part in parts {
                catalogue.take(part, Row::entity, kept).await?;
            }
            let instance = org.session.credentials.current().await?.instance_url;
            let trusted = |link: &str| {
                let path = org.inner.hosts.link(&instance, link).map(str::to_owned);
                path.map_err(|refused| {
                    ConnectorFault::protocol(format!("the link to the next page: {refused}"))
                })
            };
            sets.take(set_parts, Row::set, trusted, kept).await?;
            rights.take(right_parts, Row::right, trusted, kept).await?;
            progress.report("profiles", sets.rows.len() as u64, sets.total);
            progress.report("object_permissions", rights.rows.len() as u64, rights.total);
        }
        if !(sets.is_done() && rights.is_done()) {
            return Err(ConnectorFault::protocol("the tables of rights were not read to their end"));
        }
        progress.report("profiles", sets.rows.len() as u64, sets.total);
        progress.report("object_permissions", rights.rows.len() as u64, rights.total);
        let without_triggers = catalogue.without_triggers;
        Ok(Tables { without_triggers, sets: sets.rows, rights: rights.rows })
    }
}

impl Row {
    fn entity(self) -> Option<EntityRow> {
        match self {
            Row::Entity(row) => Some(row),
            _ => None,
        }
    }

    fn set(self) -> Option<Set> {
        let Row::Set(row) = self else { return None };
        let label = row.label.filter(|label| !label.is_empty()).unwrap_or(row.name);
        let profile = row.profile_id.filter(|_| row.is_owned_by_profile);
        let name = match (&profile, row.profile) {
            (Some(_), Some(profile)) => profile.name,
            _ => label,
        };
        Some(Set { id: row.id, name, custom: row.is_custom, profile })
    }

    fn right(self) -> Option<Right> {
        let Row::Right(row) = self else { return None };
        let held = [
            row.permissions_read,
            row.permissions_create,
            row.permissions_edit,
            row.permissions_delete,
            row.permissions_view_all_records,
            row.permissions_modify_all_records,
        ];
        let bits = held.iter().enumerate().fold(0, |bits, (at, held)| bits | (u8::from(*held) << at));
        Some(Right(row.parent_id, row.sobject_type, bits))
    }
}
