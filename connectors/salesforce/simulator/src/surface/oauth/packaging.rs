//! `/packaging/installPackage.apexp`: the link that a vendor sends, and the page behind it.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::client::Form;
use super::{pages, person, redirect, uncached};
use crate::org::{Id, MAINTENANCE, Org};
use crate::package::{InstallOrder, Progress, Refused, Security, Verdict, order_install, verdict};
use crate::surface::Site;
use crate::surface::rest::packaging::INSTALL_PERMISSION;

const PATH: &str = "/packaging/installPackage.apexp";
const NO_RIGHTS: &str = "Insufficient Privileges. You do not have the level of access necessary to perform the operation you requested. Please contact the owner of the record or your administrator if access is necessary.";
const BUSY: &str = "Another package is being installed or uninstalled. Only one person can install at a time. Try again later.";

/// `GET`: the page to confirm, or how far the installation is.
pub(super) async fn open(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let form = Form::parse(query.as_bytes());
    let Some(user) = person::of_browser(&site.org, &headers) else {
        let start = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("ec", "302")
            .append_pair("startURL", &format!("{PATH}?{query}"))
            .finish();
        return redirect(&format!("/?{start}"));
    };
    if !site.org.read().rights(user).has(INSTALL_PERMISSION) {
        return said(StatusCode::FORBIDDEN, NO_RIGHTS);
    }
    match form.get("request").and_then(Id::parse) {
        Some(request) => progress(&site.org, request),
        None => confirm(&site.org, form.get("p0")),
    }
}

/// `POST`: the button.
pub(super) async fn start(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    let Some(user) = person::of_browser(org, &headers) else { return redirect("/") };
    if !org.read().rights(user).has(INSTALL_PERMISSION) {
        return said(StatusCode::FORBIDDEN, NO_RIGHTS);
    }
    if org.is_read_only() {
        return said(StatusCode::SERVICE_UNAVAILABLE, MAINTENANCE);
    }
    let version = form.get("p0").and_then(Id::parse);
    let security = form.get("security").and_then(Security::parse);
    let (Some(version), Some(security)) = (version, security) else {
        return said(StatusCode::BAD_REQUEST, Verdict::Unavailable.words());
    };
    let key = form.get("key").map(str::to_owned);
    let order = InstallOrder { version, security, key, by: user, given: BTreeMap::new() };
    match order_install(org, order) {
        Ok(request) => redirect(&format!("{PATH}?p0={version}&request={request}")),
        Err(Refused::Busy) => said(StatusCode::CONFLICT, BUSY),
        Err(Refused::NoSuchVersion | Refused::NotYetVisible) => {
            said(StatusCode::NOT_FOUND, Verdict::Unavailable.words())
        }
    }
}

fn confirm(org: &Org, version: Option<&str>) -> Response {
    let id = version.and_then(Id::parse);
    let found = id.and_then(|id| {
        let package = org.config.packages.iter().find(|package| package.version(id).is_some())?;
        Some((package, package.version(id)?))
    });
    let Some((package, version)) = found else {
        return said(StatusCode::NOT_FOUND, Verdict::Unavailable.words());
    };
    let (verdict, installed) = {
        let packages = &org.read().packages;
        let installed = packages.installed.get(&package.id).and_then(|one| package.version(one.version));
        (verdict(org, packages, package, version), installed.map(|version| version.text()))
    };
    if verdict != Verdict::Fine {
        return said(StatusCode::OK, verdict.words());
    }
    uncached(pages::install(package, version, installed.as_deref()).into_response())
}

fn progress(org: &Org, request: Id) -> Response {
    let request = org.read().packages.installs.get(&request).cloned();
    let Some(request) = request else { return said(StatusCode::NOT_FOUND, Verdict::Unavailable.words()) };
    let name = org
        .config
        .packages
        .iter()
        .find(|package| package.version(request.version).is_some())
        .map(|package| package.name.clone())
        .unwrap_or_default();
    let page = match &request.progress {
        Progress::Queued | Progress::InProgress => pages::installing(&name),
        Progress::Success => pages::installed(&name),
        Progress::Error(wrong) => pages::not_installed(&wrong.join(" ")),
    };
    uncached(page.into_response())
}

fn said(status: StatusCode, words: &str) -> Response {
    uncached((status, pages::not_installed(words)).into_response())
}
