//! A person follows the vendor's install link.

use std::time::Duration;

use reqwest::header::{COOKIE, HOST, SET_COOKIE};
use reqwest::{Response, StatusCode};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::package::Offer;
use salesforce_simulator::{Config, Credentials};

use crate::browser::{asked, code, location, login, open, page_token, parameters};
use crate::client::World;
use crate::packages::{VERSION, app, config};

/// A browser that is logged in.
struct Browser<'a> {
    world: &'a World,
    cookie: String,
}

async fn log_in<'a>(world: &'a World, who: &Credentials, start: &str) -> (Browser<'a>, String) {
    let form = [("startURL", start), ("username", &who.username), ("pw", &who.password)];
    let response = world.http.post(world.url("/login")).form(&form).send().await.expect("answers");
    let cookie =
        response.headers()[SET_COOKIE].to_str().expect("text").split(';').next().expect("a value").to_owned();
    let leads_to = location(&response);
    (Browser { world, cookie }, leads_to)
}

impl Browser<'_> {
    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = self.world.http.get(self.world.url(path)).header(COOKIE, &self.cookie);
        read(request.send().await.expect("answers")).await
    }

    async fn install(&self, security: &str) -> Response {
        let form = [("p0", VERSION), ("security", security)];
        let url = self.world.url("/packaging/installPackage.apexp");
        self.world.http.post(url).header(COOKIE, &self.cookie).form(&form).send().await.expect("answers")
    }
}

async fn read(response: Response) -> (StatusCode, String) {
    let status = response.status();
    (status, response.text().await.expect("text"))
}

/// Waits until an installation is over, well or not.
async fn over(world: &World) {
    let ends = [Kind::PackageInstalled, Kind::PackageInstallFailed];
    world.org().ledger.until(|ledger| ends.iter().any(|kind| ledger.count(*kind) > 0)).await;
}

fn link() -> String {
    format!("/packaging/installPackage.apexp?p0={VERSION}")
}

#[tokio::test]
async fn an_administrator_logs_in_chooses_and_installs() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    // The link of a stranger leads to the login page and from there back.
    let stranger = world.http.get(world.url(&link())).send().await.expect("answers");
    let to_login = location(&stranger);
    assert_eq!(parameters(&to_login)["startURL"], link());
    let (_, html) = read(world.http.get(world.url(&to_login)).send().await.expect("answers")).await;
    assert!(html.contains("type=\"password\"") && html.contains(&format!("value=\"{}\"", link())), "{html}");
    let (browser, leads_to) = log_in(&world, &world.ready().admin, &link()).await;
    assert_eq!(leads_to, link());
    let (status, html) = browser.get(&leads_to).await;
    assert_eq!(status, StatusCode::OK);
    for words in
        ["Install Cloud App Security", "Version 1.0.0", "Install for Admins Only", "Install for All Users"]
    {
        assert!(html.contains(words), "{words} is missing from {html}");
    }
    let follow = location(&browser.install("Full").await);
    over(&world).await;
    let (_, html) = browser.get(&follow).await;
    assert!(html.contains("Installation Complete!"), "{html}");
    // All users have access now, and the app that came with the package counts as installed.
    let item = "/sobjects/casec__CAS_Quarantined_Item__c/describe";
    let (status, _) = world.user().call(reqwest::Method::GET, item, None).await;
    assert_eq!(status, StatusCode::OK);
    code(&world, &asked(&world), &world.ready().user).await;
    let (_, html) = browser.get(&link()).await;
    assert!(html.contains("Version 1.0.0 is installed"), "{html}");
}

#[tokio::test]
async fn for_administrators_only_means_nobody_else() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    let (browser, _) = log_in(&world, &world.ready().admin, "/").await;
    location(&browser.install("None").await);
    over(&world).await;
    let item = "/sobjects/casec__CAS_Quarantined_Item__c/describe";
    let (status, _) = world.user().call(reqwest::Method::GET, item, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    world.admin().get(item).await;
}

#[tokio::test]
async fn ordinary_users_and_unknown_packages_are_turned_away() {
    let mut offer = Offer::of(VERSION, app());
    offer.versions[1].visible_after = Duration::from_secs(60);
    let world = World::with(config(offer)).await;
    let (user, _) = log_in(&world, &world.ready().user, &link()).await;
    let (status, html) = user.get(&link()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(html.contains("Insufficient Privileges"), "{html}");
    assert_eq!(user.install("None").await.status(), StatusCode::FORBIDDEN);
    let (admin, _) = log_in(&world, &world.ready().admin, &link()).await;
    for path in
        ["/packaging/installPackage.apexp?p0=04t000000000000AAA", "/packaging/installPackage.apexp", &link()]
    {
        let (_, html) = admin.get(path).await;
        assert!(html.contains("yet exist or has been deleted"), "{path}: {html}");
    }
    assert_eq!(admin.install("None").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.org().ledger.count(Kind::PackageInstallStarted), 0);
}

#[tokio::test]
async fn a_login_leads_nowhere_else() {
    let world = World::with(Config::default()).await;
    let (_, leads_to) = log_in(&world, &world.ready().admin, "https://evil.example/").await;
    assert_eq!(leads_to, "/");
    let form = [("startURL", "/"), ("username", "nobody@example.com"), ("pw", "x")];
    let response = world.http.post(world.url("/login")).form(&form).send().await.expect("answers");
    let (status, html) = read(response).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("check your username and password"), "{html}");
}

#[tokio::test]
async fn where_only_the_own_domain_is_allowed_common_hosts_log_nobody_in() {
    let mut config = Config::default();
    config.conditions.my_domain_only = true;
    let world = World::with(config).await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    let (status, html) = read(login(&world, &page, &world.ready().admin).await).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("My Domain"), "{html}");
    let admin = &world.ready().admin;
    let form = [("page", page.as_str()), ("username", &admin.username), ("pw", &admin.password)];
    let request = world.http.post(world.url("/login")).header(HOST, "northwind.localhost:80").form(&form);
    let (_, html) = read(request.send().await.expect("answers")).await;
    assert!(html.contains("Allow Access?"), "{html}");
}
