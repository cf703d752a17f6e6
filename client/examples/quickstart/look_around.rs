//! What to try while everything stays up. Every line works as it is when pasted.

use crate::story::Story;
use crate::walk::ACCOUNT;
use crate::world::{GLOBAL_ADMINISTRATOR, PLATFORM_ADMINISTRATOR, World};

pub fn print(story: &Story, world: &World) {
    let (grpc, token) = (world.grpc(), &world.admin_token);
    story.closing(
        "Everything stays up until Ctrl-C. To look around, paste any of these into another terminal.",
    );

    story.closing(&format!("provisionctl, as {GLOBAL_ADMINISTRATOR}:"));
    let options = format!("--server http://{grpc} --tenant acme --token {token}");
    for command in [
        &format!("accounts get {ACCOUNT}"),
        &format!("check {ACCOUNT}"),
        &format!("explain {ACCOUNT}"),
        &format!("inventory objects {ACCOUNT} --filter 'accepts_triggers = true'"),
        &format!("components list {ACCOUNT}"),
        "operations list",
        "notifications --follow --from oldest",
        "accounts watch",
        "admin audit",
    ] {
        story.command(&format!(
            "cargo run -q --release -p provision-client --bin provisionctl -- {command} {options}"
        ));
    }

    story.closing("grpcurl, as the same:");
    let grpcurl = format!("grpcurl -plaintext -H 'authorization: Bearer {token}'");
    let name = format!("tenants/acme/serviceAccounts/{ACCOUNT}");
    story.command(&format!("{grpcurl} {grpc} list"));
    story.command(&format!("{grpcurl} {grpc} describe provisioning.v1.ProvisioningService"));
    story.command(&format!(
        "{grpcurl} -d '{{\"name\":\"{name}\"}}' {grpc} provisioning.v1.ProvisioningService/GetServiceAccount"
    ));
    story.command(&format!(
        "{grpcurl} -d '{{\"name\":\"tenants/acme/operations\"}}' {grpc} google.longrunning.Operations/ListOperations"
    ));
    story.command(&format!(
        "{grpcurl} -d '{{\"parent\":\"tenants/acme\",\"start\":\"STREAM_START_OLDEST\"}}' {grpc} provisioning.v1.NotificationService/StreamNotifications"
    ));

    let ready = world.org.ready();
    story.closing("Who is who:");
    story.fact("platform", &format!("{PLATFORM_ADMINISTRATOR}, token {}", world.platform_token));
    story.fact("customer", &format!("{GLOBAL_ADMINISTRATOR}, token {token}"));
    story.fact("org admin", &format!("{} / {}", ready.admin.username, ready.admin.password));
    story.fact(
        "org user",
        &format!("{} / {} (may not authorise the app)", ready.user.username, ready.user.password),
    );
    story.closing(&format!(
        "To see the org's login and Allow pages in a browser, begin an authorisation and open the page it prints:\n  \
         cargo run -q --release -p provision-client --bin provisionctl -- authorize {ACCOUNT} {options}"
    ));
    story.closing("Ctrl-C stops the daemon and the org, and removes the directory.");
}
