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
