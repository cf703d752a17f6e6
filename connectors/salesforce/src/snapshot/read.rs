//! Reading it: two calls, whatever the number of triggers, and one more for each further page.

use std::collections::BTreeMap;

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::Timestamp;
use serde::Deserialize;

use super::{Described, Object, Snapshot};
use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::api::tooling::{ApexRow, CustomFieldRow, CustomObjectRow, DeployRow, deployments_of, list};
use crate::identify::same_id;
use crate::package;
use crate::render::{EVENT, Grants, Namespace, PERMISSION_SET, PREFIX, QUARANTINE_OBJECTS, SWITCH};
use crate::steps::Target;

impl Snapshot {
    /// Reads everything in two calls. Looks only.
    pub(crate) async fn take(org: &Org<'_>) -> Result<Self, ConnectorFault> {
        let target = org.target()?;
        let namespace = target.namespace();
        let [classes, triggers] = code(namespace);
        let (fifth_tooling, fifth_data) = match target.delivery.package() {
            // Packaged permissions need no look of their own, and the set is looked at beside its rights.
            Some(_) => (package::SOQL.to_owned(), permission_set(namespace)),
            None => (permission_set(namespace), custom_permissions()),
        };
        let queries = [classes, triggers, objects(namespace), fields(&target), fifth_tooling];
        let [classes, triggers, objects, fields, fifth] = org.queries(Catalogue::Tooling, queries).await?;
        let mut snapshot = Snapshot {
            classes: apex(classes.read()?),
            triggers: apex(triggers.read()?),
            objects: with_fields(namespace, objects.read()?, fields.read()?),
            ..Snapshot::default()
        };
        let [object_rights, field_rights, accesses] = rights(namespace);
        let assignment = assignment(namespace, target.user_id);
        let queries = [object_rights, field_rights, accesses, assignment, fifth_data];
        let [object_rights, field_rights, accesses, assignments, fifth_data] =
            org.queries(Catalogue::Data, queries).await?;
        let sets: Vec<NamedRow> = match target.delivery.package() {
            Some(config) => {
                snapshot.package = package::find(fifth.read()?, &config.namespace);
                snapshot.package_minimum = config.minimum_version;
                fifth_data.read()?
            }
            None => {
                let rows: Vec<NamedRow> = fifth_data.read()?;
                snapshot.custom_permissions =
                    rows.into_iter().map(|row| (row.name.clone(), row.described())).collect();
                fifth.read()?
            }
        };
        let granted =
            snapshot.granted(object_rights.read()?, field_rights.read()?, accesses.read::<Access>()?);
        snapshot.permission_set = sets.into_iter().next().map(|set| (set.described(), granted));
        snapshot.assignment = assignments.read::<IdRow>()?.into_iter().next().map(|row| row.id);
        Ok(snapshot)
    }

    /// Reads classes and triggers alone, all that a step of triggers needs, and the deployments that the session's
    /// user has started since a time, if one is given. One call.
    pub(crate) async fn take_code(
        org: &Org<'_>,
        since: Option<Timestamp>,
    ) -> Result<(Self, Vec<DeployRow>), ConnectorFault> {
        let target = org.target()?;
        let [classes, triggers] = code(target.namespace());
        let (classes, triggers, deployments) = match since {
            Some(since) => {
                let queries = [classes, triggers, deployments_of(target.user_id, since)];
                let [classes, triggers, deployments] = org.queries(Catalogue::Tooling, queries).await?;
                (classes, triggers, deployments.read()?)
            }
            None => {
                let [classes, triggers] = org.queries(Catalogue::Tooling, [classes, triggers]).await?;
                (classes, triggers, Vec::new())
            }
        };
        let snapshot = Snapshot {
            classes: apex(classes.read()?),
            triggers: apex(triggers.read()?),
            ..Snapshot::default()
        };
        Ok((snapshot, deployments))
    }

    fn granted(&self, objects: Vec<ObjectRights>, fields: Vec<FieldRights>, accesses: Vec<Access>) -> Grants {
        let mut grants = Grants::default();
        for row in objects {
            row.add_to(&mut grants);
        }
        for row in fields.into_iter().filter(|row| row.permissions_read) {
            grants.fields.insert((row.field, row.permissions_edit));
        }
        for Access { setup_entity_id: id } in accesses {
            let class = self.classes.iter().find(|(_, class)| same_id(&class.id, &id));
            grants.classes.extend(class.map(|(name, _)| name.clone()));
            let custom = self.custom_permissions.iter().find(|(_, permission)| same_id(&permission.id, &id));
            grants.custom_permissions.extend(custom.map(|(name, _)| name.clone()));
        }
        grants
    }
}

/// Classes and triggers whose names begin as ours do: of the organisation's own, and of the package.
fn code(namespace: Namespace<'_>) -> [String; 2] {
    let own = Namespace::default().condition("NamespacePrefix");
    let whose = match namespace.0 {
        Some(_) => format!("({own} OR {})", namespace.condition("NamespacePrefix")),
        None => own.clone(),
    };
    let ours = quoted(&format!("{PREFIX}%"));
    let columns = "Id, Name, NamespacePrefix, Body, Status";
    [
        format!("SELECT {columns} FROM ApexClass WHERE {whose} AND Name LIKE {ours}"),
        format!("SELECT {columns} FROM ApexTrigger WHERE {own} AND Name LIKE {ours}"),
    ]
}

fn apex(rows: Vec<ApexRow>) -> BTreeMap<String, ApexRow> {
    let named = |row: &ApexRow| Namespace(row.namespace_prefix.as_deref()).api(&row.name);
    rows.into_iter().map(|row| (named(&row), row)).collect()
}

/// API names of the app's objects, without namespace.
fn object_names() -> Vec<&'static str> {
    QUARANTINE_OBJECTS.into_iter().chain([EVENT, SWITCH]).collect()
}

/// `CAS_Switch__c` → `CAS_Switch`
fn bare(name: &str) -> &str {
    name.rsplit_once("__").map_or(name, |(bare, _)| bare)
}

fn objects(namespace: Namespace<'_>) -> String {
    let names: Vec<&str> = object_names().into_iter().map(bare).collect();
    format!(
        "SELECT Id, DeveloperName, Description FROM CustomObject WHERE {} AND DeveloperName IN ({})",
        namespace.condition("NamespacePrefix"),
        list(&names)
    )
}

/// By their own names, since the ids of the objects are only known with the same answer. Fields of other objects that
/// are named alike come along.
fn fields(target: &Target<'_>) -> String {
    let mut names: Vec<&str> = object_names()
        .into_iter()
        .flat_map(|object| target.app.fields(object))
        .map(|name| bare(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    format!(
        "SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE {} AND DeveloperName IN ({})",
        target.namespace().condition("NamespacePrefix"),
        list(&names)
    )
}

fn with_fields(
    namespace: Namespace<'_>,
    objects: Vec<CustomObjectRow>,
    fields: Vec<CustomFieldRow>,
) -> BTreeMap<String, Object> {
    let mut found = BTreeMap::new();
    for row in objects {
        let Some(name) = object_names().into_iter().find(|name| bare(name) == row.developer_name) else {
            continue;
        };
        let own = fields.iter().filter(|field| same_id(&field.table_enum_or_id, &row.id));
        let fields = own.map(|field| namespace.api(&format!("{}__c", field.developer_name))).collect();
        let described = Described { id: row.id, description: row.description.unwrap_or_default() };
        found.insert(namespace.api(name), Object { described, fields });
    }
    found
}

fn custom_permissions() -> String {
    format!(
        "SELECT Id, DeveloperName, Description FROM CustomPermission \
         WHERE NamespacePrefix = null AND DeveloperName LIKE {}",
        quoted(&format!("{PREFIX}%"))
    )
}

fn permission_set(namespace: Namespace<'_>) -> String {
    let whose = namespace.condition("NamespacePrefix");
    format!(
        "SELECT Id, Name, Description FROM PermissionSet WHERE {whose} AND Name = {}",
        quoted(PERMISSION_SET)
    )
}

/// The set is named and not meant by its id: that is only known with the same answer.
fn in_set(namespace: Namespace<'_>, relationship: &str) -> String {
    let whose = namespace.condition(&format!("{relationship}.NamespacePrefix"));
    format!("{whose} AND {relationship}.Name = {}", quoted(PERMISSION_SET))
}

fn rights(namespace: Namespace<'_>) -> [String; 3] {
    let parent = in_set(namespace, "Parent");
    [
        format!(
            "SELECT SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, \
             PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions WHERE {parent}"
        ),
        format!("SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE {parent}"),
        format!("SELECT SetupEntityId FROM SetupEntityAccess WHERE {parent}"),
    ]
}

fn assignment(namespace: Namespace<'_>, user_id: &str) -> String {
    let set = in_set(namespace, "PermissionSet");
    format!("SELECT Id FROM PermissionSetAssignment WHERE {set} AND AssigneeId = {}", quoted(user_id))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdRow {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedRow {
    id: String,
    #[serde(alias = "DeveloperName")]
    name: String,
    description: Option<String>,
}

impl NamedRow {
    fn described(self) -> Described {
        Described { id: self.id, description: self.description.unwrap_or_default() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ObjectRights {
    sobject_type: String,
    permissions_read: bool,
    permissions_create: bool,
    permissions_edit: bool,
    permissions_delete: bool,
    permissions_view_all_records: bool,
    permissions_modify_all_records: bool,
}

impl ObjectRights {
    fn add_to(self, grants: &mut Grants) {
        let rights = [
            ("PermissionsRead", self.permissions_read),
            ("PermissionsCreate", self.permissions_create),
            ("PermissionsEdit", self.permissions_edit),
            ("PermissionsDelete", self.permissions_delete),
            ("PermissionsViewAllRecords", self.permissions_view_all_records),
            ("PermissionsModifyAllRecords", self.permissions_modify_all_records),
        ];
        let granted = rights.into_iter().filter(|(_, held)| *held);
        grants.objects.extend(granted.map(|(right, _)| (self.sobject_type.clone(), right)));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FieldRights {
    field: String,
    permissions_read: bool,
    permissions_edit: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Access {
    setup_entity_id: String,
}
