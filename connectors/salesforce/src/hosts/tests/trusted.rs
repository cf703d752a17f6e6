//! Addresses that are trusted, and whom they serve.

use super::*;
use Cloud::{China, Commercial, Government};
use Environment::{Production, Sandbox};

/// Address, cloud, environment, and whether it serves the logins of all organisations.
pub(super) const ALL: &[(&str, Cloud, Environment, bool)] = &[
    ("https://login.salesforce.com", Commercial, Production, true),
    ("https://test.salesforce.com", Commercial, Sandbox, true),
    ("https://test.salesforce.com/", Commercial, Sandbox, true),
    ("https://acme.my.salesforce.com", Commercial, Production, false),
    ("https://acme.my.salesforce.com/", Commercial, Production, false),
    ("https://ACME.my.salesforce.com", Commercial, Production, false),
    ("HTTPS://Acme.My.Salesforce.Com/", Commercial, Production, false),
    ("https://acme-corp.my.salesforce.com", Commercial, Production, false),
    ("https://a.my.salesforce.com", Commercial, Production, false),
    ("https://a1.my.salesforce.com", Commercial, Production, false),
    ("https://3m.my.salesforce.com", Commercial, Production, false),
    ("https://42.my.salesforce.com", Commercial, Production, false),
    ("https://na12.my.salesforce.com", Commercial, Production, false),
    ("https://sandbox.my.salesforce.com", Commercial, Production, false),
    ("https://a-b-c-d.my.salesforce.com", Commercial, Production, false),
    ("https://acme-dev-ed.my.salesforce.com", Commercial, Production, false),
    ("https://abcdefghijabcdefghijabcdefghijabcdefghij.my.salesforce.com", Commercial, Production, false),
    (
        "https://abcdefghijabcdefghijabcdefghijabcdefghij-dev-ed.develop.my.salesforce.com",
        Commercial,
        Production,
        false,
    ),
    ("https://acme--uat.sandbox.my.salesforce.com", Commercial, Sandbox, false),
    ("https://hp--uat.sandbox.my.salesforce.com", Commercial, Sandbox, false),
    ("https://acme-corp--uat2.sandbox.my.salesforce.com", Commercial, Sandbox, false),
    ("https://acme--1234567890.sandbox.my.salesforce.com", Commercial, Sandbox, false),
    ("https://acme--UAT.sandbox.my.salesforce.com", Commercial, Sandbox, false),
    (
        "https://abcdefghijabcdefghijabcdefghijabcdefghij--abcdefghij.sandbox.my.salesforce.com",
        Commercial,
        Sandbox,
        false,
    ),
    ("https://nice-words-4711.scratch.my.salesforce.com", Commercial, Sandbox, false),
    ("https://nice-words-4711-dev-ed.scratch.my.salesforce.com", Commercial, Sandbox, false),
    ("https://acme-dev-ed.develop.my.salesforce.com", Commercial, Production, false),
    ("https://orgfarm-0a1b2c3d4e-dev-ed.develop.my.salesforce.com", Commercial, Production, false),
    ("https://wise-goat-ab12cd-dev-ed.trailblaze.my.salesforce.com", Commercial, Production, false),
    ("https://storm-16a17dc388fbe6.demo.my.salesforce.com", Commercial, Production, false),
    ("https://acme.free.my.salesforce.com", Commercial, Production, false),
    ("https://acme.patch.my.salesforce.com", Commercial, Production, false),
    ("https://agency.my.salesforce.mil", Government, Production, false),
    ("https://agency--uat.sandbox.my.salesforce.mil", Government, Sandbox, false),
    ("https://login.sfcrmproducts.cn", China, Production, true),
    ("https://test.sfcrmproducts.cn", China, Sandbox, true),
    ("https://acme.my.sfcrmproducts.cn", China, Production, false),
    ("https://acme--uat.sandbox.my.sfcrmproducts.cn", China, Sandbox, false),
];

#[test]
fn each_is_accepted_in_its_plain_form_for_its_environment_and_no_other() {
    let hosts = everywhere();
    for (text, _, environment, is_shared) in ALL {
        let plain = text.trim_end_matches('/').to_lowercase();
        let (other, refused) = match environment {
            Sandbox => (Production, HostRefused::ForSandboxes),
            Production => (Sandbox, HostRefused::ForProduction),
        };
        assert_eq!(hosts.login(text, *environment).as_ref(), Ok(&plain), "{text}");
        assert_eq!(hosts.login(text, other), Err(refused), "{text}");
        if *is_shared {
            assert_eq!(hosts.instance(text), Err(HostRefused::UnknownHost), "{text} takes no calls");
        } else {
            assert_eq!(hosts.instance(text).as_ref(), Ok(&plain), "{text}");
        }
        assert!(hosts.pubsub(text).is_err(), "{text}");
    }
}

#[test]
fn further_clouds_are_trusted_only_where_they_are_enabled_each_by_itself() {
    for (text, cloud, environment, _) in ALL.iter().filter(|(_, cloud, ..)| *cloud != Commercial) {
        let other = if *cloud == China { Government } else { China };
        for further_clouds in [vec![], vec![Commercial], vec![other]] {
            let hosts = Hosts { further_clouds, ..Hosts::default() };
            assert_eq!(hosts.login(text, *environment), Err(HostRefused::CloudNotEnabled(*cloud)), "{text}");
            assert!(hosts.instance(text).is_err(), "{text}");
        }
        let hosts = Hosts { further_clouds: vec![*cloud], ..Hosts::default() };
        assert!(hosts.login(text, *environment).is_ok(), "{text}");
    }
}
