//! `login`: a user's name and password, with the security token behind it, for a session.

use axum::http::HeaderMap;

use super::Reply;
use super::dialect::Dialect;
use super::envelope::Envelope;
use super::fault::SoapFault;
use super::partner::person;
use super::write::Xml;
use crate::surface::{Site, gate};

/// Whether a request is to log in, for which nobody needs a session.
pub(super) fn is_login(dialect: Dialect, envelope: &Envelope) -> bool {
    envelope.operation.name == "login" && matches!(dialect, Dialect::Partner | Dialect::Enterprise)
}

/// Opens a session. `version` is the URL's, such as `59.0`: newer versions of the API have no such call any more.
pub(super) fn login(
    site: &Site,
    dialect: Dialect,
    headers: &HeaderMap,
    version: &str,
    envelope: &Envelope,
) -> Result<Reply, SoapFault> {
    let org = &site.org;
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
    if major > org.config.logins.soap_login_newest {
        let message = format!("SOAP API login() is not available in API version {version}");
        return Err(SoapFault::api("UNSUPPORTED_API_VERSION", message));
    }
    let text = |name: &str| envelope.operation.text_of(name).unwrap_or_default();
    let user = org.user_of_password(text("username"), text("password")).ok_or_else(|| {
        SoapFault::api("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
    })?;
    let session = org.open_session(user, None, "full");
    // Who may not use the API is told so here already.
    if let Err(refusal) = gate::admit(org, &session) {
        org.write().sessions.end(&session);
        return Err(refusal.into());
    }
    org.note_login(user);
    let base = site.base_url(headers);
    let api = if dialect == Dialect::Enterprise { 'c' } else { 'u' };
    let url = |api: char| format!("{base}/services/Soap/{api}/{version}/{}", org.id.short());
    let mut out = Xml::default();
    out.open("loginResponse").open("result");
    out.text("metadataServerUrl", &url('m'))
        .flag("passwordExpired", false)
        .flag("sandbox", org.kind.is_sandbox())
        .text("serverUrl", &url(api))
        .text("sessionId", &session)
        .text("userId", user.as_str())
        .open("userInfo");
    person::about(org, user, &mut out)?;
    out.close("userInfo").close("result").close("loginResponse");
    Ok(out.into())
}
