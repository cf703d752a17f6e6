//! The key that signs id tokens.

use std::convert::Infallible;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::signature::{SignatureEncoding, Signer as _};
use rsa::traits::PublicKeyParts;
use sha2::Sha256;

use super::Secrets;

const BITS: usize = 2048;
/// Salesforce numbers its keys; this org has one.
const KEY_ID: &str = "254";

/// An RSA key, made when it is needed first.
#[derive(Default)]
pub struct Signer {
    key: OnceLock<Option<SigningKey<Sha256>>>,
}

impl Signer {
    /// A JWT (RS256) of claims. The first call takes a moment. `None` when no key can be made.
    pub fn sign(&self, seed: u64, claims: &serde_json::Value) -> Option<String> {
        let header = serde_json::json!({"kid": KEY_ID, "typ": "JWT", "alg": "RS256"});
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = self.key(seed)?.try_sign(text.as_bytes()).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    /// The public key as a JSON Web Key Set.
    pub fn key_set(&self, seed: u64) -> serde_json::Value {
        let keys = self.key(seed).map(|key| {
            let public: &PrivateKey = key.as_ref();
            serde_json::json!({
                "kty": "RSA",
                "kid": KEY_ID,
                "alg": "RS256",
                "use": "sig",
                "n": URL_SAFE_NO_PAD.encode(public.n_bytes()),
                "e": URL_SAFE_NO_PAD.encode(public.e_bytes()),
            })
        });
        serde_json::json!({"keys": keys.into_iter().collect::<Vec<_>>()})
    }

    fn key(&self, seed: u64) -> Option<&SigningKey<Sha256>> {
        let made = self.key.get_or_init(|| {
            // Words of its own: the org's others stay what they are, whether somebody asks for a key or not.
            let mut drawn = Drawn(Secrets::new(seed ^ 0x6b65_7973));
            PrivateKey::new(&mut drawn, BITS).ok().map(SigningKey::new)
        });
        made.as_ref()
    }
}

/// Numbers drawn from the seed: they guard nothing but a simulation.
struct Drawn(Secrets);

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.number() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.number())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.0.number().to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
