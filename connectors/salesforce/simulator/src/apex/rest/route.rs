//! Which class serves a path.

use crate::apex::program::{Class, ClassId};

/// What stands before every path.
pub const ROOT: &str = "/services/apexrest";

/// A mapping, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapping {
    /// Without a last `/*`.
    head: String,
    /// A `/*` stood at the end.
    open: bool,
}

impl Mapping {
    /// Of `@RestResource(urlMapping='/a/b/*')`, behind the namespace of a package. Case counts.
    fn of(namespace: Option<&str>, url_mapping: &str) -> Self {
        let prefix = namespace.map(|namespace| format!("/{namespace}")).unwrap_or_default();
        let (head, open) = match url_mapping.strip_suffix("/*") {
            Some(head) => (head, true),
            None => (url_mapping.trim_end_matches('/'), false),
        };
        Self { head: format!("{prefix}{head}"), open }
    }

    fn takes(&self, path: &str) -> bool {
        match path.strip_prefix(&self.head) {
            Some("" | "/") => true,
            Some(rest) => self.open && rest.starts_with('/'),
            None => false,
        }
    }
}

/// The class that serves a path behind [`ROOT`]: an exact mapping wins over open ones, then the longest; of equals the
/// one that was made first.
pub fn find<'a>(classes: impl Iterator<Item = (&'a Class, Option<&'a str>)>, path: &str) -> Option<ClassId> {
    let mappings = classes.filter_map(|(class, namespace)| {
        let mapping = Mapping::of(namespace, class.url_mapping.as_deref()?);
        mapping.takes(path).then_some((mapping, class.id))
    });
    mappings
        .max_by_key(|(mapping, id)| (!mapping.open, mapping.head.len(), std::cmp::Reverse(*id)))
        .map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(mappings: &[&'a str], path: &str) -> Option<&'a str> {
        let taking = mappings.iter().map(|text| (Mapping::of(None, text), *text));
        taking
            .filter(|(mapping, _)| mapping.takes(path))
            .max_by_key(|(mapping, _)| (!mapping.open, mapping.head.len()))
            .map(|(_, text)| text)
    }

    #[test]
    fn exact_wins_then_the_longest() {
        let mappings = ["/a/*", "/a/b/*", "/a/b"];
        assert_eq!(best(&mappings, "/a/b"), Some("/a/b"));
        assert_eq!(best(&mappings, "/a/b/"), Some("/a/b"));
        assert_eq!(best(&mappings, "/a/b/c"), Some("/a/b/*"));
        assert_eq!(best(&mappings, "/a/x"), Some("/a/*"));
        assert_eq!(best(&mappings, "/a"), Some("/a/*"));
    }

    #[test]
    fn case_and_whole_parts_count() {
        assert_eq!(best(&["/Cas/*"], "/cas/x"), None);
        assert_eq!(best(&["/cas/*"], "/casual"), None);
        assert_eq!(best(&["/cas"], "/cas/x"), None);
        assert!(Mapping::of(Some("ns"), "/cas/*").takes("/ns/cas/x"));
    }
}
