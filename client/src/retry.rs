//! When a call is made again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};

use crate::error::Error;

/// Longest pause asked for by the server that a call sits out; beyond it the caller decides.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Repeats `attempt` while it answers UNAVAILABLE: four times at the most, with pauses that grow from 100 ms, or those
/// that the server asks for.
pub(crate) async fn unavailable<T, F>(attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    attempt
        .retry(
            ExponentialBuilder::new()
                .with_min_delay(Duration::from_millis(100))
                .with_max_delay(Duration::from_secs(2))
                .with_factor(3.0)
                .with_jitter()
                .with_max_times(4),
        )
        .when(|error: &Error| {
            error.is_unavailable() && error.retry_after().is_none_or(|pause| pause <= PAUSE_MAX)
        })
        .adjust(|error, pause| pause.map(|pause| error.retry_after().unwrap_or(pause)))
        .await
}
