//! Natives beside plain models.

use proptest::prelude::*;

use super::{call, shown, text, transaction};
use crate::apex::value::Value;

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn substrings_are_slices(own in "[a-cé😀]{0,8}", from in -2i32..12, to in -2i32..12) {
        let tx = &mut transaction();
        let all = units(&own);
        let outcome = call(tx, "String", "substring", &text(&own), &[Value::Integer(from), Value::Integer(to)]);
        let fits = from >= 0 && to >= from && to as usize <= all.len();
        prop_assert_eq!(outcome.is_ok(), fits);
        if fits {
            let expected = String::from_utf16_lossy(&all[from as usize..to as usize]);
            prop_assert_eq!(shown(tx, outcome), expected);
        }
    }

    #[test]
    fn positions_count_units(own in "[abé😀]{0,10}", part in "[abé😀]{1,2}") {
        let tx = &mut transaction();
        let (all, wanted) = (units(&own), units(&part));
        let first = all.windows(wanted.len()).position(|window| window == wanted);
        let last = all.windows(wanted.len()).rposition(|window| window == wanted);
        let show = |found: Option<usize>| found.map_or("-1".to_owned(), |at| at.to_string());
        let outcome = call(tx, "String", "indexOf", &text(&own), &[text(&part)]);
        prop_assert_eq!(shown(tx, outcome), show(first));
        let outcome = call(tx, "String", "lastIndexOf", &text(&own), &[text(&part)]);
        prop_assert_eq!(shown(tx, outcome), show(last));
    }

    #[test]
    fn what_is_escaped_comes_back(own in "\\PC{0,12}") {
        let tx = &mut transaction();
        for (out, back) in [
            ("escapeJava", "unescapeJava"),
            ("escapeEcmaScript", "unescapeEcmaScript"),
            ("escapeHtml4", "unescapeHtml4"),
            ("escapeXml", "unescapeXml"),
        ] {
            let there = call(tx, "String", out, &text(&own), &[]).unwrap();
            let here = call(tx, "String", back, &there, &[]);
            prop_assert_eq!(shown(tx, here), own.clone(), "{}", out);
        }
    }

    #[test]
    fn no_expression_panics(pattern in "[\\[\\](){}*+?.^$|\\\\a-dQEuxp&~0-9-]{0,10}", own in "[a-d0-9]{0,8}") {
        let tx = &mut transaction();
        let _ = call(tx, "String", "replaceAll", &text(&own), &[text(&pattern), text("$0")]);
        let _ = call(tx, "String", "split", &text(&own), &[text(&pattern)]);
    }
}
