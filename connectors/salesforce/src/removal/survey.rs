//! What stands in an organisation under names that begin as ours do.

use provision_connector_sdk::ConnectorFault;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::api::tooling::{ApexRow, CustomObjectRow};
use crate::identify::same_id;
use crate::package::{self, Installed};
use crate::render::{EVENT, MARKER, Namespace, PERMISSION_SET, PREFIX, QUARANTINE_OBJECTS, SWITCH};
use crate::steps::{ASSIGNMENT, Target};

/// A component that may be ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub kind: &'static str,
    pub full_name: String,
    /// Salesforce's.
    pub id: String,
    /// It carries our mark; a record: its permission set does.
    pub is_ours: bool,
    /// SHA-256 over what it is known by, hexadecimal.
    pub checksum: String,
    /// Of the app that it came with; empty where the mark does not tell.
    pub version: String,
}

impl Found {
    fn of(kind: &'static str, full_name: String, id: String, marked: &str, content: &str) -> Self {
        let mut digest = Sha256::new();
        for part in [kind, full_name.as_str(), id.as_str(), content] {
            digest.update(part);
            digest.update([0]);
        }
        Found {
            kind,
            full_name,
            id,
            is_ours: marked.contains(MARKER),
            checksum: hex::encode(digest.finalize()),
            version: version(marked),
        }
    }

    pub(super) fn is(&self, kind: &str, full_name: &str) -> bool {
        self.kind == kind && self.full_name == full_name
    }
}

/// What was found, triggers first, each kind in the order of its names.
pub(super) struct Survey {
    pub found: Vec<Found>,
    /// The vendor's package, where the app comes in one.
    pub package: Option<Installed>,
}

impl Survey {
    /// Reads everything in two calls, and one more for each further page. Looks only.
    pub(super) async fn take(org: &Org<'_>) -> Result<Self, ConnectorFault> {
        let target = org.target()?;
        let code = ["ApexTrigger", "ApexClass"].map(|table| {
            format!(
                "SELECT Id, Name, Body, Status FROM {table} WHERE NamespacePrefix = null AND Name LIKE {}",
                beginning()
            )
        });
        let [triggers, classes] = code;
        let queries = [triggers, classes, objects(), entities()];
        let (rows, package) = match target.delivery.package() {
            Some(config) => {
                let [triggers, classes, objects, entities] = queries;
                let queries = [triggers, classes, objects, entities, package::SOQL.to_owned()];
                let [triggers, classes, objects, entities, packages] =
                    org.queries(Catalogue::Tooling, queries).await?;
                let package = package::find(packages.read()?, &config.namespace);
                ([triggers, classes, objects, entities], package)
            }
            None => (org.queries(Catalogue::Tooling, queries).await?, None),
        };
        let [triggers, classes, objects, entities] = rows;
        let mut found = apex("ApexTrigger", triggers.read()?);
        found.extend(apex("ApexClass", classes.read()?));
        let queries = [permission_sets(), custom_permissions(), assignments(&target)];
        let [sets, permissions, assignments] = org.queries(Catalogue::Data, queries).await?;
        let sets = described("PermissionSet", sets.read()?);
        found.extend(assigned(&target, &sets, assignments.read()?));
        found.extend(sets);
        found.extend(described("CustomPermission", permissions.read()?));
        found.extend(custom_objects(objects.read()?, &entities.read::<EntityRow>()?));
        Ok(Survey { found, package })
    }

    /// The component of that type and name.
    pub(super) fn find(&self, kind: &str, full_name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.is(kind, full_name))
    }
}

/// `_` stands for any character in SOQL: whatever else it brings is sorted out later.
fn beginning() -> String {
    quoted(&format!("{PREFIX}%"))
}

fn begins_as_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn objects() -> String {
    format!(
        "SELECT Id, DeveloperName, Description FROM CustomObject WHERE NamespacePrefix = null \
         AND DeveloperName LIKE {}",
        beginning()
    )
}

/// Custom objects are listed without the ending of their names.
fn entities() -> String {
    format!(
        "SELECT DurableId, QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName LIKE {}",
        beginning()
    )
}

fn permission_sets() -> String {
    format!(
        "SELECT Id, Name, Description FROM PermissionSet WHERE NamespacePrefix = null AND Name LIKE {}",
        beginning()
    )
}

fn custom_permissions() -> String {
    format!(
        "SELECT Id, DeveloperName, Description FROM CustomPermission WHERE NamespacePrefix = null \
         AND DeveloperName LIKE {}",
        beginning()
    )
}

/// A set of ours cannot go while anybody has it. Of the package's set, what was given to the service account's user.
fn assignments(target: &Target<'_>) -> String {
    let columns = "SELECT Id, AssigneeId, PermissionSet.Name FROM PermissionSetAssignment WHERE";
    let namespace = target.namespace();
    let whose = namespace.condition("PermissionSet.NamespacePrefix");
    match namespace.0 {
        Some(_) => format!(
            "{columns} {whose} AND PermissionSet.Name = {} AND AssigneeId = {}",
            quoted(PERMISSION_SET),
            quoted(target.user_id)
        ),
        None => format!("{columns} {whose} AND PermissionSet.Name LIKE {}", beginning()),
    }
}

fn apex(kind: &'static str, rows: Vec<ApexRow>) -> Vec<Found> {
    let rows = rows.into_iter().filter(|row| begins_as_ours(&row.name));
    let found = rows.map(|row| {
        let body = row.body.unwrap_or_default();
        let first = body.lines().next().unwrap_or_default();
        Found::of(kind, row.name, row.id, first, &body)
    });
    sorted(found)
}

fn described(kind: &'static str, rows: Vec<DescribedRow>) -> Vec<Found> {
    let rows = rows.into_iter().filter(|row| begins_as_ours(&row.name));
    sorted(rows.map(|row| {
        let description = row.description.unwrap_or_default();
        Found::of(kind, row.name, row.id, &description, &description)
    }))
}

fn custom_objects(rows: Vec<CustomObjectRow>, entities: &[EntityRow]) -> Vec<Found> {
    let rows = rows.into_iter().filter(|row| begins_as_ours(&row.developer_name));
    sorted(rows.filter_map(|row| {
        let entity = entities.iter().find(|entity| same_id(&entity.durable_id, &row.id));
        let full_name = match entity {
            Some(entity) => entity.qualified_api_name.clone(),
            // What was just made can be missing there.
            None => of_the_app(&row.developer_name)?.to_owned(),
        };
        let description = row.description.unwrap_or_default();
        Some(Found::of("CustomObject", full_name, row.id, &description, &description))
    }))
}

fn of_the_app(bare: &str) -> Option<&'static str> {
    let mut names = QUARANTINE_OBJECTS.into_iter().chain([EVENT, SWITCH]);
    names.find(|name| name.rsplit_once("__").is_some_and(|(own, _)| own == bare))
}

fn assigned(target: &Target<'_>, sets: &[Found], rows: Vec<AssignmentRow>) -> Vec<Found> {
    let found = rows.into_iter().filter_map(|row| {
        let AssignmentRow { id, assignee_id, permission_set: SetRow { name } } = row;
        let set = sets.iter().find(|set| set.full_name == name);
        let is_ours = match target.namespace() {
            Namespace(Some(_)) => true,
            Namespace(None) => set?.is_ours,
        };
        let full_name = format!("{}.{assignee_id}", target.namespace().api(&name));
        let version = set.map(|set| set.version.clone()).unwrap_or_default();
        Some(Found { is_ours, version, ..Found::of(ASSIGNMENT, full_name, id, "", "") })
    });
    sorted(found)
}

fn sorted(found: impl Iterator<Item = Found>) -> Vec<Found> {
    let mut found: Vec<Found> = found.collect();
    found.sort_by(|left, right| left.full_name.cmp(&right.full_name));
    found
}

/// `CAS-COMPONENT 1.0.0. …` → `1.0.0`
fn version(marked: &str) -> String {
    let Some((_, rest)) = marked.split_once(MARKER) else { return String::new() };
    let word = rest.trim_start().split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    word.into_iter().next().unwrap_or_default().trim_end_matches('.').chars().take(40).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntityRow {
    durable_id: String,
    qualified_api_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedRow {
    id: String,
    #[serde(alias = "DeveloperName")]
    name: String,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssignmentRow {
    id: String,
    assignee_id: String,
    permission_set: SetRow,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetRow {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, body: &str) -> ApexRow {
        ApexRow {
            id: "01p000000000001AAA".to_owned(),
            name: name.to_owned(),
            namespace_prefix: None,
            body: Some(body.to_owned()),
            status: "Active".to_owned(),
        }
    }

    #[test]
    fn ours_has_the_name_and_the_mark() {
        let rows = vec![
            class("CAS_B", "class CAS_B { } // CAS-COMPONENT 1.0.0"),
            class("CAS_A", "// CAS-COMPONENT 1.10.0\nclass CAS_A { }"),
            class("Casing", "// CAS-COMPONENT 1.0.0"),
        ];
        let found = apex("ApexClass", rows);
        let told: Vec<_> = found.iter().map(|one| (one.full_name.as_str(), one.is_ours)).collect();
        // The mark counts in the first line, which it is here as well.
        assert_eq!(told, [("CAS_A", true), ("CAS_B", true)]);
        assert_eq!(found[0].version, "1.10.0");
        let foreign = apex("ApexClass", vec![class("CAS_C", "class CAS_C { }\n// CAS-COMPONENT 1.0.0")]);
        assert!(!foreign[0].is_ours && foreign[0].version.is_empty());
    }

    #[test]
    fn versions_end_where_the_text_begins() {
        assert_eq!(version("CAS-COMPONENT 1.0.0. What the service may do."), "1.0.0");
        assert_eq!(version("// CAS-COMPONENT 2.1"), "2.1");
        assert_eq!(version("CAS-COMPONENT"), "");
        assert_eq!(version("nothing"), "");
    }

    #[test]
    fn objects_without_their_entity_are_known_by_the_app() {
        let row = |name: &str| CustomObjectRow {
            id: "01I000000000001AAA".to_owned(),
            developer_name: name.to_owned(),
            description: Some("CAS-COMPONENT 1.0.0. An event.".to_owned()),
        };
        let found = custom_objects(vec![row("CAS_Record_Change"), row("CAS_Unknown")], &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].full_name, EVENT);
        let entity = EntityRow {
            durable_id: "01I000000000001".to_owned(),
            qualified_api_name: "CAS_Later__c".to_owned(),
        };
        assert_eq!(custom_objects(vec![row("CAS_Later")], &[entity])[0].full_name, "CAS_Later__c");
    }
}
