//! The hosts that may be sent a browser or a token.
//!
//! A token in the wrong hands opens a customer's organisation, and addresses come from outside: from settings, from
//! token answers, from links to the next page. So a text is accepted only if it is, letter for letter, the plain form
//! of an address whose host follows Salesforce's own grammar; everything that a URL parser would repair is refused.
//! What a trusted name resolves to is checked where it is called ([`provision_connector_sdk::http::PublicOnly`]).

mod grammar;
mod origin;
mod refused;

pub use grammar::Cloud;
pub use refused::HostRefused;

use self::grammar::Site;
use self::origin::Origin;

const PUBSUB_HOSTS: [&str; 2] = ["api.pubsub.salesforce.com", "api.deu.pubsub.salesforce.com"];
const PUBSUB_PORTS: [Option<u16>; 2] = [None, Some(7443)];
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Longest path of a link.
const LINK_MAX: usize = 1024;
/// What every link of an API begins with; its version follows.
const LINK_START: &str = "/services/data/v";

/// Which kind of organisation a login host serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Sandbox,
    Production,
}

/// The allow-list.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Plain http (and https) on this machine is trusted too, and serves every environment.
    pub allow_loopback: bool,
    /// Clouds that are trusted beside the commercial one.
    pub further_clouds: Vec<Cloud>,
}

impl Hosts {
    /// The address of a login page for an account of that environment, without a trailing slash.
    pub fn login(&self, text: &str, environment: Environment) -> Result<String, HostRefused> {
        let origin = Origin::parse(text)?;
        match self.site(&origin)? {
            Some(site) if site.environment != environment => Err(match environment {
                Environment::Sandbox => HostRefused::ForProduction,
                Environment::Production => HostRefused::ForSandboxes,
            }),
            _ => Ok(origin.plain),
        }
    }

    /// The address of an organisation's API, without a trailing slash. Which environment the organisation really is,
    /// it is asked itself.
    pub fn instance(&self, text: &str) -> Result<String, HostRefused> {
        let origin = Origin::parse(text)?;
        match self.site(&origin)? {
            Some(site) if site.is_shared => Err(HostRefused::UnknownHost),
            _ => Ok(origin.plain),
        }
    }

    /// The address of the Pub/Sub API, without a trailing slash.
    pub fn pubsub(&self, text: &str) -> Result<String, HostRefused> {
        let origin = Origin::parse(text)?;
        if self.is_loopback(&origin) {
            return Ok(origin.plain);
        }
        origin.demand_https()?;
        if !PUBSUB_HOSTS.contains(&origin.host.as_str()) {
            return Err(HostRefused::UnknownEventHost);
        }
        if !PUBSUB_PORTS.contains(&origin.port) {
            return Err(HostRefused::Port);
        }
        Ok(origin.plain)
    }

    /// The path of a link that an organisation's API gave, such as `nextRecordsUrl` or `VersionData`: a path below
    /// `/services/data/v67.0/`, or the same behind the organisation's own address.
    pub fn link<'a>(&self, instance: &str, link: &'a str) -> Result<&'a str, HostRefused> {
        let path = link.strip_prefix(instance).unwrap_or(link);
        let rest = path.strip_prefix(LINK_START).ok_or(HostRefused::Link)?;
        let (version, rest) = rest.split_once('/').ok_or(HostRefused::Link)?;
        let is_number =
            |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let is_version =
            version.split_once('.').is_some_and(|(major, minor)| is_number(major) && is_number(minor));
        let is_segment = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if is_version && path.len() <= LINK_MAX && rest.split('/').all(is_segment) {
            Ok(path)
        } else {
            Err(HostRefused::Link)
        }
    }

    /// What the address serves; `None` on this machine.
    fn site(&self, origin: &Origin) -> Result<Option<Site>, HostRefused> {
        if self.is_loopback(origin) {
            return Ok(None);
        }
        origin.demand_https()?;
        if origin.port.is_some() {
            return Err(HostRefused::Port);
        }
        let site = grammar::site(&origin.host)?;
        if site.cloud != Cloud::Commercial && !self.further_clouds.contains(&site.cloud) {
            return Err(HostRefused::CloudNotEnabled(site.cloud));
        }
        Ok(Some(site))
    }

    fn is_loopback(&self, origin: &Origin) -> bool {
        self.allow_loopback && LOOPBACK.contains(&origin.host.as_str())
    }
}

#[cfg(test)]
mod tests;
