//! `accounts reauthorize`.

use clap::Args;

use super::authorize::Authorize;
use crate::command_error::CommandError;
use crate::context::Context;

/// Have an administrator authorise an account again, in place.
///
/// The account, its history and its components stay. The old grant works until the new one is there, and is revoked
/// then; another organisation than the account's is refused. Otherwise as `authorize`.
#[derive(Debug, Args)]
pub struct Reauthorize {
    #[command(flatten)]
    authorize: Authorize,
}

impl Reauthorize {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        self.authorize.have(context, true).await
    }
}
