//! `accounts export`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use provision_client::{QuarantineExport, metadata};
use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use crate::command_error::CommandError;
use crate::context::Context;

/// Fetch the quarantined content that a deprovisioning has exported.
///
/// Writes a zip archive that only you can read: `manifest.json` says of each file where it came from and why it was
/// quarantined. It may hold malware. The daemon keeps the content for 30 days.
#[derive(Debug, Args)]
pub struct Export {
    /// The deprovisioning: full name, or its last part together with --tenant.
    operation: String,
    /// File to write; must not be there yet.
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
}

impl Export {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        let operation = context.in_tenant("operations", &self.operation)?;
        let client = context.client().await?;
        let found = client.operations().get(&operation).await?;
        let account = metadata(&found)?.service_account;
        let export = client.accounts().quarantine_export(&account, &operation).await?;
        let bytes = export.total_bytes();
        save(export, &self.file).await?;
        context.ui.done(&format!("{bytes} bytes written to {}.", self.file.display()))
    }
}

/// Under another name first: what stands under the file's own is whole.
async fn save(mut export: QuarantineExport, file: &Path) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => {
            CommandError::Usage(format!("{} is there already: give another --file", file.display()))
        }
        _ => CommandError::Unwritable { file: file.to_owned(), why: error.to_string() },
    };
    // Taken now, so that nobody else takes it, and that a place that cannot be written is found out at once.
    own(file).await.map_err(failed)?;
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = async {
        let mut out = own(&part).await.map_err(failed)?;
        while let Some(bytes) = export.next().await? {
            out.write_all(&bytes).await.map_err(failed)?;
        }
        out.sync_all().await.map_err(failed)?;
        fs::rename(&part, file).await.map_err(failed)
    };
    let written: Result<(), CommandError> = written.await;
    if written.is_err() {
        // What was begun is of no use; that it cannot be removed says less than why it was begun in vain.
        let _ = fs::remove_file(&part).await;
        let _ = fs::remove_file(file).await;
    }
    written
}

/// A new file that only its owner can read.
async fn own(file: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(file).await
}
