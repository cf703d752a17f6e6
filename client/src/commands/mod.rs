//! One command per file; a doc comment is the command's help.

pub mod accounts_create;
pub mod accounts_delete;
pub mod accounts_get;
pub mod accounts_list;
pub mod accounts_repair;
pub mod accounts_update;
pub mod accounts_watch;
pub mod admin_audit;
pub mod admin_licenses;
pub mod admin_roles;
pub mod admin_tenants;
pub mod authorize;
pub mod check;
pub mod completions;
pub mod components;
pub mod connectors;
pub mod explain;
pub mod inventory_objects;
pub mod inventory_profiles;
pub mod inventory_refresh;
pub mod notifications;
pub mod notifications_ack;
pub mod operations;
pub mod plan;
pub mod provision;
