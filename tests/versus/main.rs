//! Side-by-side figures: this product and clients by other people do the same against the same simulated organisation.
//!
//! Each subject is a subcommand. It prints one line of JSON for each pair of runs and one for each peer at the end.
//! What a peer cannot do here is said on stderr, and left out.

mod inventory;
mod pairs;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Compares this product with clients by other people, on the same simulated organisation.
#[derive(Debug, Parser)]
#[command(name = "versus")]
struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// Read a whole organisation: objects, fields, profiles and rights on objects.
    Inventory(inventory::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let compared = match Arguments::parse().subject {
        Subject::Inventory(options) => inventory::compare(options).await,
    };
    match compared {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus: {error}");
            ExitCode::FAILURE
        }
    }
}
