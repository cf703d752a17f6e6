//! A poll: what has happened since the last one, or waiting until something does.

use std::time::Duration;

use futures::FutureExt;
use futures::future::select_all;
use serde_json::Value;
use tokio::sync::watch;

use super::clients::Client;
use super::payload;
use crate::events::{Delivery, ReplayId};
use crate::ledger::Kind;
use crate::surface::Site;

/// Events in one answer; more come with the next poll.
const EVENTS_MAX: usize = 500;

/// The events that a poll answers with, oldest first; none when it waited in vain, when another poll took its place or
/// when the client or the server leaves. Refused when the org's allocation of the day is used up.
pub(super) async fn wait(site: &Site, client: &Client, limit: Duration) -> Result<Vec<Value>, &'static str> {
    let (turn, first) = client.begin_poll();
    let limit = if first { Duration::ZERO } else { limit };
    let found = until_found(site, client, turn, limit).await;
    client.end_poll(turn, site.org.now_ms());
    found
}

async fn until_found(
    site: &Site,
    client: &Client,
    turn: u64,
    limit: Duration,
) -> Result<Vec<Value>, &'static str> {
    let org = &site.org;
    let (mut turns, mut subscribed) = (client.turns(), client.subscribed());
    let mut over = org.clock.sleep(limit);
    loop {
        if *turns.borrow_and_update() != turn || client.is_gone() {
            return Ok(Vec::new());
        }
        subscribed.borrow_and_update();
        // Watched from before the look: what happens in between is not missed.
        let mut moved: Vec<watch::Receiver<ReplayId>> =
            client.positions().keys().map(|channel| org.bus.moved(channel)).collect();
        moved.iter_mut().for_each(|channel| drop(channel.borrow_and_update()));
        let events = take(site, client)?;
        if !events.is_empty() || limit.is_zero() || site.stop.is_cancelled() {
            return Ok(events);
        }
        let any = async {
            if moved.is_empty() {
                std::future::pending::<()>().await;
            }
            // The bus lives as long as the org, so none of them fails.
            drop(select_all(moved.iter_mut().map(|channel| channel.changed().boxed())).await);
        };
        tokio::select! {
            () = any => {}
            // Their senders live as long as the client.
            _ = turns.changed() => {}
            _ = subscribed.changed() => {}
            () = &mut over => return Ok(Vec::new()),
            () = site.stop.cancelled() => return Ok(Vec::new()),
        }
    }
}

/// Reads on in all channels.
fn take(site: &Site, client: &Client) -> Result<Vec<Value>, &'static str> {
    let org = &site.org;
    let mut found: Vec<(Delivery, String)> = Vec::new();
    for (channel, position) in client.positions() {
        let room = EVENTS_MAX - found.len();
        if room == 0 {
            break;
        }
        let events = match payload::is_of_bus(&channel) {
            true => org.bus.deliver(&channel, position, room),
            false => Some(org.bus.read(&channel, position, room)),
        };
        let events = events.ok_or("403::Organization total events daily limit exceeded")?;
        if let Some(last) = events.last() {
            client.read_to(&channel, last.replay_id);
        }
        for event in events {
            let detail = [("event", event.event.id.as_str())];
            org.note(Kind::EventDelivered, Some(client.user), &channel, &detail);
            found.push((event, channel.clone()));
        }
    }
    found.sort_by_key(|(event, _)| event.replay_id);
    Ok(found.iter().filter_map(|(event, channel)| payload::message(org, channel, event)).collect())
}
