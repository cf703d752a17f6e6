//! Faults on demand. A rule names what a call means, not when it comes, and says how often it has to fire.

mod words;

use std::sync::Mutex;
use std::time::Duration;

pub use words::duration;

use crate::org::Happening;

/// What a call means. A name left out matches any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    Authorize,
    TokenExchange,
    TokenRefresh,
    Revoke,
    Introspect,
    UserInfo,
    Identity,
    Versions,
    Resources,
    Limits,
    DescribeGlobal,
    Describe {
        object: Option<String>,
    },
    Query {
        table: Option<String>,
    },
    QueryMore,
    RecordGet {
        object: Option<String>,
    },
    RecordCreate {
        object: Option<String>,
    },
    RecordUpdate {
        object: Option<String>,
    },
    RecordDelete {
        object: Option<String>,
    },
    BlobGet {
        object: Option<String>,
    },
    /// A call of a class with `@RestResource`.
    ApexRest,
    Composite,
    /// `describeSObjects` and `describeSObject` of the SOAP API.
    SoapDescribe,
    SoapDescribeGlobal,
    SoapUserInfo,
    SoapTimestamp,
    DeployStart,
    /// A deployment begins to run; `Refused` makes the whole job fail with that code, as `ALREADY_IN_PROCESS` does, and
    /// `DeployRestarted` and `Happens` do what they say. Other faults belong to calls.
    DeployRun,
    DeployPoll,
    DeployCancel,
    GetTopic,
    GetSchema,
    Subscribe,
    Publish,
    Other,
}

impl Operation {
    /// Whether a rule for `self` covers the call `actual`.
    fn covers(&self, actual: &Self) -> bool {
        let name = |operation: &Self| match operation {
            Self::Describe { object }
            | Self::RecordGet { object }
            | Self::RecordCreate { object }
            | Self::RecordUpdate { object }
            | Self::RecordDelete { object }
            | Self::BlobGet { object }
            | Self::Query { table: object } => object.clone(),
            _ => None,
        };
        std::mem::discriminant(self) == std::mem::discriminant(actual)
            && match (name(self), name(actual)) {
                (None, _) => true,
                (Some(wanted), Some(got)) => wanted.eq_ignore_ascii_case(&got),
                (Some(_), None) => false,
            }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The call takes effect, and the connection breaks before the answer.
    AnswerLost,
    /// The connection breaks before anything happens.
    ConnectionReset,
    /// A refusal in Salesforce's form; nothing happens. For gRPC the status is mapped by the service.
    Refused { status: u16, error_code: String, message: String },
    /// 401 `INVALID_SESSION_ID`; nothing happens.
    SessionInvalid,
    /// 503 with an HTML page, as an overloaded edge answers; nothing happens.
    UnavailableHtml,
    /// The call takes effect, and the JSON of the answer stops halfway.
    TruncatedJson,
    /// The call takes effect after a wait on the org's clock.
    Delayed(Duration),
    /// Nothing happens and no answer comes as long as the caller waits.
    Hang,
    /// Of a deployment that runs: a service upgrade makes it begin anew when half of it is done.
    DeployRestarted,
    /// Something happens to the org just before the call, which meets it.
    Happens(Happening),
}

impl Fault {
    /// The daily allowance of calls is used up: 403 `REQUEST_LIMIT_EXCEEDED`.
    pub fn limit_exceeded() -> Self {
        Self::Refused {
            status: 403,
            error_code: "REQUEST_LIMIT_EXCEEDED".to_owned(),
            message: "TotalRequests Limit exceeded.".to_owned(),
        }
    }

    /// Another refresh with the same token is in flight.
    pub fn token_race() -> Self {
        Self::invalid_grant("token request is already being processed")
    }

    /// The other words for it, which look like something else.
    pub fn token_race_by_code() -> Self {
        Self::invalid_grant("expired authorization code")
    }

    fn invalid_grant(message: &str) -> Self {
        Self::Refused { status: 400, error_code: "invalid_grant".to_owned(), message: message.to_owned() }
    }
}

/// Which of the matching calls are hit, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    Nth(u32),
    /// The first so many.
    First(u32),
    /// All from this one on.
    From(u32),
}

impl Occurrence {
    fn hits(self, number: u32) -> bool {
        match self {
            Self::Nth(nth) => number == nth,
            Self::First(count) => number <= count,
            Self::From(first) => number >= first,
        }
    }
}

/// One planned fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub on: Operation,
    pub when: Occurrence,
    pub fault: Fault,
    /// How often it has to fire for [`Faults::verify`] to be content.
    pub must_fire: u32,
}

impl Rule {
    /// A rule for the first matching call, which must come.
    pub fn once(on: Operation, fault: Fault) -> Self {
        Self { on, when: Occurrence::Nth(1), fault, must_fire: 1 }
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Active>>,
}

#[derive(Debug)]
struct Active {
    rule: Rule,
    seen: u32,
    fired: u32,
}

impl Faults {
    /// Adds a rule. Of several that hit the same call the oldest wins; all of them count it.
    pub fn add(&self, rule: Rule) {
        self.lock().push(Active { rule, seen: 0, fired: 0 });
    }

    /// Called once for each call, by the part that serves it: the fault to commit, if any.
    pub fn strike(&self, actual: &Operation) -> Option<Fault> {
        let mut chosen = None;
        for active in self.lock().iter_mut().filter(|active| active.rule.on.covers(actual)) {
            active.seen += 1;
            if chosen.is_none() && active.rule.when.hits(active.seen) {
                active.fired += 1;
                chosen = Some(active.rule.fault.clone());
            }
        }
        chosen
    }

    /// Fails with one line for each rule that fired less often than it has to.
    pub fn verify(&self) -> Result<(), Unfired> {
        let short: Vec<String> = self
            .lock()
            .iter()
            .filter(|active| active.fired < active.rule.must_fire)
            .map(|active| {
                let Active { rule, seen, fired } = active;
                format!(
                    "{:?} on {:?} fired {fired} of {} times ({seen} calls seen)",
                    rule.fault, rule.on, rule.must_fire
                )
            })
            .collect();
        if short.is_empty() { Ok(()) } else { Err(Unfired(short)) }
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Active>> {
        self.rules.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// Rules that never fired, or not often enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault rules that did not fire: {}", .0.join("; "))]
pub struct Unfired(pub Vec<String>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_hits_what_it_names_and_only_then() {
        let faults = Faults::default();
        let on = Operation::Query { table: Some("ApexTrigger".into()) };
        faults.add(Rule { on, when: Occurrence::Nth(2), fault: Fault::SessionInvalid, must_fire: 1 });
        let query = |table: &str| Operation::Query { table: Some(table.into()) };
        assert_eq!(faults.strike(&query("Account")), None);
        assert_eq!(faults.strike(&query("apextrigger")), None);
        assert!(faults.verify().is_err());
        assert_eq!(faults.strike(&query("ApexTrigger")), Some(Fault::SessionInvalid));
        assert_eq!(faults.strike(&query("ApexTrigger")), None);
        assert_eq!(faults.verify(), Ok(()));
    }

    #[test]
    fn what_never_fired_is_named() {
        let faults = Faults::default();
        faults.add(Rule::once(Operation::TokenRefresh, Fault::AnswerLost));
        let text = faults.verify().map_err(|unfired| unfired.to_string());
        assert!(text.is_err_and(|text| text.contains("TokenRefresh")));
    }
}
