//! RSA keys out of PEM files: certificates and bare public keys.

use std::path::{Path, PathBuf};

use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::Sha256;

/// Bytes of a PEM file, at most: a chain of large certificates has less.
const FILE_MAX: u64 = 256 << 10;

/// Why a file holds no key for assertions.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} holds neither a certificate nor a public key, of RSA and in PEM")]
    NoKey { path: PathBuf },
}

/// Verifies signatures RS256.
#[derive(Clone)]
pub struct Verifier(VerifyingKey<Sha256>);

impl Verifier {
    /// From the bytes of a PEM file.
    pub fn of_pem(pem: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).ok();
        let info = certificate.as_ref().and_then(|certificate| subject_key(certificate));
        let key = match info {
            Some(info) => PublicKey::from_public_key_der(info).ok(),
            None => public_key(pem),
        };
        key.map(|key| Self(VerifyingKey::new(key)))
    }

    /// Whether this key made the signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// The first key of a PEM file.
pub(super) fn load(path: &Path) -> Result<Verifier, CertificateError> {
    let read = || {
        use std::io::Read as _;
        let mut pem = Vec::new();
        std::fs::File::open(path)?.take(FILE_MAX).read_to_end(&mut pem)?;
        Ok(pem)
    };
    let pem = read().map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
    Verifier::of_pem(&pem).ok_or_else(|| CertificateError::NoKey { path: path.to_owned() })
}

fn public_key(pem: &[u8]) -> Option<PublicKey> {
    let text = std::str::from_utf8(pem).ok()?.trim();
    PublicKey::from_public_key_pem(text).or_else(|_| PublicKey::from_pkcs1_pem(text)).ok()
}

/// The SubjectPublicKeyInfo of a certificate of any version. Whoever registers a certificate trusts it: nothing else in
/// it is looked at.
fn subject_key(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (outer, _) = value(certificate)?;
    let (mut fields, _) = value(outer)?;
    if fields.first() == Some(&VERSION) {
        fields = value(fields)?.1;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        fields = value(fields)?.1;
    }
    let (_, rest) = value(fields)?;
    let info = &fields[..fields.len() - rest.len()];
    (info.first() == Some(&SEQUENCE)).then_some(info)
}

/// The content of the first element of DER, and what follows the element.
fn value(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&short, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            (bytes.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = subject_key(&bytes);
        }

        #[test]
        fn any_text_is_a_key_or_none(text in "[-A-Za-z0-9+/= \n]{0,200}") {
            let _ = Verifier::of_pem(text.as_bytes());
            let _ = Verifier::of_pem(format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----").as_bytes());
        }
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        assert_eq!(value(&[0x30, 2, 1, 2, 9]), Some((&[1u8, 2][..], &[9u8][..])));
        assert_eq!(value(&[0x30, 0x81, 1, 7]), Some((&[7u8][..], &[][..])));
        assert_eq!(value(&[0x30, 3, 1, 2]), None);
        assert_eq!(value(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(value(&[0x30, 0x80]), None);
        assert_eq!(value(&[]), None);
    }
}
