//! Deploys profiles: what they say is granted to everybody who has them, at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::contents::profile_name;
use super::grants::grant;
use super::package::Component;
use super::row::{Complaint, Row};
use super::stage::Stage;
use super::xml::Element;
use crate::org::{Id, PermissionSet, Profile, prefix};

/// The licence of a profile that names none.
const LICENSE: &str = "Salesforce";

/// Deploys profiles. Unlike a permission set a profile keeps what a deploy does not name.
pub(super) fn deploy_profiles(stage: &mut Stage<'_>, components: Vec<Component>) {
    for component in components {
        let row = Row::of("Profile", &component.full_name, &component.file);
        let row = match profile(stage, &component) {
            Ok((id, element, created, changed)) => {
                let name = &component.full_name;
                let (_, _, held) = stage.hold_as("Profile", name, Some(element), BTreeMap::new(), Some(id));
                Row { id: Some(id), created, changed: created || changed || held, ..row }
            }
            Err(complaint) => row.failed(complaint),
        };
        stage.rows.push(row);
    }
}

/// `(id, what it says, created, changed)`
fn profile(stage: &mut Stage<'_>, component: &Component) -> Result<(Id, Element, bool, bool), Complaint> {
    if !stage.rights.has("ManageProfilesPermissionsets") {
        stage.needs("ModifyAllData")?;
    }
    let element = component.metadata()?;
    let named = |profile: &&Profile| profile_name(profile).eq_ignore_ascii_case(&component.full_name);
    let there = stage.org.read().profiles.values().find(named).cloned();
    let there = there.or_else(|| stage.metadata.profiles_made.values().find(named).cloned());
    let shadow = there.as_ref().and_then(|profile| stage.metadata.permission_sets.get(&profile.shadow));
    let (profile, before) = match (&there, shadow) {
        (Some(profile), Some(shadow)) => (profile.clone(), PermissionSet::clone(shadow)),
        _ => made(stage, component, element.text_of("userLicense").unwrap_or(LICENSE))?,
    };
    let mut set = before.clone();
    // One record type of an object is the default: the one that is named takes the place of the one before.
    for named in element.all("recordTypeVisibilities").filter(|own| own.is_true("default")) {
        let object = named.text_of("recordType").and_then(|name| name.split_once('.'));
        let stem = format!("{}.", object.map(|(object, _)| object).unwrap_or_default());
        let others = set.record_types.iter_mut().filter(|(name, _)| name.starts_with(&stem));
        others.for_each(|(_, access)| access.default = false);
    }
    grant(stage, &mut set, &element)?;
    let (created, changed) = (there.is_none(), before != set);
    if created || changed {
        (set.modified_ms, set.modified_by) = (stage.now_ms, Some(stage.by));
        stage.metadata.permission_sets.insert(set.id, Arc::new(set));
    }
    if created {
        stage.metadata.profiles_made.insert(profile.id, profile.clone());
    }
    Ok((profile.id, element, created, changed))
}

/// A custom profile, which grants nothing yet.
fn made(
    stage: &Stage<'_>,
    component: &Component,
    license: &str,
) -> Result<(Profile, PermissionSet), Complaint> {
    let org = stage.org;
    let known = org.read().licenses.iter().find(|known| known.name == license).map(|known| known.id);
    let license =
        known.ok_or_else(|| format!("In field: userLicense - no UserLicense named {license} found"))?;
    let (id, shadow) = (org.ids.next(prefix::PROFILE), org.ids.next(prefix::PERMISSION_SET));
    let profile = Profile {
        id,
        name: component.full_name.clone(),
        license,
        user_type: "Standard".to_owned(),
        shadow,
        created_ms: stage.now_ms,
    };
    let set = PermissionSet {
        license: Some(license),
        profile: Some(id),
        created_ms: stage.now_ms,
        created_by: Some(stage.by),
        modified_ms: stage.now_ms,
        modified_by: Some(stage.by),
        ..PermissionSet::new(shadow, &format!("X{}", id.short()), &component.full_name)
    };
    Ok((profile, set))
}
