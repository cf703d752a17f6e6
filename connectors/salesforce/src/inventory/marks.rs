//! Marks by which a later reading can tell that nothing has changed.
//!
//! A mark that the organisation does not give stays absent, and an absent mark never holds: better a reading too many
//! than a change that goes unseen. What no mark shows, the daemon's daily reading without marks finds.

use std::collections::{BTreeMap, BTreeSet};

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::inventory::Inventory;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::look::Verdict;
use crate::api::composite::Part;
use crate::api::rest::{Catalogue, Page, quoted};
use crate::api::{Org, Validators};

/// Grows when what is read, or how, changes.
const FORM: &str = "2";
/// The newest rows of the set-up's log that are compared.
const AUDIT_ROWS: usize = 20;
/// Permission sets that the service account may hold for its own rights to be compared.
const OWN_MAX: usize = 200;
/// The log's section on users, profiles and permission sets. Nothing in it touches objects or fields.
const USERS_SECTION: &str = "Manage Users";

const READER: &str = "reader";
const ETAG: &str = "etag";
const MODIFIED: &str = "modified";
const CUSTOM_FIELDS: &str = "custom-fields";
const CUSTOM_OBJECTS: &str = "custom-objects";
const SETS: &str = "permission-sets";
const RIGHTS: &str = "object-permissions";
const OWN_SETS: &str = "own-sets";
const OWN_FIELDS: &str = "own-fields";
const AUDIT: &str = "audit";

/// Objects and fields, as this reader sees them, are the same where these are.
const SCHEMA_MARKS: [&str; 5] = [READER, CUSTOM_FIELDS, CUSTOM_OBJECTS, OWN_SETS, OWN_FIELDS];
/// Profiles, permission sets and their rights are the same where these are.
const RIGHTS_MARKS: [&str; 2] = [SETS, RIGHTS];

/// The marks of one reading, as they are kept with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks(BTreeMap<String, String>);

impl Marks {
    pub(super) fn of(inventory: &Inventory) -> Self {
        Marks(inventory.marks.clone())
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }

    pub(super) fn validators(&self) -> Validators {
        Validators { etag: self.0.get(ETAG).cloned(), modified: self.0.get(MODIFIED).cloned() }
    }

    pub(super) fn with_validators(mut self, validators: &Validators) -> Self {
        self.set(ETAG, validators.etag.clone());
        self.set(MODIFIED, validators.modified.clone());
        self
    }

    /// Whether the service account holds the permission set.
    pub(super) fn is_own(&self, set_id: &str) -> bool {
        let Some(own) = self.0.get(OWN_SETS) else { return false };
        own.split(';').any(|line| line.split(' ').next() == Some(set_id))
    }

    fn set(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.0.insert(name.to_owned(), value),
            None => self.0.remove(name),
        };
    }

    /// Both are there and the same.
    fn hold(&self, earlier: &Marks, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.get(*name).is_some_and(|now| earlier.0.get(*name) == Some(now)))
    }
}

/// The marks of this moment, and what the log says beside.
pub(super) struct Asked {
    pub marks: Marks,
    /// The newest rows of the log, with their sections.
    audit: Option<Vec<(String, String)>>,
}

impl Asked {
    /// Two calls.
    pub(super) async fn ask(org: &Org<'_>) -> Result<Self, ConnectorFault> {
        let user = quoted(&org.identity()?.user_id);
        let data = [
            "SELECT COUNT(Id), MAX(SystemModstamp), MAX(Profile.SystemModstamp) FROM PermissionSet"
                .to_owned(),
            "SELECT COUNT(Id), MAX(SystemModstamp) FROM ObjectPermissions".to_owned(),
            format!(
                "SELECT PermissionSetId, SystemModstamp, PermissionSet.SystemModstamp FROM PermissionSetAssignment \
                 WHERE AssigneeId = {user} ORDER BY PermissionSetId"
            ),
            format!(
                "SELECT COUNT(Id), MAX(SystemModstamp) FROM FieldPermissions WHERE ParentId IN \
                 (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {user})"
            ),
            format!(
                "SELECT Id, Section FROM SetupAuditTrail ORDER BY CreatedDate DESC, Id DESC LIMIT {AUDIT_ROWS}"
            ),
        ];
        let newest = |table: &str| {
            format!(
                "SELECT Id, LastModifiedDate FROM {table} ORDER BY LastModifiedDate DESC, Id DESC LIMIT 1"
            )
        };
        let tooling = [
            "SELECT COUNT() FROM CustomField".to_owned(),
            newest("CustomField"),
            "SELECT COUNT() FROM CustomObject".to_owned(),
            newest("CustomObject"),
        ];
        let paths = |catalogue, queries: &[String]| -> Vec<String> {
            queries.iter().map(|soql| org.query_path(catalogue, soql)).collect()
        };
        let (data_paths, tooling_paths) =
            (paths(Catalogue::Data, &data), paths(Catalogue::Tooling, &tooling));
        let (data, tooling) = tokio::try_join!(
            org.look_together::<Page<Value>>(Catalogue::Data, &data_paths),
            org.look_together::<Page<Value>>(Catalogue::Tooling, &tooling_paths),
        )?;
        let mut data = data.into_iter().map(seen);
        let mut next = || data.next().unwrap_or(Ok(None));
        let (sets, rights, own_sets, own_fields, audit) = (next()?, next()?, next()?, next()?, next()?);
        let mut tooling = tooling.into_iter().map(seen);
        let mut pair = || -> Result<Option<String>, ConnectorFault> {
            let (count, newest) = (tooling.next().unwrap_or(Ok(None))?, tooling.next().unwrap_or(Ok(None))?);
            Ok(count.zip(newest).map(|(count, newest)| {
                let newest = newest.records.first().map(|row| words(row, &["Id", "LastModifiedDate"]));
                format!("{} {}", count.total_size, newest.unwrap_or_default())
            }))
        };
        let mut marks = Marks::default();
        marks.set(CUSTOM_FIELDS, pair()?);
        marks.set(CUSTOM_OBJECTS, pair()?);
        marks.set(READER, Some(reader(org)?));
        marks.set(SETS, sets.and_then(aggregate));
        marks.set(RIGHTS, rights.and_then(aggregate));
        marks.set(OWN_FIELDS, own_fields.and_then(aggregate));
        marks.set(OWN_SETS, own_sets.and_then(own));
        let audit = audit.and_then(|page| {
            let text = |row: &Value, name: &str| row.get(name)?.as_str().map(str::to_owned);
            let row = |row: &Value| Some((text(row, "Id")?, text(row, "Section").unwrap_or_default()));
            page.records.iter().map(row).collect::<Option<Vec<_>>>()
        });
        let ids = |rows: &Vec<(String, String)>| {
            rows.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" ")
        };
        marks.set(AUDIT, audit.as_ref().map(ids));
        Ok(Asked { marks, audit })
    }

    /// What must be read, where the list of objects is the same as then.
    pub(super) fn verdict_since(&self, earlier: &Marks) -> Verdict {
        let (Some(audit), Some(known)) = (&self.audit, earlier.0.get(AUDIT)) else { return Verdict::All };
        let known: BTreeSet<&str> = known.split(' ').collect();
        let new: Vec<&(String, String)> =
            audit.iter().filter(|(id, _)| !known.contains(id.as_str())).collect();
        // Where none is known any more, there can be further ones that are not seen.
        let beyond = new.len() == AUDIT_ROWS;
        if beyond || new.iter().any(|(_, section)| section != USERS_SECTION) {
            return Verdict::All;
        }
        if !self.marks.hold(earlier, &SCHEMA_MARKS) {
            return Verdict::All;
        }
        match new.is_empty() && self.marks.hold(earlier, &RIGHTS_MARKS) {
            true => Verdict::Unchanged,
            false => Verdict::Rights,
        }
    }
}

/// Who reads, what and how: another reader's marks say nothing.
fn reader(org: &Org<'_>) -> Result<String, ConnectorFault> {
    let identity = org.identity()?;
    let version = &org.inner.config.api_version;
    Ok(format!("{FORM} {version} {} {}", identity.organization_id, identity.user_id))
}

/// The page; `None` where the organisation refuses the question for good.
fn seen(part: Part<Page<Value>>) -> Result<Option<Page<Value>>, ConnectorFault> {
    if part.is_refused() {
        if let Err(fault) = part.answer() {
            tracing::debug!(%fault, "a mark of changes is not given");
        }
        return Ok(None);
    }
    part.answer().map(Some)
}

fn aggregate(page: Page<Value>) -> Option<String> {
    let row = page.records.first()?;
    row.get("expr0")?.as_u64()?;
    Some(words(row, &["expr0", "expr1", "expr2"]))
}

/// One line for each permission set that the service account holds, the set's id first.
fn own(page: Page<Value>) -> Option<String> {
    if !page.done || page.records.is_empty() || page.records.len() > OWN_MAX {
        return None;
    }
    let line = |row: &Value| {
        let set = row.get("PermissionSet").map(|set| words(set, &["SystemModstamp"])).unwrap_or_default();
        format!("{} {set}", words(row, &["PermissionSetId", "SystemModstamp"]))
    };
    Some(page.records.iter().map(line).collect::<Vec<_>>().join(";"))
}

fn words(row: &Value, names: &[&str]) -> String {
    let word = |name: &&str| match row.get(*name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    names.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
