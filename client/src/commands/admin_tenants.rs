//! `admin tenants`.

use clap::{Args, Subcommand};
use provision_client::api::v1::Tenant;
use provision_client::names;

use crate::args::LimitArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::text::time;

/// Tenants. For platform administrators.
#[derive(Debug, Subcommand)]
pub enum Tenants {
    Create(Create),
    Get(Get),
    /// List all tenants.
    List(LimitArgs),
}

/// Create a tenant.
#[derive(Debug, Args)]
pub struct Create {
    /// Id: 4 to 63 lower-case letters, digits and hyphens, starting with a letter.
    id: String,
    /// Name for people.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    display_name: String,
}

/// Show a tenant.
#[derive(Debug, Args)]
pub struct Get {
    /// Its id; without one, that of --tenant.
    tenant: Option<String>,
}

impl Tenants {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let admin = context.client().await?.admin();
        match self {
            Tenants::Create(new) => {
                let tenant = admin.create_tenant(names::last(&new.id), &new.display_name).await?;
                context.ui.show(&tenant, view)
            }
            Tenants::Get(get) => {
                let name = match &get.tenant {
                    Some(id) => names::tenant(id),
                    None => context.tenant()?,
                };
                context.ui.show(&admin.tenant(&name).await?, view)
            }
            Tenants::List(limit) => {
                let answer = admin.tenants(limit.limit as usize).await?;
                let headers = ["TENANT", "CREATED", "DISPLAY NAME"];
                context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
                    let row = |tenant: &Tenant| {
                        vec![
                            names::last(&tenant.name).to_owned(),
                            time(tenant.create_time.as_ref()),
                            tenant.display_name.clone(),
                        ]
                    };
                    answer.tenants.iter().map(row).collect()
                })
            }
        }
    }
}

fn view(tenant: &Tenant) -> String {
    card(&[
        ("Tenant", tenant.name.clone()),
        ("Display name", tenant.display_name.clone()),
        ("Created", time(tenant.create_time.as_ref())),
    ])
}
