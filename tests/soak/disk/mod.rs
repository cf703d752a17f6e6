//! A disk that fills up at random moments: reads and streams go on, writes fail with a reason, and go on without a restart
//! once there is room. Then one that flips bits and loses files: it is noticed, named, and never served.

mod damage;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use provision_client::api::v1::StreamStart;
use provision_client::{Client, Error};
use provision_tests::setup::Setup;
use provision_tests::world::{PLATFORM, World};
use rand::Rng as _;
use rand::rngs::StdRng;
use salesforce_simulator::Config;

use crate::caller::{TENANT, told};
use crate::trial::{Trial, in_worlds};
use crate::{Common, Misfortune, Report};

/// How often the disk fills up in one run, at most.
const FILLS_MAX: u32 = 3;
/// Tenants made while all is well, at most.
const TENANTS_MAX: u32 = 12;
/// How long writes may fail after there is room.
const RECOVERY: Duration = Duration::from_secs(20);

pub struct Disk;

#[async_trait]
impl Misfortune for Disk {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let library = crate::power::compile(folder.path(), "full", include_str!("full.c"))?;
        let trial = Fills { library, switch: folder.path().join("full") };
        in_worlds(Arc::new(trial), common, report).await
    }
}

struct Fills {
    library: PathBuf,
    switch: PathBuf,
}

#[async_trait]
impl Trial for Fills {
    fn setup(&self, _random: &mut StdRng) -> Setup {
        // A run that was cut short may have left it.
        let _ = std::fs::remove_file(&self.switch);
        Setup { org: Config { objects: 30, ..Config::default() }, log: "info", ..Setup::default() }
    }

    fn variables(&self, data: &Path) -> Vec<(String, String)> {
        vec![
            ("LD_PRELOAD".to_owned(), self.library.display().to_string()),
            ("FULL_ROOT".to_owned(), data.display().to_string()),
            ("FULL_SWITCH".to_owned(), self.switch.display().to_string()),
        ]
    }

    async fn run(&self, world: &mut World, random: &mut StdRng) -> Result<(), String> {
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        let mut stream = admin
            .notifications()
            .follow(TENANT, "", StreamStart::Oldest)
            .await
            .map_err(|error| format!("no stream: {error}"))?;
        stream.next().await.map_err(told)?;
        let platform = world.client(PLATFORM).await;
        let mut tenants = Tenants::default();
        for fill in 0..random.random_range(1..=FILLS_MAX) {
            for _ in 0..random.random_range(0..=TENANTS_MAX) {
                tenants.made(&platform).await.map_err(|error| format!("there is room: {error}"))?;
            }
            let writer = tenants.writing(&platform, random.random_range(1..6));
            let full = async {
                tokio::time::sleep(Duration::from_micros(random.random_range(0..30_000))).await;
                std::fs::write(&self.switch, "").map_err(|error| error.to_string())
            };
            let (wrote, full) = tokio::join!(writer, full);
            full?;
            wrote?;
            self.while_full(&admin, &platform, &account, &mut tenants).await?;
            std::fs::remove_file(&self.switch).map_err(|error| error.to_string())?;
            tenants.recovers(&platform).await.map_err(|error| format!("fill {fill}: {error}"))?;
        }
        // The stream has lived through it all.
        let begun = admin.accounts().begin_authorization(&account, "", "").await.map_err(told)?;
        drop(provision_tests::person::Person::admin(&world.org).allow(&begun.authorization_url).await);
        tenants.all_there(&platform, "before the restart").await?;
        world.kill().await;
        world.restart().await;
        let platform = world.client(PLATFORM).await;
        tenants.all_there(&platform, "after the restart").await?;
        damage::strikes(world, random, &tenants.acknowledged).await
    }
}

impl Fills {
    /// Reads go on, writes are refused with their reason.
    async fn while_full(
        &self,
        admin: &Client,
        platform: &Client,
        account: &str,
        tenants: &mut Tenants,
    ) -> Result<(), String> {
        match tenants.made(platform).await {
            Err(error) if error.reason() == "STORE_UNAVAILABLE" => {}
            Err(error) => return Err(format!("without room a write is refused as {error}")),
            Ok(()) => return Err("without room a write is acknowledged".to_owned()),
        }
        for _ in 0..3 {
            admin.accounts().get(account).await.map_err(|error| format!("without room, a read: {error}"))?;
            let listed = admin.inventory().object_types(account, Default::default()).await;
            listed.map_err(|error| format!("without room, the inventory: {error}"))?;
        }
        Ok(())
    }
}

/// Tenants that were asked for.
#[derive(Default)]
struct Tenants {
    asked: u32,
    acknowledged: BTreeSet<String>,
}

impl Tenants {
    async fn made(&mut self, platform: &Client) -> Result<(), Error> {
        self.asked += 1;
        let id = format!("t-{}-x", self.asked);
        platform.admin().create_tenant(&id, &id).await?;
        self.acknowledged.insert(id);
        Ok(())
    }

    /// Writes while the disk fills up: each is acknowledged, or refused with the reason.
    async fn writing(&mut self, platform: &Client, times: u32) -> Result<(), String> {
        for _ in 0..times {
            match self.made(platform).await {
                Err(error) if error.reason() != "STORE_UNAVAILABLE" => {
                    return Err(format!("while the disk fills up a write is refused as {error}"));
                }
                // The client has tried again for seconds: there is no room.
                Err(_) => return Ok(()),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn recovers(&mut self, platform: &Client) -> Result<(), String> {
        let since = Instant::now();
        loop {
            match self.made(platform).await {
                Ok(()) => return Ok(()),
                Err(error) if since.elapsed() > RECOVERY => {
                    return Err(format!("there is room, and writes are still refused: {error}"));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn all_there(&self, platform: &Client, when: &str) -> Result<(), String> {
        for id in &self.acknowledged {
            let found = platform.admin().tenant(&format!("tenants/{id}")).await;
            found.map_err(|error| format!("{id} was acknowledged, and {when}: {error}"))?;
        }
        Ok(())
    }
}
