//! The configuration file: TOML, every key documented in `daemon/provisiond.example.toml`. An unknown key or a wrong
//! value is refused with its line.

mod file;
mod watching;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;

pub use file::{
    Config, ConnectorsSection, DeliveryKind, Engine, EnvironmentSection, GrantsSection, KeysSection,
    LogFormat, LogSection, OauthSection, OperationsSection, PackageInstaller, PrincipalSection,
    SalesforceCloud, SalesforceSection, ServerSection, StoreSection, StreamsSection, TlsSection,
};

/// Largest configuration file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {} cannot be read: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    /// The cause names the line and shows it.
    #[error("the configuration {} is wrong:\n{cause}", path.display())]
    Wrong { path: PathBuf, cause: String },
    #[error("the configuration {}, line {line}: {what}", path.display())]
    Line { path: PathBuf, line: usize, what: String },
    #[error("the configuration {}: {what}", path.display())]
    Whole { path: PathBuf, what: String },
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let read = |cause| ConfigError::Read { path: path.to_owned(), cause };
        Config::parse(&provision_connector_sdk::file::read_text(path, FILE_BYTES_MAX).map_err(read)?, path)
    }

    /// Parses and checks the text of a configuration file; `path` is for messages.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        let config: Config = toml::from_str(text)
            .map_err(|e| ConfigError::Wrong { path: path.to_owned(), cause: without_values(&e, text) })?;
        config.check(text, path)?;
        Ok(config)
    }

    /// What one value alone cannot tell.
    fn check(&self, text: &str, path: &Path) -> Result<(), ConfigError> {
        let at = |span: std::ops::Range<usize>, what: String| ConfigError::Line {
            path: path.to_owned(),
            line: line_of(text, span.start),
            what,
        };
        let whole = |what: &str| ConfigError::Whole { path: path.to_owned(), what: what.to_owned() };
        for (key, address) in [("server.grpc", &self.server.grpc), ("server.http", &self.server.http)] {
            if !is_loopback(address) && self.server.tls.is_none() {
                return Err(at(
                    address.span(),
                    format!(
                        "{key} listens beyond loopback, which needs TLS: add [server.tls] with cert and key"
                    ),
                ));
            }
        }
        if self.principals.is_empty() {
            return Err(whole(
                "no [[principals]]: nobody could call; add at least the platform administrator",
            ));
        }
        if !self.principals.iter().any(|p| p.platform_administrator) {
            return Err(whole(
                "no [[principals]] with platform_administrator = true: nobody could create a tenant",
            ));
        }
        if self.store.engine == Engine::Journal && self.store.path.is_none() {
            return Err(whole("store.path is missing; engine \"journal\" needs a directory"));
        }
        if let Some(salesforce) = &self.connectors.salesforce {
            for (name, environment) in
                [("sandbox", &salesforce.sandbox), ("production", &salesforce.production)]
            {
                if environment
                    .as_ref()
                    .is_some_and(|e| e.client_secret.is_some() && e.client_secret_file.is_some())
                {
                    return Err(whole(&format!(
                        "connectors.salesforce.{name}: give client_secret or client_secret_file, not both"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn is_loopback(address: &Spanned<SocketAddr>) -> bool {
    address.as_ref().ip().is_loopback()
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// The parser's message with its line number, without the source line it would print: that can hold a secret.
fn without_values(error: &toml::de::Error, text: &str) -> String {
    match error.span() {
        Some(span) => format!("line {}: {}", line_of(text, span.start), error.message()),
        None => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests;
