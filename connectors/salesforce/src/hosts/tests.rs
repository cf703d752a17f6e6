use proptest::prelude::*;
use url::Url;

use super::*;

mod hostile;
mod trusted;

fn strict() -> Hosts {
    Hosts::default()
}

fn local() -> Hosts {
    Hosts { allow_loopback: true, ..Hosts::default() }
}

fn everywhere() -> Hosts {
    Hosts { further_clouds: vec![Cloud::Government, Cloud::China], ..Hosts::default() }
}

/// All that an accepted host can end with.
const SUFFIXES: [&str; 3] = [".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"];
const SHARED: [&str; 4] =
    ["login.salesforce.com", "test.salesforce.com", "login.sfcrmproducts.cn", "test.sfcrmproducts.cn"];

#[test]
fn this_machine_is_trusted_only_where_allowed_and_only_by_its_plain_names() {
    for text in ["http://localhost:8080", "http://127.0.0.1:8080/", "http://[::1]:9", "https://localhost:1"] {
        let hosts = local();
        assert!(hosts.instance(text).is_ok() && hosts.pubsub(text).is_ok(), "{text}");
        assert!(hosts.login(text, Environment::Sandbox).is_ok(), "{text}");
        assert!(hosts.login(text, Environment::Production).is_ok(), "{text}");
        assert!(strict().instance(text).is_err() && strict().pubsub(text).is_err(), "{text}");
    }
    for text in hostile::LOOPBACK_LIKE {
        assert!(local().instance(text).is_err(), "{text}");
        assert!(local().pubsub(text).is_err(), "{text}");
    }
}

#[test]
fn the_pubsub_hosts_are_named_one_by_one() {
    for text in [
        "https://api.pubsub.salesforce.com:7443",
        "https://api.pubsub.salesforce.com",
        "https://api.deu.pubsub.salesforce.com:7443",
    ] {
        assert_eq!(strict().pubsub(text).as_deref(), Ok(text));
    }
    for (text, refused) in [
        ("http://api.pubsub.salesforce.com:7443", HostRefused::NotHttps),
        ("https://api.pubsub.salesforce.com:7444", HostRefused::Port),
        ("https://evil.pubsub.salesforce.com:7443", HostRefused::UnknownEventHost),
        ("https://login.salesforce.com", HostRefused::UnknownEventHost),
    ] {
        assert_eq!(strict().pubsub(text), Err(refused), "{text}");
    }
}

#[test]
fn links_stay_with_the_organisation() {
    let instance = "https://acme.my.salesforce.com";
    for path in [
        "/services/data/v67.0/query/01g000000000001AAA-2000",
        "/services/data/v67.0/tooling/query/01g000000000001AAA-2000",
        "/services/data/v67.0/sobjects/ContentVersion/068000000000001AAA/VersionData",
    ] {
        assert_eq!(strict().link(instance, path), Ok(path));
        assert_eq!(strict().link(instance, &format!("{instance}{path}")), Ok(path));
    }
    for link in hostile::LINKS {
        assert_eq!(strict().link(instance, link), Err(HostRefused::Link), "{link}");
    }
    let long = format!("/services/data/v67.0/query/{}", "0".repeat(1024));
    assert_eq!(strict().link(instance, &long), Err(HostRefused::Link));
}

#[test]
fn refusals_say_what_to_give() {
    let said: Vec<String> = [
        ("https://acme.lightning.force.com", Environment::Production),
        ("https://acme--uat.sandbox.lightning.force.com", Environment::Sandbox),
        ("https://acme--c.vf.force.com", Environment::Production),
        ("https://na12.salesforce.com", Environment::Production),
        ("https://acme--uat.my.salesforce.com", Environment::Sandbox),
        ("https://acme.my.salesforce.mil", Environment::Production),
        ("https://login.salesforce.com", Environment::Sandbox),
        ("https://test.salesforce.com", Environment::Production),
        ("https://acme.example", Environment::Production),
    ]
    .into_iter()
    .map(|(text, environment)| {
        let refused = strict().login(text, environment).expect_err(text);
        format!("{text} {refused}")
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    https://acme.lightning.force.com is the host of Lightning pages; give the organisation's My Domain instead, https://acme.my.salesforce.com
    https://acme--uat.sandbox.lightning.force.com is the host of Lightning pages; give the organisation's My Domain instead, https://acme--uat.sandbox.my.salesforce.com
    https://acme--c.vf.force.com is the host of Visualforce pages; give the organisation's My Domain instead, such as https://acme.my.salesforce.com
    https://na12.salesforce.com is the host of an instance, which organisations move away from; give the organisation's My Domain instead, such as https://acme.my.salesforce.com
    https://acme--uat.my.salesforce.com is no My Domain: its name has 1 to 40 letters, digits and single hyphens, and a sandbox's ends with -- and the sandbox's name (1 to 10 letters and digits), such as https://acme--uat.sandbox.my.salesforce.com
    https://acme.my.salesforce.mil is a host of Salesforce Government Cloud, which this installation is not configured for; its operator can enable it
    https://login.salesforce.com is a host of production organisations; a Sandbox account logs in at https://test.salesforce.com or at the sandbox's My Domain, such as https://acme--uat.sandbox.my.salesforce.com
    https://test.salesforce.com is a host of sandboxes; a Production account logs in at https://login.salesforce.com or at the organisation's My Domain, such as https://acme.my.salesforce.com
    https://acme.example must be https://login.salesforce.com, https://test.salesforce.com or an organisation's My Domain, such as https://acme.my.salesforce.com
    ");
}

fn host_of(text: &str) -> String {
    Url::parse(text).expect("an accepted address parses").host_str().expect("a host").to_owned()
}

fn is_listed(host: &str) -> bool {
    SHARED.contains(&host) || SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
}

proptest! {
    #[test]
    fn what_is_accepted_is_what_would_be_called(
        text in "(https?://)?[a-z0-9.@:/\\\\#?%-]{0,40}(\\.my\\.salesforce\\.(com|mil))?[a-z.@:/#?]{0,8}",
    ) {
        if let Ok(plain) = everywhere().instance(&text) {
            prop_assert!(is_listed(&host_of(&text)));
            prop_assert_eq!(Url::parse(&text).expect("parses").origin().ascii_serialization(), plain);
        }
    }

    #[test]
    fn no_text_at_all_is_accepted_with_another_host(text in any::<String>(), front in "(https://)?", back in "(\\.my\\.salesforce\\.com)?") {
        let text = format!("{front}{text}{back}");
        for environment in [Environment::Sandbox, Environment::Production] {
            if let Ok(plain) = everywhere().login(&text, environment) {
                prop_assert!(is_listed(&host_of(&text)) && is_listed(&host_of(&plain)));
            }
        }
    }

    #[test]
    fn a_good_address_with_something_put_in_is_not_another_host(
        good in prop::sample::select(trusted::ALL.iter().map(|site| site.0).collect::<Vec<_>>()),
        place in any::<prop::sample::Index>(),
        piece in prop_oneof!["[@:/?#\\\\%.\\[\\]]{1,3}", "\\PC{1,2}", "(@|/|#|\\?)?evil\\.example"],
    ) {
        let mut text = good.to_owned();
        text.insert_str(place.index(good.len() + 1), &piece);
        if let Ok(plain) = everywhere().login(&text, Environment::Sandbox)
            .or_else(|_| everywhere().login(&text, Environment::Production))
        {
            prop_assert!(is_listed(&host_of(&text)));
            prop_assert_eq!(host_of(&text), host_of(&plain));
        }
    }

    #[test]
    fn a_host_that_is_not_listed_is_never_accepted(host in "[a-z0-9-]{1,12}(\\.[a-z0-9-]{1,12}){0,3}\\.(com|cn|mil|example)") {
        prop_assume!(!is_listed(&host));
        let text = format!("https://{host}");
        prop_assert!(everywhere().instance(&text).is_err());
        prop_assert!(everywhere().login(&text, Environment::Sandbox).is_err());
        prop_assert!(everywhere().login(&text, Environment::Production).is_err());
    }

    #[test]
    fn an_accepted_link_stays_below_the_api(link in "(https?://[a-z.@]{0,12})?/?(services/data/v)?[0-9.]{0,5}[a-zA-Z0-9./@?#\\\\%_-]{0,30}") {
        let instance = "https://acme.my.salesforce.com";
        if let Ok(path) = strict().link(instance, &link) {
            let url = Url::parse(&format!("{instance}{path}")).expect("parses");
            prop_assert_eq!(url.origin().ascii_serialization(), instance);
            prop_assert_eq!(url.path(), path);
            prop_assert!(path.starts_with("/services/data/v"));
        }
    }
}
