//! `provisionctl`: provisiond from the command line.

mod args;
mod command_error;
mod commands;
mod context;
mod exit_code;
mod json;
mod steps;
mod table;
mod text;
mod ui;
mod views;

use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use context::Context;
use ui::Ui;

fn main() -> ExitCode {
    // clap answers --help and usage errors (exit code 2) by itself.
    let cli = Cli::parse();
    let ui = Ui::new(cli.global.output);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit_code::of(&error.into()),
    };
    let code = runtime.block_on(async {
        let context = Context::new(cli.global, ui.clone());
        tokio::select! {
            result = cli.command.run(&context) => match result {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
                Err(error) => {
                    ui.error(&error);
                    exit_code::of(&error)
                }
            },
            _ = tokio::signal::ctrl_c() => {
                context.interrupted();
                exit_code::INTERRUPTED.into()
            }
        }
    });
    // A question on the terminal may still wait for its answer.
    runtime.shutdown_background();
    code
}
