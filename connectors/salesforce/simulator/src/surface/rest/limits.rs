//! Allocations of the org and what is left of them.

use serde_json::{Map, Value, json};

use crate::org::{Org, OrgKind};
use crate::surface::{Answer, Site};

/// What an Enterprise org has, with 1,000 for each licence; a sandbox has 5 million, an org that costs nothing little.
pub(in crate::surface) fn daily_api_requests(org: &Org) -> u64 {
    org.config.daily_api_requests.unwrap_or(match org.kind {
        OrgKind::Sandbox => 5_000_000,
        OrgKind::Production => 125_000,
        OrgKind::Developer | OrgKind::Scratch | OrgKind::Trial => 15_000,
    })
}

/// Data and file storage each, in MB.
const STORAGE_MB: u64 = 10_240;

/// `GET …/limits`.
pub(super) fn list(site: &Site) -> Answer {
    let org = &site.org;
    let used: u64 = org.read().api_calls.values().sum();
    let daily = daily_api_requests(org);
    let (published, delivered, allocations) = org.bus.usage();
    let storage = STORAGE_MB * u64::from(org.conditions().storage_used_percent) / 100;
    let rows = [
        ("DailyApiRequests", daily, used),
        ("DailyAsyncApexExecutions", 250_000, 0),
        ("DailyBulkApiBatches", 15_000, 0),
        ("DailyDeliveredPlatformEvents", allocations.delivered_per_day, delivered),
        ("HourlyPublishedPlatformEvents", allocations.published_per_hour, published),
        ("DataStorageMB", STORAGE_MB, storage),
        ("FileStorageMB", STORAGE_MB, storage),
        ("ConcurrentAsyncGetReportInstances", 200, 0),
    ];
    let limits: Map<String, Value> = rows
        .into_iter()
        .map(|(name, max, used)| {
            (name.to_owned(), json!({"Max": max, "Remaining": max.saturating_sub(used)}))
        })
        .collect();
    Answer::ok(Value::Object(limits))
}
