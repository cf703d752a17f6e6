//! Ways in without a page: signed assertions, passwords, the app's own credentials; id tokens; the front door.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use rsa::BoxedUint;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use salesforce_simulator::org::{AppAccess, AppPolicy, Conditions, Logins, Signer, Verifier};
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

use crate::browser::*;
use crate::client::{NOON, World};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Draws the key of the app.
const APP_KEY: u64 = 4711;

/// The public key of a signer, PEM.
fn public_key(signer: &Signer, seed: u64) -> String {
    let keys = signer.key_set(seed);
    let number = |name: &str| {
        let text = keys["keys"][0][name].as_str().expect("a number");
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64");
        BoxedUint::from_be_slice_vartime(&bytes)
    };
    let key = rsa::PublicKey::new(number("n"), number("e")).expect("a key");
    key.to_public_key_pem(LineEnding::LF).expect("PEM")
}

/// An app with a certificate, and what signs for it.
struct Signed {
    world: World,
    signer: Signer,
}

impl Signed {
    async fn with(preauthorized: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let signer = Signer::default();
        let pem = folder.path().join("app.pem");
        std::fs::write(&pem, public_key(&signer, APP_KEY)).expect("written");
        let mut config = Config::default();
        config.logins.app = AppAccess {
            certificates: vec![pem],
            preauthorized: preauthorized.iter().map(|name| (*name).to_owned()).collect(),
            run_as: None,
        };
        change(&mut config);
        Self { world: World::with(config).await, signer }
    }

    fn claims(&self) -> Value {
        let ready = self.world.ready();
        json!({
            "iss": ready.client_id,
            "sub": ready.admin.username,
            "aud": format!("{}/", ready.base_url),
            "exp": NOON / 1000 + 180,
        })
    }

    async fn ask(&self, claims: &Value) -> (StatusCode, Value) {
        let assertion = self.signer.sign(APP_KEY, claims).expect("signed");
        let form = [("grant_type", JWT_BEARER), ("assertion", &assertion)];
        post(&self.world, "/services/oauth2/token", &form).await
    }

    /// The words of the refusal of changed claims.
    async fn refusal(&self, change: impl FnOnce(&mut Value)) -> (String, String) {
        let mut claims = self.claims();
        change(&mut claims);
        let (status, answer) = self.ask(&claims).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (text("error"), text("error_description"))
    }
}

fn told(error: &str, description: &str) -> (String, String) {
    (error.to_owned(), description.to_owned())
}

#[tokio::test]
async fn a_signed_assertion_logs_an_approved_user_in() {
    let signed = Signed::with(&["*"], |_| {}).await;
    let (status, answer) = signed.ask(&signed.claims()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer.get("refresh_token").is_none());
    assert!(!answer["scope"].as_str().expect("scopes").contains("refresh_token"));
    signed.world.api(answer["access_token"].as_str().expect("a token")).get("/limits").await;
    // Milliseconds are a far future, and the audience may be the common login host, or come without its slash.
    for (claim, value) in [
        ("exp", json!(NOON + 180_000)),
        ("aud", json!("https://test.salesforce.com")),
        ("aud", json!(signed.world.ready().base_url)),
        ("aud", json!([signed.world.ready().base_url.replace("127.0.0.1", "localhost")])),
    ] {
        let mut claims = signed.claims();
        claims[claim] = value;
        assert_eq!(signed.ask(&claims).await.0, StatusCode::OK, "{claims}");
    }
}

#[tokio::test]
async fn assertions_that_do_not_fit_are_refused_in_salesforces_words() {
    let signed = Signed::with(&["*"], |_| {}).await;
    let invalid = || told("invalid_grant", "invalid assertion");
    assert_eq!(
        signed.refusal(|claims| claims["exp"] = json!(NOON / 1000 - 1)).await,
        told("invalid_grant", "expired authorization code")
    );
    assert_eq!(signed.refusal(|claims| claims["exp"] = Value::Null).await, invalid());
    for audience in [json!("https://login.salesforce.com"), json!("https://evil.example"), json!(null)] {
        assert_eq!(
            signed.refusal(|claims| claims["aud"] = audience).await,
            told("invalid_grant", "Audience validation failed")
        );
    }
    assert_eq!(
        signed.refusal(|claims| claims["sub"] = json!("nobody@nowhere.example")).await,
        told("invalid_grant", "user hasn't approved this consumer")
    );
    assert_eq!(
        signed.refusal(|claims| claims["iss"] = json!("3MVG9nobody")).await,
        told("invalid_client_id", "client identifier invalid")
    );
    // Somebody else's signature, none, and no token at all.
    let foreign = Signer::default().sign(1, &signed.claims()).expect("signed");
    let (front, _) = foreign.rsplit_once('.').expect("three parts");
    for text in [foreign.clone(), format!("{front}."), "a.b.c".to_owned(), "nothing".to_owned()] {
        let form = [("grant_type", JWT_BEARER), ("assertion", &text)];
        let (_, answer) = post(&signed.world, "/services/oauth2/token", &form).await;
        assert_eq!(answer["error_description"], "invalid assertion", "{text}");
    }
}

#[tokio::test]
async fn a_user_who_has_allowed_the_app_once_needs_no_approval() {
    let signed = Signed::with(&[], |_| {}).await;
    assert_eq!(signed.refusal(|_| {}).await, told("invalid_grant", "user hasn't approved this consumer"));
    grant(&signed.world).await;
    let (status, answer) = signed.ask(&signed.claims()).await;
    assert_eq!((status, answer["scope"].as_str()), (StatusCode::OK, Some("api id")));
}

#[tokio::test]
async fn the_administrators_policy_goes_before_a_signature() {
    let conditions = Conditions { app_policy: AppPolicy::Blocked, ..Conditions::default() };
    let signed = Signed::with(&["*"], |config| config.conditions = conditions).await;
    assert_eq!(signed.refusal(|_| {}).await.0, "OAUTH_APP_BLOCKED");
    let conditions = Conditions { app_policy: AppPolicy::AdminApprovedOnly, ..Conditions::default() };
    let signed = Signed::with(&[], |config| config.conditions = conditions).await;
    assert_eq!(signed.refusal(|_| {}).await.0, "invalid_app_access");
}

#[tokio::test]
async fn an_app_may_sign_instead_of_sending_its_secret() {
    let signed = Signed::with(&["*"], |_| {}).await;
    let mut claims = signed.claims();
    claims["sub"] = claims["iss"].clone();
    claims["aud"] = json!(signed.world.url("/services/oauth2/token"));
    let assertion = signed.signer.sign(APP_KEY, &claims).expect("signed");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    let (status, answer) = post(&signed.world, "/services/oauth2/token", &form).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test]
async fn a_production_org_is_the_audience_of_login_and_not_of_test() {
    let signed = Signed::with(&["*"], |config| config.environment = Environment::Production).await;
    let mut claims = signed.claims();
    claims["aud"] = json!("https://login.salesforce.com");
    assert_eq!(signed.ask(&claims).await.0, StatusCode::OK);
    let refusal = signed.refusal(|claims| claims["aud"] = json!("https://test.salesforce.com")).await;
    assert_eq!(refusal.1, "Audience validation failed");
}

#[tokio::test]
async fn a_file_without_a_key_is_named_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("no-key.pem");
    std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("written");
    for path in [path.as_path(), Path::new("/nowhere/at-all.pem")] {
        let access = AppAccess { certificates: vec![path.to_owned()], ..AppAccess::default() };
        let logins = Logins { app: access, ..Logins::default() };
        let config = Config { logins, ..Config::default() };
        let error = salesforce_simulator::Simulator::start(config).await.expect_err("no key");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_password_with_or_without_the_security_token_logs_in() {
    let world = World::new().await;
    let ready = world.ready();
    let both = format!("{}{}", ready.admin.password, ready.security_token);
    let ask = async |world: &World, password: &str| {
        let fields =
            [("grant_type", "password"), ("username", &world.ready().admin.username), ("password", password)];
        token(world, &fields).await
    };
    for password in [&ready.admin.password, &both] {
        let (status, answer) = ask(&world, password).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(answer.get("refresh_token").is_none());
        world.api(answer["access_token"].as_str().expect("a token")).get("/limits").await;
    }
    let failure = json!({"error": "invalid_grant", "error_description": "authentication failure"});
    for password in ["wrong", &format!("{both}x"), &ready.security_token] {
        assert_eq!(ask(&world, password).await, (StatusCode::BAD_REQUEST, failure.clone()));
    }
    let strict = Logins { security_token_required: true, ..Logins::default() };
    let strict = World::with(Config { logins: strict, ..Config::default() }).await;
    assert_eq!(ask(&strict, &ready.admin.password).await.1, failure);
    assert_eq!(ask(&strict, &both).await.0, StatusCode::OK);
    let off = Logins { password_flow: false, ..Logins::default() };
    let off = World::with(Config { logins: off, ..Config::default() }).await;
    assert_eq!(ask(&off, &both).await.1, failure);
}

#[tokio::test]
async fn the_apps_own_credentials_log_its_user_in() {
    let world = World::new().await;
    let (status, answer) = token(&world, &[("grant_type", "client_credentials")]).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(answer["id"].as_str().expect("a URL").ends_with(world.org().admin.as_str()));
    let mut config = Config::default();
    config.logins.app.run_as = Some("nobody@nowhere.example".to_owned());
    let world = World::with(config).await;
    let (status, answer) = token(&world, &[("grant_type", "client_credentials")]).await;
    assert_eq!(
        (status, answer["error_description"].as_str()),
        (StatusCode::BAD_REQUEST, Some("no client credentials user enabled"))
    );
}

#[tokio::test]
async fn answers_come_as_json_xml_or_a_form() {
    let world = World::new().await;
    let ready = world.ready();
    let ask = async |format: &str, secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &ready.client_id),
            ("client_secret", secret),
            ("format", format),
        ];
        let url = world.url("/services/oauth2/token");
        let response = world.http.post(url).form(&form).send().await.expect("answers");
        let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
        (kind, response.text().await.expect("text"))
    };
    let (kind, text) = ask("xml", &ready.client_secret).await;
    assert_eq!(kind, "application/xml;charset=UTF-8");
    assert!(text.contains("<OAuth><access_token>00D") && text.ends_with("</OAuth>"), "{text}");
    let (kind, text) = ask("urlencoded", &ready.client_secret).await;
    assert_eq!(kind, "application/x-www-form-urlencoded;charset=UTF-8");
    assert!(text.starts_with("access_token=00D") && text.contains("%21AQ"), "{text}");
    let (_, text) = ask("xml", "wrong").await;
    assert!(text.contains("<error>invalid_client</error>"), "{text}");
    assert_eq!(ask("json", "wrong").await.0, "application/json;charset=UTF-8");
}

#[tokio::test]
async fn with_openid_there_is_an_id_token_that_the_published_key_verifies() {
    let world = World::new().await;
    let mut asked = asked(&world);
    asked.insert("scope", "api openid".to_owned());
    asked.insert("nonce", "n-1".to_owned());
    let code = code(&world, &asked, &world.ready().admin).await;
    let (_, answer) = exchange(&world, &code).await;
    let id_token = answer["id_token"].as_str().expect("an id token");
    let keys: Value =
        world.http.get(world.url("/id/keys")).send().await.expect("answers").json().await.expect("json");
    let (text, signature) = id_token.rsplit_once('.').expect("three parts");
    let verifier = Verifier::of_pem(public_key(&world.org().signer, 1).as_bytes()).expect("a key");
    assert_eq!(keys, world.org().signer.key_set(1));
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    assert!(verifier.verifies(text.as_bytes(), &signature) && !verifier.verifies(b"else", &signature));
    let (_, claims) = text.split_once('.').expect("two parts");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("claims");
    assert_eq!(claims["aud"], json!(world.ready().client_id));
    assert_eq!(claims["sub"], answer["id"]);
    assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(world.ready().base_url), &json!("n-1")));
}

#[tokio::test]
async fn the_user_agent_flow_answers_behind_the_hash() {
    let world = World::new().await;
    let mut asked = asked(&world);
    asked.insert("response_type", "token".to_owned());
    asked.remove("code_challenge");
    asked.remove("code_challenge_method");
    let page = page_token(&open(&world, &asked).await.text().await.expect("text"));
    login(&world, &page, &world.ready().admin).await;
    let location = location(&decide(&world, &page, "save").await);
    let (front, behind) = location.split_once('#').expect("a fragment");
    assert_eq!(front, CALLBACK);
    let answer = parameters(&format!("/?{behind}"));
    assert_eq!(answer["state"], "st&te=1");
    world.api(&answer["access_token"]).get("/limits").await;
}

#[tokio::test]
async fn a_single_access_link_opens_the_org_once() {
    let world = World::new().await;
    let path = "/services/oauth2/singleaccess";
    let request =
        world.http.get(world.url(path)).query(&[("redirect_uri", "lightning/setup/FlexiPageList/home")]);
    let answer: Value = request
        .bearer_auth(&world.ready().access_token)
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    let link = answer["frontdoor_uri"].as_str().expect("a link");
    let opened = world.http.get(link).send().await.expect("answers");
    assert_eq!(location(&opened), "/lightning/setup/FlexiPageList/home");
    assert!(opened.headers().contains_key("set-cookie"));
    let again = world.http.get(link).send().await.expect("answers");
    assert!(location(&again) == "/" && !again.headers().contains_key("set-cookie"));
    let dead = world.http.get(world.url(path)).bearer_auth("00Dx!y").send().await.expect("answers");
    assert_eq!(dead.status(), StatusCode::FORBIDDEN);
    // A session id is as good as a link, and leads nowhere else.
    let query = [("sid", world.ready().access_token.as_str()), ("retURL", "https://evil.example")];
    let opened =
        world.http.get(world.url("/secur/frontdoor.jsp")).query(&query).send().await.expect("answers");
    assert_eq!(location(&opened), "/");
}

#[tokio::test]
async fn the_command_lines_app_is_public_and_others_tokens_are_not_told_to_it() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", answer["refresh_token"].as_str().expect("a token")),
        ("client_id", "PlatformCLI"),
    ];
    let (_, refused) = post(&world, "/services/oauth2/token", &refresh).await;
    assert_eq!(refused["error_description"], "expired access/refresh token");
    let form = [("token", answer["access_token"].as_str().expect("a token")), ("client_id", "PlatformCLI")];
    assert_eq!(post(&world, "/services/oauth2/introspect", &form).await.1, json!({"active": false}));
}
