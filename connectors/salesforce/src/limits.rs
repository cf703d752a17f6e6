//! What Salesforce says of the organisation's allowance of API calls.

use http::HeaderMap;
use provision_connector_sdk::CallCounter;

/// Stands in most answers: `api-usage=18/5000; per-app-api-usage=…`.
const HEADER: &str = "sforce-limit-info";

/// Hands the organisation's usage on, where the answer names it.
pub(crate) fn observe(headers: &HeaderMap, calls: &CallCounter) {
    let usage = headers.get(HEADER).and_then(|value| value.to_str().ok()).and_then(usage);
    if let Some((used, limit)) = usage {
        calls.observe_allowance(used, limit);
    }
}

fn usage(text: &str) -> Option<(u64, u64)> {
    let part = text.split([';', ',']).find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = part.split_once('/')?;
    Some((used.trim().parse().ok()?, limit.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::usage;

    #[test]
    fn usage_is_read_where_it_is_named() {
        assert_eq!(usage("api-usage=18/5000"), Some((18, 5000)));
        let with_app = "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)";
        assert_eq!(usage(with_app), Some((25, 5000)));
        for strange in ["", "api-usage=", "api-usage=x/y", "per-app-api-usage=1/2(appName=x)", "api-usage=1"]
        {
            assert_eq!(usage(strange), None, "{strange}");
        }
    }
}
