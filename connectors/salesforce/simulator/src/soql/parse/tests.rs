use super::super::ast::{Condition, Literal, Operand, Operator};
use super::super::binds::BindValue;
use super::*;

fn read(text: &str) -> Result<Query, ApiError> {
    parse(text, 0, Binds::None)
}

#[test]
fn a_query_comes_apart() {
    let query = read("select Id, Owner.Name FROM Account WHERE (Name = 'x\\'y' OR A__c > 3) AND B__c NOT IN ('1','2') ORDER BY Name DESC NULLS LAST LIMIT 10 OFFSET 5").unwrap();
    assert_eq!(query.from.text(), "Account");
    assert_eq!(query.items.len(), 2);
    assert_eq!((query.limit, query.offset), (Some(10), 5));
    let Some(Condition::And(parts)) = query.condition else { panic!("an AND") };
    assert!(matches!(&parts[0], Condition::Or(either) if either.len() == 2));
    assert!(
        matches!(&parts[1], Condition::Compare { operator: Operator::NotIn, values, .. } if values.len() == 2)
    );
    assert!(query.order[0].descending && query.order[0].nulls_last);
}

#[test]
fn an_error_points_at_its_place() {
    for (text, words) in [
        (
            "SELECT Id FROM",
            "\nSELECT Id FROM\n              ^\nERROR at Row:1:Column:15\nunexpected token: '<EOF>'",
        ),
        ("SELECT Id, FROM Account", "Row:1:Column:12\nunexpected token: 'FROM'"),
        ("SELECT COUNT(), Id FROM Account", "Row:1:Column:15\nunexpected token: ','"),
        ("SELECT Id FROM Account WHERE Name LIKE ('x')", "unexpected token: '('"),
        ("SELECT Id FROM Account WHERE A = LAST_N_DAYS", "expecting a colon, found '<EOF>'"),
        ("SELECT Id FROM Account LIMIT 2147483648", "numeric value out of range: 2147483648"),
        ("SELECT Id FROM Account WHERE A = 'x\\q'", "Illegal character sequence '\\q'"),
        ("SELECT Id FROM Account WHERE A = 2026-13-01", "unexpected token: '2026-13-01'"),
        ("SELECT Id FROM Account GROUP BY A, ROLLUP(B)", "cannot be combined"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.code, "MALFORMED_QUERY");
        assert!(error.message.contains(words), "{text}: {}", error.message);
    }
}

#[test]
fn binds_stand_where_values_do() {
    let values = [
        ("ids".to_owned(), BindValue::List(vec![BindValue::Number(1.0), BindValue::Number(2.0)])),
        ("a.b".to_owned(), BindValue::Text("x".to_owned())),
        ("n".to_owned(), BindValue::Number(7.0)),
    ];
    let values = values.into_iter().collect();
    let text = "SELECT Id FROM A WHERE B IN :ids AND C = : A.b AND D IN (:ids, 3) LIMIT :n ALL ROWS";
    let query = parse(text, 0, Binds::Values(&values)).unwrap();
    assert_eq!((query.limit, query.all_rows), (Some(7), true));
    let Some(Condition::And(parts)) = query.condition else { panic!("an AND") };
    let found: Vec<usize> = parts
        .iter()
        .map(|part| if let Condition::Compare { values, .. } = part { values.len() } else { 0 })
        .collect();
    assert_eq!(found, [2, 1, 3]);
}

#[test]
fn texts_lose_their_escapes() {
    let value = |text: &str| match read(&format!("SELECT Id FROM A WHERE B {text}")).unwrap().condition {
        Some(Condition::Compare { left: Operand::Field(_), values, .. }) => values[0].clone(),
        other => panic!("{other:?}"),
    };
    let text = |text: &str| Literal::Text(text.to_owned());
    assert_eq!(value("= 'a\\\\b\\'c\\u00e9\\%'"), text("a\\b'cé%"));
    assert_eq!(value("LIKE 'a\\\\b\\%\\_'"), text("a\\\\b\\%\\_"));
    assert_eq!(value("= USD12.50"), Literal::Number(12.5));
    assert_eq!(value("= 10:00:00Z"), Literal::Clock(36_000_000));
}

#[test]
fn bounds_hold() {
    let nested =
        |count: usize| format!("SELECT Id FROM A WHERE {}B = 1{}", "(".repeat(count), ")".repeat(count));
    assert!(read(&nested(DEPTH_MAX)).is_ok());
    assert!(read(&nested(DEPTH_MAX + 1)).is_err());
    assert!(read(&nested(40_000)).is_err());
    let below = |levels: usize| {
        format!("{}SELECT Id FROM A{}", "SELECT Id, (".repeat(levels), ") FROM A".repeat(levels))
    };
    assert!(read(&below(LEVELS_MAX - 1)).is_ok());
    assert!(read(&below(LEVELS_MAX)).is_err());
    let long = format!("SELECT Id FROM A WHERE B = '{}'", "x".repeat(4_001));
    assert!(read(&long).is_err());
    assert!(
        read(&format!("{}{}", nested(1), " ".repeat(100_000)))
            .unwrap_err()
            .message
            .contains("100000 characters")
    );
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn no_heap_of_words_breaks_the_reader(words in proptest::collection::vec(WORDS, 0..24)) {
        let query = format!("SELECT {}", words.join(" "));
        if let Err(error) = read(&query) {
            proptest::prop_assert!(!error.code.is_empty());
        }
    }
}

const WORDS: &str = "SELECT|FROM|WHERE|AND|OR|NOT|IN|LIKE|GROUP BY|ORDER BY|LIMIT|OFFSET|COUNT|FIELDS|TYPEOF|END|\\(|\\)|,|\\.|=|!=|'\\\\'|'a|1|-1.5|2026-01-01|TODAY|LAST_N_DAYS:9999999999|null|Id|ü";
