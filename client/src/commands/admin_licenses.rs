//! `admin licenses`.

use clap::{Args, Subcommand};
use prost_types::Timestamp;
use provision_client::api::v1::{License, LicenseState};
use provision_client::names;

use crate::args::LimitArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::text::{time, word};

/// Licences of a tenant. Set by platform administrators.
#[derive(Debug, Subcommand)]
pub enum Licenses {
    Set(Set),
    /// List the licences of --tenant.
    List(LimitArgs),
}

/// Grant, change or end the licence of --tenant for a connector.
#[derive(Debug, Args)]
pub struct Set {
    /// What the tenant may provision.
    #[arg(default_value = "salesforce")]
    connector: String,
    /// Valid from then on, as 2026-11-24T00:00:00Z; without it from its creation.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: Option<Timestamp>,
    /// Valid until then, as 2027-11-24T00:00:00Z; without it without end. A time that has passed ends it.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    expire: Option<Timestamp>,
}

impl Licenses {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let tenant = context.tenant()?;
        let admin = context.client().await?.admin();
        match self {
            Licenses::Set(set) => {
                let license = admin.set_license(&tenant, &set.connector, set.start, set.expire).await?;
                context.ui.show(&license, |license| {
                    card(&[
                        ("Licence", license.name.clone()),
                        ("State", state(license)),
                        ("Starts", time(license.start_time.as_ref())),
                        ("Expires", time(license.expire_time.as_ref())),
                    ])
                })
            }
            Licenses::List(limit) => {
                let answer = admin.licenses(&tenant, limit.limit as usize).await?;
                let headers = ["CONNECTOR", "STATE", "STARTS", "EXPIRES"];
                context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
                    let row = |license: &License| {
                        vec![
                            names::last(&license.name).to_owned(),
                            state(license),
                            time(license.start_time.as_ref()),
                            time(license.expire_time.as_ref()),
                        ]
                    };
                    answer.licenses.iter().map(row).collect()
                })
            }
        }
    }
}

fn state(license: &License) -> String {
    word(license.state, LicenseState::as_str_name, "LICENSE_STATE_")
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|t| Timestamp {
            seconds: t.timestamp(),
            nanos: t.timestamp_subsec_nanos().min(999_999_999) as i32,
        })
        .map_err(|e| e.to_string())
}
