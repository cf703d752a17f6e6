//! `completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::command_error::CommandError;
use crate::context::Context;

/// Print the completions of a shell.
///
/// For bash: `source <(provisionctl completions bash)`; for zsh, save it as `_provisionctl` in a folder of $fpath.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Result<(), CommandError> {
        let mut command = Cli::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        context.ui.data(&String::from_utf8_lossy(&script))
    }
}
