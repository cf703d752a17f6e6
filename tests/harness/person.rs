//! A person of an organisation, at a browser of their own that keeps its cookies.

use salesforce_simulator::{Credentials, Simulator};

use crate::browser::{Browser, Page};
use crate::failure::Failure;
use crate::html;

/// Somebody with a user name, a password and a browser.
pub struct Person {
    credentials: Credentials,
    browser: Browser,
}

impl Person {
    pub fn new(credentials: &Credentials) -> Person {
        Person { credentials: credentials.clone(), browser: Browser::new().expect("a browser") }
    }

    /// The administrator of an organisation.
    pub fn admin(org: &Simulator) -> Person {
        Person::new(&org.ready().admin)
    }

    /// A user of an organisation without an administrator's rights.
    pub fn user(org: &Simulator) -> Person {
        Person::new(&org.ready().user)
    }

    /// Somebody else sits down at this person's browser, cookies and all.
    pub fn replaced_by(self, credentials: &Credentials) -> Person {
        Person { credentials: credentials.clone(), ..self }
    }

    /// Opens a page.
    pub async fn open(&mut self, url: &str) -> Page {
        self.browser.open(url).await.expect("a page")
    }

    /// Fills in a login page; answers what comes after it.
    pub async fn log_in(&mut self, login: &Page) -> Page {
        let Credentials { username, password } = &self.credentials;
        let fields = [("username", username.as_str()), ("pw", password.as_str())];
        self.browser.submit(login, &fields, "Log In").await.expect("the page after the login")
    }

    /// Goes from an authorisation's page to the one that asks, or to the one that ends it.
    pub async fn asked(&mut self, authorization_url: &str) -> Page {
        let login = self.open(authorization_url).await;
        self.log_in(&login).await
    }

    /// Presses a button: `Allow`, `Deny`.
    pub async fn press(&mut self, page: &Page, button: &str) -> Page {
        self.browser.submit(page, &[], button).await.expect("the page after the button")
    }

    /// Logs in and allows; answers the page that it ends on. Who has allowed the app already is not asked again.
    pub async fn allow(&mut self, authorization_url: &str) -> Page {
        let page = self.asked(authorization_url).await;
        if html::form(&page.body).is_some() { self.press(&page, "Allow").await } else { page }
    }

    /// As [`Person::allow`], where pages may not come: the daemon's own goes with the daemon.
    pub async fn try_allow(&mut self, authorization_url: &str) -> Result<Page, Failure> {
        let login = self.browser.open(authorization_url).await?;
        let Credentials { username, password } = &self.credentials;
        let fields = [("username", username.as_str()), ("pw", password.as_str())];
        let page = self.browser.submit(&login, &fields, "Log In").await?;
        if html::form(&page.body).is_some() {
            self.browser.submit(&page, &[], "Allow").await
        } else {
            Ok(page)
        }
    }

    /// Logs in and denies.
    pub async fn deny(&mut self, authorization_url: &str) -> Page {
        let asks = self.asked(authorization_url).await;
        self.press(&asks, "Deny").await
    }
}

/// What a page says, a line per block.
pub fn said(page: &Page) -> String {
    html::text(&page.body).join("\n")
}

/// An administrator follows a package's install link, logs in, and installs or upgrades it; returns when it is over.
pub async fn install(org: &Simulator, link: &str) {
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let link = url::Url::parse(link).expect("a link");
    let base = link.join("/").expect("the organisation");
    let version = link.query_pairs().find(|(name, _)| name == "p0").expect("a version").1.into_owned();
    let Credentials { username, password } = &org.ready().admin;
    let form = [("startURL", link.path()), ("username", username), ("pw", password)];
    let login = http.post(base.join("login").expect("a page")).form(&form).send().await.expect("logged in");
    let cookie = login.headers()[reqwest::header::SET_COOKIE].to_str().expect("a cookie").to_owned();
    let cookie = cookie.split(';').next().expect("a value").to_owned();
    let ledger = org.ledger();
    use salesforce_simulator::ledger::Kind::{PackageInstallFailed, PackageInstalled};
    let before = ledger.count(PackageInstalled);
    let form = [("p0", version.as_str()), ("security", "None")];
    let page = link.join(link.path()).expect("the page");
    let answer = http.post(page).header(reqwest::header::COOKIE, cookie).form(&form).send().await;
    assert!(answer.expect("answered").status().is_redirection(), "the installation begins");
    ledger
        .until(|ledger| ledger.count(PackageInstalled) > before || ledger.count(PackageInstallFailed) > 0)
        .await;
    assert_eq!(ledger.count(PackageInstallFailed), 0);
}
