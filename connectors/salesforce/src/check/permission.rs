//! The permissions that the authorising user needs, each by its name.

use super::facts::Facts;
use super::spec::{SPEC, Scope, Seen, Spec, Verdict, Weight, failed, passed, unknown};

/// What the ids begin with; the permission's name follows.
pub(crate) const PREFIX: &str = "permission.";

macro_rules! permission {
    ($name:literal, $title:literal, $needed_for:literal, $weight:ident) => {
        permission!($name, $title, $needed_for, $weight, All)
    };
    ($name:literal, $title:literal, $needed_for:literal, $weight:ident, $scope:ident) => {
        Spec {
            id: concat!("permission.", $name),
            title: concat!("Permission \"", $title, "\""),
            description: concat!("Needed for ", $needed_for, "."),
            fix: concat!(
                "a Salesforce administrator gives the service account's user \"",
                $title,
                "\" (Setup > Permission Sets, or the user's profile); needed for ",
                $needed_for
            ),
            weight: Weight::$weight,
            look: concat!(
                "Setup > Users > the service account's user > View Summary: \"",
                $title,
                "\" stands under User Permissions"
            ),
            setup: "PermSets",
            scope: Scope::$scope,
            ..SPEC
        }
    };
}

pub(crate) const SPECS: [Spec; 12] = [
    permission!("ApiEnabled", "API Enabled", "every call", RefusesGrant),
    permission!("AuthorApex", "Author Apex", "deploying classes and triggers", RefusesGrant),
    permission!(
        "CustomizeApplication",
        "Customize Application",
        "creating the quarantine objects, the event and its channel",
        RefusesGrant
    ),
    permission!(
        "ManageProfilesPermissionsets",
        "Manage Profiles and Permission Sets",
        "creating the service account's permission set",
        RefusesGrant
    ),
    permission!(
        "AssignPermissionSets",
        "Assign Permission Sets",
        "assigning it to the service account's user",
        RefusesGrant
    ),
    permission!(
        "ViewSetup",
        "View Setup and Configuration",
        "reading objects, profiles, rights and channels",
        RefusesGrant
    ),
    permission!("ViewAllData", "View All Data", "reading the records to scan", RefusesGrant),
    permission!(
        "ModifyAllData",
        "Modify All Data",
        "deploying, and quarantining records of all users",
        RefusesGrant
    ),
    permission!(
        "ModifyMetadata",
        "Modify Metadata Through Metadata API Functions",
        "deploying without \"Modify All Data\"",
        Advisory
    ),
    permission!("QueryAllFiles", "Query All Files", "finding files in private libraries", Advisory),
    permission!(
        "ApproveUninstalledConnectedApps",
        "Approve Uninstalled Connected Apps",
        "authorising again while the app is not installed in the organisation",
        Advisory
    ),
    permission!(
        "InstallPackaging",
        "Download AppExchange Packages",
        "installing and updating the app's package",
        Advisory,
        Package
    ),
];

/// Permissions that bring another with them.
const INCLUDED_IN: [(&str, &str); 2] =
    [("AssignPermissionSets", "ManageUsers"), ("ModifyMetadata", "ModifyAllData")];

/// The users who can never log in to a browser again.
pub(super) const API_ONLY: &str = "ApiUserOnly";

/// Every permission that is asked for.
pub(super) fn asked() -> impl Iterator<Item = &'static str> {
    let listed = SPECS.iter().filter_map(|spec| spec.id.strip_prefix(PREFIX));
    listed.chain(["ManageUsers", API_ONLY])
}

/// What the organisation says of one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    No,
    /// The organisation does not know it.
    Absent,
}

pub(super) fn verdict(name: &str, facts: &Facts) -> Verdict {
    let user = facts.username();
    if name == "ApiEnabled" && facts.refused.as_ref().is_some_and(|refused| refused.is_of_the_user()) {
        return failed(format!("Salesforce answers that the API is disabled for {user}"));
    }
    let held = |name: &str| facts.permissions.get(name);
    let includes = INCLUDED_IN.iter().find(|(included, _)| *included == name).map(|(_, includes)| *includes);
    let through = includes.filter(|includes| matches!(held(includes), Some(Ok(Held::Yes))));
    match (held(name), through) {
        (Some(Ok(Held::Yes)), _) => passed(format!("{user} has it")),
        (_, Some(includes)) => passed(format!("{user} has it through \"{includes}\"")),
        (Some(Ok(Held::No)), None) => failed(format!("{user} lacks it")),
        (Some(Ok(Held::Absent)), None) => failed("the organisation knows no such permission"),
        (Some(Err(why)), None) => unknown(why.as_str()),
        (None, None) => unknown("it was not asked for"),
    }
}

/// Who cannot log in to a browser cannot authorise again.
pub(super) fn api_only(facts: &Facts) -> Verdict {
    let held: Option<&Seen<Held>> = facts.permissions.get(API_ONLY);
    match held {
        Some(Ok(Held::Yes)) => failed(format!("{} is an API-only user", facts.username())),
        Some(Ok(Held::No | Held::Absent)) => passed(format!("{} can log in to a browser", facts.username())),
        Some(Err(why)) => unknown(why.as_str()),
        None => unknown("it was not asked for"),
    }
}
