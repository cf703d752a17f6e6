//! Exit codes: 0 done · 1 something on this machine failed · 2 wrong usage · 64 + gRPC code · 130 interrupted.

use std::process::ExitCode;

use crate::command_error::CommandError;

/// Something on this machine failed.
pub const LOCAL: u8 = 1;
/// The command line cannot be used.
pub const USAGE: u8 = 2;
/// What the gRPC code is added to.
pub const GRPC_BASE: u8 = 64;
/// Ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// The codes, for `--help`.
pub const HELP: &str = "\
Exit codes:
  0    done
  1    something on this machine failed (a file, the terminal)
  2    wrong usage
  64+n the daemon answered with gRPC code n:
       67 INVALID_ARGUMENT     68 DEADLINE_EXCEEDED    69 NOT_FOUND
       70 ALREADY_EXISTS       71 PERMISSION_DENIED    72 RESOURCE_EXHAUSTED
       73 FAILED_PRECONDITION  74 ABORTED              77 INTERNAL
       78 UNAVAILABLE          80 UNAUTHENTICATED      ...
       (73 also: `check` found what blocks, `authorize` came to nothing)
  130  interrupted by Ctrl-C; a running operation goes on";

/// The exit code of an error.
pub fn of(error: &CommandError) -> ExitCode {
    ExitCode::from(match error {
        CommandError::Usage(_) | CommandError::Client(provision_client::Error::Options(_)) => USAGE,
        CommandError::Client(error) => GRPC_BASE + error.code() as u8,
        CommandError::Authorization { .. } | CommandError::ChecksFailed(_) => {
            GRPC_BASE + tonic::Code::FailedPrecondition as u8
        }
        CommandError::Io(_) | CommandError::File { .. } | CommandError::Unwritable { .. } => LOCAL,
    })
}
