//! The proof that what was brought in works as a whole.

use provision_connector_sdk::core::plan::Plan;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, FaultClass};

use crate::api::Org;
use crate::api::pubsub::Bus;
use crate::api::rest::Catalogue;
use crate::render::QUARANTINE_OBJECTS;

/// Fields arrive invisible to everybody until a permission set grants them; so the objects are queried with all of
/// their fields, as the session's user. And the user must be able to hear, and to send, the app's events.
pub(crate) async fn verify(org: &Org<'_>, _plan: &Plan) -> Result<(), ConnectorFault> {
    let namespace = org.delivery()?.namespace();
    let queries = QUARANTINE_OBJECTS.map(|object| {
        let fields: Vec<String> =
            org.inner.app.fields(object).iter().map(|field| namespace.api(field)).collect();
        format!("SELECT Id, {} FROM {} LIMIT 1", fields.join(", "), namespace.api(object))
    });
    if let Err(fault) = org.queries(Catalogue::Data, queries).await {
        return Err(if fault.class == FaultClass::Rejected {
            not_observed(format!("quarantined content cannot be read: {}", fault.fault.message()))
        } else {
            fault
        });
    }
    let organization_id = &org.identity()?.organization_id;
    let bus = Bus { pubsub: &org.inner.pubsub, session: org.session, organization_id };
    let topic = bus.topic(namespace).await?;
    if !topic.can_subscribe || !topic.can_publish {
        return Err(not_observed("the service account's user may not use the event channel".to_owned()));
    }
    Ok(())
}

fn not_observed(message: String) -> ConnectorFault {
    ConnectorFault::rejected(Fault::new(Reason::ComponentNotObserved, message))
}
