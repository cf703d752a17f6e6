//! Every way in: OAuth, JWT, SOAP login, by the clients that people use.

use std::path::{Path, PathBuf};

use provision_tests::peer::{self, Peer};
use provision_tests::sf::Desk;
use provision_tests::tools;
use salesforce_simulator::org::{AppAccess, Logins};
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

/// An app that signs assertions: its private key, and the organisation's settings with its public one.
pub(crate) async fn signing_app(folder: &Path) -> (PathBuf, Config) {
    let (key, public) = (folder.join("key.pem"), folder.join("public.pem"));
    let node = Peer::node(tools::jsforce().await).await.expect("node, which was there before");
    // It needs no organisation.
    let org = peer::org(Config::default(), None).await;
    node.run("rsa_key.mjs", org.ready(), json!({"key": key, "public": public})).await;
    let app = AppAccess { certificates: vec![public], preauthorized: vec!["*".to_owned()], run_as: None };
    let logins = Logins { app, ..Logins::default() };
    (key, Config { logins, ..Config::default() })
}

async fn jsforce(test: &str, tls: bool) -> Option<(Value, Simulator)> {
    let peer = tools::or_skip(test, Peer::node(tools::jsforce().await).await)?;
    let folder = tls.then(|| peer.home().join("tls"));
    let org = peer::org(Config::default(), folder.as_deref()).await;
    let seen = peer.run("jsforce_logins.mjs", org.ready(), peer::nothing()).await;
    Some((seen, org))
}

#[tokio::test]
async fn jsforce_logs_in_every_way() {
    if let Some((seen, org)) = jsforce("jsforce_logs_in_every_way", false).await {
        logged_in(&seen, &org);
    }
}

#[tokio::test]
async fn jsforce_logs_in_every_way_over_tls() {
    if let Some((seen, org)) = jsforce("jsforce_logs_in_every_way_over_tls", true).await {
        logged_in(&seen, &org);
    }
}

fn logged_in(seen: &Value, org: &Simulator) {
    let ready = org.ready();
    let who = json!({"id": org.org().admin, "organizationId": ready.org_id});
    assert_eq!((&seen["state"], &seen["authorize"]), (&json!("here"), &who));
    assert_eq!(seen["identity"]["username"], json!(ready.admin.username));
    assert!(seen["identity"]["urls"].as_u64().is_some_and(|urls| urls >= 16), "{}", seen["identity"]);
    assert_eq!(seen["userinfo"], json!(ready.admin.username));
    assert_eq!((&seen["after"], &seen["refreshed"]), (&json!(1), &json!(1)));
    assert_eq!(seen["spent"]["message"], "expired access/refresh token");
    let stuck = seen["no_verifier"].as_str().expect("a redirect");
    assert!(stuck.contains("missing+required+code+challenge"), "{stuck}");
    assert_eq!(seen["password"], json!({"id": org.org().admin, "organizations": 1}));
    assert_eq!(seen["wrong_oauth"]["message"], "authentication failure");
    assert_eq!(seen["own"], json!(org.org().admin));
    for ended in ["logged_out", "revoked", "soap_out"] {
        assert_eq!(seen[ended]["code"], "INVALID_SESSION_ID", "{ended}: {}", seen[ended]);
    }
    let soap = json!({"id": org.org().admin, "organizationId": ready.org_id, "instance": ready.base_url});
    assert_eq!((&seen["soap"], &seen["soap_query"]), (&soap, &json!(1)));
    assert_eq!(seen["user"], json!(ready.admin.username));
    let late = seen["late_soap"]["message"].as_str().expect("words");
    assert!(late.contains("UNSUPPORTED_API_VERSION"), "{late}");
    let wrong = seen["wrong_soap"]["message"].as_str().expect("words");
    assert!(wrong.contains("Invalid username, password, security token; or user locked out."), "{wrong}");
}

fn good(answer: &Value) -> &Value {
    assert_eq!(answer["status"], 0, "{answer:#}");
    &answer["result"]
}

#[tokio::test]
async fn the_cli_logs_in_by_jwt_and_looks_after_its_users() {
    let test = "the_cli_logs_in_by_jwt_and_looks_after_its_users";
    let folder = tempfile::tempdir().expect("a folder");
    if tools::or_skip(test, tools::sf(folder.path()).await).is_none()
        || tools::or_skip(test, tools::jsforce().await).is_none()
    {
        return;
    }
    let (key, config) = signing_app(folder.path()).await;
    let org = peer::org(config, None).await;
    let ready = org.ready();
    let desk = Desk::new(&ready.org_id, &["Account"]);
    let key = key.to_str().expect("UTF-8");
    let login = async |user: &str| {
        let arguments = [
            "org",
            "login",
            "jwt",
            "--username",
            user,
            "--jwt-key-file",
            key,
            "--client-id",
            &ready.client_id,
            "--instance-url",
            &ready.base_url,
            "--alias",
            "mine",
        ];
        desk.sf(&arguments).await
    };
    let refused = login("nobody@nowhere.example").await;
    assert!(
        refused["message"].as_str().is_some_and(|words| words.contains("hasn't approved")),
        "{refused:#}"
    );
    let answer = login(&ready.admin.username).await;
    assert_eq!(good(&answer)["orgId"], json!(ready.org_id));
    let answer = desk.sf(&["org", "display", "--target-org", "mine"]).await;
    assert_eq!(good(&answer)["connectedStatus"], "Connected");
    let answer = desk.sf(&["org", "list", "users", "--target-org", "mine"]).await;
    // The CLI lists those that it has a login of.
    assert!(good(&answer).as_array().is_some_and(|users| users.len() == 1), "{answer:#}");
    let answer = desk.sf(&["org", "display", "user", "--target-org", "mine"]).await;
    assert_eq!(good(&answer)["profileName"], "System Administrator");
    let answer = desk
        .sf(&["org", "open", "--url-only", "--target-org", "mine", "--path", "lightning/setup/Users/home"])
        .await;
    let link = good(&answer)["url"].as_str().expect("a link");
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("builds");
    let opened = http.get(link).send().await.expect("answers");
    assert_eq!(opened.headers()["location"], "/lightning/setup/Users/home");
    let answer = desk.sf(&["org", "logout", "--target-org", "mine", "--no-prompt"]).await;
    good(&answer);
}

#[tokio::test]
async fn the_cli_logs_in_by_the_url_of_a_refresh_token_over_tls() {
    let test = "the_cli_logs_in_by_the_url_of_a_refresh_token_over_tls";
    let folder = tempfile::tempdir().expect("a folder");
    let Some(peer) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    if tools::or_skip(test, tools::sf(folder.path()).await).is_none() {
        return;
    }
    let org = peer::org(Config::default(), Some(folder.path())).await;
    let ready = org.ready();
    let tokens = peer.run("jsforce_refresh_token.mjs", ready, peer::nothing()).await;
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    let desk = Desk::new(&ready.org_id, &["Account"]).trusting(ready.ca_file.as_deref());
    let host = ready.base_url.trim_start_matches("https://");
    let url = format!("force://{}:{}:{refresh}@{host}", ready.client_id, ready.client_secret);
    let file = desk.folder().join("url.txt");
    std::fs::write(&file, url).expect("written");
    let file = file.to_str().expect("UTF-8");
    let answer = desk.sf(&["org", "login", "sfdx-url", "--sfdx-url-file", file, "--alias", "mine"]).await;
    assert_eq!(good(&answer)["username"], json!(ready.admin.username));
    let answer = desk.sf(&["org", "list", "limits", "--target-org", "mine"]).await;
    assert!(good(&answer).as_array().is_some_and(|limits| limits.len() > 5), "{answer:#}");
}
