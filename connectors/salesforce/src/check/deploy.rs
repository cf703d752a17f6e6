//! Whether the app can come in: deployments, Apex, and the app itself.

use provision_connector_sdk::core::Timestamp;

use super::facts::{AppThere, Facts, time};
use super::permission::Held;
use super::spec::{SPEC, Scope, Source, Spec, Verdict, Weight, failed, holds, judged, passed, unknown};
use crate::delivery::{Delivery, PackageConfig, PackageInstall};
use crate::manifest::PRODUCTION;

pub(super) const APP: &str = "app";
pub(super) const DEPLOY: &str = "apex.deploy";
pub(super) const SIZE: &str = "apex.size";
pub(super) const COVERAGE: &str = "apex.coverage";
pub(super) const TESTS: &str = "apex.tests";
pub(super) const LOCK: &str = "deployments";

/// Characters of Apex that an organisation may have, managed packages not counted.
const APEX_MAX: u64 = 6_000_000;
/// Scratch organisations may have more.
const APEX_MAX_SCRATCH: u64 = 10_000_000;
/// What Salesforce demands of a deployment that runs all local tests, in percent.
const COVERAGE_MIN: u32 = 75;

pub(crate) const SPECS: [Spec; 6] = [
    Spec {
        id: APP,
        title: "The app",
        description: "The app's classes, objects and event: deployed by the daemon, or brought by the vendor's package in \
                      the configured version.",
        fix: "a Salesforce administrator installs the package by the link of the service account",
        look: "Setup > Installed Packages, or Setup > Apex Classes where the daemon deploys the app",
        setup: "ImportedPackage",
        ..SPEC
    },
    Spec {
        id: DEPLOY,
        title: "Apex can be deployed",
        description: "The edition takes Apex, the user may deploy it, and the organisation is not read-only. In \
                      production Apex comes in with tests only: ours are run, and no others.",
        fix: "see the failed checks of edition, permissions and maintenance, which this one follows from",
        look: "Setup > Deployment Status, and the checks of edition and permissions",
        setup: "DeployStatus",
        ..SPEC
    },
    Spec {
        id: SIZE,
        title: "Room for Apex",
        description: "An organisation may have 6 MB of Apex (a scratch organisation 10 MB), managed packages not \
                      counted; the app and one trigger with its test for each object are added.",
        fix: "delete Apex that nobody uses (Setup > Apex Classes shows the percentage used), or ask Salesforce for more",
        look: "Setup > Apex Classes: Percent of Apex Used",
        setup: "ApexClasses",
        ..SPEC
    },
    Spec {
        id: COVERAGE,
        title: "Coverage of the organisation's own Apex",
        description: "Below 75 % Salesforce refuses deployments that run all tests. Ours runs its own tests only, and \
                      is not held up; the organisation's own deployments and updates may be.",
        fix: "the organisation's developers add tests until the coverage is 75 % (Setup > Apex Test Execution)",
        weight: Weight::Advisory,
        look: "Developer Console > Test > Run All, then Overall Code Coverage",
        setup: "ApexTestExecution",
        scope: Scope::Production,
        ..SPEC
    },
    Spec {
        id: TESTS,
        title: "The organisation's own tests pass",
        description: "A failing test blocks deployments that run all tests. Ours runs its own tests only, but triggers, \
                      flows and validation rules that make tests fail can refuse ours as well.",
        fix: "the organisation's developers run all tests and mend those that fail (Setup > Apex Test Execution)",
        weight: Weight::Advisory,
        source: Source::Person,
        look: "Setup > Apex Test Execution > Select Tests, run all, then look at the failures",
        setup: "ApexTestExecution",
        scope: Scope::Production,
        ..SPEC
    },
    Spec {
        id: LOCK,
        title: "No other deployment",
        description: "One deployment runs at a time; ours waits in line behind others, change sets and package \
                      installations.",
        fix: "wait for it, or ask whoever deploys (Setup > Deployment Status); ours waits in line otherwise",
        weight: Weight::Advisory,
        look: "Setup > Deployment Status",
        setup: "DeployStatus",
        ..SPEC
    },
];

pub(super) fn app(facts: &Facts) -> Verdict {
    judged(&facts.app, |there| match (&facts.here.delivery, there) {
        (Delivery::Source, Some(AppThere::Source(version))) => {
            passed(format!("its classes are there, {version}; the daemon brings {}", facts.here.app_version))
        }
        (Delivery::Source, _) => {
            passed(format!("its classes are not there yet; the daemon deploys {}", facts.here.app_version))
        }
        (Delivery::Package(config), there) => package(facts, config, there.as_ref()),
    })
}

fn package(facts: &Facts, config: &PackageConfig, there: Option<&AppThere>) -> Verdict {
    let needed = config.minimum_version.map(|version| format!(" {version} or later")).unwrap_or_default();
    let may_install = !matches!(facts.permissions.get("InstallPackaging"), Some(Ok(Held::No | Held::Absent)));
    let missing = |evidence: String| {
        match (config.install, &facts.here.install_url) {
        (PackageInstall::Daemon, _) if may_install => passed(format!("{evidence}; the daemon installs it")),
        (PackageInstall::Daemon, _) => failed(format!("{evidence}, and {} may not install it", facts.username()))
            .fix("a Salesforce administrator gives the user \"Download AppExchange Packages\" (Setup > Permission Sets)"),
        (PackageInstall::Administrator, Some(url)) => {
            failed(evidence).fix(format!("a Salesforce administrator installs the package: {url}"))
        }
        (PackageInstall::Administrator, None) => failed(evidence),
    }
    };
    match there {
        Some(AppThere::Package(found))
            if config.minimum_version.is_none_or(|least| found.version >= least) =>
        {
            passed(format!("package \"{}\" {} is installed", found.name, found.version))
        }
        Some(AppThere::Package(found)) => {
            missing(format!("package \"{}\" {} is installed; needed is{needed}", found.name, found.version))
        }
        _ => missing(format!("the package with namespace {}{needed} is not installed", config.namespace)),
    }
}

pub(super) fn deploy(facts: &Facts, edition: &Verdict) -> Verdict {
    use provision_connector_sdk::CheckStatus::{Failed, Unknown};
    let held = |names: [&str; 2]| {
        let held = names.map(|name| facts.permissions.get(name).and_then(|held| held.as_ref().ok()).copied());
        match held {
            [Some(Held::Yes), _] | [_, Some(Held::Yes)] => Some(true),
            [Some(_), Some(_)] => Some(false),
            _ => None,
        }
    };
    let author = held(["AuthorApex", "AuthorApex"]);
    let metadata = held(["ModifyMetadata", "ModifyAllData"]);
    let tests = match facts.here.environment == PRODUCTION {
        true => "with tests: ours are run, and no others",
        false => "without tests",
    };
    if edition.status == Failed {
        failed(edition.evidence.as_str())
    } else if author == Some(false) {
        failed(format!("{} lacks \"Author Apex\"", facts.username()))
    } else if metadata == Some(false) {
        failed(format!("{} may not deploy metadata", facts.username()))
    } else if facts.read_only == Ok(true) {
        failed("the organisation is read-only at the moment")
    } else if edition.status == Unknown {
        unknown(edition.evidence.as_str())
    } else if author.is_none() || metadata.is_none() {
        unknown("what the user may deploy is not known")
    } else {
        passed(format!("{} may deploy Apex to {}, {tests}", facts.username(), edition.evidence))
    }
}

pub(super) fn size(facts: &Facts) -> Verdict {
    use crate::identify::Kind;
    judged(&facts.apex_length, |used| {
        let scratch =
            facts.organization.as_ref().is_ok_and(|organization| organization.kind() == Kind::Scratch);
        let max = if scratch { APEX_MAX_SCRATCH } else { APEX_MAX };
        let needed = match (&facts.here.delivery, &facts.app) {
            (Delivery::Source, Ok(None)) => facts.here.app_length,
            _ => 0,
        };
        let evidence =
            format!("{used} of {max} characters are used; the app adds {needed}, and each trigger its own");
        // Test classes do not count against the limit, and nothing tells them apart.
        match used.saturating_add(needed) < max {
            true => passed(evidence),
            false => {
                unknown(format!("{evidence}; those of test classes, which do not count, are among them"))
            }
        }
    })
}

pub(super) fn coverage(facts: &Facts) -> Verdict {
    judged(&facts.coverage, |coverage| match coverage {
        Some(percent) => {
            holds(*percent >= COVERAGE_MIN, format!("{percent} % of the organisation's Apex is covered"))
        }
        None => unknown("the organisation has not measured it"),
    })
}

pub(super) fn tests(_facts: &Facts) -> Verdict {
    unknown("Salesforce does not tell without running them")
}

/// Who deploys, and since when.
pub(super) fn lock(facts: &Facts) -> Verdict {
    judged(&facts.deployments, |deployments| {
        let Some(first) = deployments.first() else { return passed("none is under way") };
        let who = first.created_by.as_ref().map_or("somebody", |user| user.name.as_str());
        let since = time(&first.created_date).map_or_else(
            || first.created_date.clone(),
            |time: Timestamp| time.format("%Y-%m-%d %H:%M UTC").to_string(),
        );
        let others = match deployments.len() {
            1 => String::new(),
            count => format!(", and {} more wait", count - 1),
        };
        failed(format!("one of {who}'s since {since} ({}){others}", first.status))
    })
}
