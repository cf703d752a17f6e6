//! The command line of the daemon.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Provisions SaaS service accounts: a daemon with a gRPC API.
#[derive(Debug, Parser)]
#[command(name = "provisiond", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon until SIGTERM or Ctrl-C
    Serve {
        /// The configuration file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Check a configuration file and what it points to, without starting anything
    CheckConfig {
        /// The configuration file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Copy the data of a daemon, running or not, into a directory that is empty or not there yet; the key file is no
    /// part of the copy
    Backup {
        /// The daemon's configuration file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where to
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Put a backup into the data directory of a configuration, which must be empty or not there yet
    Restore {
        /// The configuration file of the daemon that goes on with it
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The backup
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Make a key file, readable by its owner alone; a file that is there stays
    GenerateKey {
        /// Where to make it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the SHA-256 of a token, for the configuration; the token is read from standard input
    HashToken,
}
