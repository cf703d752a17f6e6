//! What is left of the organisation's allowances.

use super::facts::{Facts, Limit};
use super::spec::{SPEC, Seen, Spec, Verdict, Weight, failed, holds, judged, passed, unknown};
use crate::render::EVENT;

pub(super) const API_CALLS: &str = "api.requests";
pub(super) const API_ROOM: &str = "api.head-room";
pub(super) const DELIVERY: &str = "events.delivery";
pub(super) const EVENT_ROOM: &str = "events.head-room";
pub(super) const DEFINITIONS: &str = "events.definitions";
pub(super) const STORAGE: &str = "storage";
pub(super) const STORAGE_ROOM: &str = "storage.head-room";

/// Calls of a first provisioning, its inventory and its polls, generously.
const CALLS_NEEDED: i64 = 150;
/// The canary, and some for the hours until more come back.
const DELIVERIES_NEEDED: i64 = 100;
/// Megabytes below which nothing can be quarantined.
const STORAGE_NEEDED: i64 = 1;
/// Less is worth knowing of, in percent.
const API_ROOM_MIN: i64 = 20;
const EVENT_ROOM_MIN: i64 = 20;
const STORAGE_ROOM_MIN: i64 = 10;

pub(crate) const SPECS: [Spec; 7] = [
    Spec {
        id: API_CALLS,
        title: "API calls for provisioning",
        description: "A first provisioning takes up to 150 API calls out of the organisation's 24 hours \
                      (DailyApiRequests).",
        fix: "wait until calls of the last 24 hours have run out of the window, make other integrations call less, or buy \
              more (Setup > System Overview shows the use)",
        look: "Setup > System Overview: API Requests, Last 24 Hours",
        setup: "SystemOverview",
        ..SPEC
    },
    Spec {
        id: API_ROOM,
        title: "Head-room of API calls",
        description: "All integrations share the organisation's API calls; below 20 % ours and others may be refused.",
        fix: "find out which integration calls that much (Setup > System Overview, API Usage reports), or buy more",
        weight: Weight::Advisory,
        look: "Setup > System Overview: API Requests, Last 24 Hours",
        setup: "SystemOverview",
        ..SPEC
    },
    Spec {
        id: DELIVERY,
        title: "Event deliveries for provisioning",
        description: "Changes come as platform events; at the end of the daily allowance \
                      (DailyDeliveredPlatformEvents) Salesforce cuts every subscription.",
        fix: "wait until deliveries of the last 24 hours have run out of the window, unsubscribe others, or buy the add-on \
              for platform events",
        look: "Setup > Platform Events > Event Allocation Usage",
        setup: "EventObjects",
        ..SPEC
    },
    Spec {
        id: EVENT_ROOM,
        title: "Head-room of events",
        description: "Deliveries of a day and publications of an hour are shared with every other subscriber and \
                      publisher; below 20 % changes may go unseen.",
        fix: "find out which subscriber takes that much (Setup > Platform Events), or buy the add-on for platform events",
        weight: Weight::Advisory,
        look: "Setup > Platform Events > Event Allocation Usage",
        setup: "EventObjects",
        ..SPEC
    },
    Spec {
        id: DEFINITIONS,
        title: "Room for one more platform event",
        description: "The app brings a platform event of its own; an edition allows 5, 50 or 100 of them.",
        fix: "delete a platform event that nobody uses (Setup > Platform Events), or buy more definitions",
        look: "Setup > Platform Events lists them",
        setup: "EventObjects",
        ..SPEC
    },
    Spec {
        id: STORAGE,
        title: "Storage for quarantined content",
        description: "Quarantined content is kept in records and files; in a full organisation nothing can be created.",
        fix: "free or buy storage (Setup > Storage Usage)",
        look: "Setup > Storage Usage",
        setup: "CompanyResourceDisk",
        ..SPEC
    },
    Spec {
        id: STORAGE_ROOM,
        title: "Head-room of storage",
        description: "Below 10 % of data or file storage, quarantining many or large files soon fills the organisation.",
        fix: "free or buy storage (Setup > Storage Usage)",
        weight: Weight::Advisory,
        look: "Setup > Storage Usage",
        setup: "CompanyResourceDisk",
        ..SPEC
    },
];

/// `remaining of max`
fn words(name: &str, limit: &Limit) -> String {
    format!("{name}: {} of {} are left", limit.remaining, limit.max)
}

/// Whether so much is left of an allowance.
fn enough(name: &str, limit: &Seen<Limit>, needed: i64) -> Verdict {
    judged(limit, |limit| {
        holds(limit.remaining >= needed, format!("{} ({needed} needed)", words(name, limit)))
    })
}

/// Whether so many percent are left of each.
fn head_room(allowances: &[(&str, Seen<Limit>)], percent: i64) -> Verdict {
    let mut evidence = Vec::new();
    let (mut scarce, mut hidden) = (false, false);
    for (name, limit) in allowances {
        match limit {
            Ok(limit) => {
                scarce |= limit.remaining.saturating_mul(100) < limit.max.saturating_mul(percent);
                evidence.push(words(name, limit));
            }
            Err(why) => {
                hidden = true;
                evidence.push(why.clone());
            }
        }
    }
    evidence.dedup();
    let evidence = evidence.join("; ");
    if scarce {
        failed(evidence)
    } else if hidden {
        unknown(evidence)
    } else {
        passed(evidence)
    }
}

pub(super) fn api_calls(facts: &Facts) -> Verdict {
    match &facts.refused {
        Some(refused) if refused.code == "REQUEST_LIMIT_EXCEEDED" => failed(refused.words.as_str()),
        _ => enough("API calls", &facts.limit("DailyApiRequests"), CALLS_NEEDED),
    }
}

pub(super) fn api_room(facts: &Facts) -> Verdict {
    head_room(&[("API calls", facts.limit("DailyApiRequests"))], API_ROOM_MIN)
}

pub(super) fn delivery(facts: &Facts) -> Verdict {
    enough("event deliveries", &facts.limit("DailyDeliveredPlatformEvents"), DELIVERIES_NEEDED)
}

pub(super) fn event_room(facts: &Facts) -> Verdict {
    let deliveries = ("event deliveries", facts.limit("DailyDeliveredPlatformEvents"));
    head_room(
        &[deliveries, ("event publications", facts.limit("HourlyPublishedPlatformEvents"))],
        EVENT_ROOM_MIN,
    )
}

pub(super) fn storage(facts: &Facts) -> Verdict {
    let of = |name: &str, limit: &str| enough(name, &facts.limit(limit), STORAGE_NEEDED);
    let both = [of("MB of data storage", "DataStorageMB"), of("MB of file storage", "FileStorageMB")];
    // The worst of the two says it all.
    let worst = both.iter().position(|one| one.status == provision_connector_sdk::CheckStatus::Failed);
    let unseen = both.iter().position(|one| one.status == provision_connector_sdk::CheckStatus::Unknown);
    let [data, files] = both;
    match worst.or(unseen) {
        Some(0) => data,
        Some(_) => files,
        None => passed(format!("{}; {}", data.evidence, files.evidence)),
    }
}

pub(super) fn storage_room(facts: &Facts) -> Verdict {
    let of = |name: &'static str, limit: &str| (name, facts.limit(limit));
    head_room(
        &[of("MB of data storage", "DataStorageMB"), of("MB of file storage", "FileStorageMB")],
        STORAGE_ROOM_MIN,
    )
}

/// How many platform events an edition may define. Those of managed packages count.
fn definitions_max(edition: &str) -> Option<usize> {
    match edition {
        "Developer Edition" | "Professional Edition" => Some(5),
        "Enterprise Edition" => Some(50),
        "Unlimited Edition" | "Performance Edition" => Some(100),
        _ => None,
    }
}

pub(super) fn definitions(facts: &Facts) -> Verdict {
    let bare = |name: &str| name == EVENT || name.ends_with(&format!("__{EVENT}"));
    judged(&facts.events, |events| {
        if events.iter().any(|name| bare(name)) {
            return passed(format!("the app's own is among the {} that are there", events.len()));
        }
        judged(&facts.organization, |organization| {
            let (edition, there) = (organization.organization_type.as_str(), events.len());
            match definitions_max(edition) {
                Some(max) => {
                    holds(there < max, format!("{there} of the {max} that {edition} allows are there"))
                }
                None => {
                    unknown(format!("{there} are there; how many \"{edition}\" allows is not known here"))
                }
            }
        })
    })
}
