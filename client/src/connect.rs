//! Where the daemon is, and how to reach it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use url::{Host, Url};

use crate::error::Error;

/// Largest CA file that is read, in bytes.
const CA_FILE_SIZE_MAX: u64 = 1024 * 1024;

/// How to reach a daemon.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `http://host:port`, for loopback alone, or `https://host:port`.
    pub endpoint: String,
    /// Bearer token; without one only public methods answer.
    pub token: Option<SecretString>,
    /// PEM file of the certificate authority to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Deadlines.
    pub timeouts: Timeouts,
}

/// Deadlines of the client.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// For making a connection.
    pub connect: Duration,
    /// For one attempt of a call; waiting and streaming have their own.
    pub call: Duration,
    /// The same for calls that the daemon answers only after it has asked the application: checking, planning, deleting.
    pub remote: Duration,
    /// How long a wait or a stream bears an unreachable server before it gives up.
    pub outage: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(5),
            call: Duration::from_secs(30),
            remote: Duration::from_secs(70),
            outage: Duration::from_secs(120),
        }
    }
}

impl ConnectOptions {
    /// Options for `endpoint`, without a token, with the system's certificate authorities and default deadlines.
    pub fn new(endpoint: impl Into<String>) -> ConnectOptions {
        ConnectOptions {
            endpoint: endpoint.into(),
            token: None,
            ca_file: None,
            timeouts: Timeouts::default(),
        }
    }

    /// Sets the bearer token.
    pub fn token(mut self, token: SecretString) -> ConnectOptions {
        self.token = Some(token);
        self
    }

    /// The endpoint, checked.
    pub(crate) async fn to_endpoint(&self) -> Result<Endpoint, Error> {
        let bad = |why: &str| Error::Options(format!("server '{}': {why}", self.endpoint));
        let url = Url::parse(&self.endpoint).map_err(|e| bad(&e.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Options("server: the address must not hold credentials".to_owned()));
        }
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(bad("must begin with http:// or https://")),
        };
        if !tls && self.token.is_some() && !is_loopback(&url) {
            return Err(bad("http beyond loopback would show the token to the network; use https"));
        }
        let mut endpoint = Endpoint::from_shared(self.endpoint.clone())
            .map_err(|e| bad(&e.to_string()))?
            .connect_timeout(self.timeouts.connect)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        if tls {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = match &self.ca_file {
                Some(file) => ClientTlsConfig::new().ca_certificate(read_ca(file).await?),
                None => ClientTlsConfig::new().with_native_roots(),
            };
            endpoint = endpoint.tls_config(config).map_err(|e| bad(&crate::error::chain(&e)))?;
        } else if self.ca_file.is_some() {
            return Err(bad("a CA file needs https"));
        }
        Ok(endpoint)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

async fn read_ca(file: &Path) -> Result<Certificate, Error> {
    let bad = |why: String| Error::Options(format!("CA file {}: {why}", file.display()));
    let length = tokio::fs::metadata(file).await.map_err(|e| bad(e.to_string()))?.len();
    if length > CA_FILE_SIZE_MAX {
        return Err(bad(format!("larger than {CA_FILE_SIZE_MAX} bytes")));
    }
    let pem = tokio::fs::read(file).await.map_err(|e| bad(e.to_string()))?;
    if !pem.windows(27).any(|w| w == b"-----BEGIN CERTIFICATE-----") {
        return Err(bad("holds no PEM certificate".to_owned()));
    }
    Ok(Certificate::from_pem(pem))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(endpoint: &str) -> Option<String> {
        let options = ConnectOptions::new(endpoint).token("secret-token".into());
        options.to_endpoint().await.err().map(|e| e.to_string())
    }

    #[tokio::test]
    async fn a_token_goes_in_the_clear_to_loopback_alone() {
        for endpoint in ["http://127.0.0.1:7400", "http://[::1]:7400", "http://localhost:7400"] {
            assert_eq!(refusal(endpoint).await, None, "{endpoint}");
        }
        for endpoint in ["http://10.0.0.1:7400", "http://vendor.example", "http://127.0.0.1.evil.example"] {
            let text = refusal(endpoint).await.expect(endpoint);
            assert!(text.contains("use https"), "{text}");
        }
        assert_eq!(refusal("https://vendor.example").await, None);
    }

    #[tokio::test]
    async fn addresses_that_are_none_are_named() {
        for endpoint in ["", "127.0.0.1:7400", "ftp://127.0.0.1", "unix:///x"] {
            assert!(refusal(endpoint).await.is_some(), "{endpoint}");
        }
        let text = refusal("https://me:hunter2@vendor.example").await.expect("credentials");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn options_do_not_show_the_token() {
        let options = ConnectOptions::new("http://127.0.0.1").token("secret-token".into());
        assert!(!format!("{options:?}").contains("secret-token"));
    }
}
