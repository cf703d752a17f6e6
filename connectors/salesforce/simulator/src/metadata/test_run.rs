//! Which tests a deploy would run, and whether the org accepts that. No Apex is executed.

use super::options::{DeployOptions, TestLevel};
use crate::config::Environment;
use crate::org::Metadata;

/// A failure of the whole deploy rather than of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WholeFailure {
    pub(super) code: String,
    pub(super) message: String,
}

impl WholeFailure {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: "INVALID_OPERATION".to_owned(), message: message.into() }
    }
}

/// What can be said before anything is deployed. Production accepts no partial deploys and none without tests.
pub(super) fn check_options(options: &DeployOptions, environment: Environment) -> Result<(), WholeFailure> {
    match options.test_level {
        Some(TestLevel::RunSpecifiedTests) if options.run_tests.is_empty() => {
            return Err(WholeFailure::invalid(
                "runTests must name at least one test class when testLevel is RunSpecifiedTests",
            ));
        }
        Some(TestLevel::RunSpecifiedTests) => {}
        _ if !options.run_tests.is_empty() => {
            return Err(WholeFailure::invalid(
                "runTests can be used only with a testLevel of RunSpecifiedTests",
            ));
        }
        _ => {}
    }
    if environment == Environment::Sandbox {
        return Ok(());
    }
    if options.test_level == Some(TestLevel::NoTestRun) {
        return Err(WholeFailure::invalid(
            "testLevel of NoTestRun cannot be used in production organizations",
        ));
    }
    if !options.rollback_on_error {
        return Err(WholeFailure::invalid(
            "rollbackOnError must be set to true for production organizations",
        ));
    }
    if options.allow_missing_files || options.auto_update_package || options.purge_on_delete {
        return Err(WholeFailure::invalid(
            "allowMissingFiles, autoUpdatePackage and purgeOnDelete must be false for production organizations",
        ));
    }
    Ok(())
}

/// Named tests exist once everything is deployed, and are tests. A name of the form `Class.method` is accepted and
/// selects nothing, as on Salesforce.
pub(super) fn check_named(options: &DeployOptions, after: &Metadata) -> Result<(), WholeFailure> {
    for name in options.run_tests.iter().filter(|name| !name.contains('.')) {
        match after.class(name) {
            Some(class) if class.is_test => {}
            Some(_) => {
                return Err(WholeFailure::invalid(format!(
                    "Class {name} named in runTests has no test methods: it is not annotated @IsTest"
                )));
            }
            None => {
                return Err(WholeFailure::invalid(format!("Class {name} named in runTests does not exist")));
            }
        }
    }
    Ok(())
}

/// Whether a test level applies; without one production tests whatever brings Apex, a sandbox nothing.
pub(super) fn tests_enabled(options: &DeployOptions, environment: Environment, brings_apex: bool) -> bool {
    match options.test_level {
        Some(TestLevel::NoTestRun) => false,
        Some(_) => true,
        None => environment == Environment::Production && brings_apex,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_refuses_what_it_must() {
        let good = DeployOptions { rollback_on_error: true, ..DeployOptions::default() };
        assert_eq!(check_options(&good, Environment::Production), Ok(()));
        let refused =
            |options: DeployOptions| check_options(&options, Environment::Production).unwrap_err().message;
        assert_eq!(
            refused(DeployOptions { test_level: Some(TestLevel::NoTestRun), ..good.clone() }),
            "testLevel of NoTestRun cannot be used in production organizations"
        );
        assert!(refused(DeployOptions::default()).contains("rollbackOnError"));
        assert_eq!(check_options(&DeployOptions::default(), Environment::Sandbox), Ok(()));
        let unnamed = DeployOptions { test_level: Some(TestLevel::RunSpecifiedTests), ..good };
        assert!(check_options(&unnamed, Environment::Sandbox).is_err());
    }

    #[test]
    fn the_default_level_depends_on_the_org_and_the_package() {
        let options = DeployOptions::default();
        assert!(tests_enabled(&options, Environment::Production, true));
        assert!(!tests_enabled(&options, Environment::Production, false));
        assert!(!tests_enabled(&options, Environment::Sandbox, true));
    }
}
