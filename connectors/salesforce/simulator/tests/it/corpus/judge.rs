//! What happened beside what was expected.

use serde_json::Value;

use super::program::{Program, Refusal, Request, Test};

/// How an anonymous block ended.
#[derive(Debug)]
pub enum End {
    Well,
    /// Type and message.
    Uncaught(String),
    /// Line, column, message.
    Refused(u64, u64, String),
}

/// Whether a text is what was expected: the same, or the same beginning where the expectation ends in `…`.
pub fn fits(expected: &str, text: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(beginning) => text.starts_with(beginning),
        None => text == expected,
    }
}

/// Complaints about a block.
pub fn block(program: &Program, end: &End, lines: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    match (end, &program.fails, &program.refused) {
        (End::Well, None, None) => {}
        (End::Uncaught(said), Some(expected), _) if fits(expected, said) => {}
        (End::Refused(line, column, message), _, Some(expected))
            if refusal(expected, *line, *column, message) => {}
        (end, None, None) => complaints.push(format!("expected a good end, but: {end:?}")),
        (end, Some(expected), _) => {
            complaints.push(format!("expected to fail with {expected:?}, but: {end:?}"))
        }
        (end, _, Some(expected)) => complaints.push(format!("expected {expected:?}, but: {end:?}")),
    }
    if program.refused.is_none() {
        complaints.extend(debug(&program.lines, lines));
    }
    complaints
}

fn debug(expected: &[String], lines: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    for at in 0..expected.len().max(lines.len()) {
        match (expected.get(at), lines.get(at)) {
            (Some(expected), Some(line)) if fits(expected, line) => {}
            (Some(expected), Some(line)) => {
                complaints.push(format!("line {at}: expected {expected:?}, was {line:?}"))
            }
            (Some(expected), None) => {
                complaints.push(format!("line {at}: expected {expected:?}, was nothing"))
            }
            (None, line) => complaints.push(format!("line {at}: expected nothing, was {line:?}")),
        }
    }
    complaints
}

fn refusal(expected: &Refusal, line: u64, column: u64, message: &str) -> bool {
    expected.line.is_none_or(|expected| expected == line)
        && expected.column.is_none_or(|expected| expected == column)
        && (expected.message.is_empty() || fits(&expected.message, message))
}

/// Complaints about a deployment that has to be refused.
pub fn deployment(expected: &Refusal, result: &Value) -> Vec<String> {
    let failures = list(&result["details"]["componentFailures"]);
    let number = |failure: &Value, key: &str| failure[key].as_u64().unwrap_or_default();
    let fitting = failures.iter().any(|failure| {
        let file = failure["fileName"].as_str().unwrap_or_default();
        expected.file.as_ref().is_none_or(|expected| file.ends_with(&format!("/{expected}")))
            && refusal(
                expected,
                number(failure, "lineNumber"),
                number(failure, "columnNumber"),
                failure["problem"].as_str().unwrap_or_default(),
            )
    });
    if fitting {
        return Vec::new();
    }
    let said: Vec<String> = failures
        .iter()
        .map(|failure| {
            let place = (number(failure, "lineNumber"), number(failure, "columnNumber"));
            format!("{} {}:{} {}", failure["fileName"], place.0, place.1, failure["problem"])
        })
        .collect();
    vec![format!("expected {expected:?}, but {}: {}", result["status"], said.join("; "))]
}

/// Complaints about the tests and the coverage of a deployment.
pub fn tests(program: &Program, result: &Value) -> Vec<String> {
    let run = &result["details"]["runTestResult"];
    let mut complaints: Vec<String> = program.tests.iter().filter_map(|test| one_test(test, run)).collect();
    for (name, percents) in &program.coverage {
        let Some(row) = list(&run["codeCoverage"]).iter().find(|row| row["name"] == name.as_str()) else {
            complaints.push(format!("coverage of {name}: none"));
            continue;
        };
        let number =
            |key: &str| row[key].as_u64().or_else(|| row[key].as_str()?.parse().ok()).unwrap_or_default();
        let (all, missed) = (number("numLocations"), number("numLocationsNotCovered"));
        let covered = (all.saturating_sub(missed) * 100).checked_div(all);
        if covered != Some(*percents) {
            complaints
                .push(format!("coverage of {name}: expected {percents} %, missed {missed} of {all} lines"));
        }
    }
    complaints
}

fn one_test(test: &Test, run: &Value) -> Option<String> {
    let is = |row: &&Value| {
        format!("{}.{}", text(&row["name"]), text(&row["methodName"])).eq_ignore_ascii_case(&test.name)
    };
    let failed = list(&run["failures"]).iter().find(is);
    let passed = list(&run["successes"]).iter().any(|row| is(&row));
    match (&test.fails, failed, passed) {
        (None, None, true) => None,
        (Some(expected), Some(failure), false) if fits(expected, text(&failure["message"])) => None,
        (expected, Some(failure), _) => Some(format!(
            "{}: expected {expected:?}, failed with {} {}",
            test.name, failure["message"], failure["stackTrace"]
        )),
        (expected, None, passed) => Some(format!("{}: expected {expected:?}, passed: {passed}", test.name)),
    }
}

/// Complaints about the answer of a REST class.
pub fn answer(request: &Request, status: u16, body: &str) -> Option<String> {
    let same = request.answer.as_ref().is_none_or(|expected| {
        let json = |text: &str| serde_json::from_str::<Value>(text).ok();
        if expected.ends_with('…') {
            fits(expected, body)
        } else {
            json(expected).is_some_and(|value| json(body) == Some(value))
        }
    });
    (status != request.status || !same).then(|| {
        format!(
            "{} {}: expected {} {}, was {status} {body}",
            request.method,
            request.path,
            request.status,
            request.answer.as_deref().unwrap_or_default()
        )
    })
}

/// A list of a deploy result, of which one row may stand alone.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(rows) => rows,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
