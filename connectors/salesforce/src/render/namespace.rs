//! Names of the app's parts where it is the organisation's own, and where it comes in a managed package.

/// What stands before the app's names; nothing where the daemon deploys the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Namespace<'a>(pub Option<&'a str>);

impl Namespace<'_> {
    /// API name of an object, field, class or permission set of the app.
    pub(crate) fn api(&self, name: &str) -> String {
        match self.0 {
            Some(namespace) => format!("{namespace}__{name}"),
            None => name.to_owned(),
        }
    }

    /// What stands before a class in Apex.
    pub(super) fn apex_prefix(&self) -> String {
        self.0.map(|namespace| format!("{namespace}.")).unwrap_or_default()
    }

    /// A condition of SOQL on the column: what the app's own names must have there.
    pub(crate) fn condition(&self, column: &str) -> String {
        match self.0 {
            Some(namespace) => format!("{column} = {}", crate::api::rest::quoted(namespace)),
            None => format!("{column} = null"),
        }
    }
}
