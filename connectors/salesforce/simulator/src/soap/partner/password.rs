//! `setPassword` and `resetPassword`.

use std::sync::Arc;

use crate::org::Id;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// What an org asks of passwords before an administrator says otherwise.
const LENGTH_MIN: usize = 8;
/// Length of a password that the org makes up.
const LENGTH_MADE: usize = 10;

/// Gives a user the password that the caller names.
pub(super) fn set(caller: &Caller<'_>, user: &str, password: &str, out: &mut Xml) -> Result<(), SoapFault> {
    let complex = password.chars().any(|letter| letter.is_ascii_alphabetic())
        && password.chars().any(|letter| !letter.is_ascii_alphabetic());
    if password.chars().count() < LENGTH_MIN || !complex {
        let message = format!(
            "Your password must be at least {LENGTH_MIN} characters long and include a mix of letters and numbers"
        );
        return Err(SoapFault::api("INVALID_NEW_PASSWORD", message));
    }
    store(caller, user, password)?;
    out.open("result").close("result");
    Ok(())
}

/// Gives a user a new password, and tells it.
pub(super) fn reset(caller: &Caller<'_>, user: &str, out: &mut Xml) -> Result<(), SoapFault> {
    let letters = caller.site.org.secrets.word(LENGTH_MADE - 2);
    let password = format!("{letters}a1");
    store(caller, user, &password)?;
    out.open("result").text("password", &password).close("result");
    Ok(())
}

fn store(caller: &Caller<'_>, user: &str, password: &str) -> Result<(), SoapFault> {
    let id = Id::parse(user)
        .ok_or_else(|| SoapFault::api("INVALID_ID_FIELD", format!("Invalid id value: {user}")))?;
    if id != caller.rights.user && !caller.rights.has("ManageUsers") {
        let message = "insufficient access rights on cross-reference id";
        return Err(SoapFault::api("INSUFFICIENT_ACCESS", message));
    }
    let mut state = caller.site.org.write();
    let known = Arc::make_mut(&mut state.users).get_mut(&id);
    let known =
        known.ok_or_else(|| SoapFault::api("INVALID_ID_FIELD", format!("Invalid id value: {user}")))?;
    password.clone_into(&mut known.password);
    Ok(())
}
