//! The HTTP client that connectors and the OAuth functions share: bounded, verified, and never redirected, so that no
//! token follows a `Location` to a host that nobody has checked. Names lead to public addresses only.

mod address;
mod resolve;

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

pub use address::is_public;
pub use resolve::{AddressRefused, PublicOnly};

/// Largest file of root certificates.
pub const CA_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How the client is built.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// A PEM file of further root certificates, beside those of the system.
    pub extra_root_ca: Option<PathBuf>,
    /// Longest time for a connection to stand.
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange, unless the request names its own.
    pub request_timeout: Duration,
    /// Names the client to the application.
    pub user_agent: String,
    /// Names may lead to this machine too: for simulated applications only.
    pub allow_loopback: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            extra_root_ca: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            user_agent: concat!("provisiond/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow_loopback: false,
        }
    }
}

/// Why there is no client.
#[derive(Debug, Error)]
pub enum HttpSetupError {
    #[error("cannot read the root certificates in {path}: {cause}")]
    CaFile { path: PathBuf, cause: String },
    #[error("cannot build the HTTP client: {0}")]
    Build(String),
}

/// A client by these options. The process must have installed a rustls provider before.
pub fn client(options: &HttpOptions) -> Result<reqwest::Client, HttpSetupError> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // A proxy resolves names itself, unseen by the check; and the environment is not where trust is configured.
        .no_proxy()
        .dns_resolver(PublicOnly { allow_loopback: options.allow_loopback })
        .referer(false)
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .tcp_nodelay(true)
        .user_agent(&options.user_agent);
    if let Some(path) = &options.extra_root_ca {
        let fault = |cause: String| HttpSetupError::CaFile { path: path.clone(), cause };
        let pem = crate::file::read(path, CA_FILE_BYTES_MAX).map_err(|error| fault(error.to_string()))?;
        let certificates =
            reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| fault(error_text(error)))?;
        if certificates.is_empty() {
            return Err(fault("it holds no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|error| HttpSetupError::Build(error_text(error)))
}

/// What went wrong, with its causes, without the URL: its query can hold secrets.
pub fn error_text(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// Why a body was not read.
#[derive(Debug, Error)]
pub enum BodyError {
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("the answer broke off: {0}")]
    BrokenOff(String),
}

/// Reads a body of at most `limit` bytes.
pub async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLong { limit });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::BrokenOff(error_text(error)))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
