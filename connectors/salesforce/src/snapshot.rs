//! What stands in an organisation of the app, read in about ten calls whatever the number of triggers, and how it
//! compares with what should.

use std::collections::{BTreeMap, BTreeSet};

use provision_connector_sdk::ConnectorFault;
use serde::Deserialize;

use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::api::tooling::ApexRow;
use crate::identify::same_id;
use crate::render::{
    App, Content, EVENT, Grants, MARKER, PERMISSION_SET, PREFIX, QUARANTINE_OBJECTS, Rendered, SWITCH, Scope,
};
use crate::steps::ASSIGNMENT;

/// What stands in an organisation of ours, and under our names.
pub(crate) struct Snapshot {
    classes: BTreeMap<String, ApexRow>,
    triggers: BTreeMap<String, ApexRow>,
    /// By API name.
    objects: BTreeMap<String, Object>,
    custom_permissions: BTreeMap<String, Described>,
    permission_set: Option<(Described, Grants)>,
    /// The assignment of the permission set to the session's user.
    assignment: Option<String>,
}

/// Something that carries its mark in its description.
struct Described {
    id: String,
    description: String,
}

struct Object {
    described: Described,
    fields: BTreeSet<String>,
}

/// How a component stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    Missing,
    Present {
        id: String,
    },
    /// Ours, and not as it should be.
    Modified {
        id: String,
        how: String,
    },
    /// Somebody else's under our name.
    Foreign {
        id: String,
    },
}

impl Standing {
    pub(crate) fn is_present(&self) -> bool {
        matches!(self, Standing::Present { .. })
    }

    /// Salesforce's id; empty where there is none.
    pub(crate) fn id(&self) -> &str {
        match self {
            Standing::Missing => "",
            Standing::Present { id } | Standing::Modified { id, .. } | Standing::Foreign { id } => id,
        }
    }
}

impl Snapshot {
    /// Reads it. Looks only.
    pub(crate) async fn take(org: &Org<'_>) -> Result<Self, ConnectorFault> {
        let by_name = |rows: Vec<ApexRow>| rows.into_iter().map(|row| (row.name.clone(), row)).collect();
        let classes: BTreeMap<String, ApexRow> = by_name(org.apex_classes(PREFIX).await?);
        let triggers = by_name(org.apex_triggers(PREFIX).await?);
        let objects = objects(org).await?;
        let custom_permissions = custom_permissions(org).await?;
        let permission_set = permission_set(org, &classes, &custom_permissions).await?;
        let assignment = match &permission_set {
            Some((set, _)) => assignment(org, &set.id).await?,
            None => None,
        };
        Ok(Snapshot { classes, triggers, objects, custom_permissions, permission_set, assignment })
    }

    /// How a component stands that should look like that.
    pub(crate) fn standing(&self, app: &App, should: &Rendered) -> Standing {
        let name = should.full_name.as_str();
        match (should.kind, &should.content) {
            ("ApexClass", Content::Apex { body, .. }) => apex(self.classes.get(name), body),
            ("ApexTrigger", Content::Apex { body, .. }) => apex(self.triggers.get(name), body),
            ("CustomObject", _) => match self.objects.get(name) {
                Some(object) => {
                    let missing = app.fields(name).iter().filter(|field| !object.fields.contains(*field));
                    let missing: Vec<&str> = missing.map(String::as_str).collect();
                    marked(app, &object.described, || {
                        (!missing.is_empty()).then(|| format!("fields are missing: {}", missing.join(", ")))
                    })
                }
                None => Standing::Missing,
            },
            ("CustomPermission", _) => match self.custom_permissions.get(name) {
                Some(permission) => marked(app, permission, || None),
                None => Standing::Missing,
            },
            ("PermissionSet", Content::Xml(text)) => match &self.permission_set {
                Some((set, granted)) => {
                    let scope = [Scope::Event, Scope::Quarantine]
                        .into_iter()
                        .find(|scope| app.permission_set(*scope).content == Content::Xml(text.clone()));
                    let lacking = app.grants(scope.unwrap_or(Scope::App)).missing_from(granted);
                    marked(app, set, || {
                        (!lacking.is_empty()).then(|| format!("it does not grant {}", lacking.join(", ")))
                    })
                }
                None => Standing::Missing,
            },
            (ASSIGNMENT, _) => match &self.assignment {
                Some(id) => Standing::Present { id: id.clone() },
                None => Standing::Missing,
            },
            _ => Standing::Missing,
        }
    }

    /// Whether a permission set can name it and, for an object, its fields: it is there, even if it is not up to date.
    pub(crate) fn can_be_granted(&self, app: &App, component: &Rendered) -> bool {
        match (component.kind, self.objects.get(&component.full_name)) {
            ("CustomObject", Some(object)) => {
                app.fields(&component.full_name).iter().all(|field| object.fields.contains(field))
            }
            _ => self.standing(app, component) != Standing::Missing,
        }
    }

    /// Id of the permission set.
    pub(crate) fn permission_set_id(&self) -> Option<&str> {
        self.permission_set.as_ref().map(|(set, _)| set.id.as_str())
    }
}

/// Ours has the mark in its first line; what matters is the text, not how its lines end.
fn apex(row: Option<&ApexRow>, should: &str) -> Standing {
    let Some(row) = row else { return Standing::Missing };
    let id = row.id.clone();
    let body = row.body.as_deref().unwrap_or_default();
    if !body.lines().next().is_some_and(|line| line.contains(MARKER)) {
        return Standing::Foreign { id };
    }
    if row.status != "Active" {
        return Standing::Modified { id, how: format!("its status is {}", row.status) };
    }
    let lines = |text: &str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    if lines(body) == lines(should) {
        Standing::Present { id }
    } else {
        Standing::Modified { id, how: "its text differs".to_owned() }
    }
}

fn marked(app: &App, described: &Described, differs: impl FnOnce() -> Option<String>) -> Standing {
    let id = described.id.clone();
    if !described.description.contains(MARKER) {
        return Standing::Foreign { id };
    }
    let how = if described.description.contains(&format!("{MARKER} {}.", app.version)) {
        differs()
    } else {
        Some("it is of another version".to_owned())
    };
    match how {
        Some(how) => Standing::Modified { id, how },
        None => Standing::Present { id },
    }
}

async fn objects(org: &Org<'_>) -> Result<BTreeMap<String, Object>, ConnectorFault> {
    let full_names: Vec<&str> = QUARANTINE_OBJECTS.into_iter().chain([EVENT, SWITCH]).collect();
    let bare = |name: &str| name[..name.len() - "__c".len()].to_owned();
    let developer_names: Vec<String> = full_names.iter().map(|name| bare(name)).collect();
    let rows = org.custom_objects(&developer_names).await?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let fields = org.custom_fields(&ids).await?;
    let mut objects = BTreeMap::new();
    for row in rows {
        let Some(name) = full_names.iter().find(|name| bare(name) == row.developer_name) else { continue };
        let own = fields.iter().filter(|field| same_id(&field.table_enum_or_id, &row.id));
        let fields = own.map(|field| format!("{}__c", field.developer_name)).collect();
        let described = Described { id: row.id, description: row.description.unwrap_or_default() };
        objects.insert((*name).to_owned(), Object { described, fields });
    }
    Ok(objects)
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

async fn custom_permissions(org: &Org<'_>) -> Result<BTreeMap<String, Described>, ConnectorFault> {
    let soql = format!(
        "SELECT Id, DeveloperName, Description FROM CustomPermission \
         WHERE NamespacePrefix = null AND DeveloperName LIKE {}",
        quoted(&format!("{PREFIX}%"))
    );
    let rows: Vec<NamedRow> = org.query(Catalogue::Data, &soql).await?;
    Ok(rows.into_iter().map(|row| (row.name.clone(), row.described())).collect())
}

async fn permission_set(
    org: &Org<'_>,
    classes: &BTreeMap<String, ApexRow>,
    custom_permissions: &BTreeMap<String, Described>,
) -> Result<Option<(Described, Grants)>, ConnectorFault> {
    let soql = format!(
        "SELECT Id, Name, Description FROM PermissionSet WHERE NamespacePrefix = null AND Name = {}",
        quoted(PERMISSION_SET)
    );
    let rows: Vec<NamedRow> = org.query(Catalogue::Data, &soql).await?;
    let Some(set) = rows.into_iter().next().map(NamedRow::described) else { return Ok(None) };
    let parent = quoted(&set.id);
    let mut grants = Grants::default();
    for row in org.query::<ObjectRights>(Catalogue::Data, &ObjectRights::soql(&parent)).await? {
        row.add_to(&mut grants);
    }
    for row in org.query::<FieldRights>(Catalogue::Data, &FieldRights::soql(&parent)).await? {
        if row.permissions_read {
            grants.fields.insert((row.field, row.permissions_edit));
        }
    }
    let soql = format!("SELECT SetupEntityId FROM SetupEntityAccess WHERE ParentId = {parent}");
    for row in org.query::<Access>(Catalogue::Data, &soql).await? {
        let id = &row.setup_entity_id;
        let class = classes.values().find(|class| same_id(&class.id, id)).map(|class| class.name.clone());
        grants.classes.extend(class);
        let custom = custom_permissions.iter().find(|(_, permission)| same_id(&permission.id, id));
        grants.custom_permissions.extend(custom.map(|(name, _)| name.clone()));
    }
    Ok(Some((set, grants)))
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
    fn soql(parent: &str) -> String {
        format!(
            "SELECT SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, \
             PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions WHERE ParentId = {parent}"
        )
    }

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

impl FieldRights {
    fn soql(parent: &str) -> String {
        format!(
            "SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = {parent}"
        )
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Access {
    setup_entity_id: String,
}

async fn assignment(org: &Org<'_>, permission_set_id: &str) -> Result<Option<String>, ConnectorFault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        id: String,
    }
    let soql = format!(
        "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {}",
        quoted(permission_set_id),
        quoted(&org.identity()?.user_id)
    );
    let rows: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    Ok(rows.into_iter().next().map(|row| row.id))
}
