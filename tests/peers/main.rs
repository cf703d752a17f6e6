//! Clients and checkers that other people wrote for the real Salesforce, unchanged, before a simulated organisation.
//!
//! Each is installed at a pinned version into a cache folder; where that is not possible, its tests are skipped and
//! counted.

mod apex;
mod apex_syntax;
mod code_checks;
mod connector_view;
mod cumulusci;
mod foreign;
mod jsforce_metadata;
mod jsforce_records;
mod jsforce_streaming;
mod jsforce_versions;
mod leaving;
mod logins;
mod pubsub_node;
mod pubsub_python;
mod python_clients;
mod sf_apex_tests;
mod sf_cli;
mod sf_data;
mod sf_deploy;
mod sf_failures;
mod sf_hour;
mod sf_jobs;
mod sf_logs;
mod sf_project;
mod sf_retrieve;
mod sf_tls;
mod sf_warehouse;
mod sf_whole_org;
mod simple_salesforce;
mod soql_oracle;
