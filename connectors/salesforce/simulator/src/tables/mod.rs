//! Every table of the org behind one face: stored records and rows that are computed from the org's own state.

mod audit;
mod catalog;
mod code;
pub(crate) mod computed;
pub(crate) mod held;
mod kept;
pub(crate) mod package;
mod people;
mod permissions;
mod rules;
pub(crate) mod sharing;
pub(crate) mod streams;
pub(crate) mod suites;
mod testing;

use std::sync::Arc;

pub(crate) use catalog::filterable;
use serde_json::Value;

use crate::apex::test_run::UnitCoverage;
use crate::debug_log::DebugLog;
use crate::events::definition::Definition;
use crate::org::{
    ApexClass, ApexTrigger, Assignment, AuditRow, CustomPermission, DeployRequest, Field, Id, License,
    ObjectKind, ObjectType, Org, PermissionSet, Profile, Record, Rights, State, TestRun, User,
};
use crate::rules::ValidationRule;

/// The org as one caller sees it at one moment.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub org: &'a Org,
    pub state: &'a State,
    pub rights: &'a Rights,
    /// Through the Tooling API, which has tables of its own.
    pub tooling: bool,
}

impl<'a> View<'a> {
    /// The object of this name, if the caller may see it.
    pub(crate) fn object(&self, name: &str) -> Option<&'a Arc<ObjectType>> {
        let metadata = &self.state.metadata;
        let object = if self.tooling { metadata.tooling_object(name) } else { metadata.object(name) };
        object.filter(|object| self.rights.object(object).read)
    }

    /// The object a name refers to, whether or not the caller may see it.
    pub(crate) fn any_object(&self, name: &str) -> Option<&'a Arc<ObjectType>> {
        let metadata = &self.state.metadata;
        if self.tooling { metadata.tooling_object(name) } else { metadata.object(name) }
    }
}

/// One row of a table. Computed rows hold what they are computed from.
#[derive(Debug, Clone)]
pub(crate) enum Row {
    Stored(Arc<Record>),
    Organization,
    User(Box<User>),
    Profile(Box<Profile>),
    License(License),
    Set(Arc<PermissionSet>),
    Assignment(Assignment),
    ObjectPermission {
        set: Arc<PermissionSet>,
        object: Arc<ObjectType>,
    },
    FieldPermission {
        set: Arc<PermissionSet>,
        object: Arc<ObjectType>,
        field: Arc<Field>,
    },
    ClassAccess {
        set: Arc<PermissionSet>,
        class: Id,
    },
    CustomPermissionAccess {
        set: Arc<PermissionSet>,
        id: Id,
    },
    CustomPermission(Arc<CustomPermission>),
    /// What the running user may do.
    Effective,
    Entity(Arc<ObjectType>),
    FieldDefinition {
        object: Arc<ObjectType>,
        field: Arc<Field>,
    },
    Particle {
        object: Arc<ObjectType>,
        field: Arc<Field>,
    },
    CustomField {
        object: Arc<ObjectType>,
        field: Arc<Field>,
    },
    CustomObject(Arc<ObjectType>),
    Class(Arc<ApexClass>),
    Trigger(Arc<ApexTrigger>),
    Deploy(Box<DeployRequest>),
    ValidationRule(Arc<ValidationRule>),
    UnitCoverage(Arc<UnitCoverage>),
    MethodCoverage(Box<testing::MethodCoverage>),
    TestRun(Box<TestRun>),
    TestItem(Box<testing::TestItem>),
    TestResult(Box<testing::TestResult>),
    /// A debug log.
    Log(Arc<DebugLog>),
    /// The one row of ApexOrgWideCoverage.
    Coverage,
    Audit(Arc<AuditRow>),
    Package(package::Line),
    /// A channel, a member of one, a managed subscription.
    Stream(Definition),
}

impl Row {
    /// The value of a column; the name must be spelt as the schema spells it. What a row does not know is null.
    pub(crate) fn value(&self, view: &View<'_>, column: &str) -> Value {
        match self {
            Self::Stored(record) => stored(record, column),
            Self::Organization => people::organization(view, column),
            Self::User(user) => people::user(view, user, column),
            Self::Profile(profile) => people::profile(view, profile, column),
            Self::License(license) => people::license(view, license, column),
            Self::Set(set) => permissions::set(view, set, column),
            Self::Assignment(assignment) => permissions::assignment(view, assignment, column),
            Self::ObjectPermission { set, object } => permissions::object(set, object, column),
            Self::FieldPermission { set, object, field } => permissions::field(set, object, field, column),
            Self::ClassAccess { set, class } => permissions::entity_access(set, *class, "ApexClass", column),
            Self::CustomPermissionAccess { set, id } => {
                permissions::entity_access(set, *id, "CustomPermission", column)
            }
            Self::CustomPermission(permission) => permissions::custom_permission(permission, column),
            Self::Effective => permissions::effective(view, column),
            Self::Entity(object) => catalog::entity(object, column),
            Self::FieldDefinition { object, field } => catalog::field_definition(object, field, column),
            Self::Particle { object, field } => catalog::particle(object, field, column),
            Self::CustomField { object, field } => catalog::custom_field(object, field, column),
            Self::CustomObject(object) => catalog::custom_object(object, column),
            Self::Class(class) => code::class(class, column),
            Self::Trigger(trigger) => code::trigger(view, trigger, column),
            Self::Deploy(deploy) => code::deploy(deploy, column),
            Self::ValidationRule(rule) => rules::rule(view, rule, column),
            Self::TestItem(item) => item.value(column),
            Self::TestResult(result) => result.value(column),
            Self::TestRun(run) => testing::run(run, column),
            Self::Log(log) => testing::log(log, column),
            Self::MethodCoverage(one) => one.value(column),
            Self::UnitCoverage(unit) => testing::unit_coverage(unit, column),
            Self::Coverage => testing::coverage(view, column),
            Self::Audit(row) => audit::row(row, column),
            Self::Package(line) => line.value(view, column),
            Self::Stream(row) => row.value(column),
        }
    }
}

fn stored(record: &Record, column: &str) -> Value {
    match column {
        "Id" => record.id.into(),
        "IsDeleted" => record.deleted.into(),
        _ => record.get(column).clone(),
    }
}

/// Visits the rows of a table that the caller may see, in a fixed order. `deleted` includes the recycle bin.
pub(crate) fn scan(view: &View<'_>, object: &ObjectType, deleted: bool, visit: &mut dyn FnMut(Row)) {
    let state = view.state;
    match object.name.as_str() {
        "Organization" => visit(Row::Organization),
        "User" => state.users.values().for_each(|user| visit(Row::User(Box::new(user.clone())))),
        "Profile" => {
            state.profiles.values().for_each(|profile| visit(Row::Profile(Box::new(profile.clone()))))
        }
        "UserLicense" => state.licenses.iter().for_each(|license| visit(Row::License(license.clone()))),
        "PermissionSet" => {
            state.metadata.permission_sets.values().for_each(|set| visit(Row::Set(set.clone())))
        }
        "PermissionSetAssignment" => {
            state.assignments.values().for_each(|one| visit(Row::Assignment(one.clone())))
        }
        "ObjectPermissions" => permissions::object_rows(state, visit),
        "FieldPermissions" => permissions::field_rows(state, visit),
        "SetupEntityAccess" => permissions::entity_access_rows(state, visit),
        "CustomPermission" => {
            let all = state.metadata.custom_permissions.values();
            all.for_each(|permission| visit(Row::CustomPermission(permission.clone())));
        }
        "UserPermissionAccess" => visit(Row::Effective),
        "SetupAuditTrail" => {
            view.org.audit.rows(view.org.now_ms()).into_iter().for_each(|row| visit(Row::Audit(row)))
        }
        "EntityDefinition" => catalog::entities(view, visit),
        "FieldDefinition" => {
            catalog::fields(view, &mut |object, field| visit(Row::FieldDefinition { object, field }))
        }
        "EntityParticle" => {
            catalog::fields(view, &mut |object, field| visit(Row::Particle { object, field }))
        }
        "CustomField" if view.tooling => catalog::custom_fields(view, visit),
        "CustomObject" if view.tooling => catalog::custom_objects(view, visit),
        "ApexClass" => state.metadata.classes.values().for_each(|class| visit(Row::Class(class.clone()))),
        "ApexTrigger" => {
            state.metadata.triggers.values().for_each(|trigger| visit(Row::Trigger(trigger.clone())))
        }
        "DeployRequest" => {
            state.deploys.values().for_each(|deploy| visit(Row::Deploy(Box::new(deploy.clone()))))
        }
        "ValidationRule" if view.tooling => {
            state.metadata.rules.all_rules().for_each(|rule| visit(Row::ValidationRule(rule.clone())));
        }
        "ApexLog" => view.org.logs.all().into_iter().for_each(|log| visit(Row::Log(log))),
        name if testing::TABLES.contains(&name) => testing::rows(view, name, visit),
        name if held::TABLES.contains(&name) => held::rows(view, name, visit),
        name if suites::SUITES.contains(&name) => {
            suites::suites(view, name, visit);
            let rows = state.records.table(name).filter(|record| !record.deleted);
            rows.for_each(|record| visit(Row::Stored(record.clone())));
        }
        name if streams::TABLES.contains(&name) => {
            streams::rows(view, name, &mut |row| visit(Row::Stream(row)))
        }
        name if name.ends_with("__mdt") => kept::records(view, object, visit),
        name if package::TABLES.contains(&name) => {
            package::rows(view, name, &mut |line| visit(Row::Package(line)))
        }
        name => {
            let access = view.rights.object(object);
            let rows = state.records.table(name).filter(|record| deleted || !record.deleted);
            rows.filter(|record| sharing::may_read(view, object, access, record))
                .for_each(|record| visit(Row::Stored(computed::whole(view, object, record))));
        }
    }
}

/// As [`scan`] for a table of the catalogue, where only these objects can have rows that matter.
pub(crate) fn scan_entities(
    view: &View<'_>,
    object: &ObjectType,
    entities: &[String],
    visit: &mut dyn FnMut(Row),
) {
    let mut seen = std::collections::BTreeSet::new();
    for key in entities {
        let Some(Row::Entity(entity)) = catalog::entity_by_name_or_key(view, key) else { continue };
        if !seen.insert(entity.name.clone()) {
            continue;
        }
        for field in &entity.fields {
            match object.name.as_str() {
                "FieldDefinition" => {
                    visit(Row::FieldDefinition { object: entity.clone(), field: field.clone() })
                }
                "EntityParticle" => visit(Row::Particle { object: entity.clone(), field: field.clone() }),
                _ => {}
            }
        }
        if object.name == "EntityDefinition" {
            visit(Row::Entity(entity.clone()));
        }
    }
}

/// The row with this key: an id, or the durable id of catalogue tables.
pub(crate) fn by_key(view: &View<'_>, object: &ObjectType, key: &str) -> Option<Row> {
    let state = view.state;
    match object.name.as_str() {
        "EntityDefinition" => catalog::entity_by_key(view, key),
        "User" => state.users.get(&Id::parse(key)?).map(|user| Row::User(Box::new(user.clone()))),
        "Profile" => {
            state.profiles.get(&Id::parse(key)?).map(|profile| Row::Profile(Box::new(profile.clone())))
        }
        "PermissionSet" => {
            state.metadata.permission_sets.get(&Id::parse(key)?).map(|set| Row::Set(set.clone()))
        }
        "PermissionSetAssignment" => {
            state.assignments.get(&Id::parse(key)?).map(|one| Row::Assignment(one.clone()))
        }
        "ApexClass" => state.metadata.classes.get(&Id::parse(key)?).map(|class| Row::Class(class.clone())),
        "ApexTrigger" => {
            state.metadata.triggers.get(&Id::parse(key)?).map(|trigger| Row::Trigger(trigger.clone()))
        }
        "DeployRequest" => {
            state.deploys.get(&Id::parse(key)?).map(|deploy| Row::Deploy(Box::new(deploy.clone())))
        }
        name if stores(object) => {
            let record = state.records.get(name, Id::parse(key)?).filter(|record| !record.deleted)?;
            let access = view.rights.object(object);
            sharing::may_read(view, object, access, record)
                .then(|| Row::Stored(computed::whole(view, object, record)))
        }
        _ => {
            let id = Id::parse(key)?;
            let mut found = None;
            scan(view, object, false, &mut |row| {
                if found.is_none() && row.value(view, "Id") == Value::from(id) {
                    found = Some(row);
                }
            });
            found
        }
    }
}

/// Whether rows of the object can be created as records: besides those that it [`stores`], groups and queues.
pub(crate) fn grows(object: &ObjectType) -> bool {
    stores(object) || held::GROWN.contains(&object.name.as_str())
}

/// Whether an object's rows are records that somebody created.
pub(crate) fn stores(object: &ObjectType) -> bool {
    matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom | ObjectKind::CustomMetadata)
        && object.name != "User"
        && !object.name.ends_with("__mdt")
}
