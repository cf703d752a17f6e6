//! How an org comes into being.

use std::sync::{Arc, RwLock};

use super::field::{Field, FieldType};
use super::grants::{ConnectedApp, Grants};
use super::id::{IdGenerator, mix, prefix};
use super::metadata::Metadata;
use super::population::{Population, populate};
use super::records::Records;
use super::schema::ObjectType;
use super::secrets::Secrets;
use super::sessions::Sessions;
use super::standard::{setup_objects, standard_objects, tooling_objects, user_permissions};
use super::{Id, Org, OrgKind, State, generated};
use crate::config::{Config, Environment};
use crate::events::EventBus;
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::package::Packages;

/// 2025-01-06T09:00:00Z: fixed, so that the same seed makes the same org on any day.
const BORN_MS: i64 = 1_736_154_000_000;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Scopes that the app was configured with.
const SCOPES: [&str; 6] = ["api", "id", "profile", "email", "web", "refresh_token"];

/// Objects that stay however small the org: they belong to every org, or files and posts live in them.
const ALWAYS: usize = 15;

pub(super) fn org(config: Config) -> Org {
    let seed = config.seed;
    let ids = IdGenerator::new(seed);
    let id = ids.next(prefix::ORGANIZATION);
    let secrets = Secrets::new(seed);
    let conditions = config.conditions.clone();
    let kind = conditions.kind.unwrap_or(match config.environment {
        Environment::Sandbox => OrgKind::Sandbox,
        Environment::Production => OrgKind::Production,
    });
    let (environment, domain, instance) = if kind.is_sandbox() {
        (Environment::Sandbox, "northwind.example.com.sim", "CS201")
    } else {
        (Environment::Production, "northwind.example.com", "EU62")
    };
    let mut people = populate(&ids, seed, config.objects, domain, BORN_MS);
    take_away(&mut people, &conditions.without_permissions);
    let mut metadata = schema(&config, people.admin);
    metadata.permission_sets = people.permission_sets;
    let app = ConnectedApp {
        name: "Cloud App Security".to_owned(),
        client_id: format!("3MVG9{}", secrets.word(80)),
        client_secret: hex_secret(&secrets),
        callbacks: config.callbacks.clone(),
        scopes: SCOPES.to_vec(),
        rotates: config.rotate_refresh_tokens,
        installed: config.app_installed,
    };
    let state = State {
        metadata: Arc::new(metadata),
        licenses: people.licenses,
        profiles: people.profiles,
        users: people.users,
        assignments: people.assignments,
        records: Records::default(),
        deploys: std::collections::BTreeMap::new(),
        packages: Packages::default(),
        sessions: Sessions::default(),
        grants: Grants::default(),
        api_calls: used_calls(&config),
    };
    Org {
        id,
        name: "Northwind Traders".to_owned(),
        environment,
        kind,
        edition: conditions.edition.clone().unwrap_or_else(|| kind.usual_edition().to_owned()),
        instance: instance.to_owned(),
        app,
        admin: people.admin,
        user: people.user,
        clock: config.clock.clone(),
        ids,
        secrets,
        ledger: Ledger::default(),
        faults: Faults::default(),
        bus: EventBus::new(config.clock.clone(), seed),
        setup: Arc::default(),
        started_ms: config.clock.now_ms(),
        conditions: RwLock::new(Arc::new(conditions)),
        state: RwLock::new(state),
        config,
    }
}

/// Administrators without some of their permissions.
fn take_away(people: &mut Population, permissions: &[String]) {
    let Some(admin) = people.users.get(&people.admin) else { return };
    let shadow = people.profiles.get(&admin.profile).map(|profile| profile.shadow);
    if let Some(set) = shadow.and_then(|shadow| people.permission_sets.get_mut(&shadow)) {
        Arc::make_mut(set).permissions.retain(|held| !permissions.contains(held));
    }
}

/// API calls that others have made already.
fn used_calls(config: &Config) -> std::collections::BTreeMap<i64, u64> {
    let used = config.conditions.api_requests_used;
    (used > 0).then(|| (config.clock.now_ms().div_euclid(HOUR_MS), used)).into_iter().collect()
}

fn schema(config: &Config, admin: Id) -> Metadata {
    let mut metadata = Metadata::default();
    let mut put = |object: ObjectType| {
        metadata.put_object(ObjectType {
            created_ms: BORN_MS,
            modified_ms: BORN_MS,
            created_by: Some(admin),
            modified_by: Some(admin),
            ..object
        });
    };
    for object in setup_objects() {
        put(with_permission_columns(object));
    }
    let room = config.objects.saturating_sub(setup_objects().len()).max(ALWAYS);
    for object in standard_objects().iter().take(room) {
        put(object.clone());
    }
    for index in 0..room.saturating_sub(standard_objects().len()) {
        put(generated::object(config.seed, index, BORN_MS, admin));
    }
    for object in tooling_objects() {
        metadata.put_tooling_object(object.clone());
    }
    metadata.born(BORN_MS);
    metadata
}

/// Profiles, permission sets and UserPermissionAccess have a column for each user permission.
fn with_permission_columns(object: &ObjectType) -> ObjectType {
    let mut object = object.clone();
    if matches!(object.name.as_str(), "Profile" | "PermissionSet" | "UserPermissionAccess") {
        let columns = user_permissions().map(|name| {
            let field = Field::new(&format!("Permissions{name}"), FieldType::Boolean);
            Arc::new(Field {
                permissionable: false,
                built_in: true,
                createable: false,
                updateable: false,
                ..field
            })
        });
        object.fields.extend(columns);
    }
    object
}

fn hex_secret(secrets: &Secrets) -> String {
    let word = secrets.word(32);
    let half = |part: &str| part.bytes().fold(0u64, |sum, byte| mix(sum ^ u64::from(byte)));
    format!(
        "{:016X}{:016X}{:016X}{:016X}",
        half(&word[..8]),
        half(&word[8..16]),
        half(&word[16..24]),
        half(&word[24..])
    )
}
