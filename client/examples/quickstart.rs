//! From nothing to "Salesforce Sandbox protected.", on this machine alone.
//!
//! Starts a simulated Salesforce org and the daemon in this process, on loopback, and walks the whole way through the
//! public gRPC API, as the people do whose work it is: the vendor's platform administrator, the customer's Global
//! administrator, and the org's administrator with a browser.
//!
//! ```text
//! cargo run --release --example quickstart -- [--once] [--environment production] [--objects 500]
//! ```

#[path = "quickstart/browser.rs"]
mod browser;
#[path = "quickstart/failure.rs"]
mod failure;
#[path = "quickstart/html.rs"]
mod html;
#[path = "quickstart/look_around.rs"]
mod look_around;
#[path = "quickstart/progress.rs"]
mod progress;
#[path = "quickstart/story.rs"]
mod story;
#[path = "quickstart/walk.rs"]
mod walk;
#[path = "quickstart/world.rs"]
mod world;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};

use failure::Failure;
use story::Story;
use world::World;

/// Provisions a simulated Salesforce org from nothing, then stays up to be looked at.
#[derive(Debug, Parser)]
#[command(name = "quickstart")]
struct Args {
    /// End after the notification instead of staying up.
    #[arg(long)]
    once: bool,
    /// The kind of org.
    #[arg(long, value_enum, default_value_t = Environment::Sandbox)]
    environment: Environment,
    /// Objects in the org.
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    objects: u32,
}

/// The kind of org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    Sandbox,
    Production,
}

impl Environment {
    /// As the API has it.
    fn id(self) -> &'static str {
        match self {
            Environment::Sandbox => "sandbox",
            Environment::Production => "production",
        }
    }

    /// For people.
    fn display_name(self) -> &'static str {
        match self {
            Environment::Sandbox => "Sandbox",
            Environment::Production => "Production",
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let story = Story::new();
    let mut world = None;
    let mut arrived = false;
    let end = tokio::select! {
        end = tell(&args, &story, &mut world, &mut arrived) => end.map(|()| ExitCode::SUCCESS),
        _ = tokio::signal::ctrl_c() => {
            story.closing("Stopping.");
            // Interrupted on the way is not the same as done looking around.
            Ok(if arrived { ExitCode::SUCCESS } else { ExitCode::from(130) })
        }
    };
    if let Some(world) = world {
        world.stop().await;
    }
    end.unwrap_or_else(|failure| {
        story.failure(&failure);
        ExitCode::FAILURE
    })
}

/// The whole way; what was started is left in `world`, to be stopped whatever the end is.
async fn tell(
    args: &Args,
    story: &Story,
    world: &mut Option<World>,
    arrived: &mut bool,
) -> Result<(), Failure> {
    let begun = Instant::now();
    story.title(
        &format!("From nothing to \"Salesforce {} protected.\"", args.environment.display_name()),
        "Everything runs in this process, on loopback. No real org is touched.",
    );
    let world = world.insert(world::start(args, story).await?);
    walk::whole_way(args, story, world).await?;
    *arrived = true;
    story.closing(&format!("The whole way took {:.1} s.", begun.elapsed().as_secs_f32()));
    if !args.once {
        look_around::print(story, world);
        std::future::pending::<()>().await;
    }
    Ok(())
}
