//! Envelope encryption of secrets at rest.
//!
//! A fresh data key seals each content (XChaCha20-Poly1305), and a key of the [`KeyProvider`] seals the data key. Both
//! are bound to a context (what it is, whose it is) and to the id of the provider's key, so that a sealed value that is
//! moved to another place does not open there.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use provision_core::ports::Randomness;
use provision_core::{Fault, Reason, Result};
use provision_store::record::Sealed;
use secrecy::{ExposeSecret as _, SecretBox};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Keeps the keys that seal data keys; a file now, a key management service where there is one.
pub trait KeyProvider: Send + Sync {
    /// Id of the key that seals what is written now. It may change at any time.
    fn current(&self) -> String;
    /// The key of that id, or `None` when it is not known (any more).
    fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; KEY_BYTES]>>>;
}

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Envelope {
    keys: Arc<dyn KeyProvider>,
    randomness: Arc<dyn Randomness>,
}

impl Envelope {
    pub fn new(keys: Arc<dyn KeyProvider>, randomness: Arc<dyn Randomness>) -> Self {
        Envelope { keys, randomness }
    }

    /// Id of the key that seals what is written now.
    pub fn current_key(&self) -> String {
        self.keys.current()
    }

    /// Seals `plaintext` for one place.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Result<Sealed> {
        let key_id = self.keys.current();
        let master = self.master(&key_id)?;
        let bound = bound(context, &key_id);
        let mut data_key = SecretBox::new(Box::new([0u8; KEY_BYTES]));
        self.randomness.fill(secrecy::ExposeSecretMut::expose_secret_mut(&mut data_key).as_mut_slice());
        let (wrap_nonce, wrapped) = self.encrypt(&master, &bound, data_key.expose_secret().as_slice())?;
        let (nonce, ciphertext) = self.encrypt(&data_key, &bound, plaintext)?;
        let wrapped_key = STANDARD.encode([wrap_nonce.as_slice(), &wrapped].concat());
        Ok(Sealed {
            key_id,
            wrapped_key,
            nonce: STANDARD.encode(nonce),
            ciphertext: STANDARD.encode(ciphertext),
        })
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<SecretBox<Vec<u8>>> {
        let master = self.master(&sealed.key_id)?;
        let bound = bound(context, &sealed.key_id);
        let wrapped = decode(&sealed.wrapped_key)?;
        let (wrap_nonce, wrapped) =
            wrapped.split_at_checked(NONCE_BYTES).ok_or_else(|| damaged("the wrapped key is too short"))?;
        let data_key = SecretBox::new(Box::new(decrypt(&master, &bound, wrap_nonce, wrapped)?));
        let data_key: [u8; KEY_BYTES] = data_key
            .expose_secret()
            .as_slice()
            .try_into()
            .map_err(|_| damaged("the data key has another length"))?;
        let data_key = SecretBox::new(Box::new(data_key));
        let plaintext = decrypt(&data_key, &bound, &decode(&sealed.nonce)?, &decode(&sealed.ciphertext)?)?;
        Ok(SecretBox::new(Box::new(plaintext)))
    }

    fn master(&self, id: &str) -> Result<Arc<SecretBox<[u8; KEY_BYTES]>>> {
        self.keys.key(id).ok_or_else(|| {
            Fault::new(Reason::StoreUnavailable, "a sealed value cannot be opened: its key is not at hand")
                .with_internal(format!("the key provider has no key '{id}'; put it back into the key file"))
        })
    }

    fn encrypt(
        &self,
        key: &SecretBox<[u8; KEY_BYTES]>,
        aad: &[u8],
        msg: &[u8],
    ) -> Result<([u8; NONCE_BYTES], Vec<u8>)> {
        let mut nonce = [0u8; NONCE_BYTES];
        self.randomness.fill(&mut nonce);
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), Payload { msg, aad })
            .map_err(|_| Fault::internal_error("sealing failed"))?;
        Ok((nonce, sealed))
    }
}

fn cipher(key: &SecretBox<[u8; KEY_BYTES]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose_secret()))
}

fn decrypt(key: &SecretBox<[u8; KEY_BYTES]>, aad: &[u8], nonce: &[u8], msg: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged("the nonce has another length"))?;
    cipher(key)
        .decrypt(&XNonce::from(nonce), Payload { msg, aad })
        .map_err(|_| damaged("it does not open: damaged, or sealed for another place"))
}

fn bound(context: &str, key_id: &str) -> Vec<u8> {
    format!("provisiond sealed v1\n{context}\n{key_id}").into_bytes()
}

fn decode(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| damaged("not base64"))
}

fn damaged(why: &str) -> Fault {
    Fault::internal_error(format!("a sealed value cannot be opened: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneKey(Arc<SecretBox<[u8; KEY_BYTES]>>);
    impl KeyProvider for OneKey {
        fn current(&self) -> String {
            "k1".into()
        }
        fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; KEY_BYTES]>>> {
            (id == "k1").then(|| self.0.clone())
        }
    }

    struct Counting(std::sync::atomic::AtomicU8);
    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    fn envelope() -> Envelope {
        Envelope::new(
            Arc::new(OneKey(Arc::new(SecretBox::new(Box::new([7; 32]))))),
            Arc::new(Counting(0.into())),
        )
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let envelope = envelope();
        let sealed = envelope.seal("credential/acme/main", b"secret").expect("seals");
        let opened = envelope.open("credential/acme/main", &sealed).expect("opens");
        assert_eq!(opened.expose_secret().as_slice(), b"secret");
        assert!(envelope.open("credential/other/main", &sealed).is_err());
        let stored = serde_json::to_string(&sealed).expect("serializes");
        assert!(!stored.contains("secret") && !format!("{sealed:?}").contains(&sealed.ciphertext));
    }

    #[test]
    fn a_changed_bit_or_an_unknown_key_is_refused() {
        let envelope = envelope();
        let sealed = envelope.seal("x", b"secret").expect("seals");
        let mut bytes = STANDARD.decode(&sealed.ciphertext).expect("base64");
        bytes[0] ^= 1;
        let damaged = Sealed { ciphertext: STANDARD.encode(bytes), ..sealed.clone() };
        assert!(envelope.open("x", &damaged).is_err());
        assert!(envelope.open("x", &Sealed { key_id: "k2".into(), ..sealed }).is_err());
    }
}
