//! The corpus of Apex programs in `tests/apex`: each runs in an org and does what the documentation that it names says.
//!
//! One test a folder; a run names every program that did something else. `CORPUS=words` runs only the programs whose path
//! contains these words.

mod judge;
mod program;
mod stage;

use std::path::Path;

use program::Program;
use salesforce_simulator::apex::{Problem, syntax};

/// One test for each folder of programs.
macro_rules! families {
    ($($family:ident),+ $(,)?) => {
        const FAMILIES: &[&str] = &[$(stringify!($family)),+];

        $(#[tokio::test]
        async fn $family() {
            play(stringify!($family)).await;
        })+
    };
}

families!(
    r#async,
    classes,
    collections,
    dates,
    dml,
    events,
    exceptions,
    json,
    language,
    limits,
    numbers,
    platform,
    records,
    refused,
    rest,
    security,
    soql,
    strings,
    tests,
    triggers,
);

#[test]
fn every_folder_has_its_test_and_every_program_its_source() {
    let mut folders: Vec<String> = std::fs::read_dir(program::root())
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() && !path.ends_with("schema"))
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let named: Vec<&str> = FAMILIES.iter().map(|family| family.trim_start_matches("r#")).collect();
    assert_eq!(folders, named);
    let programs: Vec<Program> = named.iter().flat_map(|family| program::family(family)).collect();
    assert!(programs.len() >= 150, "only {} programs", programs.len());
    for program in programs {
        assert!(!program.sources.is_empty(), "{}: no documentation is named", program.name);
        assert!(program.expects_something(), "{}: nothing is expected", program.name);
    }
}

#[test]
fn the_table_of_features_names_programs_that_are_there() {
    let table = std::fs::read_to_string(program::root().join("README.md")).expect("the table");
    let mut features = 0;
    for row in table.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |")) {
        features += 1;
        let programs = row.split(" | ").nth(1).expect("two columns");
        for path in programs.split('`').skip(1).step_by(2) {
            let path = program::root().join(path);
            let there = path.is_dir() || Path::new(&format!("{}.apex", path.display())).is_file();
            assert!(there, "{} of row {row}", path.display());
        }
    }
    assert!(features > 40, "only {features} features");
}

#[test]
fn what_the_compiler_takes_the_parser_takes() {
    let mut complaints = Vec::new();
    for program in FAMILIES.iter().flat_map(|family| program::family(family.trim_start_matches("r#"))) {
        if program.refused.is_some() {
            continue;
        }
        let mut check = |name: &str, problem: Option<Problem>| {
            complaints.extend(problem.map(|problem| format!("{} {name}: {problem:?}", program.name)));
        };
        for (name, text) in &program.files {
            if name.ends_with(".cls") {
                check(name, syntax::parse_class(text).err());
            } else if name.ends_with(".trigger") {
                check(name, syntax::parse_trigger(text).err());
            }
        }
        check("", program.block.as_ref().and_then(|block| syntax::parse_anonymous_unit(block).err()));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Runs the programs of a folder.
async fn play(family: &str) {
    let wanted = std::env::var("CORPUS").unwrap_or_default();
    let mut complaints = Vec::new();
    let mut shared = None;
    let mut run = 0;
    for program in program::family(family.trim_start_matches("r#")) {
        if !program.name.contains(&wanted) {
            continue;
        }
        run += 1;
        let found = if program.files.is_empty() {
            if shared.is_none() {
                shared =
                    Some(stage::Stage::set(&[], program::VERSION).await.expect("the schema is deployed"));
            }
            stage::alone(shared.as_ref().expect("just set"), &program).await
        } else {
            stage::in_its_own_org(&program).await
        };
        if !found.is_empty() {
            complaints.push(format!("{}\n    {}", program.name, found.join("\n    ")));
        }
    }
    let failed = complaints.len();
    assert!(failed == 0, "{failed} of {run} programs of {family}:\n{}", complaints.join("\n"));
}
