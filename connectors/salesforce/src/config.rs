//! What the operator configures.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use provision_connector_sdk::GrantPolicy;
use provision_connector_sdk::oauth::ClientSecrets;
use thiserror::Error;
use url::Url;

use crate::delivery::Delivery;
use crate::hosts::Cloud;

/// Where Salesforce is, and who we are there.
#[derive(Debug, Clone)]
pub struct SalesforceConfig {
    /// Unset where sandboxes are not offered.
    pub sandbox: Option<EnvironmentConfig>,
    /// Unset where production is not offered.
    pub production: Option<EnvironmentConfig>,
    /// The Pub/Sub API; it serves all organisations.
    pub pubsub_url: Url,
    /// A PEM file of further root certificates, beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Also trusts `http://localhost` and the like: for a simulated organisation on this machine only.
    pub allow_loopback: bool,
    /// Clouds of Salesforce whose hosts are trusted beside the commercial one's.
    pub further_clouds: Vec<Cloud>,
    /// Addresses or networks (`203.0.113.7`, `203.0.113.0/28`) from which the daemon calls, for people who keep allow-lists.
    pub egress_addresses: Vec<String>,
    /// Version of the REST, Tooling and Metadata APIs, such as `67.0`.
    pub api_version: String,
    /// A deployment is asked how it stands at least this far apart …
    pub deploy_poll_min: Duration,
    /// … and at most this far.
    pub deploy_poll_max: Duration,
    /// Longest time for one request.
    pub request_timeout: Duration,
}

impl SalesforceConfig {
    /// The public endpoint of the Pub/Sub API.
    pub const PUBSUB_URL: &'static str = "https://api.pubsub.salesforce.com:7443";
    /// The newest API version that the connector was built for.
    pub const API_VERSION: &'static str = "67.0";

    /// No environment, and Salesforce's own addresses and usual times.
    pub fn new(pubsub_url: Url) -> Self {
        SalesforceConfig {
            sandbox: None,
            production: None,
            pubsub_url,
            ca_file: None,
            allow_loopback: false,
            further_clouds: Vec::new(),
            egress_addresses: Vec::new(),
            api_version: Self::API_VERSION.to_owned(),
            deploy_poll_min: Duration::from_secs(1),
            deploy_poll_max: Duration::from_secs(30),
            request_timeout: Duration::from_secs(120),
        }
    }
}

/// Addresses that one installation can name.
const EGRESS_MAX: usize = 64;

/// Whether it is a list of addresses, or of networks such as `203.0.113.0/28`.
pub(crate) fn check_egress(addresses: &[String]) -> Result<(), ConfigError> {
    let is_network = |text: &str| {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let is_number =
            |bits: &str| (1..=3).contains(&bits.len()) && bits.bytes().all(|b| b.is_ascii_digit());
        bits.is_none_or(|bits| is_number(bits) && bits.parse::<u8>().is_ok_and(|bits| bits <= bits_max))
    };
    if addresses.len() > EGRESS_MAX || !addresses.iter().all(|text| is_network(text)) {
        return Err(ConfigError::Egress);
    }
    Ok(())
}

/// One kind of environment.
#[derive(Debug, Clone)]
pub struct EnvironmentConfig {
    /// Where administrators log in, for example `https://login.salesforce.com`.
    pub login_url: Url,
    /// Consumer key of our app at Salesforce.
    pub client_id: String,
    /// None for a public app.
    pub client_secrets: ClientSecrets,
    /// How the app's policy ends refresh tokens.
    pub refresh_tokens: GrantPolicy,
    /// How the app comes into organisations of this kind.
    pub delivery: Delivery,
}

/// Why the connector cannot be set up.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("neither a sandbox nor a production environment is configured")]
    NoEnvironment,
    #[error("{key}: {cause}")]
    Host { key: &'static str, cause: crate::hosts::HostRefused },
    #[error("{environment}.{key} {what}")]
    Package { environment: &'static str, key: &'static str, what: &'static str },
    #[error("egress_addresses must be at most 64 addresses or networks such as 203.0.113.0/28")]
    Egress,
    #[error("api_version must look like 67.0")]
    ApiVersion,
    #[error("the shortest interval of deploy polls must be above zero and not above the longest")]
    DeployPoll,
    #[error("cannot read the root certificates in {path}: {cause}")]
    CaFile { path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    Http(#[from] provision_connector_sdk::http::HttpSetupError),
    #[error("the Pub/Sub endpoint: {0}")]
    PubSub(#[from] tonic::transport::Error),
    #[error("the embedded app: {0}")]
    App(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn egress_addresses_are_addresses_or_networks() {
        let check = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            check_egress(&texts).is_ok()
        };
        assert!(check(&[]) && check(&["203.0.113.7", "203.0.113.0/28", "2001:db8::/32", "2001:db8::1"]));
        for wrong in [
            "",
            "vendor.example",
            "203.0.113",
            "203.0.113.0/33",
            "2001:db8::/129",
            "203.0.113.0/+8",
            "10.0.0.1/",
        ] {
            assert!(!check(&[wrong]), "{wrong}");
        }
        assert!(!check(&["203.0.113.7"; EGRESS_MAX + 1]));
    }
}
