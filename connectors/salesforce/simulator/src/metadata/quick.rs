//! Quick deploys: what has been validated with tests comes in without running them again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::job::{Deployments, Order};
use super::options::DeployOptions;
use crate::org::{DeployRequest, Id, Rights};

/// How long a validation is good for.
const GOOD_FOR_MS: i64 = 10 * 24 * 60 * 60 * 1_000;

impl Deployments {
    /// Brings in what was validated; absent when that validation is not good for it (any more): it must have succeeded
    /// with tests, in the last ten days on the org's clock, and no deploy may have taken effect since.
    pub(super) fn quick(
        self: &Arc<Self>,
        validation: Id,
        rights: Rights,
    ) -> Option<(DeployRequest, DeployOptions)> {
        let order = self.validated(validation)?;
        let options = DeployOptions { check_only: false, ..order.options.clone() };
        let order = Order {
            options: options.clone(),
            zip: order.zip.clone(),
            rights,
            version: order.version,
            validation: Some(validation),
        };
        Some((self.start(order)?, options))
    }

    fn validated(&self, validation: Id) -> Option<Arc<Order>> {
        let job = self.jobs().get(&validation).cloned()?;
        let now_ms = self.org.now_ms();
        let state = self.org.read();
        let request = state.deploys.get(&validation)?;
        let recent = request.completed_ms.is_some_and(|at| now_ms.saturating_sub(at) <= GOOD_FOR_MS);
        let good = request.check_only && request.run_tests_enabled && request.status == "Succeeded";
        let untouched = job.effects == self.effects.load(Ordering::SeqCst);
        (recent && good && untouched).then_some(job.order)?
    }
}
