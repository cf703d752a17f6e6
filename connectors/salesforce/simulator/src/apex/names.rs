//! Names that the platform brings, and the names that a source mentions.

use std::collections::BTreeSet;

use super::parse::{each, parse, text};

/// Every identifier of a source in lower case; a source that does not parse mentions nothing.
pub fn mentions(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Ok(tree) = parse(source) {
        each(tree.root_node(), |node| {
            if matches!(node.kind(), "identifier" | "type_identifier") {
                names.insert(text(node, source).to_ascii_lowercase());
            }
        });
    }
    names
}

/// Classes, namespaces and variables of the platform that a trigger's body may name, in lower case and sorted.
static PLATFORM: &[&str] = &[
    "apexpages",
    "approval",
    "assert",
    "asyncexception",
    "asyncoptions",
    "auth",
    "blob",
    "boolean",
    "businesshours",
    "cache",
    "calloutexception",
    "canvas",
    "collator",
    "comparable",
    "connectapi",
    "cookie",
    "crypto",
    "database",
    "date",
    "datetime",
    "decimal",
    "dmlexception",
    "dom",
    "double",
    "emailexception",
    "encodingutil",
    "event",
    "eventbus",
    "exception",
    "featuremanagement",
    "flow",
    "formula",
    "formulaeval",
    "http",
    "httprequest",
    "httpresponse",
    "id",
    "integer",
    "invalidparametervalueexception",
    "iterable",
    "iterator",
    "json",
    "jsonexception",
    "jsongenerator",
    "jsonparser",
    "jsontoken",
    "label",
    "limitexception",
    "limits",
    "list",
    "listexception",
    "location",
    "logginglevel",
    "long",
    "map",
    "matcher",
    "math",
    "mathexception",
    "messaging",
    "metadata",
    "network",
    "noaccessexception",
    "nosuchelementexception",
    "nullpointerexception",
    "object",
    "orglimit",
    "orglimits",
    "packaging",
    "page",
    "pagereference",
    "parentjobresult",
    "pattern",
    "process",
    "queryexception",
    "queueable",
    "queueablecontext",
    "quickaction",
    "quiddity",
    "reports",
    "request",
    "requiredfeaturemissingexception",
    "restcontext",
    "restrequest",
    "restresponse",
    "savepoint",
    "schedulable",
    "schedulablecontext",
    "schema",
    "search",
    "searchexception",
    "security",
    "securityexception",
    "selectoption",
    "serializationexception",
    "set",
    "site",
    "sobject",
    "sobjectexception",
    "sobjectfield",
    "sobjecttype",
    "string",
    "stringexception",
    "support",
    "system",
    "test",
    "time",
    "timezone",
    "transactionfinalizer",
    "trigger",
    "triggerexception",
    "triggeroperation",
    "type",
    "typeexception",
    "url",
    "userinfo",
    "userprovisioning",
    "uuid",
    "version",
    "visualforce",
    "visualforceexception",
    "void",
    "xmlexception",
    "xmlstreamreader",
    "xmlstreamwriter",
];

/// Whether the platform itself brings this name.
pub(super) fn is_platform(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PLATFORM.binary_search(&name.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_names_are_found() {
        assert!(PLATFORM.is_sorted());
        assert!(is_platform("System") && is_platform("EventBus") && is_platform("uuid"));
        assert!(!is_platform("Handler"));
    }

    #[test]
    fn mentions_are_whole_identifiers() {
        let names = mentions("public class A { void f() { Handler.run(); } }");
        assert!(names.contains("handler") && !names.contains("hand"));
        assert!(mentions("not apex {").is_empty());
    }
}
