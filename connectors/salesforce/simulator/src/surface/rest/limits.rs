//! Allocations of the org and what is left of them.

use serde_json::{Map, Value, json};

use crate::config::Environment;
use crate::org::Org;
use crate::surface::{Answer, Site};

/// What an Enterprise org has, with 1,000 for each licence; a sandbox has 5 million.
pub(in crate::surface) fn daily_api_requests(org: &Org) -> u64 {
    org.config.daily_api_requests.unwrap_or(match org.environment {
        Environment::Sandbox => 5_000_000,
        Environment::Production => 125_000,
    })
}

/// `GET …/limits`.
pub(super) fn list(site: &Site) -> Answer {
    let org = &site.org;
    let used: u64 = org.read().api_calls.values().sum();
    let daily = daily_api_requests(org);
    let (published, delivered, allocations) = org.bus.usage();
    let rows = [
        ("DailyApiRequests", daily, used),
        ("DailyAsyncApexExecutions", 250_000, 0),
        ("DailyBulkApiBatches", 15_000, 0),
        ("DailyDeliveredPlatformEvents", allocations.delivered_per_day, delivered),
        ("HourlyPublishedPlatformEvents", allocations.published_per_hour, published),
        ("DataStorageMB", 10_240, 0),
        ("FileStorageMB", 10_240, 0),
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
