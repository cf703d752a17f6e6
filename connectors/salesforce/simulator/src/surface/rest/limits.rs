//! Allocations of the org and what is left of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::org::{Org, OrgKind, State};
use crate::surface::{Answer, Site};

/// What an Enterprise org has, with 1,000 for each licence; a sandbox has 5 million, an org that costs nothing little.
pub(crate) fn daily_api_requests(org: &Org) -> u64 {
    org.config.daily_api_requests.unwrap_or(match org.kind {
        OrgKind::Sandbox => 5_000_000,
        OrgKind::Production => 125_000,
        OrgKind::Developer | OrgKind::Scratch | OrgKind::Trial => 15_000,
    })
}

/// Data and file storage each, in MB.
const STORAGE_MB: u64 = 10_240;

/// Allocations that nothing here uses up, as a Developer Edition org has them.
const UNTOUCHED: [(&str, u64); 32] = [
    ("AnalyticsExternalDataSizeMB", 40_960),
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentSyncReportRuns", 20),
    ("DailyAnalyticsDataflowJobExecutions", 60),
    ("DailyAnalyticsUploadedFilesSizeMB", 51_200),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyAsyncApexTests", 500),
    ("DailyBulkApiBatches", 15_000),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyBulkV2QueryJobs", 10_000),
    ("DailyDurableGenericStreamingApiEvents", 10_000),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyFunctionsApiCallLimit", 235_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyWorkflowEmails", 405),
    ("DurableStreamingApiConcurrentClients", 20),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlyDashboardRefreshes", 200),
    ("HourlyDashboardResults", 5_000),
    ("HourlyDashboardStatuses", 999_999_999),
    ("HourlyLongTermIdMapping", 100_000),
    ("HourlyManagedContentPublicRequests", 50_000),
    ("HourlyODataCallout", 1_000),
    ("HourlyShortTermIdMapping", 100_000),
    ("HourlySyncReportRuns", 500),
    ("HourlyTimeBasedWorkflow", 50),
    ("MassEmail", 10),
    ("Package2VersionCreates", 6),
    ("Package2VersionCreatesWithoutValidation", 500),
    ("SingleEmail", 15),
    ("StreamingApiConcurrentClients", 20),
];
/// Custom permission sets and all that an org may have.
const PERMISSION_SETS: (u64, u64) = (1_000, 1_500);
/// Platform events that may be delivered in a month beyond the daily ones.
const MONTHLY_EVENTS: u64 = 0;

/// Every allocation but that of permission sets: its name, how much there is, how much is used.
pub(crate) fn allocations(org: &Org, state: &State) -> Vec<(&'static str, u64, u64)> {
    let used = state.api_calls.values().sum();
    let daily = daily_api_requests(org);
    let (published, delivered, allocations) = org.bus.usage();
    let storage = STORAGE_MB * u64::from(org.conditions().storage_used_percent) / 100;
    let rows = [
        ("DailyApiRequests", daily, used),
        ("DailyDeliveredPlatformEvents", allocations.delivered_per_day, delivered),
        ("HourlyPublishedPlatformEvents", allocations.published_per_hour, published),
        ("MonthlyPlatformEventsUsageEntitlement", MONTHLY_EVENTS, 0),
        ("DataStorageMB", STORAGE_MB, storage),
        ("FileStorageMB", STORAGE_MB, storage),
    ];
    rows.into_iter().chain(UNTOUCHED.iter().map(|(name, max)| (*name, *max, 0))).collect()
}

/// `GET …/limits`.
pub(super) fn list(site: &Site) -> Answer {
    let org = &site.org;
    let (all, sets, own_sets) = {
        let state = org.read();
        let sets = &state.metadata.permission_sets;
        let own = sets.values().filter(|set| set.profile.is_none()).count() as u64;
        (allocations(org, &state), sets.len() as u64, own)
    };
    let left = |max: u64, used: u64| json!({"Max": max, "Remaining": max.saturating_sub(used)});
    let mut limits: BTreeMap<&str, Value> =
        all.into_iter().map(|(name, max, used)| (name, left(max, used))).collect();
    let mut permission_sets = left(PERMISSION_SETS.1, sets);
    permission_sets["CreateCustom"] = left(PERMISSION_SETS.0, own_sets);
    limits.insert("PermissionSets", permission_sets);
    Answer::ok(json!(limits))
}

/// `GET …/limits/recordCount?sObjects=A,B`: how many records there are, as far as the caller may see the objects.
pub(super) fn record_count(site: &Site, call: &super::Call) -> crate::surface::ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let named = call
        .parameter("sObjects")
        .or(call.parameter("sobjects"))
        .filter(|names| !names.is_empty())
        .map(|names| names.split(',').map(|name| name.trim().to_lowercase()).collect::<Vec<_>>());
    let wanted = |name: &str| named.as_ref().is_none_or(|names| names.contains(&name.to_lowercase()));
    let objects = state.metadata.objects().filter(|object| wanted(&object.name));
    let objects = objects.filter(|object| view.rights.object(object).read && crate::tables::stores(object));
    let counts = objects.filter_map(|object| {
        let count = state.records.table(&object.name).filter(|record| !record.deleted).count();
        (count > 0 || named.is_some()).then(|| json!({"count": count, "name": object.name}))
    });
    Ok(Answer::ok(json!({"sObjects": counts.collect::<Value>()})))
}
