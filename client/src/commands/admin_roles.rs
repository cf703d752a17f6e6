//! `admin roles`.

use clap::{Args, Subcommand};
use provision_client::api::v1::RoleBinding;
use provision_client::names;

use crate::args::LimitArgs;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::table::card;
use crate::text::time;

/// Roles of principals in a tenant.
#[derive(Debug, Subcommand)]
pub enum Roles {
    Grant(Grant),
    /// List the role bindings of --tenant.
    List(LimitArgs),
    Revoke(Revoke),
}

/// Give a role in --tenant to a principal.
#[derive(Debug, Args)]
pub struct Grant {
    /// Name of the principal, as the daemon's configuration has it.
    principal: String,
    /// globalAdministrator, operator, auditor or viewer.
    role: String,
}

/// Take a role away. A tenant's last Global administrator stays.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The role binding: full name, or its last part together with --tenant.
    role_binding: String,
}

impl Roles {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        match self {
            Roles::Grant(grant) => {
                let tenant = context.tenant()?;
                let admin = context.client().await?.admin();
                let binding = admin.grant_role(&tenant, &grant.principal, &grant.role).await?;
                context.ui.show(&binding, |binding| {
                    card(&[
                        ("Role binding", binding.name.clone()),
                        ("Principal", binding.principal.clone()),
                        ("Role", binding.role.clone()),
                        ("Granted by", binding.creator.clone()),
                    ])
                })
            }
            Roles::List(limit) => {
                let tenant = context.tenant()?;
                let answer =
                    context.client().await?.admin().role_bindings(&tenant, limit.limit as usize).await?;
                let headers = ["ROLE BINDING", "PRINCIPAL", "ROLE", "GRANTED", "GRANTED BY"];
                context.ui.list(&answer, &answer.next_page_token, &headers, |answer| {
                    let row = |binding: &RoleBinding| {
                        vec![
                            names::last(&binding.name).to_owned(),
                            binding.principal.clone(),
                            binding.role.clone(),
                            time(binding.create_time.as_ref()),
                            binding.creator.clone(),
                        ]
                    };
                    answer.role_bindings.iter().map(row).collect()
                })
            }
            Roles::Revoke(revoke) => {
                let name = context.in_tenant("roleBindings", &revoke.role_binding)?;
                context.client().await?.admin().revoke_role(&name).await?;
                context.ui.done("The role was taken away.")
            }
        }
    }
}
