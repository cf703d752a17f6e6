//! The reconciler over the memory engine and a small SaaS application made for it.

mod application;
mod authorization;
mod broker;
mod connector;
mod crash;
mod lifecycle;
mod notifications;
mod store;
mod world;
