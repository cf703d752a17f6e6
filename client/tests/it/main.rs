//! Tests of the client library and of provisionctl against a small server of the same API that answers from a script.

mod cli;
mod cli_accounts;
mod cli_authorize;
mod cli_check;
mod cli_completions;
mod cli_deprovision;
mod cli_errors;
mod cli_help;
mod cli_json;
mod cli_provision;
mod cli_repair;
mod cli_tables;
mod client_calls;
mod client_follow;
mod client_operations;
mod client_watch;
mod fake;
mod samples;
