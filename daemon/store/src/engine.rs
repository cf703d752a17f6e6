//! The engines. Each keeps the contract of [`crate::Store`]; only the crate that wires the daemon names one.
//!
//! The engines of one machine share an ordered index in memory that holds every live entry and a bounded
//! history. Reads, pages and watches are served from it, so they never see what is not durable, nor half of a commit.

mod cursor;
mod history;
mod index;
pub mod journal;
pub mod memory;
mod shared;
mod staging;
mod writer;

pub use history::History;
