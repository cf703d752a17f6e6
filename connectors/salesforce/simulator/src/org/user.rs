//! The people of the org.

use std::sync::Arc;

use super::access::Rights;
use super::id::Id;

/// A user who can log in.
#[derive(Clone)]
pub struct User {
    pub id: Id,
    pub username: String,
    /// Plain, since nothing here is anybody's real secret; still never printed or logged.
    pub password: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub profile: Id,
    pub active: bool,
    pub created_ms: i64,
    pub last_login_ms: Option<i64>,
}

impl User {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// What an org asks of passwords before an administrator says otherwise.
const PASSWORD_LENGTH_MIN: usize = 8;
/// Length of a password that the org makes up.
const PASSWORD_LENGTH_MADE: usize = 10;

/// Why a password was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error(
        "Your password must be at least {PASSWORD_LENGTH_MIN} characters long and include a mix of letters and numbers"
    )]
    Weak,
    #[error("insufficient access rights on cross-reference id")]
    Forbidden,
    #[error("The requested resource does not exist")]
    Unknown,
}

impl PasswordError {
    /// Salesforce's code for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Weak => "INVALID_NEW_PASSWORD",
            Self::Forbidden => "INSUFFICIENT_ACCESS",
            Self::Unknown => "INVALID_ID_FIELD",
        }
    }
}

impl super::Org {
    /// Gives a user the password that the caller names.
    pub fn set_password(&self, by: &Rights, user: Id, password: &str) -> Result<(), PasswordError> {
        let mixed = password.chars().any(|letter| letter.is_ascii_alphabetic())
            && password.chars().any(|letter| !letter.is_ascii_alphabetic());
        if password.chars().count() < PASSWORD_LENGTH_MIN || !mixed {
            return Err(PasswordError::Weak);
        }
        if user != by.user && !by.has("ManageUsers") {
            return Err(PasswordError::Forbidden);
        }
        let mut state = self.write();
        let user = Arc::make_mut(&mut state.users).get_mut(&user).ok_or(PasswordError::Unknown)?;
        password.clone_into(&mut user.password);
        Ok(())
    }

    /// Gives a user a password that the org makes up, and answers it.
    pub fn reset_password(&self, by: &Rights, user: Id) -> Result<String, PasswordError> {
        let password = format!("{}a1", self.secrets.word(PASSWORD_LENGTH_MADE - 2));
        self.set_password(by, user, &password).map(|()| password)
    }
}
