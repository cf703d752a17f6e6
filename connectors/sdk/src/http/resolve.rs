//! Name resolution that ends in the public internet: a name that is trusted may still be led astray, to a service
//! within the operator's own network that takes the daemon for a friend.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use provision_core::{Fault, Reason};
use reqwest::dns::{Addrs, Resolve, Resolving};
use thiserror::Error;

use super::address::{is_loopback, is_public};
use crate::fault::ConnectorFault;

/// Addresses of one name that are tried at most.
const ADDRESSES_MAX: usize = 16;

type BoxError = Box<dyn Error + Send + Sync>;

/// A name led to an address that is not called. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{host} resolves to {address}, which is not in the public internet")]
pub struct AddressRefused {
    pub host: String,
    pub address: IpAddr,
}

impl AddressRefused {
    /// Finds it among the causes of an error: HTTP and gRPC clients wrap what their resolver said.
    pub fn find<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e AddressRefused> {
        std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
    }
}

impl From<&AddressRefused> for ConnectorFault {
    /// Not tried again: what the name resolves to is the operator's to mend.
    fn from(refused: &AddressRefused) -> Self {
        let message = format!(
            "{} leads to an address outside the public internet, so nothing was sent; the operator must mend the \
             name resolution of the daemon's machine",
            refused.host
        );
        ConnectorFault::rejected(Fault::new(Reason::SaasUnavailable, message).with_internal(refused))
    }
}

/// Resolves names with the system's resolver, and refuses each name with an address that is not public. Addresses
/// written as such in a URL pass it by: whoever takes URLs from outside refuses those.
#[derive(Debug, Clone, Copy)]
pub struct PublicOnly {
    /// Loopback is called too: for simulated applications on this machine only.
    pub allow_loopback: bool,
}

impl PublicOnly {
    /// A connector for gRPC channels that resolves this way.
    pub fn connector(self) -> HttpConnector<Self> {
        let mut connector = HttpConnector::new_with_resolver(self);
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector
    }

    async fn lookup(self, host: String) -> Result<Vec<SocketAddr>, BoxError> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
        Ok(self.admit(&host, found)?)
    }

    /// All of a name's addresses are admitted, or none is: which of them would be called is chance.
    fn admit(self, host: &str, mut found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, AddressRefused> {
        let refused = found.iter().map(SocketAddr::ip).find(|address| {
            let admitted = is_public(*address) || (self.allow_loopback && is_loopback(*address));
            !admitted
        });
        match refused {
            Some(address) => Err(AddressRefused { host: host.to_owned(), address }),
            None => {
                found.truncate(ADDRESSES_MAX);
                Ok(found)
            }
        }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: reqwest::dns::Name) -> Resolving {
        let lookup = self.lookup(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(lookup.await?.into_iter()) as Addrs) })
    }
}

impl tower::Service<Name> for PublicOnly {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = self.lookup(name.as_str().to_owned());
        Box::pin(async move { Ok(lookup.await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: PublicOnly = PublicOnly { allow_loopback: false };
    const LOCAL: PublicOnly = PublicOnly { allow_loopback: true };

    fn found(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 0)).collect()
    }

    #[test]
    fn one_address_that_is_not_public_refuses_the_name() {
        assert!(STRICT.admit("a.example", found(&["1.1.1.1", "2606:4700::1"])).is_ok());
        for stray in ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1", "169.254.169.254"] {
            let refused = STRICT.admit("a.example", found(&["1.1.1.1", stray])).expect_err(stray);
            assert_eq!(refused.address, stray.parse::<IpAddr>().expect("an address"));
        }
    }

    #[test]
    fn where_loopback_is_allowed_no_other_special_address_is() {
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(LOCAL.admit("localhost", found(&[own])).is_ok(), "{own}");
        }
        for stray in ["10.0.0.1", "0.0.0.0", "::", "fd00::1", "169.254.169.254", "64:ff9b::127.0.0.1"] {
            assert!(LOCAL.admit("a.example", found(&["127.0.0.1", stray])).is_err(), "{stray}");
        }
    }

    #[test]
    fn no_more_addresses_are_tried_than_the_bound() {
        let many = vec!["1.1.1.1"; ADDRESSES_MAX + 5];
        assert_eq!(STRICT.admit("a.example", found(&many)).map(|kept| kept.len()), Ok(ADDRESSES_MAX));
    }

    #[test]
    fn people_are_not_told_the_address() {
        let refused =
            AddressRefused { host: "a.example".to_owned(), address: "10.1.2.3".parse().expect("an address") };
        let fault = ConnectorFault::from(&refused);
        assert!(!fault.is_retryable());
        let told = fault.fault.message();
        assert!(told.contains("a.example") && !told.contains("10.1.2.3"));
    }
}
