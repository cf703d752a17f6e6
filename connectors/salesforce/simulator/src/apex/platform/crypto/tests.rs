use proptest::prelude::*;

use crate::apex::platform::text::tests::{call, shown, text, transaction};
use crate::apex::value::Value;
use crate::transaction::Transaction;

fn blob(bytes: &[u8]) -> Value {
    Value::Blob(bytes::Bytes::copy_from_slice(bytes))
}

fn encode(tx: &mut Transaction, method: &str, arguments: &[Value]) -> Result<Value, String> {
    call(tx, "System.EncodingUtil", method, &Value::Null, arguments)
}

fn hex(tx: &mut Transaction, outcome: Result<Value, String>) -> String {
    let hex = outcome.and_then(|bytes| encode(tx, "convertToHex", &[bytes]));
    shown(tx, hex)
}

#[test]
fn digests_and_codes_are_those_of_the_standards() {
    let tx = &mut transaction();
    for (algorithm, expected) in [
        ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
        ("SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("SHA-3", "System.NoSuchElementException: Invalid algorithm SHA-3"),
    ] {
        let digest =
            call(tx, "System.Crypto", "generateDigest", &Value::Null, &[text(algorithm), blob(b"abc")]);
        assert_eq!(hex(tx, digest), expected);
    }
    let input = blob(b"what do ya want for nothing?");
    let code = [text("hmacSHA256"), input.clone(), blob(b"Jefe")];
    let code = call(tx, "System.Crypto", "generateMac", &Value::Null, &code);
    assert_eq!(hex(tx, code), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn random_numbers_follow_the_seed() {
    let draw = |tx: &mut Transaction| {
        let drawn = call(tx, "System.Crypto", "getRandomLong", &Value::Null, &[]);
        shown(tx, drawn)
    };
    let (one, other) = (&mut transaction(), &mut transaction());
    let first = draw(one);
    assert_eq!(first, draw(other));
    assert_ne!(first, draw(one));
}

#[test]
fn what_is_no_encoding_is_refused() {
    let tx = &mut transaction();
    let headline = |outcome: Result<Value, String>| outcome.unwrap_err();
    assert_eq!(
        headline(encode(tx, "convertFromHex", &[text("abc")])),
        "System.StringException: Invalid hex string: abc"
    );
    assert!(headline(encode(tx, "base64Decode", &[text("a*b=")])).starts_with("System.StringException"));
    assert!(headline(encode(tx, "urlDecode", &[text("%zz"), text("UTF-8")])).contains("Illegal hex"));
    assert!(headline(encode(tx, "urlEncode", &[text("a"), text("nope")])).contains("nope"));
    let decoded = encode(tx, "base64Decode", &[text("aG\nk")]);
    assert_eq!(hex(tx, decoded), "6869");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..40), own in "\\PC{0,12}") {
        let tx = &mut transaction();
        for (out, back) in [("convertToHex", "convertFromHex"), ("base64Encode", "base64Decode")] {
            let there = encode(tx, out, &[blob(&bytes)]).unwrap();
            match encode(tx, back, &[there]) {
                Ok(Value::Blob(here)) => prop_assert_eq!(&here[..], &bytes[..]),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        let there = encode(tx, "urlEncode", &[text(&own), text("UTF-8")]).unwrap();
        let here = encode(tx, "urlDecode", &[there, text("UTF-8")]);
        prop_assert_eq!(shown(tx, here), own);
    }
}
