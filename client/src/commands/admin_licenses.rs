//! `admin licenses`.

use clap::{Args, Subcommand};
use prost_types::Timestamp;
use provision_client::api::v1::{License, LicenseState};
use provision_client::names;

use crate::args::LimitArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::text::{count, time, word};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Licences of a tenant. Set by platform administrators.
#[derive(Debug, Subcommand)]
pub enum Licenses {
    Set(Set),
    Get(Get),
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
    /// How many days past its end it still counts as valid; at most 366.
    #[arg(long, value_name = "DAYS", requires = "expire", value_parser = clap::value_parser!(u32).range(0..=366))]
    grace_days: Option<u32>,
    /// Refuse when the licence has changed since; `admin licenses get --output json` shows the etag.
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    etag: String,
}

/// Show the licence of --tenant for a connector.
#[derive(Debug, Args)]
pub struct Get {
    /// The connector.
    #[arg(default_value = "salesforce")]
    connector: String,
}

impl Licenses {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let tenant = context.tenant()?;
        let admin = context.client().await?.admin();
        match self {
            Licenses::Set(set) => {
                let license = License {
                    name: names::license(&tenant, &set.connector),
                    start_time: set.start,
                    expire_time: set.expire,
                    grace_period: set.grace_days.map(|days| prost_types::Duration {
                        seconds: i64::from(days) * DAY_SECONDS,
                        nanos: 0,
                    }),
                    etag: set.etag,
                    ..License::default()
                };
                context.ui.show(&admin.update_license(license).await?, view)
            }
            Licenses::Get(get) => {
                let license = admin.license(&names::license(&tenant, &get.connector)).await?;
                context.ui.show(&license, view)
            }
            Licenses::List(limit) => {
                let answer = admin.licenses(&tenant, limit.limit as usize).await?;
                let headers = ["CONNECTOR", "STATE", "STARTS", "EXPIRES", "GRACE"];
                context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
                    let row = |license: &License| {
                        vec![
                            names::last(&license.name).to_owned(),
                            state(license),
                            time(license.start_time.as_ref()),
                            time(license.expire_time.as_ref()),
                            grace(license),
                        ]
                    };
                    answer.licenses.iter().map(row).collect()
                })
            }
        }
    }
}

fn view(license: &License) -> String {
    card(&[
        ("Licence", license.name.clone()),
        ("State", state(license)),
        ("Starts", time(license.start_time.as_ref())),
        ("Expires", time(license.expire_time.as_ref())),
        ("Grace", grace(license)),
    ])
}

/// `30 days`, or to the second where it is no whole number of days.
fn grace(license: &License) -> String {
    match license.grace_period.as_ref().map(|grace| grace.seconds) {
        None | Some(0) => String::new(),
        Some(seconds) if seconds % DAY_SECONDS == 0 => count(seconds / DAY_SECONDS, "day"),
        Some(seconds) => count(seconds, "second"),
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
