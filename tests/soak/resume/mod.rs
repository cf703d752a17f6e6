//! Notification clients that are cut at random events, while the daemon ends and comes back: each sees all, once, in
//! order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_client::api::v1::StreamStart;
use provision_client::{Client, ListOptions};
use provision_tests::person::Person;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use salesforce_simulator::Config;
use tokio::sync::watch;

use crate::caller::{TENANT, told};
use crate::trial::{Trial, in_worlds};
use crate::{Common, Misfortune, Report};

/// Clients at once.
const CLIENTS: usize = 4;
/// Things that people are told of in one run.
const EVENTS: usize = 14;
/// How long the last client may take to see all.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Resume;

#[async_trait]
impl Misfortune for Resume {
    async fn soak(&self, common: &Common, report: &mut Report) -> Result<(), String> {
        in_worlds(Arc::new(Cuts), common, report).await
    }
}

struct Cuts;

#[async_trait]
impl Trial for Cuts {
    fn setup(&self, _random: &mut StdRng) -> Setup {
        Setup { org: Config { objects: 30, ..Config::default() }, log: "info", ..Setup::default() }
    }

    async fn run(&self, world: &mut World, random: &mut StdRng) -> Result<(), String> {
        world.prepare().await;
        let (last, ends) = watch::channel(None);
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let client = world.client("admin@acme.example").await;
            let own = StdRng::seed_from_u64(random.random());
            clients.push(tokio::spawn(seen(client, own, ends.clone())));
        }
        let account = {
            let client = world.client("admin@acme.example").await;
            world.create(&client).await.name
        };
        for _ in 0..EVENTS {
            let client = world.client("admin@acme.example").await;
            let begun = client.accounts().begin_authorization(&account, "", "").await.map_err(told)?;
            // Each time that it is authorised, its people are told.
            drop(Person::admin(&world.org).allow(&begun.authorization_url).await);
            if random.random_bool(0.25) {
                if random.random_bool(0.5) {
                    world.kill().await;
                } else {
                    world.terminate().await;
                }
                world.restart().await;
            }
        }
        let client = world.client("admin@acme.example").await;
        let options = ListOptions { limit: 1_000, ..ListOptions::default() };
        let mut all: Vec<u64> = client
            .notifications()
            .list(TENANT, options)
            .await
            .map_err(told)?
            .notifications
            .iter()
            .map(|one| one.sequence.unsigned_abs())
            .collect();
        all.reverse();
        let newest = *all.last().ok_or("nobody was told anything")?;
        if all.len() < EVENTS {
            return Err(format!("{} notifications came of {EVENTS} events", all.len()));
        }
        last.send_replace(Some(newest));
        for (number, client) in clients.into_iter().enumerate() {
            let seen = tokio::time::timeout(PATIENCE, client).await;
            let seen = seen.map_err(|_| format!("client {number} does not see all in time"))?;
            let seen = seen.map_err(|error| error.to_string())??;
            if seen != all {
                return Err(format!("client {number} saw {seen:?}, and there was {all:?}"));
            }
        }
        Ok(())
    }
}

/// Follows the notifications from the oldest, cut after every few, until it has seen the last.
async fn seen(
    client: Client,
    mut random: StdRng,
    mut last: watch::Receiver<Option<u64>>,
) -> Result<Vec<u64>, String> {
    let mut seen: Vec<u64> = Vec::new();
    let mut token: Option<String> = None;
    // What had been seen when the token was handed out: what came behind it comes again.
    let mut certain = 0;
    loop {
        let notifications = client.notifications();
        let opened = match &token {
            None => notifications.follow(TENANT, "", StreamStart::Oldest).await,
            Some(token) => notifications.resume(TENANT, "", token).await,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) if error.is_unavailable() => continue,
            Err(error) => return Err(told(error)),
        };
        seen.truncate(certain);
        let cut_after = random.random_range(1..=5);
        for _ in 0..cut_after {
            let next = tokio::select! {
                next = stream.next() => Some(next),
                () = reached(&mut last, seen.last().copied()) => None,
            };
            match next {
                None => return Ok(seen),
                Some(Ok(item)) => {
                    if item.missed_before {
                        return Err(format!("something was missed before {}", item.notification.sequence));
                    }
                    seen.push(item.notification.sequence.unsigned_abs());
                    if let Some(handed) = stream.resume_token() {
                        (token, certain) = (Some(handed.to_owned()), seen.len());
                    }
                }
                Some(Err(error)) if error.is_unavailable() => break,
                Some(Err(error)) => return Err(told(error)),
            }
        }
    }
}

/// Returns when nothing more comes after what was seen.
async fn reached(last: &mut watch::Receiver<Option<u64>>, seen: Option<u64>) {
    let done = last.wait_for(|last| last.is_some() && *last == seen).await.is_ok();
    if !done {
        std::future::pending::<()>().await;
    }
}
