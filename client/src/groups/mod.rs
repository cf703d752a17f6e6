//! One group of RPCs per file.

pub(crate) mod accounts;
pub(crate) mod accounts_watch;
pub(crate) mod admin;
pub(crate) mod components;
pub(crate) mod connectors;
pub(crate) mod follow;
pub(crate) mod inventory;
pub(crate) mod notifications;
pub(crate) mod notifications_follow;
pub(crate) mod operations;
pub(crate) mod preconditions;
pub(crate) mod removal;
