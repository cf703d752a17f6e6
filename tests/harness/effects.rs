//! What an organisation has seen of the daemon: grants that live, and things that were changed.

use std::collections::BTreeSet;

use salesforce_simulator::Simulator;
use salesforce_simulator::ledger::Kind;

/// Kinds of what counts as a change of the organisation.
const CHANGES: [Kind; 9] = [
    Kind::DeployStarted,
    Kind::ComponentDeployed,
    Kind::RecordCreated,
    Kind::RecordUpdated,
    Kind::RecordDeleted,
    Kind::RecordRestored,
    Kind::PermissionAssigned,
    Kind::EventPublished,
    Kind::PackageInstallStarted,
];

/// How much has been changed in the organisation since its start.
pub fn changes(org: &Simulator) -> u64 {
    CHANGES.iter().map(|kind| org.ledger().count(*kind)).sum()
}

/// Grants and sessions of theirs that live.
pub fn live_grants(org: &Simulator) -> usize {
    org.org().read().grants.grants.len()
}

/// How many of all refresh tokens that were ever handed out work, as the organisation itself answers.
pub async fn working_tokens(org: &Simulator) -> usize {
    let ready = org.ready();
    let tokens: Vec<String> = org.org().read().grants.refresh_tokens.keys().cloned().collect();
    let http = reqwest::Client::new();
    let mut working = 0;
    for token in tokens {
        let form = [
            ("token", token.as_str()),
            ("client_id", &ready.client_id),
            ("client_secret", &ready.client_secret),
        ];
        let url = format!("{}/services/oauth2/introspect", ready.base_url);
        let answer = http.post(url).form(&form).send().await.expect("answered").text().await.expect("text");
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        working += usize::from(answer["active"] == true);
    }
    working
}

/// Requests of the daemon that count against the organisation's allowance.
pub fn api_requests(org: &Simulator) -> usize {
    let ledger = org.ledger();
    ["GET", "POST", "PATCH", "PUT", "DELETE"]
        .iter()
        .map(|verb| ledger.requests(verb, "/services/*"))
        .sum::<usize>()
        - ["GET", "POST"].iter().map(|verb| ledger.requests(verb, "/services/oauth2/*")).sum::<usize>()
        + ledger.requests("GET", "/services/oauth2/userinfo")
}

/// What the organisation consists of, by names: two that are equal have the same objects with as many fields, code,
/// permissions and assignments.
pub fn names(org: &Simulator) -> BTreeSet<String> {
    let state = org.org().snapshot();
    let metadata = &state.metadata;
    let mut names = BTreeSet::new();
    names.extend(metadata.classes.values().map(|c| format!("class {}", c.unit.name)));
    names.extend(metadata.triggers.values().map(|t| format!("trigger {}", t.unit.name)));
    names.extend(metadata.objects().map(|o| format!("object {} of {} fields", o.name, o.fields.len())));
    names.extend(metadata.permission_sets.values().map(|s| format!("permission set {}", s.name)));
    names.extend(metadata.custom_permissions.keys().map(|p| format!("permission {p}")));
    names.extend(state.assignments.values().map(|a| format!("assignment of {} to {}", a.set, a.assignee)));
    names
}
