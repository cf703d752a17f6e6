//! What people should know before they agree to a plan.

use provision_connector_sdk::Installation;

use crate::delivery::{Delivery, PackageVersion};
use crate::package::Installed;
use crate::steps::Protected;

/// Objects that a sentence names at the most.
const NAMED_MAX: usize = 20;
/// Salesforce's usual room for an organisation's own Apex, of which so much is worth a word.
const CODE_NOTED: u64 = 5_000_000;

/// What the risks depend on.
pub(super) struct Situation<'a> {
    pub production: bool,
    pub delivery: &'a Delivery,
    pub objects: &'a [Protected],
    /// Characters of the organisation's own Apex.
    pub code: u64,
    pub package: Option<&'a Installed>,
    /// A version of it that is not installed.
    pub news: Option<PackageVersion>,
    pub installation: Option<&'a Installation>,
}

pub(super) fn risks(situation: &Situation<'_>) -> Vec<String> {
    let objects = situation.objects;
    let mut risks = vec![
        format!(
            "Every save of {} runs the app's trigger, for everybody who saves; it does no query, and falls silent \
             before a limit of the save is reached.",
            listed(objects.iter())
        ),
        "Each chunk of a save publishes one platform event; it counts towards the organisation's daily allowance \
         of delivered events."
            .to_owned(),
        "While a deployment runs, the organisation's setup is locked against other deployments; other \
         deployments under way make it wait, for hours at worst."
            .to_owned(),
    ];
    if situation.production {
        risks.push(
            "Production takes a trigger only with a test that covers it. The tests run in the organisation, with its \
             own rules and triggers; an object whose trigger is refused is left out and reported."
                .to_owned(),
        );
    } else {
        let untested: Vec<&Protected> = objects.iter().filter(|object| !object.creatable).collect();
        if !untested.is_empty() {
            risks.push(format!(
                "No test can create a record of {}: production would not take their triggers.",
                listed(untested.into_iter())
            ));
        }
    }
    if situation.code > CODE_NOTED {
        risks.push(format!(
            "The organisation has {} characters of Apex of its own, of the 6,000,000 that Salesforce usually allows.",
            situation.code
        ));
    }
    if situation.delivery.package().is_some() {
        risks.push(
            "The package cannot be uninstalled while the triggers are there: they call it, and go first."
                .to_owned(),
        );
    }
    if let (Some(package), Some(news)) = (situation.package, situation.news) {
        let link = situation.installation.map(|installation| format!(": {}", installation.url));
        risks.push(format!(
            "{} {} is installed, and {news} can be{}",
            package.name,
            package.version,
            link.unwrap_or_default()
        ));
    }
    risks
}

fn listed<'a>(objects: impl ExactSizeIterator<Item = &'a Protected>) -> String {
    let count = objects.len();
    let named: Vec<&str> = objects.take(NAMED_MAX).map(|object| object.api_name.as_str()).collect();
    match count.saturating_sub(named.len()) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
