//! The trail of changes to the org's setup, as SetupAuditTrail shows it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use super::id::Id;
use crate::ledger::Kind;

/// Rows kept; the oldest go first.
const ROWS_MAX: usize = 20_000;
/// Salesforce keeps half a year.
const KEPT_MS: i64 = 180 * 24 * 60 * 60 * 1000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub id: Id,
    pub at_ms: i64,
    pub by: Id,
    /// What was done, in one word.
    pub action: String,
    /// The page of the set-up where it belongs.
    pub section: &'static str,
    /// In words for people.
    pub display: String,
}

/// The rows, oldest first.
#[derive(Debug, Default)]
pub struct AuditTrail(Mutex<VecDeque<Arc<AuditRow>>>);

impl AuditTrail {
    /// Adds a row and lets go of what is too old.
    pub fn write(&self, row: AuditRow) {
        let mut rows = self.lock();
        let oldest = row.at_ms - KEPT_MS;
        while rows.front().is_some_and(|first| first.at_ms < oldest) || rows.len() >= ROWS_MAX {
            rows.pop_front();
        }
        rows.push_back(Arc::new(row));
    }

    /// The rows that are not too old at `now_ms`.
    pub fn rows(&self, now_ms: i64) -> Vec<Arc<AuditRow>> {
        self.lock().iter().filter(|row| now_ms - row.at_ms <= KEPT_MS).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<AuditRow>>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// Action, section and words for a line of the ledger that is a change to the setup.
pub(super) fn change(
    kind: Kind,
    subject: &str,
    detail: &[(&str, &str)],
) -> Option<(String, &'static str, String)> {
    let users = "Manage Users";
    match kind {
        Kind::PermissionAssigned => {
            Some(("PermSetAssign".to_owned(), users, format!("Permission set {subject} was assigned")))
        }
        Kind::RecordDeleted if subject == "PermissionSetAssignment" => {
            Some(("PermSetUnassign".to_owned(), users, "A permission set was unassigned".to_owned()))
        }
        Kind::PackageInstalled => package("installed", subject),
        Kind::PackageUninstalled => package("uninstalled", subject),
        Kind::ComponentDeployed => {
            let effect = detail.iter().find(|(key, _)| *key == "effect").map(|(_, effect)| *effect)?;
            let (what, name) = subject.split_once(':')?;
            component(effect, what, name)
        }
        _ => None,
    }
}

fn package(effect: &str, version: &str) -> Option<(String, &'static str, String)> {
    Some((
        format!("{effect}Package"),
        "Installed Packages",
        format!("Package version {version} was {effect}"),
    ))
}

/// A component that was created, changed or deleted.
pub(super) fn component(effect: &str, what: &str, name: &str) -> Option<(String, &'static str, String)> {
    if !matches!(effect, "created" | "changed" | "deleted") {
        return None;
    }
    let section = match what {
        "ApexClass" => "Apex Class",
        "ApexTrigger" => "Apex Trigger",
        "CustomObject" | "CustomField" => "Custom Objects",
        "PermissionSet" | "Profile" => "Manage Users",
        _ => "Setup",
    };
    let action = match (what, effect) {
        ("PermissionSet", "created") => "PermSetCreate".to_owned(),
        ("PermissionSet", "changed") => "PermSetEntityPermChanged".to_owned(),
        ("PermissionSet", _) => "PermSetDelete".to_owned(),
        _ => format!("{effect}{what}"),
    };
    Some((action, section, format!("{} {what} {name}", capital(effect))))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
