use super::*;

const GOOD: &str = r#"
[server]
grpc = "127.0.0.1:7400"
http = "127.0.0.1:7480"

[store]
engine = "journal"
path = "/tmp/x"

[keys]
file = "/tmp/k"

[[principals]]
name = "platform@vendor.example"
token_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
platform_administrator = true
"#;

fn complain(text: &str) -> String {
    Config::parse(text, Path::new("c.toml")).expect_err(text).to_string()
}

#[test]
fn the_example_file_is_valid() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/provisiond.example.toml"));
    Config::load(path).expect("valid");
}

#[test]
fn a_wrong_key_or_value_is_named_with_its_line() {
    let unknown = complain(&GOOD.replace("path =", "pth ="));
    assert!(unknown.contains("line 8") && unknown.contains("pth"), "{unknown}");
    let value = complain(&GOOD.replace("\"journal\"", "\"journel\""));
    assert!(value.contains("line 7") && value.contains("journel"), "{value}");
    let address = complain(&GOOD.replace("127.0.0.1:7480", "localhost"));
    assert!(address.contains("line 4"), "{address}");
}

#[test]
fn further_clouds_are_off_unless_they_are_named() {
    let section = |line: &str| {
        let text = format!("{GOOD}\n[connectors.salesforce]\n{line}\n");
        let config = Config::parse(&text, Path::new("c.toml")).expect("valid");
        config.connectors.salesforce.expect("a section").further_clouds
    };
    assert_eq!(section(""), []);
    let both = section("further_clouds = [\"government\", \"china\"]");
    assert_eq!(both, [SalesforceCloud::Government, SalesforceCloud::China]);
    let unknown = complain(&format!("{GOOD}\n[connectors.salesforce]\nfurther_clouds = [\"moon\"]\n"));
    assert!(unknown.contains("moon"), "{unknown}");
}

#[test]
fn a_listener_beyond_loopback_needs_tls() {
    let text = GOOD.replace("127.0.0.1:7400", "0.0.0.0:7400");
    let told = complain(&text);
    assert!(told.contains("line 3") && told.contains("needs TLS"), "{told}");
    let with_tls = format!("{text}\n[server.tls]\ncert = \"/tmp/c\"\nkey = \"/tmp/k\"\n");
    Config::parse(&with_tls, Path::new("c.toml")).expect("valid");
}

#[test]
fn a_token_in_the_place_of_its_hash_is_not_repeated() {
    let told = complain(&GOOD.replace(&"0".repeat(64), "planted-secret"));
    assert!(told.contains("hash-token") && !told.contains("planted-secret"), "{told}");
}

#[test]
fn somebody_must_be_able_to_create_tenants() {
    assert!(complain(&GOOD.replace("platform_administrator = true", "")).contains("platform_administrator"));
}

#[test]
fn what_the_daemon_does_by_itself_can_be_set_within_bounds() {
    let text = format!("{GOOD}\n[drift]\ninterval_seconds = 60\n[api_budget]\ninventory_reserve = 40\n");
    let config = Config::parse(&text, Path::new("c.toml")).expect("valid");
    assert_eq!(config.drift.settings().interval, std::time::Duration::from_secs(60));
    assert_eq!(config.api_budget.settings().inventory_reserve, 40);
    let plain = Config::parse(GOOD, Path::new("c.toml")).expect("valid");
    assert_eq!(plain.drift.settings(), provision_reconcile::DriftSettings::default());
    assert_eq!(plain.api_budget.settings(), provision_reconcile::BudgetSettings::default());
    for wrong in ["[drift]\ninterval_seconds = 0", "[api_budget]\ndrift_reserve = 100"] {
        let told = complain(&format!("{GOOD}\n{wrong}\n"));
        assert!(told.contains("line 19"), "{told}");
    }
}
