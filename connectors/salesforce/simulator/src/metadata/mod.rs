//! The Metadata API's deploy over REST: reads the zip, checks and applies every component, all or nothing.

mod activities;
pub mod archive;
mod attempt;
mod calls;
pub(crate) mod change;
mod children;
mod code;
pub(crate) mod contents;
mod coverage;
mod field;
mod foreign;
mod grants;
mod group;
mod http;
mod job;
mod keep;
mod kept_check;
mod kinds;
mod manifest;
mod object;
mod options;
mod package;
mod package_files;
mod packaged;
mod permission;
mod profile;
mod quick;
mod record_type;
mod removal;
mod result;
mod retrieve;
mod row;
mod rule;
mod schema;
mod settings;
mod stage;
mod test_run;
mod types;
pub(crate) mod writer;
pub(crate) mod xml;

pub(crate) use contents::held::Components;
pub(crate) use coverage::test_result;
pub(crate) use foreign::foreign_deploy;
pub(crate) use http::router;
pub(crate) use job::{Deployments, Order};
pub(crate) use options::DeployOptions;
pub(crate) use packaged::compile;
pub(crate) use retrieve::RetrieveStatus;
pub(crate) use types::packaged_kind;
pub(crate) use xml::NAMESPACE;

#[cfg(test)]
mod tests;
