//! The hosts that may be sent a browser or a token.
//!
//! A token in the wrong hands opens a customer's organisation, and addresses come from outside: from settings, from
//! token answers, from links to the next page. So a text is accepted only if it is, letter for letter, the plain form
//! of an address whose host follows Salesforce's own grammar; everything that a URL parser would repair is refused.

use thiserror::Error;
use url::Url;

/// The login hosts that serve all organisations.
const LOGIN_HOSTS: [&str; 2] = ["login.salesforce.com", "test.salesforce.com"];
/// What every host of an organisation ends with.
const MY_DOMAIN: &str = ".my.salesforce.com";
/// The labels that may stand before [`MY_DOMAIN`]: which kind of organisation it is.
const PARTITIONS: [&str; 7] = ["sandbox", "develop", "scratch", "demo", "patch", "trailblaze", "free"];
const PUBSUB_HOSTS: [&str; 2] = ["api.pubsub.salesforce.com", "api.deu.pubsub.salesforce.com"];
const PUBSUB_PORTS: [Option<u16>; 2] = [None, Some(7443)];
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// Longest name of an organisation's host, and longest address.
const LABEL_MAX: usize = 63;
const URL_MAX: usize = 255;

/// An address that is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HostRefused {
    #[error("must be the plain address of a host, such as https://example.my.salesforce.com")]
    NotPlain,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must be login.salesforce.com, test.salesforce.com or an organisation's My Domain host")]
    UnknownHost,
}

/// The allow-list.
#[derive(Debug, Clone, Copy)]
pub struct Hosts {
    /// Plain http (and https) on this machine is trusted too.
    pub allow_loopback: bool,
}

impl Hosts {
    /// The address of a login page, without a trailing slash.
    pub fn login(&self, text: &str) -> Result<String, HostRefused> {
        self.accept(text, |host| LOGIN_HOSTS.contains(&host) || is_my_domain(host))
    }

    /// The address of an organisation's API, without a trailing slash.
    pub fn instance(&self, text: &str) -> Result<String, HostRefused> {
        self.accept(text, is_my_domain)
    }

    /// The address of the Pub/Sub API, without a trailing slash.
    pub fn pubsub(&self, text: &str) -> Result<String, HostRefused> {
        let (url, plain) = plain_origin(text)?;
        let host = url.host_str().unwrap_or_default();
        if self.is_loopback(&url) {
            return Ok(plain);
        }
        if url.scheme() != "https" {
            return Err(HostRefused::NotHttps);
        }
        if PUBSUB_HOSTS.contains(&host) && PUBSUB_PORTS.contains(&url.port()) {
            Ok(plain)
        } else {
            Err(HostRefused::UnknownHost)
        }
    }

    /// The path of a link that an organisation's API gave, such as `nextRecordsUrl`: a path below `/services/`, or the
    /// same behind the organisation's own address.
    pub fn link<'a>(&self, instance: &str, link: &'a str) -> Result<&'a str, HostRefused> {
        let path = link.strip_prefix(instance).unwrap_or(link);
        let plain = path.starts_with("/services/")
            && path.len() <= 1024
            && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
            && !path.contains("..")
            && !path.contains("//");
        if plain { Ok(path) } else { Err(HostRefused::NotPlain) }
    }

    fn accept(&self, text: &str, trusted: impl Fn(&str) -> bool) -> Result<String, HostRefused> {
        let (url, plain) = plain_origin(text)?;
        if self.is_loopback(&url) {
            return Ok(plain);
        }
        if url.scheme() != "https" {
            return Err(HostRefused::NotHttps);
        }
        if url.port().is_some() || !trusted(url.host_str().unwrap_or_default()) {
            return Err(HostRefused::UnknownHost);
        }
        Ok(plain)
    }

    fn is_loopback(&self, url: &Url) -> bool {
        self.allow_loopback && LOOPBACK.contains(&url.host_str().unwrap_or_default())
    }
}

/// The URL, and its text once more as scheme, host and port: only if `text` says just that.
fn plain_origin(text: &str) -> Result<(Url, String), HostRefused> {
    if text.len() > URL_MAX || !text.is_ascii() {
        return Err(HostRefused::NotPlain);
    }
    let url = Url::parse(text).map_err(|_| HostRefused::NotPlain)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HostRefused::NotHttps);
    }
    let origin = url.origin().ascii_serialization();
    let given = text.to_ascii_lowercase();
    if given.strip_suffix('/').unwrap_or(&given) == origin {
        Ok((url, origin))
    } else {
        Err(HostRefused::NotPlain)
    }
}

/// `name.my.salesforce.com`, `name--sandbox.sandbox.my.salesforce.com`, `name.develop.my.salesforce.com` and so on.
fn is_my_domain(host: &str) -> bool {
    let Some(front) = host.strip_suffix(MY_DOMAIN) else { return false };
    let (name, partition) = match front.split_once('.') {
        Some((name, partition)) => (name, Some(partition)),
        None => (front, None),
    };
    let splits = name.matches("--").count();
    let known = match partition {
        // A sandbox is named after its production organisation and itself.
        Some("sandbox") => splits == 1,
        Some("patch") => splits <= 1,
        Some(partition) => PARTITIONS.contains(&partition) && splits == 0,
        None => splits == 0,
    };
    known && is_name(name)
}

/// Lower-case letters, digits and single hyphens between them, in parts joined by `--`.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.len() <= LABEL_MAX && !name.starts_with("xn-") && name.split("--").all(is_part)
}

#[cfg(test)]
mod tests;
