//! The connector of the small application. Every call can be made to die before it leaves or after its effect.

mod removal;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::*;
use provision_core::account::{Actor, ConditionType, Identity};
use provision_core::component::ComponentState;
use provision_core::connector::{Environment, Manifest};
use provision_core::inventory::{Field, Inventory, ObjectType};
use provision_core::notification::NotificationCode;
use provision_core::plan::{Plan, PlanStep, PlannedAction, PlannedComponent, StepKind};
use provision_core::precondition::{CheckSeverity, PreconditionSpec};
use provision_core::{Fault, Reason};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::application::{Amiss, Application};
use crate::world::Crash;

pub struct FakeConnector {
    manifest: Manifest,
    application: Arc<Application>,
    pub crash: Arc<Crash>,
    pub throttle: AtomicU32,
    /// While true, no component comes in and nobody is told why.
    pub hangs: AtomicBool,
}

impl FakeConnector {
    pub fn new(application: Arc<Application>, crash: Arc<Crash>) -> Self {
        let mut texts: BTreeMap<_, _> =
            NotificationCode::ALL.into_iter().map(|code| (code, code.as_str().to_owned())).collect();
        texts.insert(NotificationCode::AccountProtected, "Fake {environment} protected.".to_owned());
        let manifest = Manifest {
            id: "fake".parse().expect("valid"),
            display_name: "Fake".into(),
            version: "1".into(),
            environments: ["sandbox", "production"]
                .map(|id| Environment { id: id.into(), display_name: id.to_uppercase() })
                .to_vec(),
            capabilities: vec!["changes".into()],
            settings_schema: serde_json::json!({
                "type": "object", "additionalProperties": false, "properties": {"region": {"type": "string"}}
            }),
            required_permissions: vec![],
            preconditions: preconditions(),
            authorization_hints: vec!["the app is blocked".into(), "the app is not installed".into()],
            notification_texts: texts,
        };
        FakeConnector {
            manifest,
            application,
            crash,
            throttle: AtomicU32::new(0),
            hangs: AtomicBool::new(false),
        }
    }

    /// A call that passes the crash points and the check of the token.
    async fn call<T>(
        &self,
        session: &Session,
        effect: impl FnOnce() -> T + Send,
    ) -> Result<T, ConnectorFault> {
        self.crash.point().await;
        session.calls.admit().await?;
        {
            let mut state = self.application.state();
            if let Some((used, limit)) = &mut state.allowance {
                *used += 1;
                session.calls.observe_allowance(*used, *limit);
            }
            if let Some(refusal) = &state.refusal {
                return Err(session.calls.refused(refusal.clone()));
            }
        }
        let mut access = session.credentials.current().await?;
        if *access.token.expose_secret() != *self.application.state().access_token {
            access = session.credentials.renew(&access).await?;
            if *access.token.expose_secret() != *self.application.state().access_token {
                return Err(ConnectorFault::denied(Fault::new(Reason::ReauthorizationRequired, "denied")));
            }
        }
        let answer = effect();
        if self.crash.answers().await {
            Ok(answer)
        } else {
            Err(ConnectorFault::unknown("the answer was lost"))
        }
    }
}

fn precondition(id: &str, severity: CheckSeverity) -> PreconditionSpec {
    PreconditionSpec {
        id: id.into(),
        title: format!("Title of {id}"),
        description: String::new(),
        fix: format!("mend {id}"),
        actor: Actor::SaasAdmin,
        severity,
        refuses_grant: false,
        look: None,
        help_uri: Some(format!("https://docs.example/{id}")),
        environments: vec![],
    }
}

/// Rights belong to the user; storage to the organisation; the policy cannot be asked for.
fn preconditions() -> Vec<PreconditionSpec> {
    let right = |id| PreconditionSpec { refuses_grant: true, ..precondition(id, CheckSeverity::Blocking) };
    let look = Some("look at the policy page".to_owned());
    vec![
        right("right.read"),
        right("right.write"),
        precondition("storage", CheckSeverity::Blocking),
        precondition("network", CheckSeverity::Advisory),
        PreconditionSpec { look, ..precondition("policy", CheckSeverity::Advisory) },
        PreconditionSpec {
            environments: vec!["production".into()],
            ..precondition("tests", CheckSeverity::Blocking)
        },
    ]
}

fn object(name: &str, grown: bool) -> ObjectType {
    let field = Field {
        api_name: "More".into(),
        label: "More".into(),
        kind: "text".into(),
        length: 1,
        required: false,
        custom: true,
        reference_to: vec![],
    };
    ObjectType {
        api_name: name.into(),
        label: name.into(),
        custom: false,
        accepts_triggers: true,
        holds_files: false,
        holds_feed: false,
        queryable: true,
        createable: true,
        updateable: true,
        deletable: true,
        fields: if grown { vec![field] } else { vec![] },
    }
}

fn refusal(name: &String) -> Refused {
    Refused {
        kind: "Thing".into(),
        full_name: name.clone(),
        object_type: name.strip_prefix("trigger-").unwrap_or_default().into(),
        reason: format!("{name} is not allowed here"),
    }
}

fn component(name: &str) -> PlannedComponent {
    PlannedComponent {
        kind: "Thing".into(),
        full_name: name.into(),
        action: PlannedAction::Create,
        reason: "needed".into(),
        checksum: format!("sum-{name}"),
        version: "1".into(),
    }
}

fn step(
    id: &str,
    kind: StepKind,
    components: Vec<PlannedComponent>,
    establishes: Vec<ConditionType>,
) -> PlanStep {
    PlanStep { id: id.into(), title: id.into(), kind, components, establishes }
}

#[async_trait]
impl Connector for FakeConnector {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn authorization(&self, _account: &AccountContext) -> Result<AuthorizationSpec, ConnectorFault> {
        let url =
            |path: &str| Url::parse(&format!("http://{}{path}", self.application.address)).expect("valid");
        Ok(AuthorizationSpec {
            issuer: url("").to_string(),
            authorize_url: url("/authorize"),
            token_url: url("/token"),
            revoke_url: url("/revoke"),
            introspect_url: Some(url("/introspect")),
            client_id: "client".into(),
            client_secrets: vec!["secret".to_owned().into()],
            scopes: vec!["all".into()],
            extra_parameters: vec![],
        })
    }

    fn instance_url(
        &self,
        _account: &AccountContext,
        _answer: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<String, ConnectorFault> {
        Ok(format!("http://{}", self.application.address))
    }

    fn token_error(&self, error: &str, description: &str) -> TokenErrorClass {
        match error {
            "invalid_grant" if description.contains("already being processed") => TokenErrorClass::Race,
            "invalid_grant" => TokenErrorClass::Revoked,
            "invalid_client" => TokenErrorClass::ClientRefused,
            _ => TokenErrorClass::Other,
        }
    }

    fn grant_policy(&self, _account: &AccountContext) -> GrantPolicy {
        GrantPolicy { idle: Some(Duration::from_secs(30 * 24 * 3600)), lifetime: None }
    }

    async fn identify(&self, session: &Session) -> Result<Identity, ConnectorFault> {
        let (organization_id, environment) = self
            .call(session, || {
                let mut state = self.application.state();
                state.identified += 1;
                (state.organization.clone(), state.environment.clone())
            })
            .await?;
        Ok(Identity {
            organization_id,
            organization_name: "Org".into(),
            environment,
            edition: "E".into(),
            organization_kind: "sandbox".into(),
            user_id: "u".into(),
            username: "admin@org".into(),
            user_display_name: "Admin".into(),
            instance_url: format!("http://{}", self.application.address),
            authorize_time: chrono::DateTime::from_timestamp(0, 0).expect("valid"),
        })
    }

    fn installation(&self, _account: &AccountContext) -> Option<Installation> {
        let url = Url::parse("https://apps.example/install").expect("valid");
        self.application.state().installation.then(|| Installation { url, title: "the app 1.0".into() })
    }

    async fn check(&self, session: &Session) -> Result<Vec<Check>, ConnectorFault> {
        self.call(session, || {
            let failing = self.application.state().failing.clone();
            let answer = |id: &'static str| Check {
                id: id.into(),
                status: if failing.contains(id) { CheckStatus::Failed } else { CheckStatus::Passed },
                evidence: format!("{id} was seen"),
                fix: None,
                link: None,
            };
            ["right.read", "right.write", "storage", "network"].map(answer).to_vec()
        })
        .await
    }

    /// The list of names first, by which a change is noticed; then two object types a call.
    async fn inventory(
        &self,
        session: &Session,
        request: InventoryRequest<'_>,
        progress: &dyn InventoryProgress,
    ) -> Result<InventoryReading, ConnectorFault> {
        let (names, grown) = self
            .call(session, || {
                let state = self.application.state();
                (state.objects.clone(), state.grown.clone())
            })
            .await?;
        let mark = format!("{names:?} {grown:?}");
        if request.previous.is_some_and(|known| known.marks.get("names") == Some(&mark)) {
            return Ok(InventoryReading::Unchanged);
        }
        let mut object_types = Vec::new();
        for (index, pair) in names.chunks(2).enumerate() {
            let key = format!("objects-{index}");
            if request.checkpoints.load(&key).await?.is_none() {
                self.call(session, || {
                    *self.application.state().parts_asked.entry(key.clone()).or_default() += 1;
                })
                .await?;
                request.checkpoints.store(&key, pair.join(",").into_bytes()).await?;
            }
            object_types.extend(pair.iter().map(|name| object(name, grown.contains(name))));
            progress.report("objects", object_types.len() as u64, names.len() as u64);
        }
        let marks = BTreeMap::from([("names".to_owned(), mark)]);
        Ok(InventoryReading::Read(Inventory { object_types, profiles: vec![], marks }))
    }

    async fn plan(
        &self,
        session: &Session,
        request: PlanRequest<'_>,
    ) -> Result<ProposedPlan, ConnectorFault> {
        let object_types: Vec<String> =
            request.inventory.object_types.iter().map(|o| o.api_name.clone()).collect();
        self.call(session, || ProposedPlan {
            steps: vec![
                step("channel", StepKind::Apply, vec![component("channel")], vec![]),
                step("open", StepKind::OpenEvents, vec![], vec![]),
                step("store", StepKind::Apply, vec![component("box")], vec![ConditionType::QuarantineReady]),
                step(
                    "triggers",
                    StepKind::Apply,
                    object_types.iter().map(|o| component(&format!("trigger-{o}"))).collect(),
                    vec![ConditionType::TriggersInstalled],
                ),
                step("look", StepKind::Verify, vec![], vec![]),
                step("canary", StepKind::Canary, vec![], vec![ConditionType::EventsFlowing]),
            ],
            estimated_api_calls: 9,
            tests: vec![],
            risks: vec![],
            unprotected: vec![],
            object_types: object_types.clone(),
            observed_digest: self.application.state().touched.to_string(),
        })
        .await
    }

    async fn apply(
        &self,
        session: &Session,
        request: ApplyRequest<'_>,
    ) -> Result<ApplyProgress, ConnectorFault> {
        if self.application.state().applies_wait {
            let class = FaultClass::Throttled { wait: Duration::from_secs(3_600) };
            return Err(ConnectorFault::new(class, Fault::new(Reason::SaasRateLimited, "slow down")));
        }
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.throttle.load(Ordering::SeqCst) > 0 {
            self.throttle.fetch_sub(1, Ordering::SeqCst);
            let class = FaultClass::Throttled { wait: Duration::from_millis(1) };
            return Err(ConnectorFault::new(class, Fault::new(Reason::SaasRateLimited, "slow down")));
        }
        let refused = |name: &String| request.refused.iter().any(|r| r.full_name == *name);
        let all = request.step.components.iter().map(|c| c.full_name.clone());
        let names: Vec<String> = all.filter(|name| !refused(name)).collect();
        let key = request.idempotency_key.to_owned();
        self.call(session, || {
            let mut state = self.application.state();
            let running = |handle: String, message: &str, refused: Vec<Refused>| ApplyProgress::Running {
                handle,
                done: 0,
                total: names.len() as u64,
                message: message.into(),
                poll_after: Duration::from_millis(1),
                refused,
            };
            match request.begin {
                Begin::Fresh => {}
                Begin::Resume { .. } => {
                    let bad: Vec<String> =
                        names.iter().filter(|n| state.refuses.contains(*n)).cloned().collect();
                    if !bad.is_empty() {
                        // The job as a whole comes to nothing; the next does without what it named.
                        let rest = names.iter().filter(|n| !bad.contains(n)).cloned().collect();
                        state.jobs.insert(key.clone(), rest);
                        return running(format!("{key}/again"), "without", bad.iter().map(refusal).collect());
                    }
                    // The job's work happens while it is asked about, once.
                    for name in state.jobs.remove(&key).unwrap_or_default() {
                        state.amiss.remove(&name);
                        *state.created.entry(name).or_default() += 1;
                        state.effects += 1;
                    }
                    let done = |name: &String| Applied {
                        kind: "Thing".into(),
                        full_name: name.clone(),
                        remote_id: format!("id-{name}"),
                    };
                    let applied = names.iter().map(done).collect();
                    return ApplyProgress::Done { applied, refused: vec![] };
                }
                // A job that the lost call has started is found by its key; without one nothing has happened.
                Begin::Uncertain { .. } => {
                    if names.iter().all(|n| state.created.contains_key(n)) {
                        return running(key.clone(), "found done", vec![]);
                    }
                }
            }
            state.jobs.entry(key.clone()).or_insert_with(|| names.clone());
            running(key.clone(), "working", vec![])
        })
        .await
    }

    async fn observe(
        &self,
        session: &Session,
        _plan: &Plan,
        components: &[PlannedComponent],
    ) -> Result<Vec<Observation>, ConnectorFault> {
        self.call(session, || {
            let state = self.application.state();
            components
                .iter()
                .map(|c| Observation {
                    kind: c.kind.clone(),
                    full_name: c.full_name.clone(),
                    state: match (state.created.contains_key(&c.full_name), state.amiss.get(&c.full_name)) {
                        (false, _) => ComponentState::Missing,
                        (true, None) => ComponentState::Present,
                        (true, Some(_)) => ComponentState::Modified,
                    },
                    remote_id: format!("id-{}", c.full_name),
                    message: String::new(),
                    deviation: (state.amiss.get(&c.full_name) == Some(&Amiss::SwitchedOff))
                        .then_some(Deviation::Inactive),
                })
                .collect()
        })
        .await
    }

    async fn verify(&self, session: &Session, _plan: &Plan) -> Result<(), ConnectorFault> {
        self.call(session, || ()).await
    }

    async fn plan_removal(
        &self,
        session: &Session,
        request: RemovalRequest<'_>,
    ) -> Result<ProposedRemoval, ConnectorFault> {
        self.propose_removal(session, request).await
    }

    async fn remove(
        &self,
        session: &Session,
        request: RemoveRequest<'_>,
    ) -> Result<RemoveProgress, ConnectorFault> {
        self.remove_step(session, request).await
    }

    fn quarantine(&self) -> Option<&dyn Quarantine> {
        Some(self)
    }

    fn changes(&self) -> Option<&dyn Changes> {
        Some(self)
    }
}

#[async_trait]
impl Changes for FakeConnector {
    async fn open(
        &self,
        session: &Session,
        cursor: Option<&Cursor>,
    ) -> Result<Box<dyn ChangeStream>, ConnectorFault> {
        self.call(session, || ()).await?;
        let end = self.application.state().event_log.len();
        let position = match cursor {
            Some(cursor) => usize::from(*cursor.0.first().unwrap_or(&0)),
            None => end,
        };
        Ok(Box::new(Stream { application: self.application.clone(), position }))
    }

    async fn send_canary(&self, session: &Session, marker: &str) -> Result<(), ConnectorFault> {
        self.call(session, || self.application.publish(marker)).await
    }
}

struct Stream {
    application: Arc<Application>,
    position: usize,
}

#[async_trait]
impl ChangeStream for Stream {
    async fn next(&mut self) -> Result<ChangeBatch, ConnectorFault> {
        let mut events = self.application.events.subscribe();
        let position = self.position;
        events.wait_for(|count| *count > position).await.map_err(ConnectorFault::transient)?;
        let log = self.application.state().event_log.clone();
        let changes = log[self.position..]
            .iter()
            .enumerate()
            .map(|(index, marker)| Change {
                id: format!("event-{}", self.position + index),
                occurred_at: chrono::DateTime::from_timestamp(1, 0).expect("valid"),
                canary: (marker != "change").then(|| marker.clone()),
                object_type: "A".into(),
                operation: "INSERT".into(),
                record_ids: vec![],
                user_id: "u".into(),
            })
            .collect();
        self.position = log.len();
        Ok(ChangeBatch { changes, cursor: Some(Cursor(vec![u8::try_from(log.len()).expect("few events")])) })
    }
}
