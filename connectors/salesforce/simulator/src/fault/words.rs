//! Fault rules as people write them: `OPERATION[:NAME][#WHEN]=FAULT[:DETAIL]`.

use std::str::FromStr;
use std::time::Duration;

use super::{Fault, Occurrence, Operation, Rule};
use crate::org::Happening;

/// An operation's word, whether it takes a name, and what it makes of one.
type Word = (&'static str, bool, fn(Option<String>) -> Operation);

const OPERATIONS: [Word; 31] = [
    ("authorize", false, |_| Operation::Authorize),
    ("token-exchange", false, |_| Operation::TokenExchange),
    ("token-refresh", false, |_| Operation::TokenRefresh),
    ("revoke", false, |_| Operation::Revoke),
    ("introspect", false, |_| Operation::Introspect),
    ("user-info", false, |_| Operation::UserInfo),
    ("identity", false, |_| Operation::Identity),
    ("versions", false, |_| Operation::Versions),
    ("resources", false, |_| Operation::Resources),
    ("limits", false, |_| Operation::Limits),
    ("describe-global", false, |_| Operation::DescribeGlobal),
    ("describe", true, |object| Operation::Describe { object }),
    ("query", true, |table| Operation::Query { table }),
    ("query-more", false, |_| Operation::QueryMore),
    ("record-get", true, |object| Operation::RecordGet { object }),
    ("record-create", true, |object| Operation::RecordCreate { object }),
    ("record-update", true, |object| Operation::RecordUpdate { object }),
    ("record-delete", true, |object| Operation::RecordDelete { object }),
    ("blob-get", true, |object| Operation::BlobGet { object }),
    ("apex-rest", false, |_| Operation::ApexRest),
    ("composite", false, |_| Operation::Composite),
    ("soap-describe", false, |_| Operation::SoapDescribe),
    ("deploy-start", false, |_| Operation::DeployStart),
    ("deploy-run", false, |_| Operation::DeployRun),
    ("deploy-poll", false, |_| Operation::DeployPoll),
    ("deploy-cancel", false, |_| Operation::DeployCancel),
    ("get-topic", false, |_| Operation::GetTopic),
    ("get-schema", false, |_| Operation::GetSchema),
    ("subscribe", false, |_| Operation::Subscribe),
    ("publish", false, |_| Operation::Publish),
    ("other", false, |_| Operation::Other),
];

/// Most characters of a rule.
const RULE_MAX: usize = 1_000;

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > RULE_MAX {
            return Err(format!("a rule has at most {RULE_MAX} characters"));
        }
        let (on, fault) = text.split_once('=').ok_or("it is OPERATION[:NAME][#WHEN]=FAULT[:DETAIL]")?;
        let (on, when) = match on.split_once('#') {
            Some((on, when)) => (on, occurrence(when)?),
            None => (on, Occurrence::Nth(1)),
        };
        Ok(Self { on: operation(on)?, when, fault: fault_of(fault)?, must_fire: 1 })
    }
}

fn operation(text: &str) -> Result<Operation, String> {
    let (word, name) = match text.split_once(':') {
        Some((word, name)) => (word, Some(name.to_owned())),
        None => (text, None),
    };
    let known = OPERATIONS.iter().find(|(known, ..)| *known == word);
    let Some((_, named, make)) = known else {
        let words: Vec<&str> = OPERATIONS.iter().map(|(word, ..)| *word).collect();
        return Err(format!("{word:?} is no operation; there are {}", words.join(", ")));
    };
    if name.as_ref().is_some_and(|name| name.is_empty() || !named) {
        return Err(format!("{word:?} takes no name, or a name that is not empty"));
    }
    Ok(make(name))
}

/// `3`: the third; `3+`: from the third on; `1-3`: the first three.
fn occurrence(text: &str) -> Result<Occurrence, String> {
    let number = |text: &str| {
        let parsed = text.parse::<u32>().ok().filter(|number| *number > 0);
        parsed.ok_or_else(|| format!("{text:?} is no number from 1"))
    };
    if let Some(first) = text.strip_suffix('+') {
        return number(first).map(Occurrence::From);
    }
    match text.strip_prefix("1-") {
        Some(count) => number(count).map(Occurrence::First),
        None => number(text).map(Occurrence::Nth),
    }
}

fn fault_of(text: &str) -> Result<Fault, String> {
    let (word, detail) = match text.split_once(':') {
        Some((word, detail)) => (word, detail),
        None => (text, ""),
    };
    let fault = match (word, detail) {
        ("answer-lost", "") => Fault::AnswerLost,
        ("connection-reset", "") => Fault::ConnectionReset,
        ("session-invalid", "") => Fault::SessionInvalid,
        ("unavailable", "") => Fault::UnavailableHtml,
        ("truncated", "") => Fault::TruncatedJson,
        ("hang", "") => Fault::Hang,
        ("slow", time) => Fault::Delayed(duration(time)?),
        ("refused", detail) => {
            let mut parts = detail.splitn(3, ':');
            let status = parts.next().and_then(|status| status.parse().ok());
            let status =
                status.filter(|status| (400..600).contains(status)).ok_or("refused:STATUS:CODE:MESSAGE")?;
            let error_code =
                parts.next().filter(|code| !code.is_empty()).ok_or("refused:STATUS:CODE:MESSAGE")?;
            let message = parts.next().unwrap_or_default().to_owned();
            Fault::Refused { status, error_code: error_code.to_owned(), message }
        }
        ("limit-exceeded", "") => Fault::limit_exceeded(),
        ("token-race", "") => Fault::token_race(),
        ("token-race-by-code", "") => Fault::token_race_by_code(),
        ("deploy-restarted", "") => Fault::DeployRestarted,
        ("grants-revoked", "") => Fault::Happens(Happening::GrantsRevoked),
        ("users-deactivated", "") => Fault::Happens(Happening::UsersDeactivated),
        ("api-access-off", "") => Fault::Happens(Happening::ApiAccessOff),
        ("sessions-ended", "") => Fault::Happens(Happening::SessionsEnded),
        ("secret-rotated", secret) if !secret.is_empty() => {
            Fault::Happens(Happening::SecretRotated { secret: secret.to_owned() })
        }
        ("org-locked", "") => Fault::Happens(Happening::Locked),
        ("api-requests-used-up", "") => Fault::Happens(Happening::ApiRequestsUsedUp),
        ("permission-withdrawn", permission) if !permission.is_empty() => {
            Fault::Happens(Happening::PermissionWithdrawn(permission.to_owned()))
        }
        ("instance-moved", host) if !host.is_empty() => {
            Fault::Happens(Happening::InstanceMoved { host: host.to_owned() })
        }
        ("deploy-locked", time) => Fault::Happens(Happening::DeployLocked(duration(time)?)),
        _ => return Err(format!("{text:?} is no fault, or its detail does not fit")),
    };
    Ok(fault)
}

/// `250ms`, `2s`, `5m`, `2h`, `30d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let unit = UNITS.iter().find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, millis)));
    let (digits, millis) = unit.ok_or("needs a unit: ms, s, m, h or d")?;
    let number: u64 = digits.trim().parse().map_err(|_| format!("{digits:?} is no number"))?;
    Ok(Duration::from_millis(number.saturating_mul(*millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let rule: Rule = "query:ApexTrigger#2=session-invalid".parse().expect("a rule");
        let on = Operation::Query { table: Some("ApexTrigger".into()) };
        assert_eq!(rule, Rule { on, when: Occurrence::Nth(2), fault: Fault::SessionInvalid, must_fire: 1 });
        let slow: Rule = "deploy-poll#3+=slow:20s".parse().expect("a rule");
        assert_eq!((slow.when, slow.fault), (Occurrence::From(3), Fault::Delayed(Duration::from_secs(20))));
        let first: Rule = "token-refresh#1-2=token-race".parse().expect("a rule");
        assert_eq!((first.when, first.fault), (Occurrence::First(2), Fault::token_race()));
        let refused: Rule = "composite=refused:400:LIMIT_EXCEEDED:too: many".parse().expect("a rule");
        assert!(
            matches!(refused.fault, Fault::Refused { status: 400, message, .. } if message == "too: many")
        );
        let lock: Rule = "deploy-start=deploy-locked:3h".parse().expect("a rule");
        assert_eq!(lock.fault, Fault::Happens(Happening::DeployLocked(Duration::from_secs(10_800))));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "query",
            "fly=hang",
            "query:=hang",
            "limits:Account=hang",
            "query#0=hang",
            "query#two=hang",
            "query=slow",
            "query=hang:1s",
            "query=refused:200:OK",
            "query=refused:400",
            "query=permission-withdrawn",
            "query=explodes",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
