//! What of the configuration is read again while the daemon runs: the key file, and the secrets of our client.

use std::sync::Arc;

use provision_reconcile::{Broker, KeyProvider as _};

use crate::config::Config;
use crate::connectors::Configured;
use crate::keys::{FileKeys, ReadableKeys};

/// What can be replaced.
pub(crate) struct Reload {
    pub keys: Arc<ReadableKeys>,
    pub connectors: Configured,
    pub broker: Arc<Broker>,
}

impl Reload {
    /// Takes what can be replaced from a configuration that was read again. Nothing is taken where anything of it cannot
    /// be: a key that still seals something must stay in the file.
    pub(crate) async fn take(&self, config: &Config) -> Result<(), String> {
        let keys =
            FileKeys::read(&config.keys.file, config.store.path.as_deref()).map_err(|e| e.to_string())?;
        let sealed = self.broker.sealed_by().await.map_err(|fault| fault.to_string())?;
        if let Some((id, count)) = sealed.iter().find(|(id, _)| keys.key(id).is_none()) {
            return Err(format!(
                "the key file does not hold key '{id}' any more, which seals {count} things; put its line back, below the \
                 new one, until the log says that it seals nothing"
            ));
        }
        self.connectors.replace_secrets(&config.connectors)?;
        self.keys.replace(keys);
        self.seal_anew().await
    }

    /// Seals under the current key what others seal.
    pub(crate) async fn seal_anew(&self) -> Result<(), String> {
        let sealed = self.broker.reseal().await.map_err(|fault| fault.to_string())?;
        let current = self.keys.current();
        let older =
            sealed.iter().filter(|(id, _)| **id != current).map(|(id, count)| format!("{id} seals {count}"));
        let older: Vec<_> = older.collect();
        match older.is_empty() {
            true => tracing::info!(
                key = current,
                "all other keys seal nothing; their lines can leave the key file"
            ),
            false => tracing::info!(
                key = current,
                older = older.join(", "),
                "older keys still seal something; their lines must stay"
            ),
        }
        Ok(())
    }
}
