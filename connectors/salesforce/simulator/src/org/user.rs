//! The people of the org.

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
