//! From text to [`Query`].

use tree_sitter::{Node, Parser, Tree};

use super::apex::Security;
use super::ast::{Aggregate, Condition, Function, Item, Literal, Operand, Operator, Order, Path, Query};
use super::binds::{Binds, Replaced};
use super::dates;
use super::parts::Part;
use crate::surface::ApiError;

/// Longest query that Salesforce takes, in characters.
const LENGTH_MAX: usize = 100_000;
/// Conditions and subqueries inside each other.
const DEPTH_MAX: usize = 64;
const OFFSET_MAX: usize = 2_000;

/// Reads a query. `now_ms` decides what TODAY means.
#[cfg(test)]
fn parse(text: &str, now_ms: i64) -> Result<Query, ApiError> {
    parse_with(text, now_ms, Binds::None)
}

/// As [`parse`], with values for the binds in the text.
pub(crate) fn parse_with(text: &str, now_ms: i64, binds: Binds<'_>) -> Result<Query, ApiError> {
    if text.len() > LENGTH_MAX {
        return Err(ApiError::bad("MALFORMED_QUERY", "SOQL statement is too long"));
    }
    // A bind in a query of the API is a token that does not fit.
    let replaced = if let Binds::None = binds { Replaced::plain(text) } else { Replaced::of(text) };
    let tree = tree(&replaced.text)?;
    let root = tree.root_node();
    if root.has_error() {
        let (at, token) = first_error(root, &replaced.text);
        return Err(malformed(text, at, &format!("unexpected token: '{token}'")));
    }
    let reader = Reader { text: &replaced.text, written: text, now_ms, binds, replaced: &replaced };
    let body = reader
        .child(root, "soql_query_body")
        .ok_or_else(|| malformed(text, 0, "unexpected token: '<EOF>'"))?;
    reader.query(body, 0)
}

fn tree(text: &str) -> Result<Tree, ApiError> {
    let mut parser = Parser::new();
    let loaded = parser.set_language(&tree_sitter_sfapex::soql::LANGUAGE.into());
    let tree = loaded.ok().and_then(|()| parser.parse(text, None));
    tree.ok_or_else(|| malformed(text, 0, "unexpected token"))
}

/// What the `WITH` of a query says of rights; one that does not parse says nothing.
pub(super) fn security(text: &str) -> Result<Option<Security>, ApiError> {
    if text.len() > LENGTH_MAX {
        return Err(ApiError::bad("MALFORMED_QUERY", "SOQL statement is too long"));
    }
    let upper = text.to_ascii_uppercase();
    if !upper.contains("WITH") {
        return Ok(None);
    }
    let replaced = Replaced::of(text);
    let tree = tree(&replaced.text)?;
    let body = tree.root_node().named_child(0);
    let clause = body.and_then(|body| body.child_by_field_name("with_clause"));
    let words = clause.and_then(|clause| replaced.text.get(clause.byte_range())).unwrap_or_default();
    Ok(match words.split_whitespace().nth(1).map(str::to_ascii_uppercase).as_deref() {
        Some("USER_MODE") => Some(Security::User),
        Some("SYSTEM_MODE") => Some(Security::System),
        Some("SECURITY_ENFORCED") => Some(Security::Enforced),
        _ => None,
    })
}

/// Salesforce's way to point at a place in a query.
pub(crate) fn pointing(text: &str, at: usize, message: &str) -> String {
    let before = text.get(..at).unwrap_or(text);
    let row = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before[line_start..].chars().count() + 1;
    let line = text[line_start..].lines().next().unwrap_or_default();
    // Long lines are shown around the place only.
    let from = column.saturating_sub(40).min(line.chars().count());
    let shown: String = line.chars().skip(from).take(80).collect();
    format!(
        "\n{shown}\n{}^\nERROR at Row:{row}:Column:{column}\n{message}",
        " ".repeat(column - 1 - from.min(column - 1))
    )
}

pub(crate) fn malformed(text: &str, at: usize, message: &str) -> ApiError {
    ApiError::bad("MALFORMED_QUERY", pointing(text, at, message))
}

fn first_error(root: Node<'_>, text: &str) -> (usize, String) {
    let mut first: Option<Node<'_>> = None;
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        if (node.is_error() || node.is_missing())
            && first.is_none_or(|first| node.start_byte() < first.start_byte())
        {
            first = Some(node);
        }
        if node.has_error() {
            let mut cursor = node.walk();
            stack.extend(node.children(&mut cursor));
        }
    }
    let at = match first {
        Some(node) if node.is_error() && node.start_byte() == 0 => {
            // The whole text is one error: the last token that fitted nowhere is the better hint.
            let mut cursor = node.walk();
            let odd = node.children(&mut cursor).find(|child| child.is_error());
            odd.map_or(0, |odd| odd.start_byte())
        }
        Some(node) => node.start_byte(),
        None => 0,
    };
    let token = text.get(at..).unwrap_or_default().split_whitespace().next().unwrap_or("<EOF>");
    let token: String = token.chars().take(40).collect();
    (at, if token.is_empty() { "<EOF>".to_owned() } else { token })
}

struct Reader<'a> {
    /// Without binds.
    text: &'a str,
    /// As it was written, to be shown.
    written: &'a str,
    now_ms: i64,
    binds: Binds<'a>,
    replaced: &'a Replaced,
}

impl<'a> Reader<'a> {
    fn child<'t>(&self, node: Node<'t>, kind: &str) -> Option<Node<'t>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).find(|child| child.kind() == kind)
    }

    fn children<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).collect()
    }

    fn words(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn refuse(&self, node: Node<'_>, message: &str) -> ApiError {
        malformed(self.written, node.start_byte(), message)
    }

    fn query(&self, body: Node<'_>, depth: usize) -> Result<Query, ApiError> {
        if depth > 2 {
            return Err(self.refuse(body, "subqueries are nested too deeply"));
        }
        let missing = || self.refuse(body, "unexpected token: '<EOF>'");
        let from = body.child_by_field_name("from_clause").ok_or_else(missing)?;
        let storage = self.children(from);
        if storage.len() != 1 {
            return Err(self.refuse(from, "only one object can be queried"));
        }
        let (name, alias) = match storage[0].kind() {
            "storage_alias" => {
                let parts = self.children(storage[0]);
                (parts[0], parts.get(1).map(|alias| self.words(*alias).to_owned()))
            }
            _ => (storage[0], None),
        };
        let mut query = Query {
            count: false,
            items: Vec::new(),
            from: self.path(name),
            alias,
            condition: None,
            group_by: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        };
        let select = body.child_by_field_name("select_clause").ok_or_else(missing)?;
        for item in self.children(select) {
            if item.kind() == "count_expression" {
                if !self.words(item).to_ascii_uppercase().starts_with("COUNT") {
                    return Err(self.refuse(item, "Invalid function"));
                }
                query.count = true;
            } else {
                query.items.push(self.item(item, depth)?);
            }
        }
        if let Some(clause) = body.child_by_field_name("where_clause") {
            query.condition = Some(self.condition(self.only(clause)?, depth, 0)?);
        }
        if let Some(clause) = body.child_by_field_name("group_by_clause") {
            for child in self.children(clause) {
                match child.kind() {
                    "having_clause" => query.having = Some(self.condition(self.only(child)?, depth, 0)?),
                    "field_identifier" => query.group_by.push(self.path(child)),
                    "function_expression" => match self.operand(child)? {
                        Operand::Field(path) => query.group_by.push(path),
                        Operand::Aggregate(_) => {
                            return Err(self.refuse(child, "Grouping function is not supported"));
                        }
                    },
                    _ => return Err(self.refuse(child, "Grouping function is not supported")),
                }
            }
        }
        if let Some(clause) = body.child_by_field_name("order_by_clause") {
            for child in self.children(clause) {
                query.order.push(self.order(child)?);
            }
        }
        query.limit = self.number(body, "limit_clause")?;
        query.offset = self.number(body, "offset_clause")?.unwrap_or(0);
        if query.offset > OFFSET_MAX {
            return Err(ApiError::bad("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"));
        }
        for clause in ["using_clause", "with_clause", "for_clause", "update_clause"] {
            if let Some(clause) = body.child_by_field_name(clause)
                && !self.allows(clause)
            {
                return Err(self.refuse(clause, &format!("{} is not supported", self.words(clause))));
            }
        }
        Ok(query)
    }

    /// What Apex may say and the API may not, as far as it is known here.
    fn allows(&self, clause: Node<'_>) -> bool {
        let words = self.words(clause).split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
        let apex = !matches!(self.binds, Binds::None);
        apex && matches!(
            words.as_str(),
            "FOR UPDATE"
                | "FOR VIEW"
                | "FOR REFERENCE"
                | "WITH USER_MODE"
                | "WITH SYSTEM_MODE"
                | "WITH SECURITY_ENFORCED"
        )
    }

    fn only<'t>(&self, node: Node<'t>) -> Result<Node<'t>, ApiError> {
        node.named_child(0).ok_or_else(|| self.refuse(node, "unexpected token: '<EOF>'"))
    }

    fn number(&self, body: Node<'_>, clause: &str) -> Result<Option<usize>, ApiError> {
        let Some(clause) = body.child_by_field_name(clause) else { return Ok(None) };
        let number = self.only(clause)?;
        if let Some(name) = self.replaced.bind_at(number.start_byte()) {
            return self.binds.number(name).map(Some);
        }
        self.words(number).parse().map(Some).map_err(|_| self.refuse(number, "number out of range"))
    }

    fn item(&self, node: Node<'_>, depth: usize) -> Result<Item, ApiError> {
        match node.kind() {
            "field_identifier" => Ok(Item::Field(self.path(node))),
            "function_expression" => self.function(node, None),
            "alias_expression" => {
                let parts = self.children(node);
                let alias = parts.get(1).map(|alias| self.words(*alias).to_owned());
                if parts[0].kind() == "function_expression" {
                    return self.function(parts[0], alias);
                }
                // Without grouping a field cannot be renamed.
                Ok(Item::Formatted { path: self.path(parts[0]), alias })
            }
            "fields_expression" => {
                let which = self.only(node)?;
                Ok(Item::Fields { which: self.words(which).to_ascii_uppercase(), at: node.start_byte() })
            }
            "subquery" => Ok(Item::Child(Box::new(self.query(self.only(node)?, depth + 1)?))),
            _ => Err(self.refuse(node, &format!("{} is not supported", self.words(node)))),
        }
    }

    fn function(&self, node: Node<'_>, alias: Option<String>) -> Result<Item, ApiError> {
        let name = node.child_by_field_name("function_name").map(|name| self.words(name)).unwrap_or_default();
        let argument = self
            .child(node, "field_identifier")
            .ok_or_else(|| self.refuse(node, "Invalid function argument"))?;
        let path = self.path(argument);
        let function = match name.to_ascii_uppercase().as_str() {
            "COUNT" => Function::Count,
            "COUNT_DISTINCT" => Function::CountDistinct,
            "MIN" => Function::Min,
            "MAX" => Function::Max,
            "SUM" => Function::Sum,
            "AVG" => Function::Avg,
            "TOLABEL" | "FORMAT" | "CONVERTTIMEZONE" => return Ok(Item::Formatted { path, alias }),
            upper => match Part::named(upper) {
                Some(part) => {
                    let path = Path { function: Some((part, name.to_owned())), ..path };
                    return Ok(Item::Formatted { path, alias });
                }
                None => return Err(self.refuse(node, &format!("Invalid function: {name}"))),
            },
        };
        Ok(Item::Aggregate(Aggregate { function, path, alias }))
    }

    fn operand(&self, node: Node<'_>) -> Result<Operand, ApiError> {
        if node.kind() == "field_identifier" {
            return Ok(Operand::Field(self.path(node)));
        }
        match self.function(node, None)? {
            Item::Aggregate(aggregate) => Ok(Operand::Aggregate(aggregate)),
            Item::Formatted { path, .. } if path.function.is_some() => Ok(Operand::Field(path)),
            _ => Err(self.refuse(node, "Invalid function")),
        }
    }

    fn order(&self, node: Node<'_>) -> Result<Order, ApiError> {
        let word = |kind: &str| self.child(node, kind).map(|child| self.words(child).to_ascii_uppercase());
        Ok(Order {
            by: self.operand(self.only(node)?)?,
            descending: word("order_direction").as_deref() == Some("DESC"),
            nulls_last: word("order_null_direction").is_some_and(|words| words.ends_with("LAST")),
        })
    }

    fn path(&self, node: Node<'_>) -> Path {
        let parts = self.words(node).split('.').map(|part| part.trim().to_owned()).collect();
        Path { parts, function: None, at: node.start_byte() }
    }

    fn condition(&self, node: Node<'_>, depth: usize, nested: usize) -> Result<Condition, ApiError> {
        if nested > DEPTH_MAX {
            return Err(self.refuse(node, "conditions are nested too deeply"));
        }
        let all = || {
            self.children(node)
                .into_iter()
                .map(|child| self.condition(child, depth, nested + 1))
                .collect::<Result<Vec<_>, _>>()
        };
        match node.kind() {
            "and_expression" => Ok(Condition::And(all()?)),
            "or_expression" => Ok(Condition::Or(all()?)),
            "not_expression" => {
                Ok(Condition::Not(Box::new(self.condition(self.only(node)?, depth, nested + 1)?)))
            }
            "comparison_expression" => self.comparison(node, depth),
            _ => Err(self.refuse(node, &format!("unexpected token: '{}'", self.words(node)))),
        }
    }

    fn comparison(&self, node: Node<'_>, depth: usize) -> Result<Condition, ApiError> {
        let parts = self.children(node);
        let [left, operator, right] = parts.as_slice() else {
            return Err(self.refuse(node, "unexpected token"));
        };
        let words =
            self.words(*operator).split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
        let operator = match words.as_str() {
            "=" => Operator::Equal,
            "!=" | "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "LIKE" => Operator::Like,
            "IN" => Operator::In,
            "NOT IN" => Operator::NotIn,
            "INCLUDES" => Operator::Includes,
            "EXCLUDES" => Operator::Excludes,
            _ => return Err(self.refuse(*operator, &format!("unknown operator: {words}"))),
        };
        let left = self.operand(*left)?;
        if right.kind() == "subquery" {
            let Operand::Field(left) = left else {
                return Err(self.refuse(*right, "semi join needs a field"));
            };
            let query = Box::new(self.query(self.only(*right)?, depth + 1)?);
            return Ok(Condition::InQuery { left, negated: operator == Operator::NotIn, query });
        }
        let values = match right.kind() {
            "comparable_list" => {
                let all = self.children(*right).into_iter().map(|one| self.literals(one));
                all.collect::<Result<Vec<_>, _>>()?.concat()
            }
            _ => self.literals(*right)?,
        };
        Ok(Condition::Compare { left, operator, values })
    }

    /// One value, or those of the list that a bind stands for.
    fn literals(&self, node: Node<'_>) -> Result<Vec<Literal>, ApiError> {
        match self.replaced.bind_at(node.start_byte()) {
            Some(name) => self.binds.literals(name),
            None => Ok(vec![self.literal(node)?]),
        }
    }

    fn literal(&self, node: Node<'_>) -> Result<Literal, ApiError> {
        let words = self.words(node);
        let bad = || self.refuse(node, &format!("unexpected token: '{words}'"));
        match node.kind() {
            "null_literal" => Ok(Literal::Null),
            "boolean" => Ok(Literal::Bool(words.eq_ignore_ascii_case("true"))),
            "int" | "decimal" => words.parse().map(Literal::Number).map_err(|_| bad()),
            "currency_literal" => {
                words.get(3..).and_then(|digits| digits.parse().ok()).map(Literal::Number).ok_or_else(bad)
            }
            "string_literal" => Ok(Literal::Text(unquoted(words))),
            "date" => dates::day(words).map(Literal::Time).ok_or_else(bad),
            "date_time" => dates::moment(words).map(|at| Literal::Time(at..at + 1)).ok_or_else(bad),
            "date_literal" => dates::named(words, 0, self.now_ms).map(Literal::Time).ok_or_else(bad),
            "date_literal_with_param" => {
                let (name, number) = words.split_once(':').ok_or_else(bad)?;
                let number = number.trim().parse().map_err(|_| bad())?;
                dates::named(name.trim(), number, self.now_ms).map(Literal::Time).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }
}

/// The text of a quoted literal. `\_` and `\%` stay escaped: LIKE needs to know.
fn unquoted(quoted: &str) -> String {
    let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(quoted);
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some('r' | 'R') => text.push('\r'),
            Some('t' | 'T') => text.push('\t'),
            Some('b' | 'B') => text.push('\u{8}'),
            Some('f' | 'F') => text.push('\u{c}'),
            Some(wild @ ('_' | '%')) => text.extend(['\\', wild]),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_comes_apart() {
        let query = parse("select Id, Owner.Name FROM Account WHERE (Name = 'x\\'y' OR A__c > 3) AND B__c NOT IN ('1','2') ORDER BY Name DESC NULLS LAST LIMIT 10 OFFSET 5", 0).expect("parses");
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
        let error = parse("SELECT Id FROM", 0).expect_err("no table");
        assert_eq!(error.code, "MALFORMED_QUERY");
        assert!(error.message.contains("ERROR at Row:1:Column:"), "{}", error.message);
        assert!(error.message.contains("unexpected token: '<EOF>'"), "{}", error.message);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,80}") {
            let _ = parse(&text, 0);
        }

        #[test]
        fn no_heap_of_words_breaks_the_reader(words in proptest::collection::vec(WORDS, 0..24)) {
            let query = format!("SELECT {}", words.join(" "));
            if let Err(error) = parse(&query, 0) {
                proptest::prop_assert!(!error.code.is_empty());
            }
        }
    }

    const WORDS: &str = "SELECT|FROM|WHERE|AND|OR|NOT|IN|LIKE|GROUP BY|ORDER BY|LIMIT|OFFSET|COUNT|FIELDS|TYPEOF|END|\\(|\\)|,|\\.|=|!=|'\\\\'|'a|1|-1.5|2026-01-01|TODAY|LAST_N_DAYS:9999999999|null|Id|ü";
}
