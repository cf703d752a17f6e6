//! Harness and end-to-end tests of provisiond.

pub mod app;
pub mod binaries;
#[path = "../../client/examples/quickstart/browser.rs"]
pub mod browser;
pub mod daemon;
pub mod effects;
#[path = "../../client/examples/quickstart/failure.rs"]
pub mod failure;
mod held;
#[path = "../../client/examples/quickstart/html.rs"]
pub mod html;
pub mod peer;
pub mod person;
mod relay;
pub mod rest;
pub mod setup;
pub mod sf;
pub mod tools;
pub mod watched;
pub mod world;
