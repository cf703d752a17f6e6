//! Passwords: SOAP logins with them, and their changes.

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::org::Conditions;
use serde_json::json;

use crate::client::World;

/// Logs in over SOAP, at `u/NN.0` (partner) or `c/NN.0` (enterprise).
pub async fn soap_login(world: &World, api: &str, username: &str, password: &str) -> (StatusCode, String) {
    let body = format!(
        "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\"><se:Header/><se:Body><n1:login xmlns:n1=\"urn:{}.soap.sforce.com\"><n1:username>{username}</n1:username><n1:password>{password}</n1:password></n1:login></se:Body></se:Envelope>",
        if api.starts_with('c') { "enterprise" } else { "partner" }
    );
    let url = world.url(&format!("/services/Soap/{api}"));
    let request = world.http.post(url).header("SOAPAction", "login").header("Content-Type", "text/xml");
    let response = request.body(body).send().await.expect("answers");
    (response.status(), response.text().await.expect("text"))
}

#[tokio::test]
async fn soap_logs_in_with_a_password_up_to_the_version_that_ends_it() {
    let world = World::new().await;
    let (name, password) = (&world.ready().admin.username, &world.ready().admin.password);
    for api in ["u/50.0", "c/64.0"] {
        let with_token = format!("{password}{}", world.ready().security_token);
        for password in [password, &with_token] {
            let (status, text) = soap_login(&world, api, name, password).await;
            assert_eq!(status, StatusCode::OK, "{text}");
            let short = &world.ready().org_id[..15];
            let (_, m) = api.split_once('/').expect("a version");
            for part in [
                format!("<serverUrl>{}/services/Soap/{api}/{short}</serverUrl>", world.ready().base_url),
                format!("<metadataServerUrl>{}/services/Soap/m/{m}/{short}", world.ready().base_url),
                "<passwordExpired>false</passwordExpired><sandbox>true</sandbox>".to_owned(),
                format!("<userName>{name}</userName>"),
            ] {
                assert!(text.contains(&part), "{part} is missing from {text}");
            }
            let (_, rest) = text.split_once("<sessionId>").expect("a session");
            world.api(rest.split_once('<').expect("closes").0).get("/limits").await;
        }
    }
    let (status, text) = soap_login(&world, "u/65.0", name, password).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains("<sf:exceptionCode>UNSUPPORTED_API_VERSION<"), "{text}");
}

#[tokio::test]
async fn soap_refuses_logins_in_salesforces_words() {
    let world = World::new().await;
    let ready = world.ready();
    for (name, password) in [(&ready.admin.username, "wrong"), (&"nobody".to_owned(), "")] {
        let (status, text) = soap_login(&world, "u/59.0", name, password).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        for part in [
            "<faultcode>sf:INVALID_LOGIN</faultcode>",
            "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
            "<sf:LoginFault xsi:type=\"sf:LoginFault\">",
        ] {
            assert!(text.contains(part), "{part} is missing from {text}");
        }
    }
    let conditions =
        Conditions { api_disabled_for: vec![ready.admin.username.clone()], ..Conditions::default() };
    let closed = World::with(Config { conditions, ..Config::default() }).await;
    let (_, text) = soap_login(&closed, "u/59.0", &ready.admin.username, &ready.admin.password).await;
    assert!(text.contains("API_CURRENTLY_DISABLED"), "{text}");
}

#[tokio::test]
async fn a_password_is_changed_by_its_user_and_by_administrators() {
    let world = World::new().await;
    let (admin, user) = (world.admin(), world.user());
    let path = |id| format!("/sobjects/User/{id}/password");
    let (of_user, of_admin) = (path(world.org().user), path(world.org().admin));
    assert_eq!(admin.get(&of_user).await, json!({"isExpired": false}));
    let new = |password: &str| Some(json!({"NewPassword": password}));
    assert_eq!(user.call(Method::POST, &of_user, new("Fresh-1-word")).await.0, StatusCode::NO_CONTENT);
    let log_in =
        async |password: &str| soap_login(&world, "u/59.0", &world.ready().user.username, password).await.0;
    assert_eq!(log_in("Fresh-1-word").await, StatusCode::OK);
    assert_ne!(log_in(&world.ready().user.password).await, StatusCode::OK);
    let (_, made) = admin.call(Method::DELETE, &of_user, None).await;
    assert_eq!(log_in(made["NewPassword"].as_str().expect("a password")).await, StatusCode::OK);
    let (_, weak) = admin.call(Method::POST, &of_user, new("short")).await;
    assert_eq!(weak[0]["errorCode"], "INVALID_NEW_PASSWORD");
    assert_eq!(user.call(Method::POST, &of_admin, new("Fresh-1-word")).await.0, StatusCode::FORBIDDEN);
}
