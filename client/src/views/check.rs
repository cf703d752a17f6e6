//! Preconditions.

use provision_client::api::v1;
use provision_client::api::v1::{PreconditionCheck, PreconditionSeverity, PreconditionStatus};

use super::accepted;
use crate::table::table;
use crate::text::{count, escape, word};

/// The check of the account's grant: while it fails, the organisation cannot be asked, and what is unknown for that
/// needs no fix of its own.
const GRANT_CHECK: &str = "authorization";

/// All checks: a row each, and below those that have not passed what to do and who does it; then how it stands.
pub fn checks(answer: &v1::CheckPreconditionsResponse) -> String {
    let row = |check: &PreconditionCheck| {
        vec![mark(check).to_owned(), check.id.clone(), check.title.clone(), check.evidence.clone()]
    };
    let rows: Vec<_> = answer.checks.iter().map(row).collect();
    let table = table(&["", "CHECK", "TITLE", "SEEN"], &rows);
    let mut lines = table.lines();
    let unasked =
        answer.checks.iter().any(|c| c.id == GRANT_CHECK && c.status() == PreconditionStatus::Failed);
    let mut text = String::new();
    text.extend(lines.next().map(|header| format!("{header}\n")));
    for (line, check) in lines.zip(&answer.checks) {
        text.push_str(&format!("{line}\n"));
        let unknown = check.status() == PreconditionStatus::Unknown;
        for more in below(check, !(unasked && unknown)) {
            text.push_str(&format!("          {}\n", escape(&more)));
        }
    }
    text.push_str(&format!("\n{}\n", summary(answer)));
    text
}

/// How a check counts.
fn mark(check: &PreconditionCheck) -> &'static str {
    match check.status() {
        PreconditionStatus::Passed => "ok",
        PreconditionStatus::Failed if check.severity() != PreconditionSeverity::Advisory => "FAILED",
        _ if check.acceptance.is_some() => "accepted",
        PreconditionStatus::Failed => "warning",
        PreconditionStatus::Unknown | PreconditionStatus::Unspecified => "unknown",
    }
}

/// Who accepted it; and with `fix`, what to do where it has not passed.
fn below(check: &PreconditionCheck, fix: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(acceptance) = &check.acceptance {
        lines.push(format!("accepted by {}", accepted(acceptance)));
    }
    if !fix || check.status() == PreconditionStatus::Passed {
        return lines;
    }
    if !check.fix.is_empty() {
        let actor = word(check.actor, v1::Actor::as_str_name, "ACTOR_");
        lines.push(format!("fix ({actor}): {}", check.fix));
    }
    if !check.link.is_empty() {
        lines.push(format!("there: {}", check.link));
    }
    if !check.help_uri.is_empty() {
        lines.push(format!("help: {}", check.help_uri));
    }
    lines
}

/// How many came out how, and what follows from it.
fn summary(answer: &v1::CheckPreconditionsResponse) -> String {
    let marked = |wanted: &str| answer.checks.iter().filter(|check| mark(check) == wanted).count();
    let all = count(answer.checks.len() as i64, "check");
    let mut parts = Vec::new();
    for (found, noun) in [("ok", "ok"), ("FAILED", "failed"), ("warning", "to consider")]
        .into_iter()
        .chain([("accepted", "accepted"), ("unknown", "unknown")])
        .map(|(wanted, noun)| (marked(wanted), noun))
    {
        if found > 0 {
            parts.push(format!("{found} {noun}"));
        }
    }
    let follows = if answer.passed { "Nothing blocks." } else { "Provisioning is refused until they pass." };
    format!("{all}: {}. {follows}", parts.join(", "))
}
