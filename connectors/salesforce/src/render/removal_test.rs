//! The test that removals run in production: Salesforce runs one wherever Apex is deleted, and the app's own go with
//! what they test.

use super::component::{Content, Rendered};
use super::{App, MARKER};

/// Its name. It is the last of ours in an organisation, and in none before a removal.
pub(crate) const REMOVAL_TEST: &str = "CAS_RemovalTest";

const BODY: &str = "\
/**
 * Runs in the deployments that remove the app: Salesforce runs tests wherever it deletes classes or triggers in a
 * production org, and these need none of the org's own. The last removal takes it along.
 */
@IsTest
private class CAS_RemovalTest {
    @IsTest
    static void passes() {
        System.assertEquals(2, 1 + 1, 'Apex runs');
    }
}
";

impl App {
    /// The class, which needs nothing else of the app.
    pub(crate) fn removal_test(&self) -> Rendered {
        Rendered {
            kind: "ApexClass",
            full_name: REMOVAL_TEST.to_owned(),
            content: Content::Apex {
                body: format!("// {MARKER} {}\n{BODY}", self.version),
                meta: self.meta("ApexClass"),
            },
        }
    }
}
