//! The org administrator's browser: follows redirects, keeps cookies, fills in forms.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::failure::Failure;
use crate::html::{self, Form};

/// Most redirects followed in a row.
const REDIRECTS_MAX: usize = 10;

/// A browser with one tab.
pub struct Browser {
    http: Client,
    /// Cookies by host and port, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page that was reached.
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub body: String,
}

impl Browser {
    pub fn new() -> Result<Browser, Failure> {
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|e| Failure::because("BROWSER_FAILED")(&e))?;
        Ok(Browser { http, cookies: BTreeMap::new() })
    }

    /// Opens a page.
    pub async fn open(&mut self, url: &str) -> Result<Page, Failure> {
        let url = Url::parse(url).map_err(|e| Failure::because("BROWSER_FAILED")(&e))?;
        self.go(url, None).await
    }

    /// Fills in the form of `page` with `fields` beside its hidden ones, and presses the button of that value.
    pub async fn submit(
        &mut self,
        page: &Page,
        fields: &[(&str, &str)],
        button: &str,
    ) -> Result<Page, Failure> {
        let missing =
            |what: &str| Failure::new("PAGE_UNEXPECTED", format!("{} has no {what}", place(&page.url)));
        let Form { action, hidden, buttons } = html::form(&page.body).ok_or_else(|| missing("form"))?;
        let pressed = buttons
            .into_iter()
            .find(|(_, value)| value == button)
            .ok_or_else(|| missing(&format!("button '{button}'")))?;
        let url = page.url.join(&action).map_err(|e| Failure::because("PAGE_UNEXPECTED")(&e))?;
        let typed = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let form = hidden.into_iter().chain(typed).chain([pressed]).collect();
        self.go(url, Some(form)).await
    }

    async fn go(&mut self, mut url: Url, mut form: Option<Vec<(String, String)>>) -> Result<Page, Failure> {
        for _ in 0..REDIRECTS_MAX {
            let response = self.request(&url, form.take()).await?;
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            match to.filter(|_| response.status().is_redirection()) {
                Some(to) => url = url.join(to).map_err(|e| Failure::because("PAGE_UNEXPECTED")(&e))?,
                None => {
                    let status = response.status();
                    let body = response.text().await.map_err(failed)?;
                    return Ok(Page { url, status, body });
                }
            }
        }
        Err(Failure::new("PAGE_UNEXPECTED", format!("{} redirects without end", place(&url))))
    }

    async fn request(&mut self, url: &Url, form: Option<Vec<(String, String)>>) -> Result<Response, Failure> {
        let request = match form {
            Some(form) => self.http.post(url.clone()).form(&form),
            None => self.http.get(url.clone()),
        };
        let jar = self.cookies.entry(url.authority().to_owned()).or_default();
        let kept: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if kept.is_empty() { request } else { request.header(COOKIE, kept.join("; ")) };
        let response = request.send().await.map_err(failed)?;
        for cookie in response.headers().get_all(SET_COOKIE).iter().filter_map(|c| c.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(response)
    }
}

/// A page's address without its query, which holds single-use secrets.
pub fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

fn failed(error: reqwest::Error) -> Failure {
    Failure::because("BROWSER_FAILED")(&error.without_url())
}
