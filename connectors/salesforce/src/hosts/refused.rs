//! Why an address is refused, in words for the person who gave it.

use thiserror::Error;

use super::grammar::Cloud;

/// An address that is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostRefused {
    #[error("must be the plain address of a host, such as https://acme.my.salesforce.com")]
    NotPlain,
    #[error("must have at most 255 characters")]
    TooLong,
    #[error(
        "must hold letters without accents, digits, hyphens and dots only, such as https://acme.my.salesforce.com"
    )]
    Character,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must not name a user or a password")]
    UserInfo,
    #[error("must not name a port")]
    Port,
    #[error("must end with the name of the host, without a path, a query or a fragment")]
    Path,
    #[error("must name a host, not an IP address")]
    IpAddress,
    #[error(
        "must be https://login.salesforce.com, https://test.salesforce.com or an organisation's My Domain, such as \
         https://acme.my.salesforce.com"
    )]
    UnknownHost,
    #[error("must be https://api.pubsub.salesforce.com:7443 or https://api.deu.pubsub.salesforce.com:7443")]
    UnknownEventHost,
    #[error(
        "is no My Domain: its name has 1 to 40 letters, digits and single hyphens, and a sandbox's ends with -- and \
         the sandbox's name (1 to 10 letters and digits), such as https://acme--uat.sandbox.my.salesforce.com"
    )]
    Name,
    #[error(
        "is the host of an instance, which organisations move away from; give the organisation's My Domain instead, \
         such as https://acme.my.salesforce.com"
    )]
    Instance,
    /// Not a host of the API; `instead` is what to give.
    #[error("is the host of {of}; give the organisation's My Domain instead, {instead}")]
    Pages { of: &'static str, instead: String },
    #[error("is a host of {0}, which this installation is not configured for; its operator can enable it")]
    CloudNotEnabled(Cloud),
    #[error(
        "is a host of production organisations; a Sandbox account logs in at https://test.salesforce.com or at the \
         sandbox's My Domain, such as https://acme--uat.sandbox.my.salesforce.com"
    )]
    ForProduction,
    #[error(
        "is a host of sandboxes; a Production account logs in at https://login.salesforce.com or at the \
         organisation's My Domain, such as https://acme.my.salesforce.com"
    )]
    ForSandboxes,
    #[error("must be a path below /services/data/ of the organisation's own host")]
    Link,
}
