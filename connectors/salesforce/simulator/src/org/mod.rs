//! The org itself: one state behind a lock, its clock, ids, ledger and faults. It knows no HTTP.

mod access;
mod apex;
mod app;
mod assembly;
mod audit;
mod beside;
mod birth;
mod certificate;
mod change;
mod clock;
mod conditions;
mod customer;
mod deploy;
mod field;
mod foreign;
mod generated;
mod grants;
mod happening;
mod id;
mod index;
mod logins;
mod metadata;
mod population;
mod portrait;
mod records;
mod schema;
mod secrets;
mod sessions;
mod signer;
mod spread;
mod standard;
mod tests;
mod turn;
mod user;
mod whole;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

pub use access::{
    Assignment, CustomPermission, FieldAccess, ObjectAccess, PermissionSet, Profile, Reach, RecordTypeAccess,
    Rights, has_object_permissions,
};
pub use apex::{ApexClass, ApexTrigger, ApexUnit, Parsed, Surface, Tree};
pub use app::{ALL_USERS, AppAccess, AppSettings, ConnectedApp, ReadyApp, SCOPES};
pub use audit::{AuditRow, AuditTrail};
pub(crate) use beside::share_of;
pub use birth::BirthError;
pub use certificate::{CertificateError, Verifier};
pub(crate) use clock::date_time;
pub use clock::{Clock, ManualClock, SystemClock, metadata_time, rest_time};
pub use conditions::{AppPolicy, Conditions, MAINTENANCE, OrgKind, RefreshPolicy, RefusedTrigger};
pub use customer::{Customer, CustomerError, EVERY, FlowFixture};
pub use deploy::DeployRequest;
pub use field::{Computed, Field, FieldType, Summary, audit_fields, owner_field, spaced};
pub use grants::{Asked, Code, Device, FrontDoor, Grant, Grants, PendingPage, Response, Verdict};
pub use happening::Happening;
pub(crate) use id::mix;
pub use id::{Id, IdGenerator, prefix};
pub use logins::Logins;
pub use metadata::Metadata;
pub use population::{License, is_standard_profile};
pub use portrait::Portrait;
pub use records::{Record, Records};
pub use schema::{ObjectKind, ObjectType, RecordType, SharingModel, TriggerEvent};
pub use secrets::Secrets;
pub use sessions::{Session, Sessions};
pub use signer::Signer;
pub use standard::user_permissions;
pub use tests::{QueueItem, TestRun, TestRuns};
pub use turn::Turn;
use turn::Turns;
pub use user::{PasswordError, User};
pub use whole::SchemaError;

use crate::config::{Config, Environment};
use crate::debug_log::DebugLogs;
use crate::events::EventBus;
use crate::fault::Faults;
use crate::ledger::{Kind, Ledger};
use crate::package::Packages;

/// Editions that take no Apex and no platform events but those of packages.
const EDITIONS_WITHOUT_CODE: [&str; 6] = [
    "Professional Edition",
    "Group Edition",
    "Essentials Edition",
    "Base Edition",
    "Contact Manager Edition",
    "Personal Edition",
];

/// A simulated org.
pub struct Org {
    /// 18 characters, `00D…`.
    pub id: Id,
    pub name: String,
    pub environment: Environment,
    pub kind: OrgKind,
    /// `Organization.OrganizationType`.
    pub edition: String,
    /// `Organization.InstanceName`.
    pub instance: String,
    pub config: Config,
    /// The vendor's.
    pub app: ConnectedApp,
    /// The others.
    pub apps: Vec<ConnectedApp>,
    pub signer: Signer,
    pub admin: Id,
    pub user: Id,
    pub clock: Arc<dyn Clock>,
    pub ids: IdGenerator,
    pub secrets: Secrets,
    pub ledger: Ledger,
    pub faults: Faults,
    pub bus: EventBus,
    pub audit: AuditTrail,
    /// Asynchronous runs of Apex tests.
    pub tests: TestRuns,
    /// Debug logs that trace flags have asked for.
    pub logs: DebugLogs,
    /// Held by whoever changes the org's setup: a deployment, a package on its way in or out.
    pub setup: Arc<tokio::sync::Mutex<()>>,
    /// When this simulation began, on the org's clock.
    pub started_ms: i64,
    conditions: RwLock<Arc<Conditions>>,
    state: RwLock<State>,
    turns: Turns,
    me: OnceLock<Weak<Self>>,
}

/// Everything of the org that changes.
pub struct State {
    /// Shared, so that a reader may keep a consistent picture while a deployment makes the next one.
    pub metadata: Arc<Metadata>,
    pub licenses: Vec<License>,
    pub profiles: BTreeMap<Id, Profile>,
    pub users: Arc<BTreeMap<Id, User>>,
    pub assignments: Arc<BTreeMap<Id, Assignment>>,
    pub records: Records,
    pub deploys: BTreeMap<Id, DeployRequest>,
    pub packages: Packages,
    pub sessions: Sessions,
    pub grants: Grants,
    /// Calls counted against `DailyApiRequests`, by the hour in which they came.
    pub api_calls: BTreeMap<i64, u64>,
}

impl State {
    /// What a user's profile and permission sets add up to.
    pub fn rights(&self, user: Id) -> Rights {
        let assigned = self.assignments.values().filter(|assignment| assignment.assignee == user);
        let sets =
            assigned.filter_map(|assignment| self.metadata.permission_sets.get(&assignment.set).cloned());
        Rights { user, sets: sets.collect(), reach: Reach::User }
    }

    /// A copy without sessions and grants.
    pub fn picture(&self) -> Self {
        Self {
            metadata: self.metadata.clone(),
            licenses: self.licenses.clone(),
            profiles: self.profiles.clone(),
            users: self.users.clone(),
            assignments: self.assignments.clone(),
            records: self.records.clone(),
            deploys: self.deploys.clone(),
            packages: self.packages.clone(),
            sessions: Sessions::default(),
            grants: Grants::default(),
            api_calls: self.api_calls.clone(),
        }
    }

    /// Puts the next metadata in place and dates what is new in it.
    pub fn put_metadata(&mut self, mut next: Metadata, now_ms: i64) {
        next.succeed(&self.metadata, now_ms);
        self.profiles.append(&mut next.profiles_made);
        self.metadata = Arc::new(next);
    }
}

/// Why a token was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    #[error("Session expired or invalid")]
    Invalid,
    #[error("API is disabled for this User")]
    ApiDisabled,
    #[error("API is not enabled for this Organization or Partner")]
    OrgWithoutApi,
    #[error("This session is not valid for use with the REST API")]
    AppNotListed,
}

impl Org {
    /// Makes an org as `config` describes it; the same seed makes the same org.
    pub fn new(config: Config) -> Result<Arc<Self>, BirthError> {
        let org = Arc::new(birth::org(config)?);
        // Nobody else has it yet.
        let _ = org.me.set(Arc::downgrade(&org));
        customer::settle(&org, &Conditions::default(), &org.conditions())?;
        Ok(org)
    }

    /// Itself, for whoever has to keep it.
    pub(crate) fn shared(&self) -> Option<Arc<Self>> {
        self.me.get().and_then(Weak::upgrade)
    }

    /// Looks at the state. Do not hold the guard across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The state as it is now, without sessions and grants, to be looked at for as long as it takes.
    pub fn snapshot(&self) -> State {
        self.read().picture()
    }

    /// Changes the state. Do not hold the guard across an await.
    pub fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The metadata as it is now.
    pub fn metadata(&self) -> Arc<Metadata> {
        self.read().metadata.clone()
    }

    /// Applies all of `change` or, when it fails, nothing of it.
    pub fn change_metadata<T, E>(&self, change: impl FnOnce(&mut Metadata) -> Result<T, E>) -> Result<T, E> {
        let now_ms = self.now_ms();
        let mut state = self.write();
        let mut next = Metadata::clone(&state.metadata);
        let result = change(&mut next)?;
        state.put_metadata(next, now_ms);
        Ok(result)
    }

    /// What is special about the org at this moment.
    pub fn conditions(&self) -> Arc<Conditions> {
        self.conditions.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Changes what is special about the org while it runs, as its administrator or Salesforce would. What an org is
    /// born with (its kind, what administrators lack, what is used up or locked at the start) stays as it was.
    pub fn set_conditions(&self, change: impl FnOnce(&mut Conditions)) {
        let (before, now) = {
            let mut conditions = self.conditions.write().unwrap_or_else(|broken| broken.into_inner());
            let before = conditions.clone();
            change(Arc::make_mut(&mut conditions));
            (before, conditions.clone())
        };
        if let Err(error) = customer::settle(self, &before, &now) {
            tracing::error!(%error, "conditions without effect");
        }
    }

    /// Whether Apex comes in with tests only.
    pub fn is_active_production(&self) -> bool {
        self.kind == OrgKind::Production
    }

    /// Whether the edition takes Apex and events of the org's own.
    pub fn takes_code(&self) -> bool {
        !EDITIONS_WITHOUT_CODE.contains(&self.edition.as_str())
    }

    /// Whether maintenance lets nobody write.
    pub fn is_read_only(&self) -> bool {
        self.conditions().read_only
    }

    /// Whether the app counts as installed: by itself, or by a package that brings it.
    pub fn app_installed(&self) -> bool {
        self.app.installed
            || self.conditions().app_policy == AppPolicy::Installed
            || !self.read().packages.installed.is_empty()
    }

    /// The time on the org's clock, milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Writes a line of the ledger, stamped with the org's time.
    pub fn note(&self, kind: Kind, user: Option<Id>, subject: impl Into<String>, detail: &[(&str, &str)]) {
        let subject = subject.into();
        if let Some(change) = audit::change(kind, &subject, detail) {
            self.audit(user.unwrap_or(self.admin), change);
        }
        self.ledger.write(self.now_ms(), kind, user, subject, detail);
    }

    /// Adds a row to the setup's audit trail: action, section, words.
    fn audit(&self, by: Id, (action, section, display): (String, &'static str, String)) {
        let id = self.ids.next(prefix::SETUP_AUDIT_TRAIL);
        self.audit.write(AuditRow { id, at_ms: self.now_ms(), by, action, section, display });
    }

    /// The rights behind an access token; using it keeps its session alive.
    pub fn authenticate(&self, token: &str) -> Result<Rights, SessionError> {
        let now = self.now_ms();
        let lifetime = self.session_lifetime_ms();
        let mut state = self.write();
        let session = state.sessions.touch(token, now, lifetime).ok_or(SessionError::Invalid)?;
        if !state.users.get(&session.user).is_some_and(|user| user.active) {
            return Err(SessionError::Invalid);
        }
        let rights = state.rights(session.user);
        let conditions = self.conditions();
        let username = state.users.get(&session.user).map(|user| user.username.as_str()).unwrap_or_default();
        let switched_off = conditions.api_disabled_for.iter().any(|name| name.eq_ignore_ascii_case(username));
        match () {
            () if conditions.locked => Err(SessionError::Invalid),
            () if conditions.api_disabled => Err(SessionError::OrgWithoutApi),
            () if switched_off || !rights.has("ApiEnabled") => Err(SessionError::ApiDisabled),
            () if conditions.api_access_control => Err(SessionError::AppNotListed),
            () => Ok(rights),
        }
    }

    /// Whether a session may be used from this address.
    pub fn may_come_from(&self, token: &str, address: std::net::IpAddr) -> bool {
        // Where it is used first counts even while nobody asks.
        self.write().sessions.is_at_home(token, address) || !self.conditions().lock_sessions_to_ip
    }

    /// Opens a session and returns its access token: org id, `!`, secret.
    pub fn open_session(&self, user: Id, grant: Option<u64>, scope: &str) -> String {
        self.open_session_of(None, user, grant, scope)
    }

    /// As [`Org::open_session`], for an app.
    pub fn open_session_of(
        &self,
        app: Option<&ConnectedApp>,
        user: Id,
        grant: Option<u64>,
        scope: &str,
    ) -> String {
        let token = format!("{}!AQ{}", self.id.short(), self.secrets.word(94));
        let now = self.now_ms();
        let session = Session {
            user,
            grant,
            app: app.map(|app| app.client_id.clone()),
            scope: scope.to_owned(),
            created_ms: now,
            used_ms: now,
            address: None,
        };
        self.write().sessions.open(token.clone(), session);
        token
    }

    /// The session timeout.
    pub fn session_lifetime_ms(&self) -> i64 {
        i64::try_from(self.config.session_lifetime.as_millis()).unwrap_or(i64::MAX)
    }

    /// Locks a user out at once, as freezing or deactivating does.
    pub fn deactivate_user(&self, user: Id) {
        let mut state = self.write();
        if let Some(user) = Arc::make_mut(&mut state.users).get_mut(&user) {
            user.active = false;
        }
        state.sessions.end_of_user(user);
    }

    /// Gives a user the rights of a permission set; an assignment that exists already is returned as it is.
    pub fn assign(&self, assignee: Id, set: Id) -> Id {
        let now = self.now_ms();
        let mut state = self.write();
        let existing = state.assignments.values().find(|one| one.assignee == assignee && one.set == set);
        if let Some(existing) = existing {
            return existing.id;
        }
        let id = self.ids.next(prefix::PERMISSION_SET_ASSIGNMENT);
        Arc::make_mut(&mut state.assignments).insert(id, Assignment { id, assignee, set, created_ms: now });
        let name = state.metadata.permission_sets.get(&set).map(|set| set.name.clone()).unwrap_or_default();
        drop(state);
        self.note(
            Kind::PermissionAssigned,
            None,
            name,
            &[("assignee", assignee.as_str()), ("id", id.as_str())],
        );
        id
    }
}

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Org")
            .field("id", &self.id)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
