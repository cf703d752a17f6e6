//! The plain form of an address: scheme, host, and a port at most.

use url::{Host, Url};

use super::refused::HostRefused;

const URL_MAX: usize = 255;
/// What stands in addresses, beside letters and digits; that it stands in the right place is seen later.
const MARKS: &str = "-_.:/?#@[]";

/// An address that says no more than which host is called.
#[derive(Debug)]
pub(super) struct Origin {
    is_https: bool,
    /// In lower case; an IPv6 address in its brackets.
    pub host: String,
    pub port: Option<u16>,
    is_address: bool,
    /// Scheme, host and port once more.
    pub plain: String,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Result<Self, HostRefused> {
        if text.len() > URL_MAX {
            return Err(HostRefused::TooLong);
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || MARKS.contains(c)) {
            return Err(HostRefused::Character);
        }
        let text = text.to_ascii_lowercase();
        let (is_https, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some(_) => return Err(HostRefused::NotHttps),
            None => return Err(HostRefused::NotPlain),
        };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(HostRefused::UserInfo);
        }
        if authority.is_empty() {
            return Err(HostRefused::NotPlain);
        }
        if !matches!(tail, "" | "/") {
            return Err(HostRefused::Path);
        }
        let plain = text.strip_suffix('/').unwrap_or(&text).to_owned();
        let url = Url::parse(&plain).map_err(|_| HostRefused::NotPlain)?;
        let host = url.host().ok_or(HostRefused::NotPlain)?;
        let is_address = !matches!(host, Host::Domain(_));
        // What the parser would call must be what was written: no default port, no address in octal, nothing repaired.
        if url.origin().ascii_serialization() != plain {
            return Err(match authority.rsplit_once(':') {
                _ if is_address => HostRefused::IpAddress,
                Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) => HostRefused::Port,
                _ => HostRefused::NotPlain,
            });
        }
        Ok(Origin { is_https, host: host.to_string(), port: url.port(), is_address, plain })
    }

    /// What is called beyond this machine is a name, and encrypted.
    pub(super) fn demand_https(&self) -> Result<(), HostRefused> {
        match self {
            Origin { is_https: false, .. } => Err(HostRefused::NotHttps),
            Origin { is_address: true, .. } => Err(HostRefused::IpAddress),
            _ => Ok(()),
        }
    }
}
