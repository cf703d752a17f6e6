//! The reconciler over the memory engine and a small SaaS application made for it.

mod application;
mod authorization;
mod broker;
mod budget;
mod connector;
mod crash;
mod deletion;
mod deprovisioning;
mod drift;
mod explanation;
mod inventory;
mod lifecycle;
mod notifications;
mod preconditions;
mod reaper;
mod reaching;
mod refusals;
mod refresh_storm;
mod grants;
mod store;
mod watching;
mod world;
