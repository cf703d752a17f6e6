//! Which names may be declared. The grammar lets more through: Salesforce looks at names when it checks the
//! declarations, and so does whoever calls this.

use super::ast::Name;
use super::problem::Problem;

/// Words of the documentation's list of reserved words that the grammar takes for names.
/// Words of types (`date`, `integer`) are on that list, too, but name variables all the same.
/// <https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_reserved_words.htm>
const RESERVED: [&str; 45] = [
    "activate",
    "any",
    "array",
    "autonomous",
    "begin",
    "bigdecimal",
    "blob",
    "byte",
    "case",
    "cast",
    "char",
    "collect",
    "const",
    "decimal",
    "default",
    "end",
    "exception",
    "exit",
    "export",
    "float",
    "goto",
    "group",
    "hint",
    "import",
    "inner",
    "int",
    "into",
    "join",
    "loop",
    "number",
    "object",
    "outer",
    "package",
    "parallel",
    "pragma",
    "retrieve",
    "rollback",
    "set",
    "short",
    "sort",
    "switch",
    "synchronized",
    "then",
    "transaction",
    "when",
];
/// What may stand behind two underscores: endings of custom objects, fields and relationships.
const SUFFIXES: [&str; 14] =
    ["c", "r", "e", "b", "x", "s", "mdt", "kav", "pc", "pr", "share", "history", "feed", "tag"];

/// What speaks against declaring a variable, parameter, property or type of this name. Methods may have reserved
/// names: ask [`shape_problem`] for them.
pub fn identifier_problem(name: &Name) -> Option<Problem> {
    if RESERVED.binary_search(&name.key().as_str()).is_ok() {
        return Some(Problem::new(name.at, format!("Identifier name is reserved: {}", name.text)));
    }
    shape_problem(name)
}

/// Names begin with a letter, hold letters, digits and single underscores, and do not end with an underscore.
pub fn shape_problem(name: &Name) -> Option<Problem> {
    let text = name.text.as_ref();
    let stem = text
        .rsplit_once("__")
        .filter(|(_, suffix)| SUFFIXES.iter().any(|known| known.eq_ignore_ascii_case(suffix)))
        .map_or(text, |(stem, _)| stem);
    let fits = stem.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && stem.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !stem.ends_with('_')
        && !stem.contains("__");
    (!fits).then(|| Problem::new(name.at, format!("Invalid character in identifier: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let name = Name { text: text.into(), at: Default::default() };
        identifier_problem(&name).map(|problem| problem.message)
    }

    #[test]
    fn names_are_told_from_what_is_none() {
        for fine in ["a", "A1_b", "date", "type", "order", "count", "Thing__c", "with"] {
            assert_eq!(said(fine), None, "{fine}");
        }
        assert_eq!(said("Number").as_deref(), Some("Identifier name is reserved: Number"));
        for bad in ["_a", "a_", "a__q", "a$b", "a__b__c", "__c"] {
            assert_eq!(said(bad), Some(format!("Invalid character in identifier: {bad}")), "{bad}");
        }
        assert!(RESERVED.is_sorted());
    }
}
