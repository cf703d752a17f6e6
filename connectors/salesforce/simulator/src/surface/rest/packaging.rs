//! Tooling's way to install and uninstall packages.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Map, Value, json};

use super::Call;
use crate::dml::RowError;
use crate::org::Id;
use crate::package::{InstallOrder, Refused, Security, Verdict, order_install, order_uninstall};
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// The permission that stands on the screen as "Download AppExchange Packages".
pub(in crate::surface) const INSTALL_PERMISSION: &str = "InstallPackaging";

/// Fields of PackageInstallRequest that may be given, and what they are when nothing is given.
const DEFAULTS: [(&str, Option<&str>); 9] = [
    ("ApexCompileType", Some("all")),
    ("EnableRss", None),
    ("NameConflictResolution", Some("Block")),
    ("PackageInstallSource", Some("U")),
    ("Password", None),
    ("ProfileMappings", None),
    ("SecurityType", Some("None")),
    ("SkipHandlers", None),
    ("UpgradeType", Some("mixed-mode")),
];

/// `POST …/tooling/sobjects/X`.
pub(super) fn create(site: &Site, call: &Call, name: &str) -> ApiResult {
    let table = {
        let state = site.org.read();
        call.view(&site.org, &state).object(name).map(|object| object.name.clone())
    };
    let table = table.ok_or_else(ApiError::not_found)?;
    let body = call.object()?;
    let id = match table.as_str() {
        "PackageInstallRequest" => install(site, call, &body)?,
        "SubscriberPackageVersionUninstallRequest" => uninstall(site, call, &body)?,
        _ => {
            let message = format!("entity type {table} does not support create");
            return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
        }
    };
    let location = format!("{}/sobjects/{table}/{id}", call.root);
    let body = json!({"id": id, "success": true, "errors": [], "warnings": [], "infos": []});
    Ok(Answer::json(StatusCode::CREATED, body).with(LOCATION, location))
}

fn install(site: &Site, call: &Call, body: &Map<String, Value>) -> Result<Id, ApiError> {
    may_install(call)?;
    maintenance(site)?;
    let known =
        |name: &str| name == "SubscriberPackageVersionKey" || DEFAULTS.iter().any(|(own, _)| *own == name);
    only(body, "PackageInstallRequest", known)?;
    let version = id_of(body, "SubscriberPackageVersionKey")?;
    let mut given: BTreeMap<String, Value> = DEFAULTS
        .iter()
        .filter(|(name, _)| *name != "Password")
        .map(|(name, usual)| ((*name).to_owned(), usual.map_or(Value::Null, Value::from)))
        .collect();
    given.insert("EnableRss".to_owned(), false.into());
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        if let Some(own) = given.get_mut(name) {
            own.clone_from(value);
        }
    }
    let security = given["SecurityType"].as_str().and_then(Security::parse);
    let security = security.ok_or_else(|| restricted("SecurityType", &given["SecurityType"]))?;
    if !matches!(given["NameConflictResolution"].as_str(), Some("Block" | "RenameMetadata")) {
        return Err(restricted("NameConflictResolution", &given["NameConflictResolution"]));
    }
    let key = body.get("Password").and_then(Value::as_str).filter(|key| !key.is_empty()).map(str::to_owned);
    let order = InstallOrder { version, security, key, by: call.rights.user, given };
    order_install(&site.org, order).map_err(refused)
}

fn uninstall(site: &Site, call: &Call, body: &Map<String, Value>) -> Result<Id, ApiError> {
    may_install(call)?;
    maintenance(site)?;
    only(body, "SubscriberPackageVersionUninstallRequest", |name| name == "SubscriberPackageVersionId")?;
    let version = id_of(body, "SubscriberPackageVersionId")?;
    order_uninstall(&site.org, version, call.rights.user).map_err(refused)
}

fn may_install(call: &Call) -> Result<(), ApiError> {
    if call.rights.has(INSTALL_PERMISSION) { Ok(()) } else { Err(RowError::no_access().into()) }
}

fn maintenance(site: &Site) -> Result<(), ApiError> {
    if site.org.is_read_only() { Err(ApiError::maintenance()) } else { Ok(()) }
}

fn only(body: &Map<String, Value>, table: &str, known: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    match body.keys().find(|name| *name != "attributes" && !known(name)) {
        Some(name) => {
            let message = format!("No such column '{name}' on sobject of type {table}");
            Err(ApiError::bad("INVALID_FIELD", message))
        }
        None => Ok(()),
    }
}

fn id_of(body: &Map<String, Value>, name: &str) -> Result<Id, ApiError> {
    let text = body.get(name).and_then(Value::as_str).ok_or_else(|| RowError::required(&[name]))?;
    Id::parse(text).filter(|id| id.prefix() == "04t").ok_or_else(invalid_reference)
}

fn restricted(name: &str, value: &Value) -> ApiError {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let message = format!("{name}: bad value for restricted picklist field: {value}");
    ApiError::bad("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(vec![name.to_owned()])
}

fn invalid_reference() -> ApiError {
    ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}

fn refused(why: Refused) -> ApiError {
    match why {
        Refused::NoSuchVersion => invalid_reference(),
        Refused::NotYetVisible => ApiError::bad(Verdict::Unavailable.as_str(), Verdict::Unavailable.words()),
        Refused::Busy => {
            ApiError::bad("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        }
    }
}
