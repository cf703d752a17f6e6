//! API versions and the resources of one.

use std::ops::RangeInclusive;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::Call;
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// API versions served: all that are not retired.
pub(in crate::surface) const VERSIONS: RangeInclusive<u32> = RETIRED + 1..=67;
/// Versions up to this one are retired.
pub(in crate::surface) const RETIRED: u32 = 30;

/// Releases come three times a year; version 30 was Spring '14.
fn label(version: u32) -> String {
    let season = ["Spring", "Summer", "Winter"][(version as usize) % 3];
    let year = 14 + (version - 30) / 3 + u32::from(version % 3 == 2);
    format!("{season} '{year}")
}

/// `GET /services/data`, which needs no session.
pub(super) fn list(method: &Method) -> ApiResult {
    if method != Method::GET && method != Method::HEAD {
        return Err(ApiError::method(method, "HEAD, GET"));
    }
    let versions = VERSIONS.map(|version| {
        json!({"label": label(version), "url": format!("/services/data/v{version}.0"), "version": format!("{version}.0")})
    });
    Ok(Answer::ok(versions.collect()))
}

/// Resource names and their paths; only what is served is named.
pub(super) fn resources(site: &Site, call: &Call) -> Answer {
    let names: &[&str] = if call.tooling {
        &[
            "query",
            "queryAll",
            "search",
            "sobjects",
            "composite",
            "runTestsSynchronous",
            "runTestsAsynchronous",
            "executeAnonymous",
        ]
    } else {
        &[
            "tooling",
            "query",
            "queryAll",
            "search",
            "parameterizedSearch",
            "sobjects",
            "limits",
            "composite",
            "metadata",
            "jobs",
            "recent",
            "tabs",
            "theme",
            "event",
            "actions",
            "process",
            "appMenu",
            "quickActions",
        ]
    };
    let mut resources: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), Value::from(format!("{}/{name}", call.root)))).collect();
    if !call.tooling {
        let base = site.base_url(&call.headers);
        let identity = format!("{base}/id/{}/{}", site.org.id, call.rights.user);
        resources.insert("identity".to_owned(), identity.into());
    }
    Answer::ok(Value::Object(resources))
}

/// What `GET …/composite` names.
pub(super) fn composites(call: &Call) -> Answer {
    let root = format!("{}/composite", call.root);
    let mut paths = Map::new();
    for name in ["tree", "batch", "sobjects", "graph"] {
        if !call.tooling || name == "batch" {
            paths.insert(name.to_owned(), format!("{root}/{name}").into());
        }
    }
    Answer::ok(Value::Object(paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_the_seasons() {
        assert_eq!(label(31), "Summer '14");
        assert_eq!(label(51), "Spring '21");
        assert_eq!(label(53), "Winter '22");
        assert_eq!(label(67), "Summer '26");
        assert_eq!(label(64), "Summer '25");
    }
}
