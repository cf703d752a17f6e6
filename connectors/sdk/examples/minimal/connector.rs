//! The connector. It makes one attempt a call, counts its calls, and says by a fault's class what may follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use provision_connector_sdk::core::account::{Actor, ConditionType, Identity};
use provision_connector_sdk::core::component::ComponentState;
use provision_connector_sdk::core::connector::{Environment, Manifest};
use provision_connector_sdk::core::inventory::{Inventory, ObjectType};
use provision_connector_sdk::core::notification::NotificationCode;
use provision_connector_sdk::core::plan::{
    ObjectSelection, Plan, PlanStep, PlannedAction, PlannedComponent, StepKind, Unprotected,
};
use provision_connector_sdk::core::precondition::{CheckSeverity, PreconditionSpec};
use provision_connector_sdk::core::{ConnectorId, Fault, Reason};
use provision_connector_sdk::{
    AccountContext, Applied, ApplyProgress, ApplyRequest, AuthorizationSpec, Change, ChangeBatch,
    ChangeStream, Changes, Check, CheckStatus, Connector, ConnectorFault, Cursor, FaultClass,
    InventoryProgress, InventoryReading, InventoryRequest, Observation, PlanRequest, ProposedPlan,
    ProposedRemoval, Quarantine, RemovalRequest, RemoveProgress, RemoveRequest, Session, TokenErrorClass,
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use url::Url;

use crate::application::{Application, GOOD_TOKEN};
use crate::removal::{self, MARK};

const HOST: &str = "https://pad.example";
const VERSION: &str = "1.0.0";
/// What the application's organisation has.
const OBJECTS: [&str; 2] = ["Drawing", "Note"];
/// The first component; the others are one watcher for each object.
const CHANNEL: &str = "CAS_Channel";

/// The connector for pads.
pub struct PadConnector {
    pub(crate) application: Arc<Application>,
    manifest: Manifest,
}

impl PadConnector {
    pub fn new(application: Arc<Application>) -> Self {
        let texts =
            NotificationCode::ALL.map(|code| (code, format!("Pad {{environment}}: {}.", code.as_str())));
        let manifest = Manifest {
            id: ConnectorId::new("pad").expect("a valid id"),
            display_name: "Pad".to_owned(),
            version: VERSION.to_owned(),
            environments: vec![Environment { id: "live".to_owned(), display_name: "Live".to_owned() }],
            capabilities: vec!["changes".to_owned()],
            settings_schema: json!({"type": "object", "additionalProperties": false}),
            required_permissions: Vec::new(),
            preconditions: vec![PreconditionSpec {
                id: "permission.Watch".to_owned(),
                title: "May watch pads".to_owned(),
                description: "Watchers are made and read with it.".to_owned(),
                fix: "an administrator gives the user the right to watch".to_owned(),
                actor: Actor::SaasAdmin,
                severity: CheckSeverity::Blocking,
                refuses_grant: true,
                look: None,
                help_uri: None,
                environments: Vec::new(),
            }],
            authorization_hints: Vec::new(),
            notification_texts: BTreeMap::from(texts),
        };
        PadConnector { application, manifest }
    }

    /// Stands for a call over the network: counted, and denied with a token that is not accepted.
    pub(crate) async fn call(&self, session: &Session) -> Result<(), ConnectorFault> {
        session.calls.admit().await?;
        let access = session.credentials.current().await?;
        if access.token.expose_secret() == GOOD_TOKEN {
            return Ok(());
        }
        // Asked once for a newer token; the daemon knows when there is none.
        session.credentials.renew(&access).await.map(|_| ())
    }

    fn state(&self, component: &PlannedComponent) -> ComponentState {
        match self.application.lock().components.get(&component.full_name) {
            Some(text) if digest(text) == component.checksum => ComponentState::Present,
            Some(_) => ComponentState::Modified,
            None => ComponentState::Missing,
        }
    }

    fn component(&self, kind: &str, full_name: &str) -> PlannedComponent {
        let mut component = PlannedComponent {
            kind: kind.to_owned(),
            full_name: full_name.to_owned(),
            action: PlannedAction::Create,
            reason: "reports what is written".to_owned(),
            checksum: digest(&text(full_name)),
            version: VERSION.to_owned(),
        };
        component.action = match self.state(&component) {
            ComponentState::Present => PlannedAction::Keep,
            ComponentState::Missing => PlannedAction::Create,
            _ => PlannedAction::Update,
        };
        component
    }
}

/// Names and texts follow from what is protected: the same everywhere and always.
fn text(full_name: &str) -> String {
    format!("{MARK} {full_name} of version {VERSION}")
}

/// A real connector takes SHA-256; the example does without a further library.
pub(crate) fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}").repeat(4)
}

fn step(
    id: &str,
    kind: StepKind,
    components: Vec<PlannedComponent>,
    establishes: &[ConditionType],
) -> PlanStep {
    PlanStep {
        id: id.to_owned(),
        title: format!("Pad: {id}"),
        kind,
        components,
        establishes: establishes.to_vec(),
    }
}

#[async_trait]
impl Connector for PadConnector {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn authorization(&self, account: &AccountContext) -> Result<AuthorizationSpec, ConnectorFault> {
        self.manifest.environment(&account.environment).map_err(ConnectorFault::rejected)?;
        let endpoint =
            |name: &str| Url::parse(&format!("{HOST}/oauth2/{name}")).map_err(ConnectorFault::protocol);
        Ok(AuthorizationSpec {
            issuer: HOST.to_owned(),
            authorize_url: endpoint("authorize")?,
            token_url: endpoint("token")?,
            revoke_url: endpoint("revoke")?,
            introspect_url: None,
            client_id: "example".to_owned(),
            client_secrets: Vec::new(),
            scopes: vec!["everything".to_owned()],
            extra_parameters: Vec::new(),
        })
    }

    fn instance_url(
        &self,
        _: &AccountContext,
        answer: &Map<String, Value>,
    ) -> Result<String, ConnectorFault> {
        match answer.get("instance_url").and_then(Value::as_str) {
            Some(HOST) => Ok(HOST.to_owned()),
            _ => Err(ConnectorFault::denied(Fault::new(
                Reason::AuthorizationRejected,
                "a host that is not trusted",
            ))),
        }
    }

    fn token_error(&self, error: &str, _description: &str) -> TokenErrorClass {
        match error {
            "invalid_grant" => TokenErrorClass::Revoked,
            "invalid_client" => TokenErrorClass::ClientRefused,
            _ => TokenErrorClass::Other,
        }
    }

    async fn identify(&self, session: &Session) -> Result<Identity, ConnectorFault> {
        self.call(session).await?;
        Ok(Identity {
            organization_id: "pad-1".to_owned(),
            organization_name: "Paper".to_owned(),
            environment: "live".to_owned(),
            edition: "Only".to_owned(),
            organization_kind: "live".to_owned(),
            user_id: "user-1".to_owned(),
            username: "writer@pad.example".to_owned(),
            user_display_name: "Writer".to_owned(),
            instance_url: HOST.to_owned(),
            authorize_time: Utc::now(),
        })
    }

    async fn check(&self, session: &Session) -> Result<Vec<Check>, ConnectorFault> {
        self.call(session).await?;
        Ok(vec![Check {
            id: "permission.Watch".to_owned(),
            status: CheckStatus::Passed,
            evidence: "the token opens everything".to_owned(),
            fix: None,
            link: None,
        }])
    }

    async fn inventory(
        &self,
        session: &Session,
        _request: InventoryRequest<'_>,
        progress: &dyn InventoryProgress,
    ) -> Result<InventoryReading, ConnectorFault> {
        self.call(session).await?;
        let object_types = OBJECTS.map(|name| ObjectType {
            api_name: name.to_owned(),
            label: name.to_owned(),
            custom: false,
            accepts_triggers: true,
            holds_files: false,
            holds_feed: false,
            queryable: true,
            createable: true,
            updateable: true,
            deletable: true,
            fields: Vec::new(),
        });
        progress.report("object_types", OBJECTS.len() as u64, OBJECTS.len() as u64);
        Ok(InventoryReading::Read(Inventory { object_types: object_types.to_vec(), ..Inventory::default() }))
    }

    async fn plan(
        &self,
        session: &Session,
        request: PlanRequest<'_>,
    ) -> Result<ProposedPlan, ConnectorFault> {
        self.call(session).await?;
        let known = |name: &&String| OBJECTS.contains(&name.as_str());
        let (object_types, listed): (Vec<String>, &[String]) = match request.selection {
            ObjectSelection::Default | ObjectSelection::All => {
                (OBJECTS.iter().map(|name| (*name).to_owned()).collect(), &[])
            }
            ObjectSelection::Listed(asked) => (asked.iter().filter(known).cloned().collect(), asked),
        };
        let unknown = listed.iter().filter(|name| !known(name)).map(|name| Unprotected {
            object_type: name.clone(),
            reason: "there are no such pads".to_owned(),
        });
        let unprotected = unknown.collect();
        if object_types.is_empty() {
            return Err(ConnectorFault::rejected(Fault::new(Reason::NothingToProtect, "no such pads")));
        }
        let watchers =
            object_types.iter().map(|name| self.component("Watcher", &format!("CAS_{name}"))).collect();
        let steps = vec![
            step(
                "channel",
                StepKind::Apply,
                vec![self.component("Channel", CHANNEL)],
                &[ConditionType::AppInstalled],
            ),
            step("open-events", StepKind::OpenEvents, Vec::new(), &[]),
            step("watchers", StepKind::Apply, watchers, &[ConditionType::TriggersInstalled]),
            step("observe", StepKind::Verify, Vec::new(), &[]),
            step("canary", StepKind::Canary, Vec::new(), &[ConditionType::EventsFlowing]),
        ];
        let observed =
            steps.iter().flat_map(|step| &step.components).map(|c| format!("{}{:?}", c.full_name, c.action));
        Ok(ProposedPlan {
            observed_digest: digest(&observed.collect::<String>()),
            steps,
            estimated_api_calls: 5,
            tests: Vec::new(),
            risks: Vec::new(),
            unprotected,
            object_types,
        })
    }

    /// Brings in at once what is not there as it should be. An application that works in jobs answers `Running` with
    /// a handle, and looks for a job of its own when it is begun as `Uncertain`.
    async fn apply(
        &self,
        session: &Session,
        request: ApplyRequest<'_>,
    ) -> Result<ApplyProgress, ConnectorFault> {
        self.call(session).await?;
        let mut applied = Vec::new();
        for component in &request.step.components {
            if self.state(component) != ComponentState::Present {
                self.application.put(&component.full_name, text(&component.full_name));
            }
            applied.push(Applied {
                kind: component.kind.clone(),
                full_name: component.full_name.clone(),
                remote_id: component.full_name.clone(),
            });
        }
        Ok(ApplyProgress::Done { applied, refused: Vec::new() })
    }

    async fn observe(
        &self,
        session: &Session,
        _plan: &Plan,
        components: &[PlannedComponent],
    ) -> Result<Vec<Observation>, ConnectorFault> {
        self.call(session).await?;
        let observation = |component: &PlannedComponent| {
            let state = self.state(component);
            Observation {
                kind: component.kind.clone(),
                full_name: component.full_name.clone(),
                state,
                remote_id: component.full_name.clone(),
                message: state.as_str().to_lowercase(),
                deviation: None,
            }
        };
        Ok(components.iter().map(observation).collect())
    }

    async fn verify(&self, session: &Session, _plan: &Plan) -> Result<(), ConnectorFault> {
        self.call(session).await?;
        if self.application.lock().components.contains_key(CHANNEL) {
            return Ok(());
        }
        Err(ConnectorFault::rejected(Fault::new(Reason::ComponentNotObserved, "the channel is not there")))
    }

    async fn plan_removal(
        &self,
        session: &Session,
        request: RemovalRequest<'_>,
    ) -> Result<ProposedRemoval, ConnectorFault> {
        self.call(session).await?;
        Ok(removal::plan(&self.application, request))
    }

    async fn remove(
        &self,
        session: &Session,
        request: RemoveRequest<'_>,
    ) -> Result<RemoveProgress, ConnectorFault> {
        self.call(session).await?;
        Ok(removal::remove(&self.application, request.step))
    }

    fn quarantine(&self) -> Option<&dyn Quarantine> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }
}

#[async_trait]
impl Changes for PadConnector {
    /// A position is the number of reports before it, in eight bytes.
    async fn open(
        &self,
        session: &Session,
        cursor: Option<&Cursor>,
    ) -> Result<Box<dyn ChangeStream>, ConnectorFault> {
        self.call(session).await?;
        let length = self.application.lock().log.len();
        let next = match cursor {
            None => Some(length),
            Some(Cursor(bytes)) => <[u8; 8]>::try_from(bytes.as_slice())
                .ok()
                .and_then(|bytes| usize::try_from(u64::from_be_bytes(bytes)).ok())
                .filter(|next| *next <= length),
        };
        let Some(next) = next else {
            let fault = Fault::new(Reason::EventCursorExpired, "no such position in the log");
            return Err(ConnectorFault::new(FaultClass::Gone, fault));
        };
        let reports = self.application.reports();
        Ok(Box::new(PadStream { application: Arc::clone(&self.application), reports, next }))
    }

    async fn send_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault> {
        self.call(session).await?;
        self.application.report(marker);
        Ok(())
    }
}

struct PadStream {
    application: Arc<Application>,
    reports: watch::Receiver<usize>,
    next: usize,
}

#[async_trait]
impl ChangeStream for PadStream {
    async fn next(&mut self) -> Result<ChangeBatch, ConnectorFault> {
        let next = self.next;
        self.reports.wait_for(|length| *length > next).await.map_err(ConnectorFault::transient)?;
        let log = self.application.lock().log[next..].to_vec();
        let changes = log.into_iter().enumerate().map(|(index, marker)| Change {
            id: format!("report-{}", next + index),
            occurred_at: DateTime::UNIX_EPOCH,
            canary: Some(marker),
            object_type: String::new(),
            operation: "CANARY".to_owned(),
            record_ids: Vec::new(),
            user_id: "user-1".to_owned(),
        });
        let changes: Vec<Change> = changes.collect();
        self.next += changes.len();
        Ok(ChangeBatch { changes, cursor: Some(Cursor((self.next as u64).to_be_bytes().to_vec())) })
    }
}
