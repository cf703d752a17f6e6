//! The organisation itself, and the user in it.

use super::facts::{Facts, time};
use super::spec::{SPEC, Source, Spec, Verdict, Weight, failed, holds, judged, passed, unknown};
use crate::identify::Kind;

pub(super) const API: &str = "api.enabled";
pub(super) const KIND: &str = "organization.kind";
pub(super) const LASTING: &str = "organization.lasting";
pub(super) const EDITION: &str = "edition";
pub(super) const WRITABLE: &str = "organization.writable";
pub(super) const ADDRESS: &str = "organization.address";
pub(super) const USER_ACTIVE: &str = "user.active";
pub(super) const USER_TYPE: &str = "user.type";
pub(super) const USER_LOGIN: &str = "user.login";

pub(crate) const SPECS: [Spec; 9] = [
    Spec {
        id: API,
        title: "API enabled",
        description: "The edition has the API, it is enabled for the user, and API Access Control lets the app in.",
        fix: "Salesforce enables the API for the organisation (Enterprise, Unlimited, Performance and Developer Edition \
              have it; Professional Edition needs the add-on)",
        weight: Weight::RefusesGrant,
        setup: "CompanyProfileInfo",
        ..SPEC
    },
    Spec {
        id: KIND,
        title: "The kind of organisation that was chosen",
        description: "A sandbox (or scratch organisation) where Sandbox was chosen, anything else where Production was.",
        fix: "begin again and log in to an organisation of the chosen kind, or create a service account for the other one",
        weight: Weight::RefusesGrant,
        look: "Setup > Sandboxes in the production organisation lists its sandboxes",
        setup: "CompanyProfileInfo",
        ..SPEC
    },
    Spec {
        id: LASTING,
        title: "An organisation that lasts",
        description: "Scratch organisations and trials end at a date, with everything in them; Developer Edition is \
                      for development and has small allowances.",
        fix: "protect the organisation where the work is done, or accept that this one ends or is for development only",
        weight: Weight::Advisory,
        look: "Setup > Company Information: Organization Edition and Trial Expiration",
        setup: "CompanyProfileInfo",
        ..SPEC
    },
    Spec {
        id: EDITION,
        title: "Edition with Apex and platform events",
        description: "Only some editions run Apex of their own; where it cannot be deployed, nothing reports changes.",
        fix: "Salesforce moves the organisation to Enterprise, Performance, Unlimited or Developer Edition \
              (Setup > Company Information names the edition)",
        weight: Weight::RefusesGrant,
        look: "Setup > Company Information: Organization Edition",
        setup: "CompanyProfileInfo",
        ..SPEC
    },
    Spec {
        id: WRITABLE,
        title: "Organisation open for changes",
        description: "During an upgrade or a move to another instance everything can be read and nothing written.",
        fix: "wait until Salesforce's maintenance is over (status.salesforce.com says for the instance when)",
        look: "status.salesforce.com, by the instance that Setup > Company Information names",
        setup: "CompanyProfileInfo",
        ..SPEC
    },
    Spec {
        id: ADDRESS,
        title: "Organisation where it was",
        description: "An organisation can move to another address; allow-lists that name the old one then fail.",
        fix: "nothing for Salesforce: the new address is used from now on; correct firewalls that name the old one, then \
              accept this",
        weight: Weight::Advisory,
        look: "Setup > My Domain: Current My Domain URL",
        setup: "OrgDomain",
        ..SPEC
    },
    Spec {
        id: USER_ACTIVE,
        title: "Active user",
        description: "A user who is deactivated or frozen takes the service account's access along.",
        fix: "a Salesforce administrator activates the user (Setup > Users), or an active one authorises",
        weight: Weight::RefusesGrant,
        look: "Setup > Users: Active",
        setup: "ManageUsers",
        ..SPEC
    },
    Spec {
        id: USER_TYPE,
        title: "An ordinary user",
        description: "Community, portal and guest users cannot hold the rights that are needed.",
        fix: "authorise as a user with a full Salesforce licence, not as a community, portal or guest user",
        weight: Weight::RefusesGrant,
        look: "Setup > Users > the service account's user: User License",
        setup: "ManageUsers",
        ..SPEC
    },
    Spec {
        id: USER_LOGIN,
        title: "A user who can log in",
        description: "An API-only user can never log in to a browser, and so never authorise again.",
        fix: "a Salesforce administrator takes \"API Only User\" from the user (Setup > Users), or another user authorises",
        weight: Weight::Advisory,
        source: Source::Organization,
        look: "Setup > Users > the service account's user > View Summary: \"API Only User\"",
        setup: "ManageUsers",
        ..SPEC
    },
];

/// Editions that take Apex by deployment.
const WITH_APEX: [&str; 4] =
    ["Enterprise Edition", "Unlimited Edition", "Performance Edition", "Developer Edition"];
/// Editions that run no Apex of a customer's own.
const WITHOUT_APEX: [&str; 7] = [
    "Professional Edition",
    "Team Edition",
    "Group Edition",
    "Base Edition",
    "Personal Edition",
    "Essentials Edition",
    "Starter Edition",
];

/// Which of its refusals it is, each with its own fix.
pub(super) fn api(facts: &Facts) -> Verdict {
    let Some(refused) = &facts.refused else { return passed("the REST and Tooling APIs answer") };
    let words = refused.words.as_str();
    match refused.code.as_str() {
        // It is enabled, and used up: another check says so.
        "REQUEST_LIMIT_EXCEEDED" => passed(words),
        "API_DISABLED_FOR_ORG" => failed(words),
        "API_CURRENTLY_DISABLED" => failed(words).fix(
            "a Salesforce administrator gives the user \"API Enabled\" (Setup > Permission Sets, or the user's profile)",
        ),
        "INVALID_SESSION_ID" => failed(words).fix(
            "a Salesforce administrator lets the app in: installs it (Setup > Connected Apps OAuth Usage > Install), and \
             where API Access Control is on, also approves it for the user (Setup > API Access Control)",
        ),
        _ => failed(words).fix("a Salesforce administrator looks why the API refuses the app, by Salesforce's words above"),
    }
}

pub(super) fn kind(facts: &Facts) -> Verdict {
    judged(&facts.organization, |organization| {
        let kind = organization.kind();
        let evidence = format!("\"{}\" is {}", organization.name, kind.title());
        holds(kind.environment() == facts.here.environment, evidence)
    })
}

pub(super) fn lasting(facts: &Facts) -> Verdict {
    judged(&facts.organization, |organization| {
        let (kind, title) = (organization.kind(), organization.kind().title());
        let end = organization.trial_expiration_date.as_deref();
        let end =
            end.map(|text| time(text).map_or(text.to_owned(), |time| time.format("%Y-%m-%d").to_string()));
        match (kind, end) {
            (Kind::Scratch | Kind::Trial, Some(end)) => failed(format!("{title} that ends on {end}")),
            (Kind::Developer, Some(end)) => {
                failed(format!("{title} that ends on {end}, for development only"))
            }
            (Kind::Developer, None) => failed(format!("{title}, for development only")),
            _ => passed(format!("{title} without an end")),
        }
    })
}

pub(super) fn edition(facts: &Facts) -> Verdict {
    judged(&facts.organization, |organization| {
        let edition = organization.organization_type.as_str();
        if WITH_APEX.contains(&edition) {
            passed(edition)
        } else if WITHOUT_APEX.contains(&edition) {
            failed(format!("{edition} takes no Apex by deployment"))
        } else {
            unknown(format!("Salesforce names the edition \"{edition}\", of which nothing is known here"))
        }
    })
}

pub(super) fn writable(facts: &Facts) -> Verdict {
    let instance =
        facts.organization.as_ref().ok().and_then(|organization| organization.instance_name.as_deref());
    let instance = instance.map(|name| format!("instance {name}: ")).unwrap_or_default();
    judged(&facts.read_only, |read_only| match read_only {
        false => passed(format!("{instance}open for reading and writing")),
        true => failed(format!("{instance}read-only at the moment")),
    })
}

pub(super) fn address(facts: &Facts) -> Verdict {
    let now = facts.here.instance_url.as_str();
    match facts.here.known_url.as_deref() {
        Some(known) if known != now => {
            failed(format!("it was at {known} when it was authorised, and is at {now}"))
        }
        _ => passed(format!("it answers at {now}")),
    }
}

pub(super) fn user_active(facts: &Facts) -> Verdict {
    judged(&facts.user, |user| match user.active {
        Some(active) => holds(
            active,
            format!("{} is {}", user.preferred_username, if active { "active" } else { "inactive" }),
        ),
        // Whoever is inactive gets no answer at all.
        None => passed(format!("{} is answered", user.preferred_username)),
    })
}

pub(super) fn user_type(facts: &Facts) -> Verdict {
    judged(&facts.user, |user| {
        let kind = user.user_type.as_str();
        let evidence = format!("{} is a user of type {kind}", user.preferred_username);
        holds(kind.eq_ignore_ascii_case("STANDARD"), evidence)
    })
}
