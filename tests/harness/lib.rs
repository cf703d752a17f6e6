//! Harness and end-to-end tests of provisiond.

pub mod app;
pub mod sf;
pub mod tools;
