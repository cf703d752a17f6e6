//! The binary `provisiond`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use provision_reconcile::KeyProvider as _;
use provisiond::args::{Args, Command};
use provisiond::backup::{self, BackupError};
use provisiond::config::{Config, Engine};
use provisiond::keys::FileKeys;
use provisiond::{Daemon, keys, telemetry};
use sha2::Digest as _;

/// A wrong configuration or command line.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match run(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => {
            // Whoever started it may not listen any more, and the exit code says it too.
            let _ = writeln!(std::io::stderr(), "provisiond: {message}");
            ExitCode::from(code)
        }
    }
}

fn run(command: Command) -> Result<(), (u8, String)> {
    let usage = |e: &dyn std::fmt::Display| (EXIT_USAGE, e.to_string());
    match command {
        Command::Serve { config: path } => {
            let config = Config::load(&path).map_err(|e| usage(&e))?;
            telemetry::log(&config.log).map_err(|e| usage(&e))?;
            let runtime = tokio::runtime::Runtime::new().map_err(|e| (1, e.to_string()))?;
            runtime.block_on(serve(config, &path))
        }
        Command::CheckConfig { config: path } => {
            let config = Config::load(&path).map_err(|e| usage(&e))?;
            // The connectors' clients belong to a runtime, though nothing runs on it here.
            let runtime = tokio::runtime::Runtime::new().map_err(|e| (1, e.to_string()))?;
            let _within = runtime.enter();
            Daemon::check(&config).map_err(|e| usage(&e))?;
            println!("{}: the configuration is valid", path.display());
            Ok(())
        }
        Command::Backup { config, to } => {
            let (data, key_file) = data_of(&config)?;
            let made = on_a_runtime(backup::back_up(&data, &to))?;
            let keys = made.key_ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            println!(
                "{}: revision {}, {} records, {} artifacts",
                to.display(),
                made.revision,
                made.entries,
                made.artifacts
            );
            if !keys.is_empty() {
                println!("keep apart from it: {}, of which it needs the keys {keys}", key_file.display());
            }
            Ok(())
        }
        Command::Restore { config, from } => {
            let (data, key_file) = data_of(&config)?;
            let known = FileKeys::read(&key_file, Some(&data)).map_err(|e| usage(&e))?;
            let restored = on_a_runtime(backup::restore(&from, &data, |id| known.key(id).is_some()))?;
            println!(
                "{}: restored from {} as it was at {}; every grant is looked at before it is used",
                data.display(),
                from.display(),
                restored.create_time
            );
            Ok(())
        }
        Command::GenerateKey { out } => {
            keys::generate(&out).map_err(|e| (1, e.to_string()))?;
            println!("{}: made, mode 600; keep a copy in a safe place", out.display());
            Ok(())
        }
        Command::HashToken => {
            let mut token = String::new();
            let limit = 64 * 1024;
            std::io::stdin().take(limit).read_to_string(&mut token).map_err(|e| (1, e.to_string()))?;
            let token = token.trim_end_matches(['\r', '\n']);
            if token.len() < 16 {
                return Err((
                    EXIT_USAGE,
                    "a token must have at least 16 characters; use 32 random ones".to_owned(),
                ));
            }
            println!("{}", hex::encode(sha2::Sha256::digest(token.as_bytes())));
            Ok(())
        }
    }
}

/// Data directory and key file of a configuration.
fn data_of(config: &Path) -> Result<(PathBuf, PathBuf), (u8, String)> {
    let config = Config::load(config).map_err(|e| (EXIT_USAGE, e.to_string()))?;
    match (config.store.engine, config.store.path) {
        (Engine::Journal, Some(path)) => Ok((path, config.keys.file)),
        _ => Err((EXIT_USAGE, BackupError::Memory.to_string())),
    }
}

fn on_a_runtime<T>(work: impl Future<Output = Result<T, BackupError>>) -> Result<T, (u8, String)> {
    let runtime = tokio::runtime::Runtime::new().map_err(|e| (1, e.to_string()))?;
    runtime.block_on(work).map_err(|e| (1, with_causes(&e)))
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

async fn serve(config: Config, path: &Path) -> Result<(), (u8, String)> {
    use tokio::signal::unix::{SignalKind, signal};
    // Before anything takes time: without a handler a hang-up ends the process.
    let mut hang_up = signal(SignalKind::hangup()).map_err(|e| (1, e.to_string()))?;
    let mut daemon = Daemon::start(config).await.map_err(|e| (1, e.to_string()))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| (1, e.to_string()))?;
    tracing::info!(grpc = %daemon.grpc_addr(), http = %daemon.http_addr(), "provisiond is ready");
    let stopped = async {
        tokio::select! {
            _ = terminate.recv() => None,
            interrupted = tokio::signal::ctrl_c() => interrupted.err().map(|e| e.to_string()),
        }
    };
    tokio::pin!(stopped);
    let failed = loop {
        tokio::select! {
            ended = &mut stopped => break ended,
            failure = daemon.failed() => break Some(failure),
            _ = hang_up.recv() => {}
        }
        // Sealing anew waits for exchanges that are under way; a stop does not wait for them.
        tokio::select! {
            ended = &mut stopped => break ended,
            () = reload(&daemon, path) => {}
        }
    };
    tracing::info!("provisiond is stopping");
    daemon.stop().await;
    tracing::info!("provisiond has stopped");
    match failed {
        None => Ok(()),
        Some(failure) => Err((1, failure)),
    }
}

/// What is wrong with the new files is logged, and the old ones stay in force.
async fn reload(daemon: &Daemon, path: &Path) {
    let taken = match Config::load(path) {
        Ok(config) => daemon.reload(&config).await,
        Err(error) => Err(error.to_string()),
    };
    match taken {
        Ok(()) => tracing::info!("key file and client secrets were read again"),
        Err(what) => tracing::error!(what, "key file and client secrets stay as they were"),
    }
}
