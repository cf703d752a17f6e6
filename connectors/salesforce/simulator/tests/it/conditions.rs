//! Orgs that are special: each condition as a client meets it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use salesforce_simulator::org::{AppPolicy, Conditions, OrgKind, RefreshPolicy};
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

use crate::browser::{asked, exchange, grant, location, login, open, page_token, parameters, refresh};
use crate::client::{World, encoded, error};

async fn world(change: impl FnOnce(&mut Conditions)) -> World {
    let mut config = Config::default();
    change(&mut config.conditions);
    World::with(config).await
}

async fn refusal(world: &World, path: &str) -> (StatusCode, String, String) {
    let (status, body) = world.admin().call(Method::GET, path, None).await;
    let (code, message) = error(&body);
    (status, code, message)
}

#[tokio::test]
async fn kinds_of_org_can_be_told_apart() {
    let columns = "IsSandbox, TrialExpirationDate, OrganizationType, IsReadOnly";
    for (kind, sandbox, expires, edition) in [
        (OrgKind::Production, false, false, "Enterprise Edition"),
        (OrgKind::Sandbox, true, false, "Enterprise Edition"),
        (OrgKind::Scratch, true, true, "Enterprise Edition"),
        (OrgKind::Trial, false, true, "Enterprise Edition"),
        (OrgKind::Developer, false, false, "Developer Edition"),
    ] {
        let world = world(|conditions| conditions.kind = Some(kind)).await;
        let row = &world.admin().rows(&format!("SELECT {columns} FROM Organization")).await[0];
        assert_eq!(row["IsSandbox"], sandbox, "{kind:?}");
        assert_eq!(row["TrialExpirationDate"].is_string(), expires, "{kind:?}");
        assert_eq!(row["OrganizationType"], edition);
    }
    let professional = world(|conditions| conditions.edition = Some("Professional Edition".to_owned())).await;
    let row = &professional.admin().rows("SELECT OrganizationType FROM Organization").await[0];
    assert_eq!(row["OrganizationType"], "Professional Edition");
    let old = World::with(Config { environment: Environment::Production, ..Config::default() }).await;
    assert_eq!(old.admin().rows("SELECT IsSandbox FROM Organization").await[0]["IsSandbox"], false);
}

#[tokio::test]
async fn two_seeds_are_two_orgs() {
    let (one, other) = (World::new().await, World::with(Config { seed: 2, ..Config::default() }).await);
    assert_ne!(one.ready().org_id, other.ready().org_id);
    assert_ne!(one.ready().client_secret, other.ready().client_secret);
    let (status, _) = other.api(&one.ready().access_token).call(Method::GET, "/limits", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_api_can_be_off_for_the_org_for_a_user_or_for_the_app() {
    let org = world(|conditions| conditions.api_disabled = true).await;
    assert_eq!(
        refusal(&org, "/limits").await,
        (
            StatusCode::FORBIDDEN,
            "API_DISABLED_FOR_ORG".to_owned(),
            "API is not enabled for this Organization or Partner".to_owned()
        )
    );
    let world_for_user = World::new().await;
    let name = world_for_user.ready().admin.username.clone();
    world_for_user.org().set_conditions(|conditions| conditions.api_disabled_for.push(name));
    assert_eq!(
        refusal(&world_for_user, "/limits").await,
        (
            StatusCode::FORBIDDEN,
            "API_CURRENTLY_DISABLED".to_owned(),
            "API is disabled for this User".to_owned()
        )
    );
    world_for_user.user().get("/limits").await;
    let listed = world(|conditions| conditions.api_access_control = true).await;
    assert_eq!(
        refusal(&listed, "/limits").await,
        (
            StatusCode::UNAUTHORIZED,
            "INVALID_SESSION_ID".to_owned(),
            "This session is not valid for use with the REST API".to_owned()
        )
    );
}

#[tokio::test]
async fn soap_says_the_same_of_an_org_without_api() {
    let world = world(|conditions| conditions.api_disabled = true).await;
    let body = format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:u=\"urn:partner.soap.sforce.com\"><soapenv:Header><u:SessionHeader><u:sessionId>{}</u:sessionId></u:SessionHeader></soapenv:Header><soapenv:Body><u:describeGlobal/></soapenv:Body></soapenv:Envelope>",
        world.ready().access_token
    );
    let request = world
        .http
        .post(world.url("/services/Soap/u/67.0"))
        .header("content-type", "text/xml")
        .header("SOAPAction", "\"\"");
    let response = request.body(body).send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = response.text().await.expect("text");
    assert!(text.contains("API_DISABLED_FOR_ORG"), "{text}");
}

#[tokio::test]
async fn an_administrator_can_lack_permissions() {
    let world = world(|conditions| {
        conditions.without_permissions =
            ["ViewSetup", "AuthorApex", "ModifyMetadata", "ModifyAllData"].map(str::to_owned).to_vec();
    })
    .await;
    let row = &world
        .admin()
        .rows("SELECT PermissionsApiEnabled, PermissionsAuthorApex, PermissionsViewSetup, PermissionsModifyMetadata FROM UserPermissionAccess")
        .await[0];
    assert_eq!((&row["PermissionsApiEnabled"], &row["PermissionsAuthorApex"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&row["PermissionsViewSetup"], &row["PermissionsModifyMetadata"]),
        (&json!(false), &json!(false))
    );
    let (status, code, _) =
        refusal(&world, &format!("/query?q={}", encoded("SELECT QualifiedApiName FROM EntityDefinition")))
            .await;
    assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "INVALID_TYPE"));
    let (status, body) = world.admin().call(Method::POST, "/metadata/deployRequest", None).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS"));
}

#[tokio::test]
async fn allowances_can_be_used_up() {
    let mut config = Config { daily_api_requests: Some(1_000), ..Config::default() };
    config.conditions.api_requests_used = 998;
    config.conditions.storage_used_percent = 100;
    let world = World::with(config).await;
    let limits = world.admin().get("/limits").await;
    assert_eq!(limits["DailyApiRequests"], json!({"Max": 1_000, "Remaining": 1}));
    assert_eq!(limits["DataStorageMB"]["Remaining"], 0);
    assert_eq!(limits["FileStorageMB"]["Remaining"], 0);
    let (status, body) =
        world.admin().call(Method::POST, "/sobjects/Account", Some(json!({"Name": "A"}))).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "STORAGE_LIMIT_EXCEEDED"));
    let (status, code, _) = refusal(&world, "/limits").await;
    assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn maintenance_lets_everybody_read_and_nobody_write() {
    let world = World::new().await;
    let id = world.admin().create("Account", json!({"Name": "A"})).await;
    world.org().set_conditions(|conditions| conditions.read_only = true);
    assert_eq!(world.admin().rows("SELECT IsReadOnly FROM Organization").await[0]["IsReadOnly"], true);
    world.admin().get(&format!("/sobjects/Account/{id}")).await;
    let account = format!("/sobjects/Account/{id}");
    for (method, path, body) in [
        (Method::POST, "/sobjects/Account", Some(json!({"Name": "B"}))),
        (Method::PATCH, account.as_str(), Some(json!({"Name": "B"}))),
        (Method::DELETE, account.as_str(), None),
        (Method::POST, "/metadata/deployRequest", None),
    ] {
        let (status, body) = world.admin().call(method.clone(), path, body).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {body}");
        assert_eq!(error(&body).0, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE");
    }
    world.org().set_conditions(|conditions| conditions.read_only = false);
    world.admin().create("Account", json!({"Name": "B"})).await;
}

#[tokio::test]
async fn a_session_can_be_bound_to_the_address_it_was_used_from() {
    let world = world(|conditions| conditions.lock_sessions_to_ip = true).await;
    world.admin().get("/limits").await;
    let elsewhere = reqwest::Client::builder()
        .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
        .build()
        .expect("builds");
    let request = || {
        elsewhere
            .get(world.url("/services/data/v67.0/limits"))
            .bearer_auth(&world.ready().access_token)
            .send()
    };
    assert_eq!(request().await.expect("answers").status(), StatusCode::UNAUTHORIZED);
    world.admin().get("/limits").await;
    world.org().set_conditions(|conditions| conditions.lock_sessions_to_ip = false);
    assert_eq!(request().await.expect("answers").status(), StatusCode::OK);
}

#[tokio::test]
async fn the_apps_policy_leaves_the_browser_on_the_error_page_and_ends_refreshes() {
    for (policy, at_login, at_refresh) in [
        (AppPolicy::Blocked, "OAUTH_APP_BLOCKED", "OAUTH_APP_BLOCKED"),
        (AppPolicy::AdminApprovedOnly, "OAUTH_APP_ACCESS_DENIED", "invalid_app_access"),
    ] {
        let world = World::new().await;
        let tokens = grant(&world).await;
        world.org().set_conditions(|conditions| conditions.app_policy = policy);
        let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
        let stuck = location(&login(&world, &page, &world.ready().admin).await);
        assert!(stuck.starts_with("/setup/secur/RemoteAccessErrorPage.apexp?"), "{stuck}");
        assert_eq!(parameters(&stuck)["error"], at_login);
        let (status, body) = refresh(&world, tokens["refresh_token"].as_str().expect("a token")).await;
        assert_eq!((status, body["error"].as_str()), (StatusCode::BAD_REQUEST, Some(at_refresh)));
    }
}

#[tokio::test]
async fn a_challenge_can_be_left_out_where_the_app_does_not_require_it() {
    let world = world(|conditions| conditions.pkce_optional = true).await;
    let mut asked = asked(&world);
    asked.remove("code_challenge");
    asked.remove("code_challenge_method");
    let code = crate::browser::code(&world, &asked, &world.ready().admin).await;
    assert_eq!(exchange(&world, &code).await.0, StatusCode::OK);
}

#[tokio::test]
async fn refresh_tokens_end_as_the_policy_says() {
    let day = Duration::from_secs(86_400);
    let still = async |policy: RefreshPolicy, waits: &[Duration]| {
        let world = world(|conditions| conditions.refresh_policy = policy).await;
        let mut token = grant(&world).await["refresh_token"].clone();
        let mut answer = (StatusCode::OK, Value::Null);
        for wait in waits {
            world.clock.advance(*wait);
            answer = refresh(&world, token.as_str().expect("a token")).await;
            if answer.0 != StatusCode::OK {
                assert_eq!(answer.1["error_description"], "expired access/refresh token");
                break;
            }
            token = answer.1["refresh_token"].clone();
        }
        answer.0
    };
    assert_eq!(still(RefreshPolicy::Infinite, &[400 * day]).await, StatusCode::OK);
    assert_eq!(still(RefreshPolicy::Zero, &[Duration::ZERO]).await, StatusCode::BAD_REQUEST);
    assert_eq!(still(RefreshPolicy::Idle(30 * day), &[29 * day, 29 * day]).await, StatusCode::OK);
    assert_eq!(still(RefreshPolicy::Idle(30 * day), &[30 * day]).await, StatusCode::BAD_REQUEST);
    assert_eq!(still(RefreshPolicy::Lifetime(30 * day), &[29 * day, day]).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn somebody_elses_deployment_is_seen_and_ends() {
    let config = Config { session_lifetime: Duration::from_secs(u64::from(u32::MAX)), ..Config::default() };
    let mut config = config;
    config.conditions.deploy_lock = Duration::from_secs(300);
    let world = World::with(config).await;
    let soql = "SELECT Id, Status, CreatedById FROM DeployRequest WHERE Status IN ('Pending','InProgress')";
    let path = format!("/tooling/query?q={}", encoded(soql));
    let rows = world.admin().get(&path).await;
    assert_eq!(rows["records"][0]["Status"], "InProgress");
    assert_ne!(rows["records"][0]["CreatedById"], world.org().admin.to_string());
    // The clock stands still until the deployment sleeps on it.
    while world.admin().get(&path).await["totalSize"] != 0 {
        world.clock.advance(Duration::from_secs(300));
    }
    let id = world.simulator.deploy_by_somebody_else(Duration::from_secs(60));
    assert_eq!(world.admin().get(&path).await["records"][0]["Id"], id.to_string());
}
