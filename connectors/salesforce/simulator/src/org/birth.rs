//! How an org comes into being.

use std::sync::{Arc, RwLock};

use super::access::has_object_permissions;
use super::app::{AppSettings, ConnectedApp, keys, salesforce_cli};
use super::assembly::schema;
use super::audit::AuditTrail;
use super::certificate::CertificateError;
use super::customer::CustomerError;
use super::grants::Grants;
use super::id::{IdGenerator, mix, prefix};
use super::metadata::Metadata;
use super::population::{Departments, Population, SETS_LEAST, populate};
use super::records::Records;
use super::secrets::Secrets;
use super::sessions::Sessions;
use super::spread::spread;
use super::standard::standard_objects;
use super::whole::SchemaError;
use super::{Org, OrgKind, State};
use crate::config::{Config, Environment};
use crate::events::EventBus;
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::package::Packages;

/// 2025-01-06T09:00:00Z: fixed, so that the same seed makes the same org on any day.
const BORN_MS: i64 = 1_736_154_000_000;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Scopes that the vendor's app was configured with.
const SCOPES: [&str; 7] = ["api", "id", "profile", "email", "openid", "web", "refresh_token"];

/// Why an org cannot be as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BirthError {
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    Customer(#[from] CustomerError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("{asked} profiles and permission sets are too few: every org has {least}")]
    Profiles { asked: usize, least: usize },
    #[error(
        "{asked} object permissions are too many: {sets} profiles and permission sets have {most} at most"
    )]
    ObjectPermissions { asked: usize, sets: usize, most: usize },
}

pub(super) fn org(config: Config) -> Result<Org, BirthError> {
    let seed = config.seed;
    let own_seed = if config.refreshes == 0 { seed } else { mix(seed ^ config.refreshes.rotate_left(32)) };
    let ids = IdGenerator::new(own_seed);
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
    let mut people = populate(&ids, seed, departments(&config)?, domain, BORN_MS);
    take_away(&mut people, &conditions.without_permissions);
    let mut metadata = schema(&config, people.admin, BORN_MS)?;
    metadata.permission_sets = people.permission_sets;
    grant(&config, &mut metadata)?;
    let app = ConnectedApp {
        name: "Cloud App Security".to_owned(),
        client_id: format!("3MVG9{}", secrets.word(80)),
        client_secret: hex_secret(&secrets),
        callbacks: config.callbacks.clone(),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        rotates: config.rotate_refresh_tokens,
        installed: config.app_installed,
        secret_required: true,
        pkce_required: true,
        keys: keys(&config.logins.app.certificates)?,
        preauthorized: config.logins.app.preauthorized.clone(),
        run_as: config
            .logins
            .app
            .run_as
            .clone()
            .or_else(|| people.users.get(&people.admin).map(|admin| admin.username.clone())),
    };
    let mut apps = vec![salesforce_cli()];
    for settings in &config.logins.apps {
        apps.push(registered(settings, &secrets)?);
    }
    let state = State {
        metadata: Arc::new(metadata),
        licenses: people.licenses,
        profiles: people.profiles,
        users: Arc::new(people.users),
        assignments: Arc::new(people.assignments),
        records: Records::default(),
        deploys: std::collections::BTreeMap::new(),
        packages: Packages::default(),
        sessions: Sessions::default(),
        grants: Grants::default(),
        api_calls: used_calls(&config),
    };
    Ok(Org {
        id,
        name: "Northwind Traders".to_owned(),
        environment,
        kind,
        edition: conditions.edition.clone().unwrap_or_else(|| kind.usual_edition().to_owned()),
        instance: instance.to_owned(),
        app,
        apps,
        signer: super::Signer::default(),
        admin: people.admin,
        user: people.user,
        clock: config.clock.clone(),
        ids,
        // The app's own credentials are drawn by now: they outlive a refresh of the sandbox.
        secrets: if config.refreshes == 0 { secrets } else { Secrets::new(own_seed) },
        ledger: Ledger::default(),
        faults: Faults::default(),
        bus: EventBus::new(config.clock.clone(), seed),
        audit: AuditTrail::default(),
        tests: Default::default(),
        logs: Default::default(),
        setup: Arc::default(),
        started_ms: config.clock.now_ms(),
        conditions: RwLock::new(Arc::new(conditions)),
        state: RwLock::new(state),
        turns: Default::default(),
        me: Default::default(),
        config,
    })
}

/// An app that a file describes.
fn registered(settings: &AppSettings, secrets: &Secrets) -> Result<ConnectedApp, BirthError> {
    let scopes = match settings.scopes.as_slice() {
        [] => super::app::SCOPES.map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    Ok(ConnectedApp {
        name: settings.name.clone(),
        client_id: settings.client_id.clone().unwrap_or_else(|| format!("3MVG9{}", secrets.word(80))),
        client_secret: settings.client_secret.clone().unwrap_or_else(|| hex_secret(secrets)),
        callbacks: settings.callbacks.clone(),
        scopes,
        rotates: settings.rotates,
        installed: true,
        secret_required: settings.secret_required,
        pkce_required: settings.pkce_required,
        keys: keys(&settings.certificates)?,
        preauthorized: settings.preauthorized.clone(),
        run_as: settings.run_as.clone(),
    })
}

/// The departments that make up the number of profiles and permission sets asked for.
fn departments(config: &Config) -> Result<Departments, BirthError> {
    let Some(asked) = config.profiles else { return Ok(Departments::of_org(config.objects)) };
    let more = asked.checked_sub(SETS_LEAST);
    let more = more.ok_or(BirthError::Profiles { asked, least: SETS_LEAST })?;
    Ok(Departments { profiles: more.div_ceil(2), sets: more / 2 })
}

/// Gives out the number of object permissions asked for.
fn grant(config: &Config, metadata: &mut Metadata) -> Result<(), BirthError> {
    let Some(asked) = config.object_permission_rows else { return Ok(()) };
    let mut sets = std::mem::take(&mut metadata.permission_sets);
    let objects = metadata.objects().filter(|object| has_object_permissions(object));
    let objects: Vec<&str> = objects.map(|object| object.name.as_str()).collect();
    let core: Vec<&str> = standard_objects()
        .iter()
        .map(|object| object.name.as_str())
        .filter(|name| metadata.object(name).is_some_and(|object| has_object_permissions(object)))
        .collect();
    let spread = spread(&mut sets, &core, &objects, asked, config.seed);
    let number = sets.len();
    metadata.permission_sets = sets;
    spread.map_err(|most| BirthError::ObjectPermissions { asked, sets: number, most })
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
