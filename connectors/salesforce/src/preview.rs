//! What provisioning deploys, without an organisation to deploy it to: to be read, or checked by other tools.

use bytes::Bytes;

use crate::config::SalesforceConfig;
use crate::delivery::Delivery;
use crate::render::{App, Archive, Rendered};
use crate::steps::{self, Protected, Target};

/// Whoever authorises is nobody here: a preview assigns no permission set.
const NOBODY: &str = "";

/// All that provisioning deploys into an organisation, with a trigger on each of the objects: a zip as the Metadata API
/// takes it, `package.xml` at its root.
///
/// # Errors
///
/// The embedded app does not hold together.
pub fn deployment(
    delivery: &Delivery,
    organization_id: &str,
    objects: &[Protected],
) -> Result<Bytes, String> {
    let app = App::load()?;
    let target = Target { app: &app, delivery, organization_id, user_id: NOBODY };
    let mut components = Vec::new();
    for step in [steps::EVENT_CHANNEL, steps::QUARANTINE, steps::CLASSES, steps::TRIGGERS] {
        components.extend(steps::components(&target, step, objects)?);
    }
    // The permission set grows from step to step: what a later step brings stands for the earlier ones.
    let deployed: Vec<&Rendered> = components.iter().filter(|component| component.is_deployed()).collect();
    Ok(Archive::of(&deployed, SalesforceConfig::API_VERSION)?.bytes)
}
