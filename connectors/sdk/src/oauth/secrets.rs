//! The secrets of our client at an application.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::SecretString;

/// The secrets of one client, the current one first; while a rotation is under way there is one before it. A secret is
/// presented, and the next one only where the application does not know it: an exchange that is refused for its
/// client's sake has not touched the token it presented.
///
/// Clones share the secrets, so that they can be replaced while the daemon runs. Empty for a public client.
#[derive(Clone, Default)]
pub struct ClientSecrets(Arc<RwLock<Vec<SecretString>>>);

impl ClientSecrets {
    /// With these secrets, the current one first.
    pub fn new(secrets: Vec<SecretString>) -> Self {
        ClientSecrets(Arc::new(RwLock::new(secrets)))
    }

    /// Takes these from now on.
    pub fn replace(&self, secrets: Vec<SecretString>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = secrets;
    }

    /// All of them, the current one first.
    pub fn all(&self) -> Vec<SecretString> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl From<String> for ClientSecrets {
    fn from(secret: String) -> Self {
        ClientSecrets::new(vec![SecretString::from(secret)])
    }
}

impl fmt::Debug for ClientSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientSecrets").field(&self.all().len()).finish()
    }
}
