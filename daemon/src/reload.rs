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
        let sealing = self.keys.current();
        if keys.key(&sealing).is_none() {
            return Err(format!(
                "the key file does not hold key '{sealing}', which seals what is written until now; put its line back, \
                 below the new one, and take it out at a later reload, once the log says that it seals nothing"
            ));
        }
        let sealed = self.broker.sealed_by().await.map_err(|fault| fault.to_string())?;
        if let Some((id, things)) = sealed.iter().find(|(id, _)| keys.key(id).is_none()) {
            return Err(format!(
                "the key file does not hold key '{id}' any more, which seals {things}; put its line back, below the \
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
        for (id, things) in sealed.iter().filter(|(id, _)| self.keys.key(id).is_none()) {
            tracing::error!(key = id, "the key file lacks a key that seals {things}; put its line back");
        }
        let older = sealed.iter().filter(|(id, _)| **id != current);
        let older: Vec<_> = older.map(|(id, things)| format!("{id} seals {things}")).collect();
        match older.is_empty() {
            true => tracing::info!(
                key = current,
                "all other keys seal nothing; their lines can leave the key file"
            ),
            false => tracing::info!(
                key = current,
                older = older.join("; "),
                "older keys still seal something; their lines must stay"
            ),
        }
        Ok(())
    }
}
