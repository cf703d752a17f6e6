//! Typed client of provisiond.
//!
//! [`Client::connect`] gives a cheap-to-clone [`Client`]; one accessor per group of RPCs ([`Client::accounts`],
//! [`Client::operations`], …) answers the API's own messages (crate `provision-api`, re-exported as [`api`]).
//!
//! What it does on top of the generated clients:
//! - the bearer token is sent with every call, and never in the clear to another host than this one;
//! - every mutating call carries a fresh `request_id`, so that repeating it has one effect;
//! - a call that finds the server unavailable is repeated a few times with growing pauses, or as the server says;
//! - every call has a deadline;
//! - errors come as [`Error`], with the reason, violations, pause and help links of the status details;
//! - lists collect their pages up to a bound;
//! - [`Operations::wait_done`] follows an operation over outages; [`Notifications::follow`] and [`Accounts::watch`]
//!   follow a stream over reconnections, without repeats.
//!
//! TLS uses rustls with ring. [`Client::connect`] makes ring the process's default provider if there is none yet.

mod client;
mod connect;
mod error;
mod groups;
mod page;
mod progress;
mod retry;

pub mod names;

pub use client::Client;
pub use connect::{ConnectOptions, Timeouts};
pub use error::{Error, HelpLink, Rejection, Violation};
pub use groups::accounts::{Accounts, NewAccount};
pub use groups::accounts_watch::{AccountChange, AccountFeed};
pub use groups::admin::Admin;
pub use groups::components::Components;
pub use groups::connectors::Connectors;
pub use groups::follow::Follow;
pub use groups::inventory::Inventory;
pub use groups::notifications::Notifications;
pub use groups::notifications_follow::{Followed, NotificationFeed};
pub use groups::operations::Operations;
pub use groups::removal::QuarantineExport;
pub use page::ListOptions;
pub use progress::{Progress, metadata, response};
pub use provision_api as api;
pub use secrecy::SecretString;
