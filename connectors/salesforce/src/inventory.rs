//! Reading a whole organisation in few calls: 25 describes a call, profiles and permission sets in one query.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt as _, TryStreamExt as _};
use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::inventory::{
    Field, Inventory, ObjectPermission, ObjectType, Profile, ProfileKind,
};
use provision_connector_sdk::{ConnectorFault, InventoryProgress};
use serde::Deserialize;

use crate::api::Org;
use crate::api::composite::COMPOSITE_MAX;
use crate::api::rest::{Catalogue, Described, DescribedField, GlobalAnswer, SObject, quoted};

/// Describes under way at a time.
const CONCURRENT: usize = 3;
/// Rows of `EntityDefinition` in one answer; it has no further pages.
const ENTITIES_PAGE: usize = 2000;
/// More than any organisation has objects.
const ENTITIES_MAX: usize = 100_000;

pub(crate) async fn read(
    org: &Org<'_>,
    progress: &dyn InventoryProgress,
) -> Result<Inventory, ConnectorFault> {
    let mut object_types = object_types(org, progress).await?;
    object_types.sort_by(|left, right| left.api_name.cmp(&right.api_name));
    let profiles = profiles(org, progress).await?;
    Ok(Inventory { object_types, profiles, marks: BTreeMap::new() })
}

async fn object_types(
    org: &Org<'_>,
    progress: &dyn InventoryProgress,
) -> Result<Vec<ObjectType>, ConnectorFault> {
    let mut objects = match org.describe_global(None).await? {
        GlobalAnswer::Listed { objects, .. } => objects,
        GlobalAnswer::Unchanged => return Err(ConnectorFault::protocol("unchanged, which was not asked")),
    };
    objects.retain(|object| !object.deprecated_and_hidden && is_api_name(&object.name));
    let triggerable = triggerable(org).await?;
    let total = objects.len() as u64;
    progress.report("object_types", 0, total);
    let mut read = Vec::with_capacity(objects.len());
    let batches: Vec<Vec<SObject>> = objects.chunks(COMPOSITE_MAX).map(<[_]>::to_vec).collect();
    let mut batches = futures::stream::iter(batches)
        .map(|batch| async move {
            let names: Vec<&str> = batch.iter().map(|object| object.name.as_str()).collect();
            let described = org.describe_some(&names).await?;
            Ok::<_, ConnectorFault>(batch.into_iter().zip(described).collect::<Vec<_>>())
        })
        .buffered(CONCURRENT);
    while let Some(batch) = batches.try_next().await? {
        let batch = batch.into_iter();
        read.extend(batch.map(|(object, described)| object_type(&object, described, &triggerable)));
        progress.report("object_types", read.len() as u64, total);
    }
    Ok(read)
}

/// It becomes a part of paths and of resource names.
fn is_api_name(name: &str) -> bool {
    (1..=160).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Which objects can carry Apex triggers, as the catalogue says. Its table takes odd SOQL only and does not page, so it
/// is read by ranges of names; where it refuses, describe alone must do.
async fn triggerable(org: &Org<'_>) -> Result<HashMap<String, bool>, ConnectorFault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entity {
        qualified_api_name: String,
        is_apex_triggerable: bool,
    }
    let mut found = HashMap::new();
    let mut last = String::new();
    while found.len() < ENTITIES_MAX {
        let after = if last.is_empty() {
            String::new()
        } else {
            format!(" WHERE QualifiedApiName > {}", quoted(&last))
        };
        let soql = format!(
            "SELECT QualifiedApiName, IsApexTriggerable FROM EntityDefinition{after} \
             ORDER BY QualifiedApiName LIMIT {ENTITIES_PAGE}"
        );
        let page: Vec<Entity> = match org.query(Catalogue::Data, &soql).await {
            Ok(page) => page,
            Err(fault) if fault.fault.reason() == Reason::SaasRejected => {
                tracing::debug!(fault = %fault, "EntityDefinition refuses; describe alone is used");
                return Ok(HashMap::new());
            }
            Err(fault) => return Err(fault),
        };
        let (count, before) = (page.len(), found.len());
        for entity in page {
            last.clone_from(&entity.qualified_api_name);
            found.insert(entity.qualified_api_name, entity.is_apex_triggerable);
        }
        // A page that brings nothing new is one that was given twice.
        if count < ENTITIES_PAGE || found.len() == before {
            break;
        }
    }
    Ok(found)
}

fn object_type(
    object: &SObject,
    described: Option<Described>,
    triggerable: &HashMap<String, bool>,
) -> ObjectType {
    let mut fields: Vec<Field> =
        described.map(|described| described.fields.into_iter().map(field).collect()).unwrap_or_default();
    fields.sort_by(|left, right| left.api_name.cmp(&right.api_name));
    ObjectType {
        api_name: object.name.clone(),
        label: object.label.clone(),
        custom: object.custom,
        accepts_triggers: object.triggerable
            && triggerable.get(&object.name).copied().unwrap_or(true)
            && !is_event(&object.name),
        holds_files: holds_files(&object.name, &fields),
        holds_feed: object.feed_enabled
            || matches!(object.name.as_str(), "FeedItem" | "FeedComment" | "FeedAttachment"),
        queryable: object.queryable,
        createable: object.createable,
        updateable: object.updateable,
        deletable: object.deletable,
        fields,
    }
}

/// Events carry triggers, but only one that they cannot be watched by: their content is no record.
fn is_event(name: &str) -> bool {
    name.ends_with("__e") || name.ends_with("ChangeEvent")
}

/// Bytes stand in fields of the type base64; documents hold them through their versions.
fn holds_files(name: &str, fields: &[Field]) -> bool {
    matches!(name, "ContentDocument" | "ContentDocumentLink" | "ContentVersion" | "Attachment" | "Document")
        || fields.iter().any(|field| field.kind == "base64")
}

fn field(field: DescribedField) -> Field {
    Field {
        api_name: field.name,
        label: field.label,
        kind: field.kind,
        length: field.length,
        required: field.createable && !field.nillable && !field.defaulted_on_create,
        custom: field.custom,
        reference_to: field.reference_to,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetRow {
    id: String,
    name: String,
    label: Option<String>,
    is_owned_by_profile: bool,
    is_custom: bool,
    profile_id: Option<String>,
    profile: Option<ProfileRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProfileRow {
    name: String,
}

/// A profile keeps its rights in a permission set of its own, so one query reads both.
async fn profiles(org: &Org<'_>, progress: &dyn InventoryProgress) -> Result<Vec<Profile>, ConnectorFault> {
    let soql =
        "SELECT Id, Name, Label, IsOwnedByProfile, IsCustom, ProfileId, Profile.Name FROM PermissionSet";
    let mut pages = org.pages::<SetRow>(Catalogue::Data, soql);
    let mut sets = Vec::new();
    while let Some(page) = pages.next().await? {
        sets.extend(page);
        progress.report("profiles", sets.len() as u64, pages.total);
    }
    let mut rights = object_permissions(org, progress).await?;
    let mut profiles: Vec<Profile> = sets
        .into_iter()
        .map(|set| {
            let object_permissions = rights.remove(&set.id).unwrap_or_default();
            profile(set, object_permissions)
        })
        .collect();
    profiles.sort_by(|left, right| {
        (&left.display_name, &left.remote_id).cmp(&(&right.display_name, &right.remote_id))
    });
    Ok(profiles)
}

fn profile(set: SetRow, object_permissions: Vec<ObjectPermission>) -> Profile {
    let label = set.label.filter(|label| !label.is_empty()).unwrap_or(set.name);
    match (set.is_owned_by_profile, set.profile_id) {
        (true, Some(profile_id)) => Profile {
            remote_id: profile_id,
            display_name: set.profile.map_or(label, |profile| profile.name),
            kind: ProfileKind::Profile,
            custom: set.is_custom,
            object_permissions,
        },
        _ => Profile {
            remote_id: set.id,
            display_name: label,
            kind: ProfileKind::PermissionSet,
            custom: set.is_custom,
            object_permissions,
        },
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RightsRow {
    parent_id: String,
    sobject_type: String,
    permissions_read: bool,
    permissions_create: bool,
    permissions_edit: bool,
    permissions_delete: bool,
    permissions_view_all_records: bool,
    permissions_modify_all_records: bool,
}

/// Rights on objects, by the permission set that grants them. No row, no right.
async fn object_permissions(
    org: &Org<'_>,
    progress: &dyn InventoryProgress,
) -> Result<BTreeMap<String, Vec<ObjectPermission>>, ConnectorFault> {
    let soql = "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, \
                PermissionsDelete, PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions";
    let mut pages = org.pages::<RightsRow>(Catalogue::Data, soql);
    let mut rights: BTreeMap<String, Vec<ObjectPermission>> = BTreeMap::new();
    let mut done = 0;
    while let Some(page) = pages.next().await? {
        done += page.len() as u64;
        for row in page {
            rights.entry(row.parent_id).or_default().push(ObjectPermission {
                object_type: row.sobject_type,
                read: row.permissions_read,
                create: row.permissions_create,
                edit: row.permissions_edit,
                delete: row.permissions_delete,
                view_all: row.permissions_view_all_records,
                modify_all: row.permissions_modify_all_records,
            });
        }
        progress.report("object_permissions", done, pages.total);
    }
    for granted in rights.values_mut() {
        granted.sort_by(|left, right| left.object_type.cmp(&right.object_type));
    }
    Ok(rights)
}
