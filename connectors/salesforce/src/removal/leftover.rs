//! What stays in an organisation: why, and where a person can remove it.

use provision_connector_sdk::core::operation::Leftover;

use crate::package::Installed;
use crate::steps::INSTALLED_PACKAGE;

use super::survey::Found;

/// Something under a name of ours that is somebody else's.
pub(super) fn foreign(instance_url: &str, found: &Found) -> Leftover {
    let reason = "it does not carry our mark, so it is not ours and was not touched: somebody made or edited it; an \
                  administrator deletes it if nobody needs it";
    leftover(instance_url, found, reason.to_owned())
}

/// What Salesforce does not delete. `words` are Salesforce's.
pub(super) fn refused(instance_url: &str, found: &Found, words: &str) -> Leftover {
    let reason = format!(
        "Salesforce refuses to delete it: {words}; an administrator removes what needs it there, and then deletes it"
    );
    leftover(instance_url, found, reason)
}

/// The vendor's package, which no API that Salesforce documents uninstalls.
pub(super) fn package(instance_url: &str, namespace: &str, installed: &Installed) -> Leftover {
    Leftover {
        kind: INSTALLED_PACKAGE.to_owned(),
        full_name: namespace.to_owned(),
        reason: format!(
            "{} {} stays installed: an administrator uninstalls it (Setup > Installed Packages), and its objects go with it",
            installed.name, installed.version
        ),
        link: Some(format!("{instance_url}/lightning/setup/ImportedPackage/home")),
    }
}

/// An object that production has deleted and keeps for a while, with its records.
pub(super) fn erased_later(instance_url: &str, full_name: &str) -> Leftover {
    Leftover {
        kind: "CustomObject".to_owned(),
        full_name: full_name.to_owned(),
        reason: "it is deleted; Salesforce keeps it with its last records for 15 days, unless an administrator erases it \
                 before (Setup > Object Manager > Deleted Objects)"
            .to_owned(),
        link: Some(format!("{instance_url}/lightning/setup/ObjectManager/home")),
    }
}

fn leftover(instance_url: &str, found: &Found, reason: String) -> Leftover {
    Leftover {
        kind: found.kind.to_owned(),
        full_name: found.full_name.clone(),
        reason,
        link: Some(format!("{instance_url}/lightning/setup/{}", page(found))),
    }
}

/// The component's own page below Setup.
fn page(found: &Found) -> String {
    let id = &found.id;
    let of = |place: &str| format!("{place}/page?address=%2F{id}");
    match found.kind {
        "ApexTrigger" => of("ApexTriggers"),
        "ApexClass" => of("ApexClasses"),
        "PermissionSet" => of("PermSets"),
        "CustomPermission" => of("CustomPermissions"),
        "CustomObject" if found.full_name.ends_with("__e") => of("EventObjects"),
        "CustomObject" => format!("ObjectManager/{id}/Details/view"),
        _ => "PermSets/home".to_owned(),
    }
}
