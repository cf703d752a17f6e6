//! Who calls, and what time the org has.

use crate::org::{Id, Org, metadata_time};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// `getUserInfo`.
pub(super) fn user_info(caller: &Caller<'_>, out: &mut Xml) -> Result<(), SoapFault> {
    out.open("result");
    about(&caller.site.org, caller.rights.user, out)?;
    out.close("result");
    Ok(())
}

/// What `getUserInfo` and `login` tell of a user.
pub(in crate::soap) fn about(org: &Org, user: Id, out: &mut Xml) -> Result<(), SoapFault> {
    let state = org.read();
    let user = state.users.get(&user).ok_or_else(SoapFault::session)?;
    let user_type =
        state.profiles.get(&user.profile).map_or("Standard", |profile| profile.user_type.as_str());
    out.flag("accessibilityMode", false)
        .flag("chatterExternal", false)
        .text("currencySymbol", "$")
        .number("orgAttachmentFileSizeLimit", 26_214_400)
        .text("orgDefaultCurrencyIsoCode", "USD")
        .text("orgDefaultCurrencyLocale", "en_US")
        .flag("orgDisallowHtmlAttachments", false)
        .flag("orgHasPersonAccounts", false)
        .text("organizationId", org.id.as_str())
        .flag("organizationMultiCurrency", false)
        .text("organizationName", &org.name)
        .text("profileId", user.profile.as_str())
        .nil("roleId")
        .number("sessionSecondsValid", org.session_lifetime_ms() / 1_000)
        .nil("userDefaultCurrencyIsoCode")
        .text("userEmail", &user.email)
        .text("userFullName", &user.name())
        .text("userId", user.id.as_str())
        .text("userLanguage", "en_US")
        .text("userLocale", "en_US")
        .text("userName", &user.username)
        .text("userTimeZone", "America/Los_Angeles")
        .text("userType", user_type)
        .text("userUiSkin", "Theme3");
    Ok(())
}

/// `getServerTimestamp`.
pub(super) fn timestamp(caller: &Caller<'_>, out: &mut Xml) {
    out.open("result").text("timestamp", &metadata_time(caller.site.org.now_ms())).close("result");
}

/// `sendEmail`: no mail leaves this org, as none leaves a sandbox whose deliverability is "No access".
pub(super) fn no_mail(emails: usize, out: &mut Xml) {
    for _ in 0..emails {
        out.open("result").open("errors");
        out.text("message", "Single email is not enabled for your organization or profile.")
            .text("statusCode", "NO_SINGLE_MAIL_PERMISSION");
        out.close("errors").flag("success", false).close("result");
    }
}

/// `invalidateSessions`: one's own, or everybody's for who manages users.
pub(super) fn end_sessions(caller: &Caller<'_>, sessions: &[String], out: &mut Xml) {
    let org = &caller.site.org;
    let (any, now_ms, lifetime_ms) =
        (caller.rights.has("ManageUsers"), org.now_ms(), org.session_lifetime_ms());
    let mut state = org.write();
    for session in sessions {
        let user = state.sessions.peek(session, now_ms, lifetime_ms).map(|session| session.user);
        let own = user == Some(caller.rights.user);
        let ended = (any || own) && state.sessions.end(session).is_some();
        out.open("result");
        if !ended {
            out.open("errors").text("message", "Invalid session id").text("statusCode", "INVALID_SESSION_ID");
            out.close("errors");
        }
        out.flag("success", ended).close("result");
    }
}
