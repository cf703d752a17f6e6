//! WatchServiceAccounts over the real daemon and store.

use provision_client::api::v1;
use provision_client::api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_client::api::v1::service_account_event::Change;
use provision_client::api::v1::watch_service_accounts_response::Message;
use provision_client::{NewAccount, names};
use provision_tests::world::{World, token_of};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

const VIEWER: &str = "viewer@acme.example";

fn api(world: &World) -> ProvisioningServiceClient<Channel> {
    let url = format!("http://{}", world.daemon.grpc);
    ProvisioningServiceClient::new(Endpoint::from_shared(url).expect("a URL").connect_lazy())
}

fn by<T>(principal: &str, body: T) -> Request<T> {
    let mut request = Request::new(body);
    let value = format!("Bearer {}", token_of(principal)).parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

struct Watch(Streaming<v1::WatchServiceAccountsResponse>);

impl Watch {
    async fn open(world: &World, start: v1::StreamStart, resume_token: &str) -> Result<Watch, Status> {
        let request = v1::WatchServiceAccountsRequest {
            parent: "tenants/acme".into(),
            start: start as i32,
            resume_token: resume_token.to_owned(),
            ..Default::default()
        };
        Ok(Watch(api(world).watch_service_accounts(by(VIEWER, request)).await?.into_inner()))
    }

    /// The next message that is neither OPENED nor a heartbeat.
    async fn news(&mut self) -> Message {
        loop {
            let next = self.0.message().await.expect("no error").expect("not at its end");
            match next.message.expect("set") {
                Message::Opened(_) | Message::Heartbeat(_) => {}
                other => return other,
            }
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

    async fn event(&mut self) -> (Change, String) {
        match self.news().await {
            Message::Event(event) => (event.change.expect("set"), event.resume_token),
            other => panic!("{other:?}"),
        }
    }
}

async fn rename(world: &World, name: &str, display_name: &str) {
    let account = v1::ServiceAccount {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        ..Default::default()
    };
    let request = v1::UpdateServiceAccountRequest { service_account: Some(account), ..Default::default() };
    api(world).update_service_account(by("admin@acme.example", request)).await.expect("renamed");
}

#[tokio::test]
async fn a_watch_sees_every_change_and_survives_the_daemon() {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let main = world.create(&admin).await.name;
    let mut watch = Watch::open(&world, v1::StreamStart::Snapshot, "").await.expect("open");
    let (names, _) = watch.snapshot().await;
    assert_eq!(names, [main.as_str()]);

    let second = NewAccount {
        parent: "tenants/acme".into(),
        id: "second".into(),
        connector: names::connector("salesforce"),
        environment: world.environment_id().into(),
        ..NewAccount::default()
    };
    let second = admin.accounts().create(second).await.expect("created").name;
    let (change, _) = watch.event().await;
    assert!(matches!(change, Change::Upsert(account) if account.name == second));
    rename(&world, &second, "Second").await;
    let (change, token) = watch.event().await;
    assert!(matches!(change, Change::Upsert(account) if account.display_name == "Second"));

    world.kill().await;
    world.restart().await;
    // What was changed while nobody looked is not skipped.
    rename(&world, &main, "Renamed").await;
    let delete = v1::DeleteServiceAccountRequest { name: second.clone(), ..Default::default() };
    api(&world).delete_service_account(by("admin@acme.example", delete)).await.expect("deleted");
    let mut watch = Watch::open(&world, v1::StreamStart::Unspecified, &token).await.expect("open");
    let (change, _) = watch.event().await;
    assert!(matches!(change, Change::Upsert(account) if account.display_name == "Renamed"));
    let (change, known) = watch.event().await;
    assert!(matches!(change, Change::Removed(name) if name == second));
    let mut watch = Watch::open(&world, v1::StreamStart::Unspecified, &known).await.expect("open");
    rename(&world, &main, "Again").await;
    let (change, _) = watch.event().await;
    assert!(matches!(change, Change::Upsert(account) if account.display_name == "Again"));
}
