//! What every command works with.

use std::cell::RefCell;
use std::path::Path;

use provision_client::{Client, ConnectOptions, SecretString, names};
use tokio::io::AsyncReadExt as _;

use crate::args::GlobalArgs;
use crate::command_error::CommandError;
use crate::text::escape;
use crate::ui::Ui;

/// Longest token file, in bytes.
const TOKEN_FILE_SIZE_MAX: u64 = 8 * 1024;

/// What every command works with.
pub struct Context {
    pub ui: Ui,
    global: GlobalArgs,
    /// The operation being waited for, which goes on when we are interrupted.
    waited_for: RefCell<Option<String>>,
}

impl Context {
    pub fn new(global: GlobalArgs, ui: Ui) -> Context {
        Context { ui, global, waited_for: RefCell::new(None) }
    }

    /// A connection with the caller's token.
    pub async fn client(&self) -> Result<Client, CommandError> {
        let mut options = ConnectOptions::new(&self.global.server);
        options.token = match &self.global.token_file {
            Some(file) => Some(read_token(file).await?),
            None => self.global.token.clone(),
        };
        options.ca_file = self.global.ca_file.clone();
        Ok(Client::connect(options).await?)
    }

    /// `tenants/{tenant}` of `--tenant`.
    pub fn tenant(&self) -> Result<String, CommandError> {
        match &self.global.tenant {
            Some(tenant) => Ok(names::tenant(tenant)),
            None => {
                Err(CommandError::Usage("which tenant? --tenant or PROVISIOND_TENANT says it".to_owned()))
            }
        }
    }

    /// The full name of an account, given as such or as an id in `--tenant`.
    pub fn account(&self, account: &str) -> Result<String, CommandError> {
        if account.contains('/') {
            return Ok(account.to_owned());
        }
        Ok(names::service_account(&self.tenant()?, account))
    }

    /// The full name of a resource of `collection` of the tenant, given as such or as an id in `--tenant`.
    pub fn in_tenant(&self, collection: &str, id: &str) -> Result<String, CommandError> {
        if id.contains('/') {
            return Ok(id.to_owned());
        }
        Ok(format!("{}/{collection}/{id}", self.tenant()?))
    }

    /// Names the operation that is waited for from here on.
    pub fn waits_for(&self, operation: Option<&str>) {
        *self.waited_for.borrow_mut() = operation.map(str::to_owned);
    }

    /// Says what Ctrl-C did not end.
    pub fn interrupted(&self) {
        match &*self.waited_for.borrow() {
            Some(operation) => self.ui.note(&format!(
                "\ninterrupted; the operation goes on: provisionctl operations wait {}",
                escape(operation)
            )),
            None => self.ui.note("\ninterrupted"),
        }
    }
}

async fn read_token(file: &Path) -> Result<SecretString, CommandError> {
    let bad = |why: String| CommandError::File { file: file.to_owned(), why };
    let mut text = String::new();
    tokio::fs::File::open(file)
        .await
        .map_err(|e| bad(e.to_string()))?
        .take(TOKEN_FILE_SIZE_MAX + 1)
        .read_to_string(&mut text)
        .await
        .map_err(|e| bad(e.to_string()))?;
    match text.trim() {
        "" => Err(bad("holds no token".to_owned())),
        _ if text.len() as u64 > TOKEN_FILE_SIZE_MAX => Err(bad("too long for a token".to_owned())),
        token => Ok(token.into()),
    }
}
