//! A local Salesforce org that speaks Salesforce's public wire contracts.
//!
//! Real clients that work against Salesforce are meant to work against it unchanged. It knows nothing of any product
//! that is tested with it.

pub mod apex;
mod bulk;
pub mod config;
pub mod debug_log;
mod describe;
pub mod dml;
pub mod events;
pub mod fault;
mod graphql;
pub mod ledger;
pub mod metadata;
pub mod org;
pub mod package;
pub mod pubsub;
pub mod readers;
pub mod rules;
mod server;
mod soap;
mod soql;
mod streaming;
mod surface;
mod tables;
pub mod transaction;

pub use config::{Config, Credentials, Environment, OfferedPackage, OfferedVersion, Ready};
pub use server::{Simulator, StartError};
