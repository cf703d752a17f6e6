//! The account, its event channel and its grant.

use provision_core::account::{
    Actor, ApiBudget, Condition, ConditionType, DriftPolicy, EventChannel, Identity, NextAction, Phase,
    ServiceAccount, Status,
};
use provision_core::precondition::Acceptance;
use provision_core::reason::Reason;
use provision_store::record::{Credential, CredentialState, Doubt, DoubtCause, Sealed};

use super::{account_name, administrator, at, connector, failure, operation_name};

pub const UID: &str = "6f1b5a52-55c0-4d0c-9a3e-0d8a1c1f2b30";

/// Observations of these kinds, with each status in turn.
fn conditions(kinds: impl Iterator<Item = ConditionType>) -> Vec<Condition> {
    let statuses = [Status::True, Status::False, Status::Unknown];
    kinds
        .zip(statuses.into_iter().cycle())
        .map(|(kind, status)| Condition {
            kind,
            status,
            reason: "OBSERVED".to_owned(),
            message: "seen at the last look".to_owned(),
            last_transition_time: at(4),
            observed_generation: 2,
        })
        .collect()
}

pub fn account() -> ServiceAccount {
    let conditions = conditions(ConditionType::ALL.into_iter());
    let settings = serde_json::json!({"my_domain": "acme", "limits": {"objects": 20, "names": ["a", "b"]}});
    ServiceAccount {
        name: account_name(),
        uid: UID.to_owned(),
        display_name: "Acme main sandbox".to_owned(),
        connector: connector(),
        environment: "sandbox".to_owned(),
        settings: settings.as_object().expect("an object").clone(),
        phase: Phase::AwaitingAuthorization,
        conditions,
        identity: Some(Identity {
            organization_id: "00D000000000001AAA".to_owned(),
            organization_name: "Acme".to_owned(),
            environment: "sandbox".to_owned(),
            edition: "Enterprise".to_owned(),
            organization_kind: "sandbox".into(),
            user_id: "005000000000001AAA".to_owned(),
            username: "admin@acme.example".to_owned(),
            user_display_name: "Ada Admin".to_owned(),
            instance_url: "https://acme.crm.example".to_owned(),
            authorize_time: at(3),
        }),
        next_action: Some(NextAction {
            actor: Actor::SaasAdmin,
            action: "AUTHORIZE".to_owned(),
            hint: "open the link and allow access".to_owned(),
            link: Some("https://docs.vendor.example/authorize".to_owned()),
            deadline: Some(at(13)),
        }),
        failure: Some(failure(Reason::AuthorizationDenied)),
        current_operation: Some(operation_name()),
        acceptances: vec![Acceptance {
            check_id: "ip-allow-list".to_owned(),
            reason: "our network team keeps the list".to_owned(),
            principal: administrator(),
            accept_time: at(4),
        }],
        drift_policy: DriftPolicy::Repair,
        generation: 2,
        observed_generation: 1,
        create_time: at(2),
        update_time: at(4),
    }
}

/// As version 2 knew it.
pub fn account_v2() -> ServiceAccount {
    let new = [ConditionType::WithinApiBudget, ConditionType::Suspended];
    let conditions = conditions(ConditionType::ALL.into_iter().filter(|kind| !new.contains(kind)));
    ServiceAccount { drift_policy: DriftPolicy::Notify, conditions, ..account() }
}

pub fn budget() -> ApiBudget {
    ApiBudget {
        account_uid: UID.to_owned(),
        used: 95_000,
        limit: 100_000,
        observe_time: at(9),
        throttled_until: Some(at(69)),
    }
}

/// As version 1 knew it.
pub fn account_v1() -> ServiceAccount {
    let identity = account().identity.map(|known| Identity { organization_kind: String::new(), ..known });
    ServiceAccount { acceptances: Vec::new(), identity, ..account_v2() }
}

pub fn channel() -> EventChannel {
    EventChannel {
        account_uid: UID.to_owned(),
        wanted: true,
        connected: true,
        cursor: Some("00000000000003e8".to_owned()),
        received_count: 1000,
        last_event_time: Some(at(9)),
        last_canary: Some("canary-0001".to_owned()),
    }
}

fn sealed(content: &str) -> Sealed {
    Sealed {
        key_id: "key-0001".to_owned(),
        wrapped_key: "d3JhcHBlZA==".to_owned(),
        nonce: "bm9uY2U=".to_owned(),
        ciphertext: content.to_owned(),
    }
}

fn credential(state: CredentialState) -> Credential {
    Credential {
        authorize_time: Some(at(2)),
        access_expire_time: Some(at(128)),
        access_lifetime_seconds: Some(7_200),
        introspect_time: Some(at(9)),
        refresh_expire_time: Some(at(43_200)),
        expiry_told_time: Some(at(10)),
        retired: vec![sealed("cmV0aXJlZA==")],
        ..credential_v1(state)
    }
}

fn credential_v1(state: CredentialState) -> Credential {
    Credential {
        account_uid: UID.to_owned(),
        generation: 7,
        tokens: sealed("c2VhbGVk"),
        instance_url: "https://acme.crm.example".to_owned(),
        state,
        obtain_time: at(8),
        authorize_time: None,
        access_expire_time: None,
        access_lifetime_seconds: None,
        introspect_time: None,
        refresh_expire_time: None,
        expiry_told_time: None,
        retired: vec![],
    }
}

fn lost() -> CredentialState {
    CredentialState::Lost { failure: failure(Reason::ReauthorizationRequired) }
}

/// Every state, by the name of its golden file.
pub fn credentials() -> [(&'static str, Credential); 5] {
    let doubt = Doubt {
        since: at(8),
        cause: DoubtCause::AnswerLost,
        access_refused_time: Some(at(9)),
        last_try_time: Some(at(11)),
    };
    let refused =
        CredentialState::ClientRefused { since: at(8), failure: failure(Reason::ReauthorizationRequired) };
    [
        ("valid", credential(CredentialState::Valid)),
        ("exchanging", credential(CredentialState::Exchanging { since: at(8), last_try: true })),
        ("doubt", credential(CredentialState::InDoubt(doubt))),
        ("refused", credential(refused)),
        ("lost", credential(lost())),
    ]
}

/// What was written before doubt was a state.
pub fn credentials_v1() -> [(&'static str, Credential); 3] {
    [
        ("valid", credential_v1(CredentialState::Valid)),
        ("exchanging", credential_v1(CredentialState::Exchanging { since: at(8), last_try: false })),
        ("lost", credential_v1(lost())),
    ]
}
