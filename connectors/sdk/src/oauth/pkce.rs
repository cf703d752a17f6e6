//! Proof key for code exchange (RFC 7636), S256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use provision_core::ports::Randomness;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The secret half of a PKCE pair. Kept, sealed, until the code comes back.
#[derive(Clone)]
pub struct PkceVerifier(SecretString);

/// A text that cannot be a verifier.
#[derive(Debug, Error)]
#[error("a PKCE verifier has 43 to 128 letters, digits and '-._~'")]
pub struct PkceVerifierError;

impl PkceVerifier {
    /// A new one of 256 random bits.
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0_u8; 32];
        randomness.fill(&mut bytes);
        PkceVerifier(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// One that was kept.
    pub fn from_secret(secret: SecretString) -> Result<Self, PkceVerifierError> {
        let text = secret.expose_secret();
        let ok = (43..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        if ok { Ok(PkceVerifier(secret)) } else { Err(PkceVerifierError) }
    }

    /// To keep it.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    pub(super) fn challenge(&self) -> PkceCodeChallenge {
        PkceCodeChallenge::from_code_verifier_sha256(&self.for_exchange())
    }

    pub(super) fn for_exchange(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.0.expose_secret().to_owned())
    }
}

impl fmt::Debug for PkceVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PkceVerifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let kept = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = PkceVerifier::from_secret(kept).expect("a verifier").challenge();
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_cannot_be_a_verifier_is_refused() {
        for text in ["", "short", &"x".repeat(129), &format!("{}!", "x".repeat(60))] {
            assert!(PkceVerifier::from_secret(SecretString::from(text)).is_err(), "{text}");
        }
    }
}
