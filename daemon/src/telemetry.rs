//! Log and metrics.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSection};

/// Writes the log to standard error. A process that has a log already keeps it.
pub fn log(section: &LogSection) -> Result<(), String> {
    let directives = std::env::var("PROVISIOND_LOG").unwrap_or_else(|_| section.filter.clone());
    let filter = EnvFilter::try_new(&directives).map_err(|e| format!("log.filter: {e}"))?;
    // A log that nobody reads any more (a pipe whose reader has died) must not end the daemon: saying so would panic.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let set = match section.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // Several daemons in one process (as in tests) share one log.
    drop(set);
    Ok(())
}

/// The process's metrics; installed at the first call.
pub fn metrics() -> Option<PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()
}
