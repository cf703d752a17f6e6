//! The contract of WatchServiceAccounts, as far as it differs from that of StreamNotifications.

use provision_api::v1;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_api::v1::service_account_event::Change;
use provision_api::v1::watch_service_accounts_response::Message;
use provision_core::AccountName;
use provision_core::account::{Phase, ServiceAccount};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::fakes::{World, account, by, fields, reason};

/// An open watch, read message by message.
struct Watch(Streaming<v1::WatchServiceAccountsResponse>);

fn from(start: v1::StreamStart) -> v1::WatchServiceAccountsRequest {
    v1::WatchServiceAccountsRequest {
        parent: "tenants/acme".to_owned(),
        start: start as i32,
        ..Default::default()
    }
}

fn resume(token: &str) -> v1::WatchServiceAccountsRequest {
    v1::WatchServiceAccountsRequest { resume_token: token.to_owned(), ..from(v1::StreamStart::Unspecified) }
}

fn named(id: &str) -> AccountName {
    format!("tenants/acme/serviceAccounts/{id}").parse().expect("valid")
}

fn of(id: &str, phase: Phase) -> ServiceAccount {
    ServiceAccount { phase, ..account(&named(id)) }
}

impl Watch {
    async fn open(world: &World, request: v1::WatchServiceAccountsRequest) -> Result<Self, Status> {
        let mut client = ProvisioningServiceClient::new(world.channel());
        Ok(Watch(client.watch_service_accounts(by("viewer", request)).await?.into_inner()))
    }

    async fn next(&mut self) -> Message {
        self.0.message().await.expect("no error").expect("not at its end").message.expect("set")
    }

    /// The next message that is no heartbeat.
    async fn news(&mut self) -> Message {
        loop {
            match self.next().await {
                Message::Heartbeat(_) => {}
                other => return other,
            }
        }
    }

    async fn opened(&mut self) -> v1::StreamOpened {
        match self.next().await {
            Message::Opened(opened) => opened,
            other => panic!("not OPENED: {other:?}"),
        }
    }

    async fn event(&mut self) -> v1::ServiceAccountEvent {
        match self.news().await {
            Message::Event(event) => event,
            other => panic!("not EVENT: {other:?}"),
        }
    }

    /// The names of a snapshot, and the token behind it.
    async fn snapshot(&mut self) -> (Vec<String>, String) {
        let mut names = Vec::new();
        loop {
            match self.news().await {
                Message::SnapshotItem(item) => names.push(item.name),
                Message::SnapshotEnd(end) => return (names, end.resume_token),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// The event in one line: `+` or `-`, and the account's id.
fn told(event: &v1::ServiceAccountEvent) -> String {
    let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    match event.change.as_ref().expect("set") {
        Change::Upsert(account) => format!("+{}", id(&account.name)),
        Change::Removed(name) => format!("-{}", id(name)),
    }
}

#[tokio::test]
async fn changes_and_deletions_come_from_now_on() {
    let world = World::start().await;
    world.watch.put(&[of("old1", Phase::Draft)]);
    let mut watch = Watch::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    world.watch.put(&[account(&"tenants/other/serviceAccounts/main".parse().expect("valid"))]);
    world.watch.put(&[of("new1", Phase::Draft)]);
    world.watch.delete(&named("old1"));
    watch.opened().await;
    let first = watch.event().await;
    assert_eq!((told(&first).as_str(), first.sequence, first.previous_sequence), ("+new1", 3, 0));
    assert_eq!(first.event_id, "tenants/acme/serviceAccounts/new1@3");
    let second = watch.event().await;
    assert_eq!((told(&second).as_str(), second.sequence, second.previous_sequence), ("-old1", 4, 3));

    let mut again = Watch::open(&world, resume(&first.resume_token)).await.expect("open");
    again.opened().await;
    assert_eq!(again.event().await, v1::ServiceAccountEvent { ..second });
}

#[tokio::test]
async fn a_snapshot_is_followed_by_events_without_a_hole() {
    let world = World::start().await;
    world.watch.put(&[of("one1", Phase::Draft), of("two2", Phase::Draft)]);
    for start in [v1::StreamStart::Snapshot, v1::StreamStart::Oldest] {
        let mut watch = Watch::open(&world, from(start)).await.expect("open");
        watch.opened().await;
        let (names, token) = watch.snapshot().await;
        assert_eq!(names, [named("one1").to_string(), named("two2").to_string()]);
        world.watch.put(&[of("two2", Phase::Ready)]);
        let event = watch.event().await;
        assert_eq!(told(&event), "+two2");
        let mut again = Watch::open(&world, resume(&token)).await.expect("open");
        again.opened().await;
        assert_eq!(again.event().await, event);
    }
}

#[tokio::test]
async fn who_leaves_within_a_snapshot_gets_all_of_it_again() {
    let world = World::start().await;
    world.watch.put(&[of("one1", Phase::Draft)]);
    let mut watch = Watch::open(&world, from(v1::StreamStart::Snapshot)).await.expect("open");
    let oldest = watch.opened().await.oldest_token;
    drop(watch);
    world.watch.compact();
    let mut watch = Watch::open(&world, resume(&oldest)).await.expect("never too old");
    watch.opened().await;
    assert_eq!(watch.snapshot().await.0, [named("one1").to_string()]);
}

#[tokio::test]
async fn an_account_that_leaves_the_filter_is_removed_once() {
    let world = World::start().await;
    world.watch.put(&[of("one1", Phase::Ready), of("two2", Phase::Draft)]);
    let filter = "phase = READY".to_owned();
    let request = v1::WatchServiceAccountsRequest { filter, ..from(v1::StreamStart::Snapshot) };
    let mut watch = Watch::open(&world, request).await.expect("open");
    watch.opened().await;
    assert_eq!(watch.snapshot().await.0, [named("one1").to_string()]);
    world.watch.put(&[of("two2", Phase::Draft)]);
    world.watch.put(&[of("one1", Phase::Provisioning)]);
    world.watch.put(&[of("one1", Phase::Active)]);
    world.watch.delete(&named("two2"));
    world.watch.put(&[of("one1", Phase::Ready)]);
    world.watch.delete(&named("one1"));
    for expected in ["-one1", "+one1", "-one1"] {
        assert_eq!(told(&watch.event().await), expected);
    }
}

#[tokio::test]
async fn a_token_that_is_too_old_or_from_a_future_that_was_undone_leads_to_a_snapshot() {
    let world = World::start().await;
    world.watch.put(&[of("one1", Phase::Draft)]);
    let mut watch = Watch::open(&world, from(v1::StreamStart::Snapshot)).await.expect("open");
    watch.opened().await;
    let (_, old) = watch.snapshot().await;
    drop(watch);
    world.watch.put(&[of("two2", Phase::Draft)]);
    world.watch.compact();
    let empty = World::start().await;
    for world in [&world, &empty] {
        let status = Watch::open(world, resume(&old)).await.map(drop).expect_err("refused");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"));
        let oldest = status.get_details_error_info().expect("there").metadata["oldest_token"].clone();
        let mut watch = Watch::open(world, resume(&oldest)).await.expect("open");
        watch.opened().await;
        watch.snapshot().await;
    }
}

#[tokio::test]
async fn heartbeats_move_on_where_nothing_passes() {
    let world = World::start().await;
    let filter = "environment = nowhere".to_owned();
    let request = v1::WatchServiceAccountsRequest { filter, ..from(v1::StreamStart::Now) };
    let mut watch = Watch::open(&world, request).await.expect("open");
    watch.opened().await;
    let mut heartbeat = async || loop {
        if let Message::Heartbeat(heartbeat) = watch.next().await {
            return heartbeat.resume_token;
        }
    };
    let before = heartbeat().await;
    world.watch.put(&[account(&"tenants/other/serviceAccounts/main".parse().expect("valid"))]);
    while heartbeat().await == before {}
}

#[tokio::test]
async fn bad_arguments_and_foreign_tokens_are_refused_before_the_stream_opens() {
    let world = World::start().await;
    for (request, field) in [
        (v1::WatchServiceAccountsRequest { start: 99, ..from(v1::StreamStart::Now) }, "start"),
        (
            v1::WatchServiceAccountsRequest { filter: "color = red".into(), ..from(v1::StreamStart::Now) },
            "filter",
        ),
        (
            v1::WatchServiceAccountsRequest {
                parent: "tenants/acme/serviceAccounts/main".into(),
                ..from(v1::StreamStart::Now)
            },
            "parent",
        ),
        (resume("garbage"), "resume_token"),
    ] {
        let status = Watch::open(&world, request).await.map(drop).expect_err(field);
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec![field.to_owned()]));
    }
    let mut client = v1::notification_service_client::NotificationServiceClient::new(world.channel());
    let request = v1::StreamNotificationsRequest { parent: "tenants/acme".into(), ..Default::default() };
    let mut stream = client.stream_notifications(by("viewer", request)).await.expect("open").into_inner();
    let first = stream.message().await.expect("no error").expect("a message").message.expect("set");
    let v1::stream_notifications_response::Message::Opened(opened) = first else { panic!("{first:?}") };
    let status = Watch::open(&world, resume(&opened.oldest_token)).await.map(drop).expect_err("of another");
    assert_eq!(reason(&status), "RESUME_TOKEN_INVALID");
}

#[tokio::test]
async fn lost_rights_close_an_idle_watch() {
    let world = World::start().await;
    let mut watch = Watch::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    watch.opened().await;
    world.tenants.unbind("viewer", "acme");
    let Message::Closing(closing) = watch.news().await else { panic!("not closed") };
    assert_eq!(closing.reason(), v1::ClosingReason::PermissionLost);
}
