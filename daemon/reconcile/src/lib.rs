//! Drives the account state machine: operations, recovery, credentials, event intake.
