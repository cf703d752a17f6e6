use super::*;

const STRICT: Hosts = Hosts { allow_loopback: false };
const LOCAL: Hosts = Hosts { allow_loopback: true };

const ORGANISATIONS: &[&str] = &[
    "https://acme.my.salesforce.com",
    "https://acme.my.salesforce.com/",
    "https://ACME.my.salesforce.com",
    "https://acme-corp.my.salesforce.com",
    "https://a1.my.salesforce.com",
    "https://acme--uat.sandbox.my.salesforce.com",
    "https://acme-corp--uat-2.sandbox.my.salesforce.com",
    "https://acme-dev-ed.develop.my.salesforce.com",
    "https://nice-words-4711.scratch.my.salesforce.com",
    "https://acme.demo.my.salesforce.com",
    "https://acme.trailblaze.my.salesforce.com",
    "https://acme.free.my.salesforce.com",
    "https://acme--p1.patch.my.salesforce.com",
];

const HOSTILE: &[&str] = &[
    "",
    " ",
    "acme.my.salesforce.com",
    "//acme.my.salesforce.com",
    "http://acme.my.salesforce.com",
    "ftp://acme.my.salesforce.com",
    "javascript:alert(1)",
    "https:acme.my.salesforce.com",
    "https:/acme.my.salesforce.com",
    "https:///acme.my.salesforce.com",
    "https:\\\\acme.my.salesforce.com",
    " https://acme.my.salesforce.com",
    "https://acme.my.salesforce.com ",
    "https://acme.my.sales\tforce.com",
    "https://acme.my.salesforce.com\n",
    "https://acme.my.salesforce.com\r\nHost: evil.example",
    "https://acme.my.salesforce.com\0",
    "https://acme.my.salesforce.com:443",
    "https://acme.my.salesforce.com:8443",
    "https://acme.my.salesforce.com:0443",
    "https://acme.my.salesforce.com.",
    "https://acme.my.salesforce.com..",
    "https://acme.my.salesforce.com./",
    "https://acme.my.salesforce.com//",
    "https://acme.my.salesforce.com/x",
    "https://acme.my.salesforce.com/../",
    "https://acme.my.salesforce.com?",
    "https://acme.my.salesforce.com?x=1",
    "https://acme.my.salesforce.com#",
    "https://acme.my.salesforce.com#@evil.example",
    "https://acme.my.salesforce.com@evil.example",
    "https://acme.my.salesforce.com:x@evil.example",
    "https://user@acme.my.salesforce.com",
    "https://user:pw@acme.my.salesforce.com",
    "https://@acme.my.salesforce.com",
    "https://:@acme.my.salesforce.com",
    "https://evil.example\\@acme.my.salesforce.com",
    "https://evil.example/acme.my.salesforce.com",
    "https://evil.example?acme.my.salesforce.com",
    "https://evil.example#.my.salesforce.com",
    "https://acme.my.salesforce.com.evil.example",
    "https://acme.my.salesforce.comevil.example",
    "https://evilmy.salesforce.com",
    "https://my.salesforce.com",
    "https://.my.salesforce.com",
    "https://a..my.salesforce.com",
    "https://acme.evil.my.salesforce.com",
    "https://acme.sandbox.sandbox.my.salesforce.com",
    "https://acme.uat.sandbox.my.salesforce.com",
    "https://acme.sandbox.my.salesforce.com",
    "https://acme--uat.my.salesforce.com",
    "https://acme--a--b.sandbox.my.salesforce.com",
    "https://--uat.sandbox.my.salesforce.com",
    "https://acme--.sandbox.my.salesforce.com",
    "https://acme---uat.sandbox.my.salesforce.com",
    "https://-acme.my.salesforce.com",
    "https://acme-.my.salesforce.com",
    "https://ac_me.my.salesforce.com",
    "https://ac%6de.my.salesforce.com",
    "https://acme%2emy.salesforce.com",
    "https://acme.my.salesforce%2ecom",
    "https://xn--acme-xyz.my.salesforce.com",
    "https://ａｃｍｅ.my.salesforce.com",
    "https://acme。my.salesforce.com",
    "https://acme.my.ѕalesforce.com",
    "https://acme\u{ad}.my.salesforce.com",
    "https://salesforce.com",
    "https://na12.salesforce.com",
    "https://acme.lightning.force.com",
    "https://acme.my.site.com",
    "https://acme.my.salesforce.mil.example",
    "https://localhost",
    "http://localhost:8080",
    "http://127.0.0.1:8080",
    "https://127.0.0.1",
    "http://[::1]:8080",
];

#[test]
fn the_hosts_of_organisations_are_accepted_in_their_plain_form() {
    for text in ORGANISATIONS {
        let plain = text.trim_end_matches('/').to_lowercase();
        assert_eq!(STRICT.instance(text).as_ref(), Ok(&plain), "{text}");
        assert_eq!(STRICT.login(text).as_ref(), Ok(&plain), "{text}");
    }
}

#[test]
fn every_hostile_spelling_is_refused() {
    assert!(HOSTILE.len() >= 40);
    for text in HOSTILE {
        assert!(STRICT.instance(text).is_err(), "instance {text:?}");
        assert!(STRICT.login(text).is_err(), "login {text:?}");
        assert!(STRICT.pubsub(text).is_err(), "pubsub {text:?}");
    }
    let long = format!("https://{}.my.salesforce.com", "a".repeat(64));
    assert!(STRICT.instance(&long).is_err());
}

#[test]
fn login_hosts_take_browsers_but_no_calls() {
    for text in ["https://login.salesforce.com", "https://test.salesforce.com/"] {
        assert!(STRICT.login(text).is_ok(), "{text}");
        assert!(STRICT.instance(text).is_err(), "{text}");
    }
}

#[test]
fn this_machine_is_trusted_only_where_allowed_and_only_by_its_plain_names() {
    for text in ["http://localhost:8080", "http://127.0.0.1:8080/", "http://[::1]:9", "https://localhost:1"] {
        assert!(
            LOCAL.instance(text).is_ok() && LOCAL.login(text).is_ok() && LOCAL.pubsub(text).is_ok(),
            "{text}"
        );
        assert!(STRICT.instance(text).is_err(), "{text}");
    }
    for text in [
        "http://2130706433:8080",
        "http://0x7f.1:8080",
        "http://127.1:8080",
        "http://0177.0.0.1:8080",
        "http://localhost.:8080",
        "http://localhost.evil.example:8080",
        "http://user@localhost:8080",
        "http://localhost:8080/x",
        "http://localhost:08080",
        "http://[::ffff:127.0.0.1]:8080",
        "http://0.0.0.0:8080",
        "http://10.0.0.1:8080",
        "ws://localhost:8080",
    ] {
        assert!(LOCAL.instance(text).is_err(), "{text}");
    }
}

#[test]
fn the_pubsub_hosts_are_named_one_by_one() {
    for text in [
        "https://api.pubsub.salesforce.com:7443",
        "https://api.pubsub.salesforce.com",
        "https://api.deu.pubsub.salesforce.com:7443",
    ] {
        assert!(STRICT.pubsub(text).is_ok(), "{text}");
    }
    for text in [
        "http://api.pubsub.salesforce.com:7443",
        "https://api.pubsub.salesforce.com:7444",
        "https://evil.pubsub.salesforce.com:7443",
        "https://login.salesforce.com",
    ] {
        assert!(STRICT.pubsub(text).is_err(), "{text}");
    }
}

#[test]
fn links_stay_with_the_organisation() {
    let instance = "https://acme.my.salesforce.com";
    let path = "/services/data/v67.0/query/01g000000000001AAA-2000";
    assert_eq!(STRICT.link(instance, path), Ok(path));
    assert_eq!(STRICT.link(instance, &format!("{instance}{path}")), Ok(path));
    for link in [
        "https://evil.example/services/data/v67.0/query/01g",
        "//evil.example/services/data",
        "https://acme.my.salesforce.com.evil.example/services/data",
        "https://acme.my.salesforce.com@evil.example/services/data",
        "/services/../../x",
        "/services//evil.example",
        "/services/data?x=@evil",
        "/services/data/\\evil",
        "@evil.example/services/",
        ".evil.example/services/",
        "/secur/logout.jsp",
    ] {
        assert!(STRICT.link(instance, link).is_err(), "{link}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_accepted_is_what_would_be_called(text in "(https?://)?[a-z0-9.@:/\\\\#?%-]{0,40}(\\.my\\.salesforce\\.com)?[a-z.@:/#?]{0,8}") {
        if let Ok(plain) = STRICT.instance(&text) {
            let called = Url::parse(&text).expect("an accepted address parses");
            proptest::prop_assert!(called.host_str().expect("a host").ends_with(".my.salesforce.com"));
            proptest::prop_assert_eq!(called.origin().ascii_serialization(), plain);
        }
    }
}
