//! `salesforce-simulator`: a local Salesforce org for people and scripts.
//!
//! Prints one line of JSON on stdout once it serves ([`salesforce_simulator::Ready`]) and logs on stderr.

mod arguments;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use arguments::{ConditionArguments, LoginArguments, PackageArguments, duration};
use clap::Parser;
use salesforce_simulator::fault::Rule;
use salesforce_simulator::{Config, Environment, Simulator};
use tracing_subscriber::EnvFilter;

/// A local Salesforce org that speaks Salesforce's public wire contracts.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve REST, OAuth and the login pages; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    http: SocketAddr,
    /// Where to serve the Pub/Sub API (gRPC); port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pubsub: SocketAddr,
    /// The kind of org.
    #[arg(long, value_enum, default_value = "sandbox")]
    environment: Environment,
    /// Objects that the administrator sees; beyond the built-in ones they are generated.
    #[arg(long, default_value_t = 200)]
    objects: usize,
    /// A file with the objects of a whole org, one JSON object a line, plain or gzip, instead of --objects.
    #[arg(long, value_name = "FILE", conflicts_with = "objects")]
    schema: Option<PathBuf>,
    /// Profiles and permission sets together; without it, more for a larger org.
    #[arg(long, value_name = "N")]
    profiles: Option<usize>,
    /// Rows of ObjectPermissions in all; without it, each profile has its usual rights on every object.
    #[arg(long, value_name = "N")]
    object_permission_rows: Option<usize>,
    /// Rows of one page of a query, at most, as when rows are wide.
    #[arg(long, value_name = "N")]
    page_rows_max: Option<usize>,
    /// Time added to each HTTP answer, such as 50ms or 1s.
    #[arg(long, default_value = "0ms", value_parser = duration)]
    latency: Duration,
    /// The same seed makes the same org, ids and tokens.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A callback URL of the app, matched exactly; may be repeated. Without any, every loopback URL is taken.
    #[arg(long)]
    callback: Vec<String>,
    /// Serve https and gRPC over TLS, with a CA made in this directory.
    #[arg(long)]
    tls_dir: Option<PathBuf>,
    /// Something goes wrong: OPERATION[:NAME][#WHEN]=FAULT[:DETAIL], such as query:ApexTrigger#2=session-invalid,
    /// token-refresh=answer-lost, deploy-poll=grants-revoked, deploy-start=deploy-locked:3h, limits#3+=slow:20s; may be
    /// repeated. #3 is the third such call (the first, if nothing is said), #3+ every one from the third, #1-3 the first
    /// three. Where a fault was not met, the simulator ends with an error that names it.
    #[arg(long, value_name = "RULE")]
    fault: Vec<Rule>,
    #[command(flatten)]
    logins: LoginArguments,
    #[command(flatten)]
    packages: PackageArguments,
    #[command(flatten)]
    conditions: ConditionArguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            tracing::error!("{text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let stopped = stop_signal()?;
    let simulator = Simulator::start(Config {
        http: arguments.http,
        pubsub: arguments.pubsub,
        environment: arguments.environment,
        objects: arguments.objects,
        schema: arguments.schema,
        profiles: arguments.profiles,
        object_permission_rows: arguments.object_permission_rows,
        page_rows_max: arguments.page_rows_max,
        latency: arguments.latency,
        seed: arguments.seed,
        callbacks: arguments.callback,
        tls_dir: arguments.tls_dir,
        logins: arguments.logins.load()?,
        packages: arguments.packages.load()?,
        package_install_time: arguments.packages.install_time(),
        daily_api_requests: arguments.conditions.daily_api_requests(),
        rotate_refresh_tokens: arguments.conditions.rotates(),
        conditions: arguments.conditions.conditions(),
        ..Config::default()
    })
    .await?;
    for rule in arguments.fault {
        simulator.faults().add(rule);
    }
    let ready = serde_json::to_string(simulator.ready())?;
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    stopped.await;
    let fired = simulator.faults().verify();
    simulator.stop().await;
    Ok(fired?)
}

/// Completes on Ctrl-C or SIGTERM.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
