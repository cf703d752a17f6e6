//! The pages. Every value is escaped: the template's name ends in `.html`.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::{Environment, Value, context};
use provision_core::Fault;
use provision_core::account::ServiceAccount;

use crate::html;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates
        .add_template("page.html", include_str!("pages/page.html"))
        .expect("the page's template is part of the program");
    templates
});

fn render(status: StatusCode, values: Value) -> Response {
    let page = TEMPLATES.get_template("page.html").and_then(|template| template.render(values));
    match page {
        Ok(text) => html(status, text),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            html(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.".to_owned())
        }
    }
}

pub(crate) fn authorized(account: &ServiceAccount) -> Response {
    let identity = account.identity.as_ref();
    let fact = |get: fn(&provision_core::account::Identity) -> &String| {
        identity.map(get).cloned().unwrap_or_default()
    };
    render(
        StatusCode::OK,
        context! {
            title => "Access granted",
            good => true,
            lead => "The organisation below is now connected. Nothing in it has been changed yet.",
            facts => vec![
                ("Organisation", fact(|i| &i.organization_name)),
                ("Organisation id", fact(|i| &i.organization_id)),
                ("Environment", fact(|i| &i.environment)),
                ("Authorised by", fact(|i| &i.username)),
                ("Service account", account.name.to_string()),
            ],
            next => vec![
                "Check that this is the organisation you meant.",
                "Close this page and go back to the console: look at the plan there, and provision.",
            ],
        },
    )
}

/// Its form leads to the application's login, by a redirect: browsers hold a form's policy against redirects too.
pub(crate) fn authorize_again(account: &ServiceAccount) -> Response {
    let fact = |get: fn(&provision_core::account::Identity) -> &String| {
        account.identity.as_ref().map(get).cloned().unwrap_or_default()
    };
    let mut page = render(
        StatusCode::OK,
        context! {
            title => "Authorise again",
            good => true,
            lead => "Access to the organisation below has ended, so it is not protected at the moment. An administrator \
                     of this very organisation can allow it again; everything else stays as it is.",
            facts => vec![
                ("Organisation", fact(|i| &i.organization_name)),
                ("Organisation id", fact(|i| &i.organization_id)),
                ("Environment", fact(|i| &i.environment)),
                ("Authorised before by", fact(|i| &i.username)),
                ("Service account", account.name.to_string()),
            ],
            button => "Log in and allow access",
        },
    );
    page.headers_mut().insert(
        axum::http::header::CONTENT_SECURITY_POLICY,
        axum::http::HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    page
}

pub(crate) fn authorized_already() -> Response {
    render(
        StatusCode::OK,
        context! {
            title => "Nothing to do here",
            good => true,
            lead => "The organisation is connected; nobody needs to authorise it again at the moment.",
            next => vec!["Close this page."],
        },
    )
}

pub(crate) fn refused(status: StatusCode, fault: &Fault) -> Response {
    let mut next: Vec<String> = fault.violations().iter().map(|v| v.description.clone()).collect();
    next.extend(fault.help_link().map(|link| format!("More about it: {link}")));
    next.push("Go back to the console and begin the authorisation again.".to_owned());
    render(
        status,
        context! {
            title => "Not connected",
            good => false,
            lead => capitalized(fault.message()),
            facts => vec![("Reason", fault.reason().as_str().to_owned())],
            next => next,
        },
    )
}

pub(crate) fn malformed(what: &str) -> Response {
    render(
        StatusCode::BAD_REQUEST,
        context! {
            title => "Nothing to do here",
            good => false,
            lead => format!("This page is where an authorisation comes back to, but {what}."),
            next => vec!["Go back to the console and begin the authorisation again."],
        },
    )
}

pub(crate) fn about() -> Response {
    render(
        StatusCode::OK,
        context! {
            title => "provisiond",
            good => true,
            lead => "This is provisiond, which connects SaaS organisations to the service that protects them. \
                     Its API speaks gRPC on another port.",
        },
    )
}

pub(crate) fn not_found() -> Response {
    render(
        StatusCode::NOT_FOUND,
        context! { title => "Not found", good => false, lead => "There is no page at this address." },
    )
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str().trim_end_matches('.')),
        None => String::new(),
    }
}
