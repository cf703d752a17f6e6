//! Closing the event channel for good.

use provision_core::account::EventChannel;
use provision_store::record::RecordKey;

use super::removal_step;
use crate::commit::{Built, Draft};
use crate::drive::{Driver, Stop, Work};

impl Driver<'_> {
    /// Nothing is taken in from here on; the position stays with the channel's record, for those who look.
    pub(super) async fn close_events(&self, work: &Work) -> Result<(), Stop> {
        let key = RecordKey::channel(&work.account.name);
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<EventChannel>(&key).await?;
                let Some(found) = found.filter(|c| c.value.wanted || c.value.connected) else {
                    return Ok(Built::Already(()));
                };
                let mut draft = Draft::default();
                let closed = EventChannel { wanted: false, connected: false, ..found.value };
                draft.replace(key.clone(), found.revision, &closed)?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.runtime.close_events(&work.account.name).await;
        self.end_removal_step(removal_step::CLOSE_EVENTS, &[], |_| {}).await
    }
}
