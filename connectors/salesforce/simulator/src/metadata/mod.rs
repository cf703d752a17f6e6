//! The Metadata API's deploy over REST: reads the zip, checks and applies every component, all or nothing.

mod archive;
mod code;
mod field;
mod http;
mod job;
mod manifest;
mod object;
mod options;
mod package;
mod permission;
mod removal;
mod result;
mod row;
mod schema;
mod stage;
mod test_run;
mod types;
pub(crate) mod xml;

pub use http::router;

#[cfg(test)]
mod tests;
