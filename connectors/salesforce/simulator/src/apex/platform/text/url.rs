//! `Url`.

use url::Url;

use super::super::define::Definition;
use super::args::{Answer, string, text};
use crate::apex::run::throw;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

const URL: &str = "System.Url";

pub(super) fn definition() -> Definition {
    Definition::class(URL)
        .method("new(String)", new)
        .method("static Url getOrgDomainUrl()", org_domain)
        .method("static Url getSalesforceBaseUrl()", org_domain)
        .method("String getProtocol()", protocol)
        .method("String getHost()", host)
        .method("Integer getPort()", port)
        .method("Integer getDefaultPort()", default_port)
        .method("String getAuthority()", authority)
        .method("String getUserInfo()", user_info)
        .method("String getPath()", path)
        .method("String getFile()", file)
        .method("String getQuery()", query)
        .method("String getRef()", reference)
        .method("Boolean sameFile(Url)", same_file)
        .method("String toExternalForm()", external)
        .method("String toString()", external)
}

fn made(text: &str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("url", Value::string(text));
    Value::Platform(PlatformValue::new(URL, state))
}

fn new(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, arguments, 0)?;
    match Url::parse(&text) {
        Ok(_) => Ok(made(&text)),
        Err(_) => Err(throw(tx, "System.StringException", format!("no protocol: {text}"))),
    }
}

fn org_domain(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(made(&tx.org.config.base_url.clone()))
}

fn written(value: &Value) -> String {
    let Value::Platform(url) = value else { return String::new() };
    let state = url.state.borrow();
    state.values.get("url").and_then(Value::as_text).unwrap_or_default().to_owned()
}

fn part(this: &Value, part: impl Fn(&Url) -> Option<String>) -> Answer {
    let url = Url::parse(&written(this)).ok();
    url.and_then(|url| part(&url)).map_or(Ok(Value::Null), string)
}

/// The path as it was written: none is no slash.
fn path_of(text: &str, url: &Url) -> String {
    let bare = url.path() == "/" && !text.split(['?', '#']).next().unwrap_or_default().ends_with('/');
    if bare { String::new() } else { url.path().to_owned() }
}

fn protocol(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| Some(url.scheme().to_owned()))
}

fn host(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| url.host_str().map(str::to_owned))
}

fn port(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let url = Url::parse(&written(this)).ok();
    Ok(Value::Integer(url.and_then(|url| url.port()).map_or(-1, i32::from)))
}

fn default_port(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let port = Url::parse(&written(this)).ok().and_then(|url| match url.scheme() {
        "http" => Some(80),
        "https" => Some(443),
        "ftp" => Some(21),
        _ => None,
    });
    Ok(Value::Integer(port.unwrap_or(-1)))
}

fn authority(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| Some(url.authority().to_owned()))
}

fn user_info(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| url.authority().rsplit_once('@').map(|(info, _)| info.to_owned()))
}

fn path(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let text = written(this);
    part(this, |url| Some(path_of(&text, url)))
}

fn file(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let text = written(this);
    part(this, |url| {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(path_of(&text, url) + &query)
    })
}

fn query(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| url.query().map(str::to_owned))
}

fn reference(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    part(this, |url| url.fragment().map(str::to_owned))
}

/// Equal but for what stands behind `#`.
fn same_file(_: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let bare = |value: &Value| {
        let mut url = Url::parse(&written(value)).ok()?;
        url.set_fragment(None);
        Some(url)
    };
    let other = arguments.first().and_then(bare);
    Ok(Value::Boolean(other.is_some() && bare(this) == other))
}

fn external(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(written(this))
}
