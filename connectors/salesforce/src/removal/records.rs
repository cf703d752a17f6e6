//! Records of ours that no deployment deletes.

use provision_connector_sdk::ConnectorFault;
use serde::Deserialize;

use crate::api::{Call, Org};
use crate::faults::{self, ApiError, Effect};

/// Records that one call deletes.
const AT_ONCE: usize = 200;
/// What Salesforce calls a record that is gone already.
const GONE: [&str; 4] = ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND", "MALFORMED_ID"];

#[derive(Deserialize)]
struct Deleted {
    success: bool,
    #[serde(default)]
    errors: Vec<ApiError>,
}

/// Deletes records of any kind, as many calls as it takes. One that is gone already is deleted; of others that stay,
/// the first one's reason is answered, after the rest.
pub(crate) async fn delete(org: &Org<'_>, ids: &[String]) -> Result<(), ConnectorFault> {
    let mut refused = None;
    for some in ids.chunks(AT_ONCE) {
        let call = Call::delete(org.data("/composite/sobjects"))
            .query("ids", some.join(","))
            .query("allOrNone", "false");
        let answer = org.call(call).await?;
        let rows: Vec<Deleted> = answer.json()?;
        if rows.len() != some.len() {
            return Err(ConnectorFault::protocol("not every record was answered for"));
        }
        let errors =
            rows.into_iter().filter(|row| !row.success).filter_map(|row| row.errors.into_iter().next());
        let mut errors = errors.filter(|error| !GONE.contains(&error.code()));
        if refused.is_none() {
            refused = errors.next().map(|error| faults::of_error(answer.status, &error, Effect::None));
        }
    }
    refused.map_or(Ok(()), Err)
}
