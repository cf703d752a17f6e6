//! The simulator from outside, over HTTP.

mod browser;
mod client;

mod authorize;
mod bulk;
mod catalogue;
mod changes;
mod conditions;
mod corpus;
mod describes;
mod devices;
mod effects;
mod faults;
mod files;
mod happenings;
mod lists;
mod logins;
mod packages;
mod packaging_page;
mod pages;
mod passwords;
mod queries;
mod recorded;
mod records;
mod refusals;
mod resources;
mod rights;
mod running;
mod soap;
mod soap_records;
mod soql;
mod streams;
mod testing;
mod tokens;
mod tooling;
mod whole;
