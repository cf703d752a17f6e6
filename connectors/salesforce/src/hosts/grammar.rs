//! Salesforce's grammar of host names: which names there are, and what they say of the organisation behind them.

use std::fmt;

use super::Environment;
use super::refused::HostRefused;

/// Where Salesforce runs an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Trusted always.
    Commercial,
    /// Government Cloud Plus – Defense (`.my.salesforce.mil`).
    Government,
    /// Salesforce on Alibaba Cloud (`.my.sfcrmproducts.cn`).
    China,
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cloud::Commercial => "Salesforce",
            Cloud::Government => "Salesforce Government Cloud",
            Cloud::China => "Salesforce on Alibaba Cloud",
        })
    }
}

/// What a trusted host serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    pub cloud: Cloud,
    pub environment: Environment,
    /// Serves the logins of all organisations, and no organisation's API.
    pub is_shared: bool,
}

/// The login hosts that serve all organisations. The Government Cloud's organisations log in at their own.
const SHARED: [(&str, Cloud, Environment); 4] = [
    ("login.salesforce.com", Cloud::Commercial, Environment::Production),
    ("test.salesforce.com", Cloud::Commercial, Environment::Sandbox),
    ("login.sfcrmproducts.cn", Cloud::China, Environment::Production),
    ("test.sfcrmproducts.cn", Cloud::China, Environment::Sandbox),
];

/// What every host of an organisation ends with.
const MY_DOMAINS: [(&str, Cloud); 3] = [
    (".my.salesforce.com", Cloud::Commercial),
    (".my.salesforce.mil", Cloud::Government),
    (".my.sfcrmproducts.cn", Cloud::China),
];

/// The labels that may stand before a My Domain's suffix (`DomainPartition` of the Tooling API's `OrgDomainLog`), and
/// whether `Organization.IsSandbox` holds there: scratch organisations count as sandboxes, all others do not.
const PARTITIONS: [(&str, Environment); 7] = [
    ("sandbox", Environment::Sandbox),
    ("scratch", Environment::Sandbox),
    ("develop", Environment::Production),
    ("trailblaze", Environment::Production),
    ("demo", Environment::Production),
    ("free", Environment::Production),
    ("patch", Environment::Production),
];

/// Hosts that people have in their browser and give by mistake, and what their My Domain ends with, where it follows.
const PAGES: [(&str, &str, Option<&str>); 14] = [
    (".lightning.force.com", "Lightning pages", Some(".my.salesforce.com")),
    (".lightning.crmforce.mil", "Lightning pages", Some(".my.salesforce.mil")),
    (".lightning.sfcrmapps.cn", "Lightning pages", Some(".my.sfcrmproducts.cn")),
    (".my.salesforce-setup.com", "Setup pages", Some(".my.salesforce.com")),
    (".salesforce-setup.com", "Setup pages", None),
    (".vf.force.com", "Visualforce pages", None),
    (".visual.force.com", "Visualforce pages", None),
    (".visualforce.com", "Visualforce pages", None),
    (".my.site.com", "Experience Cloud sites", None),
    (".my.salesforce-sites.com", "Salesforce Sites", None),
    (".salesforce-experience.com", "Experience Cloud sites", None),
    (".file.force.com", "files", None),
    (".documentforce.com", "files", None),
    (".force.com", "sites", None),
];

const EXAMPLE: &str = "https://acme.my.salesforce.com";
/// Longest name that an administrator gives, and what Salesforce may put behind it.
const NAME_MAX: usize = 40;
const DEVELOPER_SUFFIX: &str = "-dev-ed";
const SANDBOX_NAME_MAX: usize = 10;
/// Longest label of a host.
const LABEL_MAX: usize = 63;

/// What the host serves. It is in lower case.
pub(super) fn site(host: &str) -> Result<Site, HostRefused> {
    if let Some((_, cloud, environment)) = SHARED.iter().find(|(shared, ..)| *shared == host) {
        return Ok(Site { cloud: *cloud, environment: *environment, is_shared: true });
    }
    for (suffix, cloud) in MY_DOMAINS {
        if let Some(front) = host.strip_suffix(suffix) {
            let environment = my_domain(front)?;
            return Ok(Site { cloud, environment, is_shared: false });
        }
    }
    Err(stranger(host))
}

/// What stands before the suffix: `name`, `name--uat.sandbox`, `name.develop` and so on.
fn my_domain(front: &str) -> Result<Environment, HostRefused> {
    let Some((label, partition)) = front.split_once('.') else {
        return if is_name(front) { Ok(Environment::Production) } else { Err(HostRefused::Name) };
    };
    let known = PARTITIONS.iter().find(|(name, _)| *name == partition);
    let Some((_, environment)) = known else {
        return Err(if is_instance(partition) { HostRefused::Instance } else { HostRefused::Name });
    };
    let is_label = match (partition, label.split_once("--")) {
        // A sandbox is named after its production organisation and itself.
        ("sandbox", Some((name, sandbox))) => {
            is_name(name) && is_sandbox_name(sandbox) && !label.starts_with("xn--")
        }
        ("sandbox", None) => false,
        _ => is_name(label),
    };
    if is_label && label.len() <= LABEL_MAX { Ok(*environment) } else { Err(HostRefused::Name) }
}

/// Lower-case letters, digits and single hyphens between them.
fn is_name(name: &str) -> bool {
    let given = name.strip_suffix(DEVELOPER_SUFFIX).unwrap_or(name);
    given.len() <= NAME_MAX
        && !name.contains("--")
        && name.split('-').all(|part| !part.is_empty() && part.bytes().all(is_alphanumeric))
}

fn is_sandbox_name(name: &str) -> bool {
    (1..=SANDBOX_NAME_MAX).contains(&name.len()) && name.bytes().all(is_alphanumeric)
}

fn is_alphanumeric(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// `na12`, `cs42`, `usa77`: letters, then digits.
fn is_instance(label: &str) -> bool {
    let digits = label.trim_start_matches(|c: char| c.is_ascii_lowercase());
    (2..=4).contains(&(label.len() - digits.len()))
        && (1..=4).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Says of a host that is not trusted what to give instead, where that is known.
fn stranger(host: &str) -> HostRefused {
    if host.strip_suffix(".salesforce.com").is_some_and(is_instance) {
        return HostRefused::Instance;
    }
    for (suffix, of, my_domain_suffix) in PAGES {
        if let Some(front) = host.strip_suffix(suffix) {
            let instead = my_domain_suffix
                .filter(|_| my_domain(front).is_ok())
                .map_or_else(|| format!("such as {EXAMPLE}"), |suffix| format!("https://{front}{suffix}"));
            return HostRefused::Pages { of, instead };
        }
    }
    HostRefused::UnknownHost
}
