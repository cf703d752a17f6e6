//! Users and their permission sets, as far as they can be written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::apply::{Placed, Placement};
use super::save::{Work, note};
use super::{Operation, Options, Row, RowError, RowResult};
use crate::ledger::Kind;
use crate::org::{Assignment, Id, ObjectType, Record, User, prefix};
use crate::tables;
use crate::transaction::{Note, Transaction};

/// Fields of a user that an update may change here.
const CHANGEABLE: [&str; 6] = ["FirstName", "LastName", "Email", "IsActive", "ProfileId", "Username"];
/// Fields whose change makes an update of a user one of the setup.
const OF_SETUP: [&str; 5] = ["IsActive", "ProfileId", "UserRoleId", "Username", "UserType"];

const ASSIGNMENT: &str = "PermissionSetAssignment";

/// A user as a record, if it is there and may be changed.
pub(super) fn changeable(
    tx: &Transaction,
    object: &ObjectType,
    id: Id,
    options: Options,
) -> Result<Arc<Record>, RowError> {
    if options.as_user && !tx.rights.has("ManageUsers") && tx.rights.user != id {
        return Err(RowError::no_access());
    }
    let view = tx.view();
    let row = tables::by_key(&view, object, id.as_str()).ok_or_else(RowError::unknown_reference)?;
    let fields = object.fields.iter().filter(|field| field.name != "Id");
    let values = fields.map(|field| (field.name.clone(), row.value(&view, &field.name)));
    Ok(Arc::new(Record {
        id,
        values: values.filter(|(_, value)| !value.is_null()).collect(),
        deleted: false,
    }))
}

/// Whether such rows count as a change of the setup: new users do where they get a role.
pub(super) fn is_setup(operation: &Operation, rows: &[Placed]) -> bool {
    let has_role = |placed: &Placed| placed.row.values.get("UserRoleId").is_some_and(|role| !role.is_null());
    match operation {
        Operation::Insert => rows.iter().any(has_role),
        Operation::Update => {
            rows.iter().any(|placed| OF_SETUP.iter().any(|name| placed.row.values.contains_key(*name)))
        }
        _ => true,
    }
}

/// Puts a user in place. A new one cannot log in before somebody sets a password.
pub(super) fn store(tx: &mut Transaction, id: Id, work: &Work) -> Result<(), RowError> {
    let text = |name: &str| work.values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let active = work.values.get("IsActive") == Some(&Value::Bool(true));
    let user = match tx.state.users.get(&id) {
        Some(user) => {
            let written = work.values.keys().find(|name| {
                let stamp =
                    matches!(name.as_str(), "LastModifiedDate" | "LastModifiedById" | "SystemModstamp");
                work.changes(name) && !stamp && !CHANGEABLE.contains(&name.as_str())
            });
            if let Some(name) = written {
                let message = format!("this simulator does not change User.{name}");
                return Err(RowError::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
            }
            if user.active && !active {
                tx.pending.locked_out.push(id);
            }
            let user = user.clone();
            let (profile, username) = (Id::parse(&text("ProfileId")), text("Username"));
            let profile = profile.unwrap_or(user.profile);
            if profile != user.profile {
                move_to(tx, &user, profile)?;
            }
            free_username(tx, id, &username)?;
            User {
                first_name: text("FirstName"),
                last_name: text("LastName"),
                email: text("Email"),
                active,
                profile,
                username,
                ..user
            }
        }
        None => {
            let profile = Id::parse(&text("ProfileId"));
            let found = profile.and_then(|profile| tx.state.profiles.get(&profile));
            let Some((profile, shadow)) = found.map(|profile| (profile.id, profile.shadow)) else {
                return Err(RowError::unknown_reference().on(&["ProfileId"]));
            };
            let username = text("Username");
            free_username(tx, id, &username)?;
            give(tx, id, shadow);
            User {
                id,
                username,
                password: tx.org.secrets.word(40),
                first_name: text("FirstName"),
                last_name: text("LastName"),
                email: text("Email"),
                profile,
                active,
                created_ms: tx.org.now_ms(),
                last_login_ms: None,
            }
        }
    };
    tx.touched.insert(id);
    Arc::make_mut(&mut tx.state.users).insert(id, user);
    Ok(())
}

/// Refuses a user name that somebody else has.
fn free_username(tx: &Transaction, id: Id, username: &str) -> Result<(), RowError> {
    let mut others = tx.state.users.values().filter(|user| user.id != id);
    if !others.any(|user| user.username.eq_ignore_ascii_case(username)) {
        return Ok(());
    }
    let message =
        "Duplicate Username. The username already exists in this or another Salesforce organization.";
    Err(RowError::new("DUPLICATE_USERNAME", message).on(&["Username"]))
}

/// Gives a user another profile: its rights come with it, those of the old one go.
fn move_to(tx: &mut Transaction, user: &User, profile: Id) -> Result<(), RowError> {
    let shadow = |tx: &Transaction, id: Id| tx.state.profiles.get(&id).map(|profile| profile.shadow);
    let wanted = shadow(tx, profile).ok_or_else(|| RowError::unknown_reference().on(&["ProfileId"]))?;
    let old = shadow(tx, user.profile);
    let held = tx.state.assignments.values().find(|one| one.assignee == user.id && Some(one.set) == old);
    if let Some(held) = held.map(|held| held.id) {
        tx.touched.insert(held);
        Arc::make_mut(&mut tx.state.assignments).remove(&held);
    }
    give(tx, user.id, wanted);
    Ok(())
}

/// Adds or removes assignments of permission sets; no trigger stands on them.
pub(super) fn assignments(
    tx: &mut Transaction,
    operation: &Operation,
    rows: Vec<Placed>,
    options: Options,
) -> Vec<Placement> {
    let mut results = Vec::with_capacity(rows.len());
    for Placed { at, row } in rows {
        let done = match operation {
            Operation::Insert => assign(tx, &row, options),
            Operation::Delete => unassign(tx, &row, options),
            _ => Err(RowError::unsupported(&row.object, "update")),
        };
        let result = match done {
            Ok(id) => RowResult { id: Some(id), created: false, errors: Vec::new() },
            Err(error) => RowResult { id: row.id, created: false, errors: vec![error] },
        };
        results.push((at, result));
    }
    results
}

fn may_assign(tx: &Transaction, options: Options) -> Result<(), RowError> {
    if !options.as_user || tx.rights.has("AssignPermissionSets") || tx.rights.has("ManageUsers") {
        return Ok(());
    }
    let message = "insufficient access rights on cross-reference id";
    Err(RowError::new("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message))
}

fn assign(tx: &mut Transaction, row: &Row, options: Options) -> Result<Id, RowError> {
    let id = |values: &BTreeMap<String, Value>, name: &str| {
        let id = values.get(name).and_then(Value::as_str).and_then(Id::parse);
        id.ok_or_else(|| RowError::required(&[name]))
    };
    let assignee = id(&row.values, "AssigneeId")?;
    let set = match id(&row.values, "PermissionSetGroupId") {
        Ok(group) => tx.state.metadata.set_of_group(group).ok_or_else(RowError::unknown_reference)?,
        Err(_) => id(&row.values, "PermissionSetId")?,
    };
    may_assign(tx, options)?;
    let found = tx.state.metadata.permission_sets.get(&set);
    let Some(found) = found.filter(|_| tx.state.users.contains_key(&assignee)) else {
        return Err(RowError::unknown_reference());
    };
    if found.profile.is_some() {
        let message = "PermissionSet ID: value not of required type";
        return Err(RowError::new("FIELD_INTEGRITY_EXCEPTION", message));
    }
    if tx.state.assignments.values().any(|one| one.assignee == assignee && one.set == set) {
        let message =
            format!("Duplicate PermissionSetAssignment. Assignee: {assignee}; Permission Set: {set}");
        return Err(RowError::new("DUPLICATE_VALUE", message));
    }
    Ok(give(tx, assignee, set))
}

fn give(tx: &mut Transaction, assignee: Id, set: Id) -> Id {
    let id = tx.org.ids.next(prefix::PERMISSION_SET_ASSIGNMENT);
    let created_ms = tx.org.now_ms();
    let subject = tx.state.metadata.permission_sets.get(&set).map(|set| set.name.as_str().into());
    tx.touched.insert(id);
    Arc::make_mut(&mut tx.state.assignments).insert(id, Assignment { id, assignee, set, created_ms });
    tx.pending.notes.push(Note {
        kind: Kind::PermissionAssigned,
        user: None,
        subject: subject.unwrap_or_default(),
        detail: vec![("assignee", assignee), ("id", id)],
    });
    id
}

fn unassign(tx: &mut Transaction, row: &Row, options: Options) -> Result<Id, RowError> {
    may_assign(tx, options)?;
    let id = row.id.ok_or_else(|| RowError::no_id("delete"))?;
    let assignment = tx.state.assignments.get(&id).ok_or_else(RowError::unknown_reference)?;
    if tx.state.metadata.permission_sets.get(&assignment.set).is_some_and(|set| set.profile.is_some()) {
        let message = "The assignment of a profile cannot be deleted";
        return Err(RowError::new("INSUFFICIENT_ACCESS_OR_READONLY", message));
    }
    tx.touched.insert(id);
    Arc::make_mut(&mut tx.state.assignments).remove(&id);
    note(tx, Kind::RecordDeleted, ASSIGNMENT, id);
    Ok(id)
}
