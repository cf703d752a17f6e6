//! Users and their permission sets, as far as the REST API writes them.

use serde_json::{Map, Value};

use super::values;
use super::write::{Purpose, draft, no_access};
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org, Rights, User, prefix};
use crate::surface::ApiError;

fn may_assign(rights: &Rights) -> Result<(), ApiError> {
    if rights.has("AssignPermissionSets") || rights.has("ManageUsers") {
        return Ok(());
    }
    let message = "insufficient access rights on cross-reference id";
    Err(ApiError::bad("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message))
}

/// Creates a PermissionSetAssignment.
pub(super) fn assign(org: &Org, rights: &Rights, body: &Map<String, Value>) -> Result<Id, ApiError> {
    let id = |name: &str| match body.get(name).and_then(Value::as_str) {
        None => Err(values::required(&[name])),
        Some(text) => Id::parse(text).ok_or_else(|| {
            ApiError::bad("MALFORMED_ID", format!("{name}: id value of incorrect type: {text}"))
                .on(vec![name.to_owned()])
        }),
    };
    let (assignee, set) = (id("AssigneeId")?, id("PermissionSetId")?);
    may_assign(rights)?;
    {
        let state = org.read();
        let found = state.metadata.permission_sets.get(&set);
        let Some(found) = found.filter(|_| state.users.contains_key(&assignee)) else {
            return Err(ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"));
        };
        if found.profile.is_some() {
            return Err(ApiError::bad(
                "FIELD_INTEGRITY_EXCEPTION",
                "PermissionSet ID: value not of required type",
            ));
        }
        if state.assignments.values().any(|one| one.assignee == assignee && one.set == set) {
            let message =
                format!("Duplicate PermissionSetAssignment. Assignee: {assignee}; Permission Set: {set}");
            return Err(ApiError::bad("DUPLICATE_VALUE", message));
        }
    }
    Ok(org.assign(assignee, set))
}

/// Deletes a PermissionSetAssignment.
pub(super) fn unassign(org: &Org, rights: &Rights, id: Id) -> Result<(), ApiError> {
    may_assign(rights)?;
    let mut state = org.write();
    let assignment = state.assignments.get(&id).ok_or_else(ApiError::no_record)?;
    if state.metadata.permission_sets.get(&assignment.set).is_some_and(|set| set.profile.is_some()) {
        return Err(ApiError::bad(
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "The assignment of a profile cannot be deleted",
        ));
    }
    state.assignments.remove(&id);
    drop(state);
    org.note(Kind::RecordDeleted, Some(rights.user), "PermissionSetAssignment", &[("id", id.as_str())]);
    Ok(())
}

/// Creates a user, who cannot log in before somebody sets a password.
pub(super) fn create_user(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    body: &Map<String, Value>,
) -> Result<Id, ApiError> {
    if !rights.has("ManageUsers") {
        return Err(no_access());
    }
    let draft = draft(rights, object, body, Purpose::Create)?;
    let missing: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| field.required_on_create() && !draft.values.contains_key(&field.name))
        .map(|field| field.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(values::required(&missing));
    }
    let text = |name: &str| draft.values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let profile = Id::parse(&text("ProfileId"));
    let mut state = org.write();
    let shadow = profile.and_then(|profile| state.profiles.get(&profile)).map(|profile| profile.shadow);
    let (Some(profile), Some(shadow)) = (profile, shadow) else {
        return Err(ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            .on(vec!["ProfileId".to_owned()]));
    };
    let username = text("Username");
    if state.users.values().any(|user| user.username.eq_ignore_ascii_case(&username)) {
        let message =
            "Duplicate Username. The username already exists in this or another Salesforce organization.";
        return Err(ApiError::bad("DUPLICATE_USERNAME", message).on(vec!["Username".to_owned()]));
    }
    let id = org.ids.next(prefix::USER);
    let user = User {
        id,
        username,
        password: org.secrets.word(40),
        first_name: text("FirstName"),
        last_name: text("LastName"),
        email: text("Email"),
        profile,
        active: draft.values.get("IsActive") != Some(&Value::Bool(false)),
        created_ms: org.now_ms(),
        last_login_ms: None,
    };
    state.users.insert(id, user);
    drop(state);
    org.assign(id, shadow);
    org.note(Kind::RecordCreated, Some(rights.user), "User", &[("id", id.as_str())]);
    Ok(id)
}

/// Changes name, mail address or activity of a user.
pub(super) fn update_user(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    id: Id,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    if !rights.has("ManageUsers") && rights.user != id {
        return Err(no_access());
    }
    let draft = draft(rights, object, body, Purpose::Update)?;
    let unsupported = draft
        .values
        .keys()
        .find(|name| !matches!(name.as_str(), "FirstName" | "LastName" | "Email" | "IsActive"));
    if let Some(name) = unsupported {
        return Err(ApiError::bad(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            format!("this simulator does not change User.{name}"),
        ));
    }
    let mut state = org.write();
    let user = state.users.get_mut(&id).ok_or_else(ApiError::no_record)?;
    let text = |name: &str, current: &mut String| {
        if let Some(value) = draft.values.get(name) {
            *current = value.as_str().unwrap_or_default().to_owned();
        }
    };
    text("FirstName", &mut user.first_name);
    text("LastName", &mut user.last_name);
    text("Email", &mut user.email);
    drop(state);
    match draft.values.get("IsActive") {
        Some(Value::Bool(false)) => org.deactivate_user(id),
        Some(Value::Bool(true)) => {
            if let Some(user) = org.write().users.get_mut(&id) {
                user.active = true;
            }
        }
        _ => {}
    }
    org.note(Kind::RecordUpdated, Some(rights.user), "User", &[("id", id.as_str())]);
    Ok(())
}
