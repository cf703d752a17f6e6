//! `setPassword` and `resetPassword`.

use crate::org::{Id, PasswordError};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// Gives a user the password that the caller names.
pub(super) fn set(caller: &Caller<'_>, user: &str, password: &str, out: &mut Xml) -> Result<(), SoapFault> {
    let done = caller.site.org.set_password(&caller.rights, id(user)?, password);
    done.map_err(|error| refused(user, error))?;
    out.open("result").close("result");
    Ok(())
}

/// Gives a user a new password, and tells it.
pub(super) fn reset(caller: &Caller<'_>, user: &str, out: &mut Xml) -> Result<(), SoapFault> {
    let password = caller.site.org.reset_password(&caller.rights, id(user)?);
    let password = password.map_err(|error| refused(user, error))?;
    out.open("result").text("password", &password).close("result");
    Ok(())
}

fn id(user: &str) -> Result<Id, SoapFault> {
    Id::parse(user).ok_or_else(|| refused(user, PasswordError::Unknown))
}

fn refused(user: &str, error: PasswordError) -> SoapFault {
    match error {
        PasswordError::Unknown => SoapFault::api(error.code(), format!("Invalid id value: {user}")),
        _ => SoapFault::api(error.code(), error.to_string()),
    }
}
