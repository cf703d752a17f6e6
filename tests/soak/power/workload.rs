//! The real daemon at work under the recorder: tenants, licences, roles, an account provisioned from nothing, and
//! deprovisioned with an export of quarantined content; in several lives, since recovery writes too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use provision_client::Client;
use provision_client::api::v1::{DeprovisionServiceAccountRequest, QuarantineDisposition};
use provision_tests::rest::Rest;
use provision_tests::setup::Setup;
use provision_tests::world::{PLATFORM, World};
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::Method;
use salesforce_simulator::Config;
use serde_json::json;

use super::compile;
use crate::caller::ACCOUNT;

/// Tenants made in each life.
const TENANTS: usize = 60;
const LIVES: usize = 4;
/// Bytes of content that is exported.
const CONTENT_BYTES: usize = 300_000;

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
    let mut leaving = String::new();
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
        let client = world.client("admin@acme.example").await;
        match life {
            0 => {
                world.prepare().await;
                let account = world.until_read(&client).await;
                world.protect(&client, &account).await;
            }
            1 => {
                quarantine(&world).await?;
                leaving = deprovision(&client).await?;
                // Somewhere in the middle of it.
                tokio::time::sleep(Duration::from_millis(random.random_range(0..1_500))).await;
            }
            2 => drop(world.done(&client, &leaving).await),
            _ => {}
        }
        if life + 1 < LIVES {
            world.kill().await;
            world.restart().await;
        }
    }
    world.terminate().await;
    Ok(Recorded { notes, acknowledged, world })
}

/// Puts content into quarantine, as the service does.
async fn quarantine(world: &World) -> Result<(), String> {
    let rest = Rest::of(&world.org);
    let content: Vec<u8> = (0..CONTENT_BYTES).map(|number| (number * 7 % 251) as u8).collect();
    let file = rest.upload("lamp.bin", &content).await;
    let ask = json!({"actionId": "action-1", "sourceId": file, "reason": "found", "purge": false});
    let (status, said) = rest.call(Method::POST, "/services/apexrest/cas/v1/quarantine", Some(ask)).await;
    if status == 200 { Ok(()) } else { Err(format!("content is not taken: {status} {said}")) }
}

async fn deprovision(client: &Client) -> Result<String, String> {
    let request = DeprovisionServiceAccountRequest {
        name: ACCOUNT.to_owned(),
        quarantine_disposition: QuarantineDisposition::Export.into(),
        ..Default::default()
    };
    let begun = client.accounts().deprovision(request).await.map_err(|error| error.to_string())?;
    Ok(begun.name)
}

fn size(notes: &Path) -> Result<u64, String> {
    std::fs::metadata(notes).map(|metadata| metadata.len()).map_err(|error| error.to_string())
}
