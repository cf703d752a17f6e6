//! `deployOptions`.

use serde_json::{Map, Value, json};

use super::xml::Element;

/// Which tests a deploy runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestLevel {
    NoTestRun,
    RunSpecifiedTests,
    RunLocalTests,
    RunAllTestsInOrg,
}

/// The options of one deploy, with the API's own defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeployOptions {
    pub allow_missing_files: bool,
    pub auto_update_package: bool,
    pub check_only: bool,
    pub ignore_warnings: bool,
    pub perform_retrieve: bool,
    pub purge_on_delete: bool,
    pub rollback_on_error: bool,
    pub single_package: bool,
    pub run_tests: Vec<String>,
    pub test_level: Option<TestLevel>,
}

impl TestLevel {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTestRun => "NoTestRun",
            Self::RunSpecifiedTests => "RunSpecifiedTests",
            Self::RunLocalTests => "RunLocalTests",
            Self::RunAllTestsInOrg => "RunAllTestsInOrg",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::NoTestRun, Self::RunSpecifiedTests, Self::RunLocalTests, Self::RunAllTestsInOrg]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

impl DeployOptions {
    /// Reads the JSON part of a request; the error is a text for `JSON_PARSER_ERROR`.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let Some(options) = body.get("deployOptions").and_then(Value::as_object) else {
            return Err("Missing deployOptions".to_owned());
        };
        let mut read = Self::default();
        for (name, value) in options {
            match name.as_str() {
                "allowMissingFiles" => read.allow_missing_files = flag(name, value)?,
                "autoUpdatePackage" => read.auto_update_package = flag(name, value)?,
                "checkOnly" => read.check_only = flag(name, value)?,
                "ignoreWarnings" => read.ignore_warnings = flag(name, value)?,
                "performRetrieve" => read.perform_retrieve = flag(name, value)?,
                "purgeOnDelete" => read.purge_on_delete = flag(name, value)?,
                "rollbackOnError" => read.rollback_on_error = flag(name, value)?,
                "singlePackage" => read.single_package = flag(name, value)?,
                "runTests" => read.run_tests = names(value)?,
                "testLevel" => read.test_level = level(value)?,
                _ => return Err(format!("Unrecognized field \"{name}\" (Class deployOptions)")),
            }
        }
        Ok(read)
    }

    /// Reads the `DeployOptions` of a SOAP call. Clients write booleans in any case; unknown elements are a client's
    /// of another version.
    pub fn of_element(element: &Element) -> Result<Self, String> {
        let flag = |name: &str| match element.text_of(name) {
            None => Ok(false),
            Some(text) if text == "1" || text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text == "0" || text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(format!("'{text}' is not a valid value for the type xsd:boolean")),
        };
        let level = element.text_of("testLevel").map(|text| level(&text.into())).transpose()?;
        Ok(Self {
            allow_missing_files: flag("allowMissingFiles")?,
            auto_update_package: flag("autoUpdatePackage")?,
            check_only: flag("checkOnly")?,
            ignore_warnings: flag("ignoreWarnings")?,
            perform_retrieve: flag("performRetrieve")?,
            purge_on_delete: flag("purgeOnDelete")?,
            rollback_on_error: flag("rollbackOnError")?,
            single_package: flag("singlePackage")?,
            run_tests: element.all("runTests").map(|name| name.text.clone()).collect(),
            test_level: level.flatten(),
        })
    }

    /// The options as the API gives them back.
    pub fn to_json(&self) -> Value {
        let mut options = Map::new();
        for (name, value) in [
            ("allowMissingFiles", self.allow_missing_files),
            ("autoUpdatePackage", self.auto_update_package),
            ("checkOnly", self.check_only),
            ("ignoreWarnings", self.ignore_warnings),
            ("performRetrieve", self.perform_retrieve),
            ("purgeOnDelete", self.purge_on_delete),
            ("rollbackOnError", self.rollback_on_error),
        ] {
            options.insert(name.to_owned(), json!(value));
        }
        let tests = if self.run_tests.is_empty() { Value::Null } else { json!(self.run_tests) };
        options.insert("runTests".to_owned(), tests);
        options.insert("singlePackage".to_owned(), json!(self.single_package));
        options.insert(
            "testLevel".to_owned(),
            self.test_level.map_or(Value::Null, |level| json!(level.as_str())),
        );
        Value::Object(options)
    }
}

/// CumulusCI sends booleans as texts; Salesforce takes them.
fn flag(name: &str, value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Null => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(format!("Cannot deserialize instance of boolean from {other} for {name}")),
    }
}

fn names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => values
            .iter()
            .map(|value| {
                value.as_str().map(str::to_owned).ok_or_else(|| "Cannot deserialize runTests".to_owned())
            })
            .collect(),
        _ => Err("Cannot deserialize runTests".to_owned()),
    }
}

fn level(value: &Value) -> Result<Option<TestLevel>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => TestLevel::parse(text)
            .map(Some)
            .ok_or_else(|| format!("'{text}' is not a valid value for the enum 'TestLevel'")),
        _ => Err("Cannot deserialize testLevel".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_booleans_and_texts() {
        let options = DeployOptions::parse(br#"{"deployOptions":{"checkOnly":"true","rollbackOnError":true,"runTests":["A"],"testLevel":"RunSpecifiedTests"}}"#).unwrap();
        assert!(options.check_only && options.rollback_on_error && !options.single_package);
        assert_eq!(options.run_tests, ["A"]);
        assert_eq!(options.test_level, Some(TestLevel::RunSpecifiedTests));
        assert_eq!(options.to_json()["testLevel"], "RunSpecifiedTests");
    }

    #[test]
    fn reads_booleans_of_python() {
        let text = format!(
            "<o xmlns=\"{}\"><checkOnly>True</checkOnly><singlePackage>False</singlePackage><runTests>A</runTests><runTests>B</runTests><testLevel>RunSpecifiedTests</testLevel></o>",
            super::super::xml::NAMESPACE
        );
        let options = |text: &str| DeployOptions::of_element(&Element::parse(text.as_bytes()).unwrap());
        let read = options(&text).unwrap();
        assert!(read.check_only && !read.single_package);
        assert_eq!(read.run_tests, ["A", "B"]);
        assert!(options(&text.replace("True", "maybe")).is_err());
        assert!(options(&text.replace("RunSpecifiedTests", "Some")).is_err());
    }

    #[test]
    fn refuses_what_the_api_refuses() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"deployOptions":{"chekOnly":true}}"#,
            r#"{"deployOptions":{"testLevel":"Some"}}"#,
            r#"{"deployOptions":{"checkOnly":1}}"#,
        ] {
            assert!(DeployOptions::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
