//! Starting and stopping, plain and TLS, library and binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use salesforce_simulator::{Config, Ready, Simulator};
use serde_json::Value;

use crate::client::World;

#[tokio::test]
async fn with_a_directory_for_it_everything_is_tls_under_a_local_ca() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::with(Config { tls_dir: Some(dir.path().to_owned()), ..Config::default() }).await;
    let ready = world.ready();
    assert!(ready.base_url.starts_with("https://") && ready.pubsub_url.starts_with("https://"));
    let pem = std::fs::read(ready.ca_file.as_ref().expect("a CA")).expect("reads");
    let ca = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().expect("builds");
    let url = world.url("/.well-known/openid-configuration");
    let answer: Value = http.get(&url).send().await.expect("answers").json().await.expect("json");
    assert_eq!(answer["issuer"], Value::from(ready.base_url.clone()));
    world.http.get(&url).send().await.expect_err("a stranger's CA is not trusted");
}

#[tokio::test]
async fn stopping_frees_the_ports_even_with_connections_open() {
    let world = World::new().await;
    world.admin().get("/limits").await;
    let (http, url) = (world.http.clone(), world.url("/services/data"));
    let address = url::Url::parse(&url).expect("parses").socket_addrs(|| None).expect("an address")[0];
    let started = Instant::now();
    world.simulator.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    http.get(&url).send().await.expect_err("nobody listens");
    let again =
        Simulator::start(Config { http: address, ..Config::default() }).await.expect("the port is free");
    again.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let world = World::new().await;
    let address =
        url::Url::parse(&world.ready().base_url).expect("parses").socket_addrs(|| None).expect("an address")
            [0];
    let error = Simulator::start(Config { http: address, ..Config::default() }).await.expect_err("taken");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[test]
fn the_binary_prints_one_line_and_ends_on_sigterm() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
        .args(["--environment", "production", "--objects", "60", "--seed", "7", "--latency", "1ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let line = lines.next().expect("a line").expect("text");
    let keys: Vec<String> = serde_json::from_str::<serde_json::Map<String, Value>>(&line)
        .expect("json")
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(
        keys,
        [
            "base_url",
            "pubsub_url",
            "org_id",
            "client_id",
            "client_secret",
            "admin",
            "user",
            "security_token",
            "access_token",
            "ca_file"
        ]
    );
    let ready: Ready = serde_json::from_str(&line).expect("is what the library reads");
    assert!(ready.base_url.starts_with("http://127.0.0.1:") && ready.ca_file.is_none());
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    assert!(killed.success());
    assert!(child.wait().expect("ends").success());
    assert!(lines.next().is_none(), "nothing else is printed");
}

#[test]
fn a_fault_is_met_or_named() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (met, rule) in [(true, "versions=unavailable"), (false, "revoke=answer-lost")] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
            .args(["--objects", "30", "--fault", rule])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready: Ready =
            serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("what it says");
        let url = format!("{}/services/data", ready.base_url);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let status = runtime.block_on(async { reqwest::get(&url).await.expect("answers").status() });
        assert_eq!(status.is_success(), !met, "{rule}");
        let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
        assert!(killed.success());
        let output = child.wait_with_output().expect("ends");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), met, "{log}");
        assert_eq!(log.contains("Revoke"), !met, "{log}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
        .args(["--fault", "query=explodes"])
        .output()
        .expect("runs");
    assert!(String::from_utf8_lossy(&output.stderr).contains("explodes"));
}

#[test]
fn the_help_names_every_flag_by_group() {
    let output = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .expect("runs");
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn flags_that_do_not_fit_are_named() {
    for (flags, named) in [
        (["--without-permission", "Fly"], "--without-permission"),
        (["--refresh-token-policy", "never"], "--refresh-token-policy"),
        (["--refuse-trigger", "="], "--refuse-trigger"),
        (["--storage-used", "101"], "--storage-used"),
        (["--package", "04t5f000000AbCdAAK"], "--package-source"),
        (["--package", "/nowhere/package.json"], "/nowhere/package.json"),
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_salesforce-simulator")).args(flags).output().expect("runs");
        assert!(!output.status.success(), "{flags:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(named), "{flags:?}: {text}");
    }
}

#[test]
fn the_binary_refuses_nonsense() {
    let output = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
        .args(["--latency", "soon"])
        .output()
        .expect("runs");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--latency"));
}
