//! End-to-end tests: the product as a whole, and judges from outside.

mod api_apex;
mod api_budget;
mod api_conditions;
mod api_delivery;
mod api_deprovision;
mod api_drift;
mod api_faults;
mod api_flow;
mod api_leaving;
mod api_license;
mod api_reauthorize;
mod api_refusals;
mod api_rights;
mod api_watch;
mod api_whole_org;
mod cli_accounts;
mod cli_checks;
mod cli_ctl;
mod cli_deprovision;
mod cli_operations;
mod recovery_kill;
mod recovery_process;
mod recovery_reload;
mod recovery_restore;
mod repo_house;
mod secrets;
