//! What a request means, read from its method, path and query.

use axum::http::{Method, Uri};

use crate::fault::Operation;

/// The meaning of a request. `form` is the body of a call to the token endpoint.
pub(super) fn operation(method: &Method, uri: &Uri, form: Option<&[u8]>) -> Operation {
    let path = uri.path().trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["services", "oauth2", "authorize"] => Operation::Authorize,
        ["services", "oauth2", "token"] => token(form),
        ["services", "oauth2", "revoke"] => Operation::Revoke,
        ["services", "oauth2", "introspect"] => Operation::Introspect,
        ["services", "oauth2", "userinfo"] => Operation::UserInfo,
        ["id", ..] => Operation::Identity,
        ["services", "data"] => Operation::Versions,
        ["services", "data", _] => Operation::Resources,
        ["services", "data", _, "tooling", rest @ ..] | ["services", "data", _, rest @ ..] => {
            data(method, uri, rest)
        }
        ["services", "apexrest", ..] => Operation::ApexRest,
        _ => Operation::Other,
    }
}

fn token(form: Option<&[u8]>) -> Operation {
    let grant = url::form_urlencoded::parse(form.unwrap_or_default()).find(|(key, _)| key == "grant_type");
    match grant.as_ref().map(|(_, value)| value.as_ref()) {
        Some("refresh_token") => Operation::TokenRefresh,
        _ => Operation::TokenExchange,
    }
}

fn data(method: &Method, uri: &Uri, rest: &[&str]) -> Operation {
    let named = |name: &str| Some(name.to_owned());
    match rest {
        ["limits"] => Operation::Limits,
        ["query" | "queryAll"] => Operation::Query { table: table(uri) },
        ["query" | "queryAll", _] => Operation::QueryMore,
        ["composite", ..] => Operation::Composite,
        ["metadata", "deployRequest"] => Operation::DeployStart,
        ["metadata", "deployRequest", _] if method == Method::PATCH => Operation::DeployCancel,
        ["metadata", "deployRequest", _] => Operation::DeployPoll,
        ["sobjects"] => Operation::DescribeGlobal,
        ["sobjects", object, "describe"] => Operation::Describe { object: named(object) },
        ["sobjects", object] if method == Method::POST && object.ends_with("__e") => Operation::Publish,
        ["sobjects", object] if method == Method::POST => Operation::RecordCreate { object: named(object) },
        ["sobjects", object, _] if method == Method::PATCH => {
            Operation::RecordUpdate { object: named(object) }
        }
        ["sobjects", object, _] if method == Method::DELETE => {
            Operation::RecordDelete { object: named(object) }
        }
        ["sobjects", object, _] => Operation::RecordGet { object: named(object) },
        ["sobjects", object, _, _] => Operation::BlobGet { object: named(object) },
        _ => Operation::Other,
    }
}

/// The word after the last FROM outside parentheses.
fn table(uri: &Uri) -> Option<String> {
    let query = url::form_urlencoded::parse(uri.query()?.as_bytes()).find(|(key, _)| key == "q")?.1;
    let mut depth = 0usize;
    let mut from = false;
    let mut table = None;
    for word in query.split_whitespace() {
        if depth == 0 && from {
            table = Some(word.trim_matches(',').to_owned());
        }
        depth = (depth + word.matches('(').count()).saturating_sub(word.matches(')').count());
        from = word.eq_ignore_ascii_case("from");
        if table.is_some() {
            break;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: Method, uri: &str) -> Operation {
        operation(&method, &uri.parse().expect("a test's URI parses"), Some(b"grant_type=refresh_token&x=1"))
    }

    #[test]
    fn calls_are_told_apart_by_what_they_mean() {
        let account = || Some("Account".to_owned());
        assert_eq!(of(Method::POST, "/services/oauth2/token"), Operation::TokenRefresh);
        assert_eq!(
            of(Method::POST, "/services/data/v67.0/sobjects/Account/"),
            Operation::RecordCreate { object: account() }
        );
        assert_eq!(of(Method::POST, "/services/data/v67.0/sobjects/X__e"), Operation::Publish);
        let query = "/services/data/v67.0/tooling/query?q=SELECT+Id,(SELECT+Id+FROM+Contacts)+FROM+Account";
        assert_eq!(of(Method::GET, query), Operation::Query { table: account() });
        assert_eq!(
            of(Method::PATCH, "/services/data/v67.0/metadata/deployRequest/0Af"),
            Operation::DeployCancel
        );
    }
}
