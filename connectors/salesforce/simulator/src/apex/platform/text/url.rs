//! `URL`.

use url::Url;

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const URL: &str = "System.URL";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(URL)
            .method("new(String)", new)
            .method("static System.URL getOrgDomainUrl()", org_domain)
            .method("static System.URL getSalesforceBaseUrl()", org_domain)
            .method("String getAuthority()", |tx, this, _| {
                part(tx, this, |url| Some(url.authority().to_owned()).filter(|text| !text.is_empty()))
            })
            .method("Integer getDefaultPort()", |tx, this, _| {
                let url = own(tx, this)?;
                Ok(Value::Integer(match url.scheme() {
                    "http" => 80,
                    "https" => 443,
                    "ftp" => 21,
                    _ => -1,
                }))
            })
            .method("Integer getPort()", |tx, this, _| {
                Ok(Value::Integer(own(tx, this)?.port().map_or(-1, i32::from)))
            })
            .method("String getFile()", |tx, this, _| {
                part(tx, this, |url| {
                    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                    Some(format!("{}{query}", url.path()))
                })
            })
            .method("String getHost()", |tx, this, _| {
                part(tx, this, |url| Some(url.host_str().unwrap_or_default().to_owned()))
            })
            .method("String getPath()", |tx, this, _| part(tx, this, |url| Some(url.path().to_owned())))
            .method("String getProtocol()", |tx, this, _| part(tx, this, |url| Some(url.scheme().to_owned())))
            .method("String getQuery()", |tx, this, _| part(tx, this, |url| url.query().map(str::to_owned)))
            .method("String getRef()", |tx, this, _| part(tx, this, |url| url.fragment().map(str::to_owned)))
            .method("Boolean sameFile(System.URL)", same_file)
            .method("String toExternalForm()", form)
            .method("String toString()", form),
    ]
}

/// The text is kept as it was given.
fn made(text: &str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("url", Value::string(text));
    Value::Platform(PlatformValue::new(URL, state))
}

fn form(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Platform(url) if url.name == URL => {
            Ok(url.state.borrow().values.get("url").cloned().unwrap_or(Value::Null))
        }
        _ => Err(null_reference(tx)),
    }
}

fn own(tx: &mut Transaction, this: &Value) -> Result<Url, Thrown> {
    let form = form(tx, this, &[])?;
    form.as_text().and_then(|text| Url::parse(text).ok()).ok_or_else(|| null_reference(tx))
}

fn part(tx: &mut Transaction, this: &Value, read: fn(&Url) -> Option<String>) -> Answer {
    Ok(read(&own(tx, this)?).map_or(Value::Null, |text| Value::string(&text)))
}

fn new(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    match Url::parse(&text) {
        Ok(_) => Ok(made(&text)),
        Err(_) => Err(throw(tx, "System.StringException", format!("no protocol: {text}"))),
    }
}

fn same_file(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let mut one = own(tx, this)?;
    let mut other = own(tx, argument(arguments, 0))?;
    one.set_fragment(None);
    other.set_fragment(None);
    Ok(Value::Boolean(one == other))
}

/// Where the org is, by its own name.
fn org_domain(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let name: String = tx.org.name.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(made(&format!("https://{}.my.salesforce.com", name.to_ascii_lowercase())))
}
