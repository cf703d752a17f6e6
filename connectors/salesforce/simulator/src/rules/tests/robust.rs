use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::World;

thread_local! {
    static WORLD: LazyLock<World> = LazyLock::new(World::new);
}

const WORDS: &[&str] = &[
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "^",
    "&",
    "&&",
    "||",
    "=",
    "<>",
    "<",
    ">=",
    "!",
    "'a'",
    "\"b",
    "1",
    "0",
    "99999999999999999999",
    "0.5",
    "TRUE",
    "NULL",
    "AND(",
    "OR(",
    "IF(",
    "CASE(",
    "TEXT(",
    "LEFT(",
    "MID(",
    "LPAD(",
    "REGEX(",
    "DATE(",
    "ADDMONTHS(",
    "TODAY()",
    "NOW()",
    "Amount__c",
    "Title__c",
    "Stage__c",
    "Due__c",
    "At__c",
    "Account__r.Name",
    "$User.Id",
    "ISCHANGED(",
    "PRIORVALUE(",
    "SUBSTITUTE(",
    "ROUND(",
    "EXP(",
    "\\",
    "ß",
];

/// A formula that mostly fits its types.
fn sensible() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("Amount__c".to_owned()),
        Just("-3".to_owned()),
        Just("NULL".to_owned()),
        Just("9999999999".to_owned()),
        Just("0.0001".to_owned()),
        Just("0".to_owned()),
        Just("LEN(Title__c)".to_owned()),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "^"]), inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (prop::sample::select(vec!["ROUND", "TRUNC", "MOD", "MAX"]), inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("{name}({a}, {b})")),
            (prop::sample::select(vec!["EXP", "LN", "SQRT", "CEILING"]), inner.clone())
                .prop_map(|(name, a)| format!("{name}({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("LEN(LPAD(Title__c, {a}, TEXT({b})))")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("YEAR(ADDMONTHS(TODAY() + {a}, {b}))")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in "\\PC{0,60}") {
        WORLD.with(|world| { let _ = world.on(&source, &json!({}), None); });
    }

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        WORLD.with(|world| { let _ = world.on(&words.join(" "), &json!({}), None); });
    }

    #[test]
    fn any_calculation_ends(source in sensible()) {
        WORLD.with(|world| { let _ = world.on(&source, &json!({}), None); });
    }

    #[test]
    fn sums_are_exact(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        let source = format!("{}.{:02} + {}.{:02}", a.abs() / 100, a.abs() % 100, b.abs() / 100, b.abs() % 100);
        let sum = a.abs() + b.abs();
        let expected = super::number(&format!("{}.{:02}", sum / 100, sum % 100));
        WORLD.with(|world| assert_eq!(world.value(&format!("{source} + 0")), expected));
    }

    #[test]
    fn left_and_right_make_the_whole(text in "[a-zäß ]{0,20}", at in 0_usize..25) {
        let at = at.min(text.chars().count());
        let rest = text.chars().count() - at;
        let source = format!("LEFT('{text}', {at}) & RIGHT('{text}', {rest}) = '{text}'");
        WORLD.with(|world| assert_eq!(world.value(&source), crate::rules::formula::Datum::Boolean(true)));
    }
}
