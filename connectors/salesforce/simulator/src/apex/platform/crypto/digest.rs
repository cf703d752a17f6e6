//! `Crypto`: digests, codes that authenticate messages, random numbers.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use super::super::text::bytes;
use crate::apex::run::{Limit, Thrown, limit, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Crypto")
            .method("static Blob generateDigest(String, Blob)", generate_digest)
            .method("static Blob generateMac(String, Blob, Blob)", generate_mac)
            .method("static Boolean verifyHMac(String, Blob, Blob, Blob)", verify_mac)
            .method("static Integer getRandomInteger()", random_integer)
            .method("static Long getRandomLong()", random_long),
    ]
}

/// Bytes that are worked through count as CPU time.
fn cost(tx: &mut Transaction, bytes: &Bytes) -> Result<(), Thrown> {
    limit(tx, Limit::Steps, (bytes.len() / 256) as u64)
}

fn invalid_algorithm(tx: &mut Transaction, name: &str) -> Thrown {
    let message = format!("Invalid algorithm {name}");
    throw(tx, "System.NoSuchElementException", message)
}

fn generate_digest(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let algorithm = text(tx, argument(arguments, 0))?;
    let input = bytes(tx, argument(arguments, 1))?;
    cost(tx, &input)?;
    let digest = match algorithm.to_ascii_lowercase().as_str() {
        "md5" => Md5::digest(&input).to_vec(),
        "sha1" | "sha-1" => Sha1::digest(&input).to_vec(),
        "sha-256" | "sha256" => Sha256::digest(&input).to_vec(),
        "sha-384" | "sha384" => Sha384::digest(&input).to_vec(),
        "sha-512" | "sha512" => Sha512::digest(&input).to_vec(),
        _ => return Err(invalid_algorithm(tx, &algorithm)),
    };
    Ok(Value::Blob(digest.into()))
}

/// The code of a message under a key of any length; none for an algorithm that is not known.
macro_rules! code {
    ($hash:ty, $key:expr, $input:expr) => {
        Hmac::<$hash>::new_from_slice($key)
            .ok()
            .map(|mac| mac.chain_update($input).finalize().into_bytes().to_vec())
    };
}

fn mac(tx: &mut Transaction, arguments: &[Value]) -> Result<Vec<u8>, Thrown> {
    let algorithm = text(tx, argument(arguments, 0))?;
    let input = bytes(tx, argument(arguments, 1))?;
    let key = bytes(tx, argument(arguments, 2))?;
    cost(tx, &input)?;
    let code = match algorithm.to_ascii_lowercase().as_str() {
        "hmacmd5" => code!(Md5, &key, &input),
        "hmacsha1" => code!(Sha1, &key, &input),
        "hmacsha256" => code!(Sha256, &key, &input),
        "hmacsha384" => code!(Sha384, &key, &input),
        "hmacsha512" => code!(Sha512, &key, &input),
        _ => None,
    };
    code.ok_or_else(|| invalid_algorithm(tx, &algorithm))
}

fn generate_mac(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    mac(tx, arguments).map(|code| Value::Blob(code.into()))
}

fn verify_mac(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let expected = bytes(tx, argument(arguments, 3))?;
    let code = mac(tx, arguments)?;
    Ok(Value::Boolean(code == expected))
}

/// The next eight bytes that the org draws; the same seed gives the same ones in the same order.
fn random(tx: &mut Transaction) -> [u8; 8] {
    let word = tx.org.secrets.word(43);
    let digest = Sha256::digest(word.as_bytes());
    let mut drawn = [0; 8];
    drawn.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    drawn
}

fn random_long(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Long(i64::from_be_bytes(random(tx))))
}

fn random_integer(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Integer(i64::from_be_bytes(random(tx)) as i32))
}
