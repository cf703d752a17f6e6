//! The wrong user, and pages at which a browser stays.

use provision_client::api::v1::ServiceAccountPhase;
use provision_tests::person::{Person, said};
use provision_tests::setup::Setup;
use provision_tests::world::World;
use salesforce_simulator::Config;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::{AppPolicy, Conditions};

use super::nothing_is_kept;

/// An organisation whose every user may allow the app.
fn installed() -> Setup {
    let conditions = Conditions { app_policy: AppPolicy::Installed, ..Conditions::default() };
    Setup { org: Config { objects: 60, conditions, ..Config::default() }, ..Setup::default() }
}

#[tokio::test]
async fn a_user_without_the_rights_is_told_each_of_them() {
    let world = World::made(installed()).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.create(&admin).await.name;
    let page = Person::user(&world.org).allow(&world.begin(&admin, &account).await).await;
    let text = nothing_is_kept(&world, &admin, &account, "PRECONDITION_CHECKS_FAILED", &page, 0).await;
    insta::assert_snapshot!("refused_ordinary_user", text);
    // What was found stays to be looked at.
    let checks = admin.accounts().check(&account).await.expect("checked");
    let author = checks.checks.iter().find(|one| one.id == "permission.AuthorApex").expect("the check");
    assert!(!checks.passed && author.evidence.contains(&world.org.ready().user.username), "{author:?}");
    world.authorized(&admin, &account).await;
}

#[tokio::test]
async fn another_user_than_the_expected_one_and_a_browser_that_is_somebody_elses() {
    let world = World::made(installed()).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let ready = world.org.ready().clone();
    let expecting = [("username", ready.admin.username.as_str())];
    let account = world.create_with(&admin, "acme", "main", "sandbox", &expecting).await.name;
    // The browser is logged in as somebody else: without a word the page would ask that user.
    let mut person = Person::user(&world.org);
    let login = person.open(&ready.base_url).await;
    person.log_in(&login).await;
    let url = world.begin(&admin, &account).await;
    let careless = url.replace("prompt=login", "prompt=");
    assert_ne!(careless, url);
    let asks = person.open(&careless).await;
    assert!(said(&asks).contains(&ready.user.username), "{}", said(&asks));
    // As it is, it asks who it is, with the name that is expected.
    let login = person.open(&url).await;
    assert!(login.body.contains("type=\"password\""), "{}", login.body);
    assert!(login.body.contains(&format!("value=\"{}\"", ready.admin.username)), "{}", login.body);
    let asks = person.log_in(&login).await;
    let page = person.press(&asks, "Allow").await;
    let text = nothing_is_kept(&world, &admin, &account, "USER_MISMATCH", &page, 0).await;
    insta::assert_snapshot!("refused_other_user", text);

    let mut person = person.replaced_by(&ready.admin);
    let page = person.allow(&world.begin(&admin, &account).await).await;
    let text = said(&page);
    assert!(text.contains(&format!("Authorised by: {}", ready.admin.username)), "{text}");
    insta::assert_snapshot!("granted", text);
}

#[tokio::test]
async fn pages_at_which_the_browser_stays_are_among_the_hints() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.create(&admin).await.name;
    let connector = admin.connectors().get("connectors/salesforce").await.expect("the connector");
    let hints = connector.authorization_hints.join("\n").to_lowercase();
    let policies = [
        (AppPolicy::NotInstalled, "app must be installed into org"),
        (AppPolicy::Blocked, "oauth_app_blocked"),
        (AppPolicy::AdminApprovedOnly, "user is not admin approved to access this app"),
    ];
    for (policy, words) in policies {
        world.org.org().set_conditions(|conditions| conditions.app_policy = policy);
        let page = Person::user(&world.org).asked(&world.begin(&admin, &account).await).await;
        assert!(page.url.as_str().starts_with(&world.org.ready().base_url), "{}", page.url);
        let text = said(&page).to_lowercase();
        assert!(text.contains(words), "{text}");
        assert!(hints.contains(words), "no hint for {words}: {hints}");
        let now = admin.accounts().get(&account).await.expect("account");
        assert_eq!(now.phase(), ServiceAccountPhase::AwaitingAuthorization);
        let next = now.next_action.expect("somebody must act");
        assert!(next.action == "AUTHORIZE" && next.deadline.is_some(), "{next:?}");
    }
    // Without PKCE the organisation does not even ask.
    world.org.org().set_conditions(|conditions| conditions.app_policy = AppPolicy::Installed);
    let url = url::Url::parse(&world.begin(&admin, &account).await).expect("a URL");
    let mut bare = url.clone();
    let kept = url.query_pairs().filter(|(name, _)| !name.starts_with("code_challenge"));
    bare.query_pairs_mut().clear().extend_pairs(kept);
    let page = Person::admin(&world.org).open(bare.as_str()).await;
    assert!(said(&page).contains("missing required code challenge"), "{}", said(&page));
    assert!(hints.contains("missing required code challenge"), "{hints}");
    assert_eq!(world.org.ledger().count(Kind::GrantIssued), 0);
    // The page that was begun last still works.
    let page = Person::admin(&world.org).allow(url.as_str()).await;
    assert!(said(&page).contains("Access granted"), "{}", said(&page));
}

#[tokio::test]
async fn an_administrator_who_denies() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.create(&admin).await.name;
    let page = Person::admin(&world.org).deny(&world.begin(&admin, &account).await).await;
    let text = nothing_is_kept(&world, &admin, &account, "AUTHORIZATION_DENIED", &page, 0).await;
    insta::assert_snapshot!("denied", text);
    assert_eq!(world.org.ledger().count(Kind::GrantIssued), 0);
    world.authorized(&admin, &account).await;
}
