//! The device flow: a code, a word that a person types elsewhere, and polls.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::browser::{location, post};
use crate::client::World;

const INTERVAL: Duration = Duration::from_secs(5);

struct Waiting<'a> {
    world: &'a World,
    code: String,
    word: String,
}

impl<'a> Waiting<'a> {
    async fn new(world: &'a World, scope: &str) -> Self {
        let id = &world.ready().client_id;
        let form = [("response_type", "device_code"), ("client_id", id), ("scope", scope)];
        let (status, answer) = post(world, "/services/oauth2/token", &form).await;
        assert_eq!((status, &answer["interval"]), (StatusCode::OK, &json!(5)), "{answer}");
        assert_eq!(answer["verification_uri"], json!(world.url("/setup/connect")));
        let text = |name: &str| answer[name].as_str().expect("text").to_owned();
        Self { world, code: text("device_code"), word: text("user_code") }
    }

    async fn poll(&self) -> (StatusCode, Value) {
        let id = &self.world.ready().client_id;
        let form = [("grant_type", "device"), ("client_id", id), ("code", self.code.as_str())];
        post(self.world, "/services/oauth2/token", &form).await
    }

    async fn refused(&self) -> String {
        let (status, answer) = self.poll().await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        answer["error"].as_str().expect("an error").to_owned()
    }

    /// A person types the word, logs in and presses a button; what the last page says.
    async fn decided(&self, button: &str) -> String {
        let (world, page) = (self.world, self.world.url("/setup/connect"));
        let asked = world.http.get(&page).query(&[("user_code", &self.word)]).send().await.expect("answers");
        let login = asked.text().await.expect("text");
        let start = login.split_once("name=\"startURL\" value=\"").expect("a login page").1;
        let start = start.split_once('"').expect("closes").0;
        let admin = &world.ready().admin;
        let form = [("startURL", start), ("username", &admin.username), ("pw", &admin.password)];
        let logged_in = world.http.post(world.url("/login")).form(&form).send().await.expect("answers");
        let cookie = logged_in.headers()[SET_COOKIE]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a cookie")
            .to_owned();
        let next = world.url(&location(&logged_in));
        let approval = world.http.get(next).header("cookie", &cookie).send().await.expect("answers");
        let approval = approval.text().await.expect("text");
        assert!(approval.contains("Allow Access?") && approval.contains(&self.word), "{approval}");
        let form = [("user_code", self.word.as_str()), (button, "x")];
        let done = world.http.post(page).header("cookie", cookie).form(&form).send().await.expect("answers");
        done.text().await.expect("text")
    }
}

#[tokio::test]
async fn a_device_waits_for_a_person_and_gets_its_tokens_once() {
    let world = World::new().await;
    let device = Waiting::new(&world, "api refresh_token").await;
    assert_eq!(device.refused().await, "authorization_pending");
    assert_eq!(device.refused().await, "slow_down");
    world.clock.advance(INTERVAL);
    assert_eq!(device.refused().await, "authorization_pending");
    assert!(device.decided("save").await.contains("You're Connected"));
    let (status, tokens) = device.poll().await;
    assert_eq!((status, &tokens["scope"]), (StatusCode::OK, &json!("api refresh_token")), "{tokens}");
    assert!(tokens["refresh_token"].is_string());
    world.api(tokens["access_token"].as_str().expect("a token")).get("/limits").await;
    assert_eq!(device.refused().await, "invalid_grant");
}

#[tokio::test]
async fn a_device_that_is_denied_or_late_gets_none() {
    let world = World::new().await;
    let denied = Waiting::new(&world, "api").await;
    assert!(denied.decided("cancel").await.contains("Access Denied"));
    assert_eq!(denied.refused().await, "access_denied");
    let late = Waiting::new(&world, "api").await;
    world.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(late.refused().await, "invalid_grant");
    let page = world.url("/setup/connect");
    let asked = world.http.get(page).query(&[("user_code", &late.word)]).send().await.expect("answers");
    assert!(asked.text().await.expect("text").contains("invalid or has expired"));
    let form = [("response_type", "device_code"), ("client_id", "nobody")];
    let (_, answer) = post(&world, "/services/oauth2/token", &form).await;
    assert_eq!(answer["error"], "invalid_client_id");
    let form =
        [("response_type", "device_code"), ("client_id", &world.ready().client_id), ("scope", "pardot_api")];
    let (_, answer) = post(&world, "/services/oauth2/token", &form).await;
    assert_eq!(answer["error"], "invalid_scope");
}
