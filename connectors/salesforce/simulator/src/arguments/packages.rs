//! Flags for what AppExchange offers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use salesforce_simulator::org::Id;
use salesforce_simulator::package::{Offer, Package, PackageError};

use super::duration;

const HEADING: &str = "Packages";

/// The packages.
#[derive(Debug, Args)]
pub struct PackageArguments {
    /// A managed package on AppExchange: a JSON file, or the 04t id of a version 1.0.0 (beside an older 0.9.0 and a beta
    /// 1.1.0) that is made from --package-source. May be repeated for files.
    #[arg(long, value_name = "FILE|04T-ID", help_heading = HEADING)]
    package: Vec<String>,
    /// The package's sources: an SFDX project, or a folder in source or metadata form.
    #[arg(long, value_name = "DIR", requires = "package", help_heading = HEADING)]
    package_source: Option<PathBuf>,
    /// Namespace of the package made from --package-source.
    #[arg(long, value_name = "NAME", default_value = "casec", help_heading = HEADING)]
    package_namespace: String,
    /// Installation key of every version made from --package-source.
    #[arg(long, value_name = "KEY", requires = "package", help_heading = HEADING)]
    package_key: Option<String>,
    /// Time after the start before which the version with the given id cannot be seen yet.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s", hide_default_value = true, help_heading = HEADING)]
    package_visible_after: Duration,
    /// The org is born with this version of the package, such as 0.9.0.
    #[arg(long, value_name = "VERSION", requires = "package", help_heading = HEADING)]
    package_installed: Option<String>,
    /// Time that an installation takes.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "500ms", help_heading = HEADING)]
    package_install_time: Duration,
}

impl PackageArguments {
    /// How long an installation takes.
    pub fn install_time(&self) -> Duration {
        self.package_install_time
    }

    /// The packages, with their sources read.
    pub fn load(&self) -> Result<Vec<Package>, Box<dyn std::error::Error>> {
        let offers: Vec<Offer> =
            self.package.iter().map(|text| self.offer(text)).collect::<Result<_, _>>()?;
        Ok(offers.iter().map(Offer::load).collect::<Result<_, PackageError>>()?)
    }

    fn offer(&self, text: &str) -> Result<Offer, Box<dyn std::error::Error>> {
        let Some(id) = Id::parse(text).filter(|id| id.prefix() == "04t") else {
            return Ok(Offer::read(Path::new(text))?);
        };
        let source = self.package_source.as_ref();
        let source = source.ok_or("--package with a 04t id needs --package-source DIR")?;
        let mut offer = Offer::of(id.as_str(), source);
        offer.namespace.clone_from(&self.package_namespace);
        offer.installed.clone_from(&self.package_installed);
        for version in &mut offer.versions {
            version.key.clone_from(&self.package_key);
            if version.id.is_some() {
                version.visible_after = self.package_visible_after;
            }
        }
        Ok(offer)
    }
}
