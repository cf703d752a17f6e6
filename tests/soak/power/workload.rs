//! The real daemon at work under the recorder: tenants, licences, roles, an account provisioned from nothing; in several
//! lives, since recovery writes too.

use std::path::{Path, PathBuf};

use provision_tests::setup::Setup;
use provision_tests::world::{PLATFORM, World};
use rand::Rng;
use rand::rngs::StdRng;
use salesforce_simulator::Config;

use super::compile;

/// Tenants made in each life.
const TENANTS: usize = 60;
const LIVES: usize = 4;

/// What has been recorded.
pub struct Recorded {
    pub notes: PathBuf,
    pub acknowledged: Vec<Acknowledged>,
    /// Ended, with its data.
    pub world: World,
}

/// Something that a caller was told is done.
pub struct Acknowledged {
    /// Bytes of notes by then: a crash with as many notes on the disk's way is a later one.
    pub notes: u64,
    /// Only this write has this text in its key or value.
    pub text: String,
}

/// Compiles the recorder, runs the daemon under it, and ends with a daemon that has stopped well.
pub async fn record(folder: &Path, random: &mut StdRng) -> Result<Recorded, String> {
    let recorder = compile(folder, "recorder", include_str!("recorder.c"))?;
    let notes = folder.join("notes");
    let environment = |root: &Path| {
        vec![
            ("LD_PRELOAD".to_owned(), recorder.display().to_string()),
            ("RECORD_ROOT".to_owned(), root.display().to_string()),
            ("RECORD_FILE".to_owned(), notes.display().to_string()),
        ]
    };
    let setup = Setup { org: Config { objects: 30, ..Config::default() }, log: "info", ..Setup::default() };
    let mut world = World::made_in(setup, &environment).await;
    let mut acknowledged = Vec::new();
    for life in 0..LIVES {
        let platform = world.client(PLATFORM).await.admin();
        for tenant in 0..TENANTS {
            // Display names of many lengths: pages of the store split and join.
            let id = format!("t-{life}-{tenant}-x");
            let padding = "p".repeat(random.random_range(0..60));
            platform
                .create_tenant(&id, &format!("{id} {padding}"))
                .await
                .map_err(|error| error.to_string())?;
            acknowledged.push(Acknowledged { notes: size(&notes)?, text: id });
        }
        if life == 0 {
            world.prepare().await;
            let client = world.client("admin@acme.example").await;
            let account = world.until_read(&client).await;
            world.protect(&client, &account).await;
        }
        if life + 1 < LIVES {
            world.kill().await;
            world.restart().await;
        }
    }
    world.terminate().await;
    Ok(Recorded { notes, acknowledged, world })
}

fn size(notes: &Path) -> Result<u64, String> {
    std::fs::metadata(notes).map(|metadata| metadata.len()).map_err(|error| error.to_string())
}
