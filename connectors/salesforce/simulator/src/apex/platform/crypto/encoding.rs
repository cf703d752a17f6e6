//! `EncodingUtil`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use super::super::text::{bytes, room};
use crate::apex::run::{Limit, Thrown, limit, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.EncodingUtil")
            .method("static String base64Encode(Blob)", base64_encode)
            .method("static Blob base64Decode(String)", base64_decode)
            .method("static String base64UrlEncode(Blob)", base64_url_encode)
            .method("static String convertToHex(Blob)", to_hex)
            .method("static Blob convertFromHex(String)", from_hex)
            .method("static String urlEncode(String, String)", url_encode)
            .method("static String urlDecode(String, String)", url_decode),
    ]
}

/// Takes what others write: with or without padding, whatever the bits left over are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn cost(tx: &mut Transaction, bytes: usize) -> Result<(), Thrown> {
    limit(tx, Limit::Steps, (bytes / 1_024) as u64)?;
    room(tx, bytes)
}

fn base64_encode(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let bytes = bytes(tx, argument(arguments, 0))?;
    cost(tx, bytes.len().div_ceil(3) * 4)?;
    Ok(Value::string(&LENIENT.encode(bytes)))
}

fn base64_url_encode(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let bytes = bytes(tx, argument(arguments, 0))?;
    cost(tx, bytes.len().div_ceil(3) * 4)?;
    Ok(Value::string(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
}

/// The bytes of base64 text, white space left out; none when it is none.
pub(in crate::apex::platform) fn decoded(text: &str) -> Option<Bytes> {
    let mut letters: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    // A letter that is left over stands for no whole byte.
    if letters.len() % 4 == 1 && !letters.contains('=') {
        letters.pop();
    }
    LENIENT.decode(letters).ok().map(Bytes::from)
}

fn base64_decode(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let letters = text(tx, argument(arguments, 0))?;
    cost(tx, letters.len())?;
    match decoded(&letters) {
        Some(bytes) => Ok(Value::Blob(bytes)),
        None => Err(throw(tx, "System.StringException", "Unrecognized base64 character: invalid input")),
    }
}

fn to_hex(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let bytes = bytes(tx, argument(arguments, 0))?;
    cost(tx, bytes.len() * 2)?;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let hex: String = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    Ok(Value::string(&hex))
}

fn from_hex(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let hex = text(tx, argument(arguments, 0))?;
    cost(tx, hex.len())?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(pair).collect();
    match bytes {
        Some(bytes) => Ok(Value::Blob(bytes.into())),
        None => Err(throw(tx, "System.StringException", format!("Invalid hex string: {hex}"))),
    }
}

/// UTF-8 and what is a part of it; `System.StringException` for other character sets.
fn known_charset(tx: &mut Transaction, value: &Value) -> Result<bool, Thrown> {
    let charset = text(tx, value)?;
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Ok(false),
        "iso-8859-1" | "latin1" => Ok(true),
        _ => Err(throw(tx, "System.StringException", format!("Unsupported encoding: {charset}"))),
    }
}

/// As HTML forms write it: a plus for a space.
fn url_encode(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, argument(arguments, 0))?;
    let latin = known_charset(tx, argument(arguments, 1))?;
    cost(tx, own.len().saturating_mul(3))?;
    let bytes: Vec<u8> = if latin {
        own.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
    } else {
        own.as_bytes().to_vec()
    };
    let encoded: String = url::form_urlencoded::byte_serialize(&bytes).collect();
    Ok(Value::string(&encoded))
}

fn url_decode(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, argument(arguments, 0))?;
    let latin = known_charset(tx, argument(arguments, 1))?;
    cost(tx, own.len())?;
    let mut bytes = Vec::with_capacity(own.len());
    let mut rest = own.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    let message = "URLDecoder: Illegal hex characters in escape (%) pattern";
                    return Err(throw(tx, "System.IllegalArgumentException", message));
                };
                bytes.push((high << 4 | low) as u8);
            }
            other => bytes.push(other),
        }
    }
    let decoded = if latin {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok(Value::string(&decoded))
}
