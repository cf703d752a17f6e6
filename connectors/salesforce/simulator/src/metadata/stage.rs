//! The org as a deploy would leave it: every component is applied to a copy, in the order its kind needs.

use super::children::{deploy_parts, hold_objects, hold_whole, miss_parts};
use super::code::{deploy_classes, deploy_triggers};
use super::group::sum_groups;
use super::keep::{BEFORE_CODE, BEFORE_FIELDS, LAST, deploy_kept};
use super::object::{deploy_fields, deploy_objects};
use super::package::{Component, Package};
use super::permission::{deploy_custom_permissions, deploy_permission_sets};
use super::profile::deploy_profiles;
use super::removal::remove;
use super::row::{Complaint, Row};
use super::rule::deploy_rules;
use crate::org::{Id, Metadata, ObjectType, Org, Rights};

/// Types of which the org knows more than their elements.
const MODELLED: [&str; 4] = ["ApexClass", "ApexTrigger", "PermissionSet", "CustomPermission"];

/// Whether components of a type are kept, at no special point of a deploy.
fn is_general(kind: &str) -> bool {
    !MODELLED.contains(&kind)
        && ![BEFORE_FIELDS, BEFORE_CODE, LAST].iter().any(|list| list.contains(&kind))
        && !matches!(kind, "CustomObject" | "Profile")
}

/// A deploy in the making.
pub(super) struct Stage<'a> {
    pub(super) org: &'a Org,
    /// The copy that the components are applied to.
    pub(super) metadata: Metadata,
    pub(super) rights: &'a Rights,
    pub(super) by: Id,
    pub(super) now_ms: i64,
    /// What it brings comes from AppExchange, where the org's edition and limits do not count.
    pub(super) certified: bool,
    /// Metadata API version of the package.
    pub(super) api_version: u32,
    pub(super) rows: Vec<Row>,
    /// Custom objects that are gone afterwards, with their records.
    pub(super) dropped: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Applies a package to a copy of the org's metadata.
    pub(super) fn run(
        org: &'a Org,
        metadata: Metadata,
        package: &Package,
        rights: &'a Rights,
        url_version: u32,
    ) -> Self {
        let mut stage = Self {
            org,
            metadata,
            rights,
            by: rights.user,
            now_ms: org.now_ms(),
            certified: package.certified,
            api_version: package.api_version.unwrap_or(url_version),
            rows: package.rows.clone(),
            dropped: Vec::new(),
        };
        remove(&mut stage, &package.deletions_before, &package.files[0]);
        let of = |name: &str| -> Vec<Component> {
            package.components.iter().filter(|component| component.kind.name == name).cloned().collect()
        };
        for kind in BEFORE_FIELDS {
            deploy_kept(&mut stage, of(kind));
        }
        let pending = deploy_objects(&mut stage, of("CustomObject"));
        deploy_fields(&mut stage, &pending);
        deploy_rules(&mut stage, &pending);
        deploy_parts(&mut stage, &pending);
        hold_objects(&mut stage, &pending);
        deploy_custom_permissions(&mut stage, of("CustomPermission"));
        for kind in BEFORE_CODE {
            deploy_kept(&mut stage, of(kind));
        }
        let failed = deploy_classes(&mut stage, of("ApexClass"));
        deploy_triggers(&mut stage, of("ApexTrigger"), failed);
        // Folders go before what lies in them.
        let (folders, others) = package.components.iter().partition::<Vec<_>, _>(|one| one.is_folder());
        let general = folders.into_iter().chain(others).filter(|one| is_general(one.kind.name));
        deploy_kept(&mut stage, general.cloned().collect());
        deploy_permission_sets(&mut stage, of("PermissionSet"));
        for kind in LAST {
            deploy_kept(&mut stage, of(kind));
        }
        sum_groups(&mut stage);
        deploy_profiles(&mut stage, of("Profile"));
        for kind in MODELLED {
            hold_whole(&mut stage, &of(kind));
        }
        miss_parts(&mut stage, &package.components);
        remove(&mut stage, &package.deletions_after, &package.files[1]);
        if !package.deletions_after.is_empty() {
            sum_groups(&mut stage);
        }
        stage
    }

    /// Refuses a component whose kind needs a user permission that the caller lacks.
    pub(super) fn needs(&self, permission: &str) -> Result<(), Complaint> {
        if self.rights.has(permission) {
            Ok(())
        } else {
            Err("INSUFFICIENT_ACCESS: insufficient access rights on cross-reference id".into())
        }
    }

    /// Refuses a name with a namespace: what a package brought is not the org's to change.
    pub(super) fn own_name(&self, kind: &str, name: &str) -> Result<(), Complaint> {
        match name.split_once("__") {
            Some((namespace, _)) if self.metadata.has_namespace(namespace) => {
                Err(format!("Cannot modify managed object: entity={kind}, component={name}, state=installed").into())
            }
            Some((namespace, _)) => Err(format!("Cannot create a component with namespace: {namespace}. Only components in the same namespace as the organization can be created through the API").into()),
            None => Ok(()),
        }
    }

    /// Refuses code and events where the edition has none.
    pub(super) fn takes_code(&self) -> Result<(), Complaint> {
        if self.certified || self.org.takes_code() {
            Ok(())
        } else {
            Err("Not available for deploy for this organization".into())
        }
    }

    /// Whether an object holds records.
    pub(super) fn has_records(&self, object: &str) -> bool {
        self.org.read().records.table(object).next().is_some()
    }

    /// `(object, field)` whose relationship steps from one of `parents` to its children by this word.
    pub(super) fn child_relationship(&self, parents: &[String], word: &str) -> Option<(String, String)> {
        self.metadata.objects().find_map(|object: &std::sync::Arc<ObjectType>| {
            let field = object.fields.iter().find(|field| {
                field.child_relationship.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(word))
                    && field.reference_to.iter().any(|parent| parents.contains(parent))
            })?;
            Some((object.name.clone(), field.name.clone()))
        })
    }

    /// Refuses code beyond the org's limit.
    pub(super) fn within_apex_limit(&self, chars_max: usize) -> Result<(), Complaint> {
        let classes = self
            .metadata
            .classes
            .values()
            .filter(|class| !class.is_test && class.unit.namespace.is_none())
            .map(|class| class.unit.length_without_comments as usize);
        let triggers = self
            .metadata
            .triggers
            .values()
            .filter(|trigger| trigger.unit.namespace.is_none())
            .map(|trigger| trigger.unit.length_without_comments as usize);
        if self.certified {
            return Ok(());
        }
        let before = self.org.conditions().apex_characters_used;
        if before + classes.chain(triggers).sum::<usize>() > chars_max {
            return Err(format!("The code size limit of {chars_max} characters is exceeded").into());
        }
        Ok(())
    }
}
