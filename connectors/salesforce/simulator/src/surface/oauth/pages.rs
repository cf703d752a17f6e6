//! The pages a person sees: login, approval, error. Plain HTML, no scripts.

use axum::response::Html;
use quick_xml::escape::escape;

use super::scope;
use crate::org::Asked;
use crate::package::{Package, PackageVersion};

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:16px sans-serif;max-width:28em;margin:3em auto;color:#16325c}}label{{display:block;margin:.8em 0}}\
         input{{width:100%;padding:.4em}}button{{padding:.5em 1.5em;margin-right:1em}}.error{{color:#c23934}}</style>\
         </head><body>\n{body}\n</body></html>\n",
    ))
}

/// The login form. `page` ties it to the authorize request.
pub(super) fn login(page_token: &str, host: &str, asked: &Asked, error: Option<&str>) -> Html<String> {
    let error = error
        .map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(text)))
        .unwrap_or_default();
    let hint = asked.login_hint.as_deref().unwrap_or_default();
    page(
        "Login | Salesforce simulator",
        &format!(
            "<h1>Log in</h1><p>{host}</p>{error}\n<form method=\"post\" action=\"/login\">\n\
             <input type=\"hidden\" name=\"page\" value=\"{token}\">\n\
             <label>Username <input type=\"email\" name=\"username\" value=\"{hint}\" autocomplete=\"username\"></label>\n\
             <label>Password <input type=\"password\" name=\"pw\" autocomplete=\"current-password\"></label>\n\
             <button type=\"submit\" name=\"Login\" value=\"Log In\">Log In</button>\n</form>",
            host = escape(host),
            token = escape(page_token),
            hint = escape(hint),
        ),
    )
}

/// The approval form with its two buttons.
pub(super) fn approval(page_token: &str, app: &str, user: &str, org: &str, scopes: &str) -> Html<String> {
    let items: String = scopes.split(' ').map(|name| format!("<li>{}</li>", scope::words(name))).collect();
    page(
        "Allow Access? | Salesforce simulator",
        &format!(
            "<h1>Allow Access?</h1>\n<p><strong>{app}</strong> is asking to:</p><ul>{items}</ul>\n\
             <p>Do you want to allow access for <strong>{user}</strong> in the organization <strong>{org}</strong>?</p>\n\
             <form method=\"post\" action=\"/setup/secur/RemoteAccessAuthorizationPage.apexp\">\n\
             <input type=\"hidden\" name=\"page\" value=\"{token}\">\n\
             <button type=\"submit\" name=\"save\" value=\"Allow\">Allow</button>\n\
             <button type=\"submit\" name=\"cancel\" value=\"Deny\">Deny</button>\n</form>",
            app = escape(app),
            user = escape(user),
            org = escape(org),
            token = escape(page_token),
        ),
    )
}

/// Where a browser gets stuck when the org will not send it back to the app.
pub(super) fn error(error: &str, description: &str) -> Html<String> {
    page(
        "Error | Salesforce simulator",
        &format!(
            "<h1>OAuth Error</h1>\n<p class=\"error\">We can't authorize you because of an OAuth error. For more information, \
             contact your Salesforce administrator.</p>\n<p>{} : {}</p>",
            escape(error),
            escape(description)
        ),
    )
}

/// The login form of somebody who comes by themselves; it leads to `start`.
pub(super) fn plain_login(start: &str, host: &str, error: Option<&str>) -> Html<String> {
    let error = error
        .map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(text)))
        .unwrap_or_default();
    let start = if start.is_empty() { "/" } else { start };
    page(
        "Login | Salesforce simulator",
        &format!(
            "<h1>Log in</h1><p>{host}</p>{error}\n<form method=\"post\" action=\"/login\">\n\
             <input type=\"hidden\" name=\"startURL\" value=\"{start}\">\n\
             <label>Username <input type=\"email\" name=\"username\" autocomplete=\"username\"></label>\n\
             <label>Password <input type=\"password\" name=\"pw\" autocomplete=\"current-password\"></label>\n\
             <button type=\"submit\" name=\"Login\" value=\"Log In\">Log In</button>\n</form>",
            host = escape(host),
            start = escape(start),
        ),
    )
}

/// Asks for the word that a device shows.
pub(super) fn device_word(error: Option<&str>) -> Html<String> {
    let error = error
        .map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(text)))
        .unwrap_or_default();
    page(
        "Connect Your Device | Salesforce simulator",
        &format!(
            "<h1>Connect Your Device</h1>{error}\n<form method=\"get\" action=\"/setup/connect\">\n\
             <label>Code <input type=\"text\" name=\"user_code\" autocomplete=\"off\"></label>\n\
             <button type=\"submit\">Connect</button>\n</form>"
        ),
    )
}

/// The approval form for a device.
pub(super) fn device(word: &str, app: &str, user: &str, org: &str, scopes: &str) -> Html<String> {
    let items: String = scopes.split(' ').map(|name| format!("<li>{}</li>", scope::words(name))).collect();
    page(
        "Allow Access? | Salesforce simulator",
        &format!(
            "<h1>Allow Access?</h1>\n<p><strong>{app}</strong> on the device that shows {word} is asking to:</p><ul>{items}</ul>\n\
             <p>Do you want to allow access for <strong>{user}</strong> in the organization <strong>{org}</strong>?</p>\n\
             <form method=\"post\" action=\"/setup/connect\">\n\
             <input type=\"hidden\" name=\"user_code\" value=\"{word}\">\n\
             <button type=\"submit\" name=\"save\" value=\"Allow\">Allow</button>\n\
             <button type=\"submit\" name=\"cancel\" value=\"Deny\">Deny</button>\n</form>",
            app = escape(app),
            word = escape(word),
            user = escape(user),
            org = escape(org),
        ),
    )
}

/// The end of it, whichever way.
pub(super) fn device_done(allowed: bool) -> Html<String> {
    let words = if allowed { "You're Connected" } else { "Access Denied" };
    page(
        "Connect Your Device | Salesforce simulator",
        &format!("<h1>{words}</h1>\n<p>You can go back to your device.</p>"),
    )
}

/// What a user sees after a login that leads nowhere.
pub(super) fn home(org: &str, user: &str) -> Html<String> {
    page(
        "Home | Salesforce simulator",
        &format!("<h1>{}</h1>\n<p>You are logged in as <strong>{}</strong>.</p>", escape(org), escape(user)),
    )
}

/// Who gets a package, and the button; `present` is the version that is there already.
pub(super) fn install(package: &Package, version: &PackageVersion, present: Option<&str>) -> Html<String> {
    let (title, button) = match present {
        Some(_) => ("Upgrade", "Upgrade"),
        None => ("Install", "Install"),
    };
    let present = present
        .map(|number| format!("<p>Version {} is installed in this organization.</p>", escape(number)))
        .unwrap_or_default();
    let beta = if version.beta { " (Beta)" } else { "" };
    let key = if version.key.is_some() {
        "<label>Installation key <input type=\"password\" name=\"key\"></label>\n"
    } else {
        ""
    };
    page(
        "Install Package | Salesforce simulator",
        &format!(
            "<h1>{title} {name}</h1>\n<p>By {publisher}. Version {number}{beta}.</p>{present}\n\
             <form method=\"post\" action=\"/packaging/installPackage.apexp\">\n\
             <input type=\"hidden\" name=\"p0\" value=\"{id}\">\n{key}\
             <label><input type=\"radio\" name=\"security\" value=\"None\" checked> Install for Admins Only</label>\n\
             <label><input type=\"radio\" name=\"security\" value=\"Full\"> Install for All Users</label>\n\
             <button type=\"submit\">{button}</button>\n</form>",
            name = escape(package.name.as_str()),
            publisher = escape(package.publisher.as_str()),
            number = version.text(),
            id = version.id,
        ),
    )
}

/// While it goes on; the page asks again by itself.
pub(super) fn installing(package: &str) -> Html<String> {
    let body = format!(
        "<meta http-equiv=\"refresh\" content=\"1\">\n<h1>Install {}</h1>\n\
         <p>Installing and granting access. This can take a moment: you can wait here.</p>",
        escape(package)
    );
    page("Install Package | Salesforce simulator", &body)
}

/// The good end.
pub(super) fn installed(package: &str) -> Html<String> {
    let body = format!("<h1>Installation Complete!</h1>\n<p>{} is installed.</p>", escape(package));
    page("Install Package | Salesforce simulator", &body)
}

/// Why there is no installation.
pub(super) fn not_installed(words: &str) -> Html<String> {
    let body = format!("<h1>Install Package</h1>\n<p class=\"error\" role=\"alert\">{}</p>", escape(words));
    page("Install Package | Salesforce simulator", &body)
}
