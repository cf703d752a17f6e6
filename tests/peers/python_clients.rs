//! Clients in Python beside simple-salesforce: pyforce (SOAP), salesforce-bulk, aiosalesforce, aiosfstream (Bayeux),
//! Singer's tap.

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::{Value, json};

async fn seen(test: &str, package: &str, version: &str, script: &str, tls: bool) -> Option<Value> {
    let peer = tools::or_skip(test, Peer::python(tools::python(package, version).await))?;
    let folder = tls.then(|| peer.home().join("tls"));
    let org = peer::org(Config::default(), folder.as_deref()).await;
    Some(peer.run(script, org.ready(), peer::nothing()).await)
}

#[tokio::test]
async fn pyforce_speaks_packed_soap() {
    let Some(seen) = seen("pyforce_speaks_packed_soap", "pyforce", "1.9.1", "pyforce_client.py", false).await
    else {
        return;
    };
    let wrong = seen["wrong"]["message"].as_str().expect("words");
    assert!(wrong.contains("Invalid username, password, security token; or user locked out."), "{wrong}");
    for what in ["objects", "contact", "updated", "tabs", "converted", "timestamp", "logout"] {
        assert_eq!(seen[what], true, "{what}: {seen}");
    }
    assert_eq!((&seen["fields"], &seen["create"]), (&json!([true, true]), &json!([true, true, false])));
    assert_eq!(seen["missing"]["fields"], json!(["Name"]));
    assert_eq!((&seen["retrieve"], &seen["upsert"]), (&json!("Energy"), &json!(false)));
    assert_eq!(seen["query"][1], "Ash");
    assert_eq!(seen["polymorphic"], "Name");
    // The library reads the first record of a search.
    assert_eq!(seen["search"], json!(["Beat 1"]));
    assert_eq!((&seen["delete"], &seen["deleted"]), (&json!([true, false]), &json!([true])));
    assert_eq!(seen["convert"]["success"], true, "{}", seen["convert"]);
    assert_eq!(
        (&seen["status"], &seen["mail"]),
        (&json!("INVALID_STATUS"), &json!("NO_SINGLE_MAIL_PERMISSION"))
    );
    assert_eq!(
        (&seen["malformed"]["kind"], &seen["after"]),
        (&json!("SoapFaultError"), &json!("SessionTimeoutError"))
    );
}

#[tokio::test]
async fn salesforce_bulk_writes_and_reads_in_every_form() {
    let test = "salesforce_bulk_writes_and_reads_in_every_form";
    let Some(seen) = seen(test, "salesforce-bulk", "2.2.0", "bulk_client.py", true).await else { return };
    let good = ["true"; 7];
    assert_eq!(seen["insert"], json!(good.into_iter().chain(["false"]).collect::<Vec<_>>()));
    assert_eq!(seen["error"], "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --");
    assert_eq!((&seen["job"], &seen["batches"]), (&json!(["Closed", "8", "1"]), &json!(["Completed"])));
    assert_eq!((&seen["CSV"], &seen["JSON"], &seen["XML"]), (&json!(7), &json!(7), &json!(7)));
    assert_eq!((&seen["aborted"], &seen["object"]["kind"]), (&json!("Aborted"), &json!("BulkApiError")));
    let column = seen["column"]["message"].as_str().expect("words");
    assert!(column.contains("InvalidBatch : Failed to process query: INVALID_FIELD"), "{column}");
}

#[tokio::test]
async fn aiosalesforce_works_by_soap_and_by_the_apps_own_credentials() {
    let test = "aiosalesforce_works_by_soap_and_by_the_apps_own_credentials";
    let Some(seen) = seen(test, "aiosalesforce", "0.6.2", "aiosalesforce_client.py", true).await else {
        return;
    };
    for way in ["soap", "own"] {
        let second = format!("{way} 2");
        let bulk = json!([2, "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"]);
        assert_eq!(
            seen[way],
            json!({
                "upsert": false, "read": [second, "Media"], "query": [second], "composite": [201, 201, 1], "batch": [200, 204],
                "bulk": bulk, "limits": true,
            })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aiosfstream_hears_of_what_it_subscribes_to_while_it_polls() {
    let test = "aiosfstream_hears_of_what_it_subscribes_to_while_it_polls";
    let Some(seen) = seen(test, "aiosfstream-ng", "0.7.5", "aiosfstream_client.py", false).await else {
        return;
    };
    assert_eq!(seen, json!({"live": ["Beat 1", "Beat 2"], "again": true}));
}

#[tokio::test]
async fn singers_tap_reads_streams_by_rest_and_by_bulk() {
    let test = "singers_tap_reads_streams_by_rest_and_by_bulk";
    let Some(tap) = tools::or_skip(test, Peer::python(tools::python("tap-salesforce", "2.8.1").await)) else {
        return;
    };
    let Some(browser) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    let org = peer::org(Config::default(), Some(tap.home())).await;
    let tokens = browser.run("jsforce_refresh_token.mjs", org.ready(), peer::nothing()).await;
    let seen = tap.run("tap_client.py", org.ready(), json!({"refresh_token": tokens["refresh_token"]})).await;
    for way in ["REST", "BULK"] {
        let seen = &seen[way];
        assert_eq!((&seen["streams"], &seen["rotated"]), (&json!(true), &json!(true)), "{way}");
        assert_eq!(seen["names"], json!(["Tap 1", "Tap 2"]), "{way}");
        assert_eq!(seen["records"]["User"], json!(12), "{way}");
    }
}
