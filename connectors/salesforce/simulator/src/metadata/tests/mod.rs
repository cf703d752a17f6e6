//! Deploys through the router, with the org behind it looked at afterwards.

mod apex;
mod conditions;
mod deletion;
mod flow;
mod kept;
mod library;
mod managed;
mod objects;
mod permissions;
mod projects;
mod quick;
mod robust;
mod rules;
mod support;
mod testing;
