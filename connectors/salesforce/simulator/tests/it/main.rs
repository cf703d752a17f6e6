//! The simulator from outside, over HTTP.

mod browser;
mod client;

mod authorize;
mod catalogue;
mod describes;
mod faults;
mod files;
mod packages;
mod pages;
mod queries;
mod records;
mod rights;
mod running;
mod soap;
mod tokens;
mod whole;
