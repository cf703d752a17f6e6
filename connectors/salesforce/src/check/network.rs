//! The way between the daemon and the organisation.

use chrono::TimeDelta;
use provision_connector_sdk::core::account::Actor;

use super::facts::{Facts, Topic};
use super::spec::{SPEC, Source, Spec, Verdict, Weight, failed, holds, judged, passed, unknown};

pub(super) const BUS: &str = "events.bus";
pub(super) const TOPIC: &str = "events.topic";
pub(super) const CLOCK: &str = "clock";
pub(super) const REFRESH: &str = "app.refresh-token";
pub(super) const IP_LOCK: &str = "session.ip-lock";
pub(super) const EGRESS: &str = "egress";

/// A deployment whose answer was lost is looked for from so much before.
const SKEW_MAX: TimeDelta = TimeDelta::minutes(2);

pub(crate) const SPECS: [Spec; 6] = [
    Spec {
        id: BUS,
        title: "Event bus reachable",
        description: "Salesforce's Pub/Sub API answers the daemon with the service account's token; changes come over it.",
        fix: "the operator lets the daemon out to the Pub/Sub API (api.pubsub.salesforce.com, ports 7443 and 443); where \
              the session is refused, see the checks of addresses",
        actor: Actor::Operator,
        look: "the daemon's log, and whether its host reaches api.pubsub.salesforce.com:7443",
        ..SPEC
    },
    Spec {
        id: TOPIC,
        title: "Event readable",
        description: "Where the app's event is there, the service account's user may read and publish it.",
        fix: "nothing where provisioning follows: it assigns the permission set with both rights; otherwise a Salesforce \
              administrator assigns it again (Setup > Permission Sets > CAS_Service_Account > Manage Assignments)",
        weight: Weight::Advisory,
        look: "Setup > Permission Sets > CAS_Service_Account > Manage Assignments lists the service account's user",
        setup: "PermSets",
        ..SPEC
    },
    Spec {
        id: CLOCK,
        title: "Clocks agree",
        description: "The daemon finds its own deployments by their time; its clock may differ from Salesforce's by two \
                      minutes.",
        fix: "the operator sets the clock of the daemon's host (NTP)",
        actor: Actor::Operator,
        look: "compare the time on the daemon's host with any time server",
        ..SPEC
    },
    Spec {
        id: REFRESH,
        title: "Refresh-token policy of the app",
        description: "A refresh token that expires by time or after few idle days ends the service account's access. \
                      Rotation is fine; so is \"until revoked\" or an idle limit of 7 days and more.",
        fix: "a Salesforce administrator sets the app's policy to \"Refresh token is valid until revoked\", or to expire \
              when not used for 30 days (Setup > Connected Apps > Manage Connected Apps, or External Client App \
              Manager > Policies)",
        weight: Weight::Advisory,
        source: Source::Person,
        look: "Setup > Connected Apps > Manage Connected Apps > the app (or External Client App Manager > the app > \
               Policies): Refresh Token Policy",
        setup: "ConnectedApplication",
        ..SPEC
    },
    Spec {
        id: IP_LOCK,
        title: "Sessions not locked to one address",
        description: "\"Lock sessions to the IP address from which they originated\" breaks a token that is used from a \
                      second address, the event bus included.",
        fix: "a Salesforce administrator takes the lock away (Setup > Session Settings), or the operator gives the daemon \
              one fixed egress address",
        weight: Weight::Advisory,
        source: Source::Person,
        look: "Setup > Session Settings: \"Lock sessions to the IP address from which they originated\" is not ticked",
        setup: "SecuritySession",
        ..SPEC
    },
    Spec {
        id: EGRESS,
        title: "The daemon's addresses are allowed",
        description: "Login IP ranges of the user's profile, the app's IP policy and the app's refresh-token allow-list hold \
                      for every use of a token: the daemon's egress addresses must be in them.",
        fix: "a Salesforce administrator adds the daemon's egress addresses to the user's profile (Setup > Profiles > Login \
              IP Ranges) and to Setup > Network Access",
        weight: Weight::Advisory,
        source: Source::Person,
        look: "Setup > Profiles > the user's profile > Login IP Ranges, Setup > Network Access, and the app's policies \
               (IP Relaxation): each daemon address is inside, or no range is set",
        setup: "NetworkAccess",
        ..SPEC
    },
];

pub(super) fn bus(facts: &Facts) -> Verdict {
    match &facts.topic {
        Topic::There(_) | Topic::Absent | Topic::Hidden(_) => passed("the Pub/Sub API answers"),
        // Whoever the API is closed to is closed out here as well, and Salesforce blames the session for it.
        Topic::Unusable(_) if facts.refused.is_some() => unknown("Salesforce refuses the API as a whole"),
        Topic::Unusable(why) => failed(format!("the Pub/Sub API: {why}")),
        Topic::NotAsked(why) => unknown(why.as_str()),
    }
}

pub(super) fn topic(facts: &Facts) -> Verdict {
    match &facts.topic {
        Topic::There(info) => {
            let word = |may: bool| if may { "may" } else { "may not" };
            let evidence = format!(
                "{}: the user {} read it and {} publish it",
                info.topic_name,
                word(info.can_subscribe),
                word(info.can_publish)
            );
            holds(info.can_subscribe && info.can_publish, evidence)
        }
        Topic::Absent => passed("the event is not there yet; provisioning brings it"),
        Topic::Hidden(why) | Topic::Unusable(why) | Topic::NotAsked(why) => unknown(why.as_str()),
    }
}

pub(super) fn clock(facts: &Facts) -> Verdict {
    judged(&facts.skew, |skew| {
        if skew.abs() <= SKEW_MAX {
            return passed("the daemon's clock and Salesforce's agree within two minutes");
        }
        let side = if skew.num_seconds() > 0 { "ahead of" } else { "behind" };
        failed(format!("the daemon's clock is {} seconds {side} Salesforce's", skew.abs().num_seconds()))
    })
}

pub(super) fn refresh(_facts: &Facts) -> Verdict {
    unknown("Salesforce does not tell an app its own policy")
}

pub(super) fn ip_lock(_facts: &Facts) -> Verdict {
    unknown("no API tells it")
}

pub(super) fn egress(facts: &Facts) -> Verdict {
    match facts.here.egress.as_slice() {
        [] => unknown("the operator has configured no egress addresses, so none can be named"),
        addresses => unknown(format!("the daemon calls from {}", addresses.join(", "))),
    }
}
