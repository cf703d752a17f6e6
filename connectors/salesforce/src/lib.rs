//! The Salesforce connector: what provisiond must know to provision a Salesforce organisation, and nothing of
//! provisiond itself.
//!
//! One way through it: [`connector::SalesforceConnector`] keeps the contract; `identify`, `check` and `inventory` read
//! an organisation; `plan` compares what the embedded app (`render`) should look like with what stands there
//! (`snapshot`); `apply` deploys a step of the plan; `observe` and `verify` look again; `changes` listens to the app's
//! events; `quarantine` looks after the content that was taken away, `removal` takes everything out again. Calls leave
//! through `api`, to hosts that `hosts` trusts, and what goes wrong is named by `faults`.

mod api;
mod apply;
mod authorize;
mod changes;
mod check;
pub mod config;
pub mod connector;
mod delivery;
mod faults;
pub mod hosts;
mod identify;
mod inventory;
mod limits;
mod manifest;
mod observe;
mod package;
mod plan;
mod preview;
mod quarantine;
mod removal;
mod render;
mod snapshot;
mod steps;
mod verify;

pub use config::{ConfigError, EnvironmentConfig, SalesforceConfig};
pub use connector::SalesforceConnector;
pub use delivery::{Delivery, PackageConfig, PackageInstall, PackageVersion};
pub use hosts::Cloud;
pub use preview::deployment;
pub use steps::Protected;
