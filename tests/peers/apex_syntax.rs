//! The simulator's parser beside Salesforce's own: both accept or both refuse, and say the same of the same place.
//!
//! `constructs.txt` has one construct a line, behind a letter that says where it stands: `f` is a file, `a` anonymous
//! code, `m` a member of a class, `s` a statement, `e` an expression.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use provision_tests::{app, tools};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use salesforce_simulator::apex::syntax::{self, Problem};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;

const LIMIT: Duration = Duration::from_secs(60);
const CONSTRUCTS: &str = include_str!("apex_syntax/constructs.txt");
/// Processes of the other parser at a time.
const AT_ONCE: usize = 4;
/// Mutants of one program.
const MUTANTS: usize = 2;
const SEED: u64 = 20_260_101;

struct Program {
    name: String,
    source: String,
    anonymous: bool,
}

/// Message, line and column of the first complaint.
type Verdict = Option<(String, u64, u64)>;

#[tokio::test(flavor = "multi_thread")]
async fn constructs_are_judged_in_the_same_words() {
    let test = "constructs_are_judged_in_the_same_words";
    let Some(parser) = tools::or_skip(test, tools::apex_parser().await) else { return };
    let lines: Vec<&str> = CONSTRUCTS.lines().filter(|line| line.len() > 2).collect();
    assert!(lines.len() > 1_000, "only {} constructs", lines.len());
    let (fine, refused): (Vec<&str>, Vec<&str>) =
        lines.iter().partition(|line| ours(&construct(&line[..1], &[line])).is_none());
    assert!(fine.len() > 400 && refused.len() > 400, "{} and {}", fine.len(), refused.len());

    // What is accepted is accepted together.
    let mut programs: Vec<Program> =
        ["m", "s", "e"].map(|kind| construct(kind, &of_kind(kind, &fine))).into_iter().collect();
    let alone = fine.iter().filter(|line| line.starts_with(['f', 'a'])).chain(&refused);
    programs.extend(alone.map(|line| construct(&line[..1], &[line])));
    let differing = differing(&parser, programs, |ours, theirs| ours == theirs).await;
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_their_mutants_are_accepted_or_refused_by_both() {
    let test = "programs_and_their_mutants_are_accepted_or_refused_by_both";
    let Some(parser) = tools::or_skip(test, tools::apex_parser().await) else { return };
    let project = tempfile::tempdir().expect("a temporary folder");
    app::render(project.path(), "00D000000000001AAA", app::OBJECTS);
    let mut files = app::apex_files(project.path());
    corpus(&app::source().join("../simulator/tests/apex"), &mut files);
    files.sort();
    assert!(files.len() > 100, "only {} programs", files.len());

    let mut programs = Vec::new();
    for file in &files {
        let source = std::fs::read_to_string(file).unwrap();
        // Of the program alone, so that others come and go without changing its mutants.
        let mut random = StdRng::seed_from_u64(SEED + source.len() as u64);
        let anonymous = file.extension().is_some_and(|extension| extension == "apex");
        let name = file.display().to_string();
        for (kind, source) in (0..MUTANTS).filter_map(|_| mutant(&source, &mut random)) {
            programs.push(Program { name: format!("{name}, {kind}"), source, anonymous });
        }
        programs.push(Program { name, source, anonymous });
    }
    let differing = differing(&parser, programs, |ours, theirs| match (ours, theirs) {
        (Some(ours), None) => is_judged_later_by_theirs(&ours.0),
        (ours, theirs) => ours.is_some() == theirs.is_some(),
    })
    .await;
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

/// Salesforce's parser lets through what its compiler then refuses: a dot with no name behind it, a method whose name
/// has dots (`A b.c();`), type parameters, `when else` before another `when`.
fn is_judged_later_by_theirs(message: &str) -> bool {
    let dotted = message
        .strip_prefix("Unexpected token '")
        .is_some_and(|token| token.trim_end_matches('.').contains('.'));
    dotted
        || message == "Unexpected token '.'."
        || message == "Expecting '{' but was: '<'"
        || message.starts_with("No when blocks may follow")
}

fn of_kind<'a>(kind: &str, lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().copied().filter(|line| line.starts_with(kind)).collect()
}

fn construct(kind: &str, lines: &[&str]) -> Program {
    let texts: Vec<&str> = lines.iter().map(|line| &line[2..]).collect();
    let source = match kind {
        "m" => format!("class A {{\n{}\n}}", texts.join("\n")),
        "s" => format!("class A {{void f(){{\n{}\n}}}}", texts.join("\n")),
        "e" => format!("class A {{void f(){{x=\n{}\n;}}}}", texts.join("\n;x=\n")),
        _ => texts.concat(),
    };
    Program { name: format!("{kind}: {}", texts.first().unwrap_or(&"")), source, anonymous: kind == "a" }
}

fn ours(program: &Program) -> Verdict {
    let source = &program.source;
    let first = source
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with("//"))
        .unwrap_or("");
    let problem: Option<Problem> = if program.anonymous {
        syntax::parse_anonymous_unit(source).err()
    } else if first.to_ascii_lowercase().starts_with("trigger") {
        syntax::parse_trigger(source).err()
    } else {
        syntax::parse_class(source).err()
    };
    problem.map(|problem| (problem.message, problem.line.into(), problem.column.into()))
}

/// The programs on which the parsers do not agree, with both verdicts.
async fn differing(
    parser: &Path,
    programs: Vec<Program>,
    agree: fn(&Verdict, &Verdict) -> bool,
) -> Vec<String> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = tokio::task::JoinSet::new();
    for program in programs {
        let (turns, parser) = (turns.clone(), parser.to_owned());
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            let theirs = theirs(&parser, &program).await;
            (ours(&program), theirs, program)
        });
    }
    let mut differing = Vec::new();
    while let Some(judged) = running.join_next().await {
        let (ours, theirs, program) = judged.unwrap();
        if !agree(&ours, &theirs) {
            let Program { name, source, .. } = program;
            differing.push(format!("{name}\n{source}\nours: {ours:?}\ntheirs: {theirs:?}"));
        }
    }
    differing
}

async fn theirs(parser: &Path, program: &Program) -> Verdict {
    let mut command = Command::new(parser);
    if program.anonymous {
        command.arg("-a");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(program.source.as_bytes()).await.unwrap();
    drop(stdin);
    let output =
        tokio::time::timeout(LIMIT, child.wait_with_output()).await.expect("an answer in time").unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = &answer["apex.jorje.semantic.compiler.parser.ParserOutput"]["parseErrors"];
    let first = errors.as_array().expect("a list of errors").first()?;
    let place = &first["error"]["error"]["loc"];
    Some((
        first["message"].as_str().unwrap_or_default().to_owned(),
        place["line"].as_u64().unwrap_or_default(),
        place["column"].as_u64().unwrap_or_default(),
    ))
}

fn corpus(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("a folder entry").path()) {
        if path.is_dir() {
            corpus(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| ["apex", "cls", "trigger"].iter().any(|known| extension == *known))
        {
            files.push(path);
        }
    }
}

/// The source with one token dropped, doubled, or exchanged for its neighbour. Queries are left alone: what stands in
/// them is judged when they are checked against the organisation.
fn mutant(source: &str, random: &mut StdRng) -> Option<(&'static str, String)> {
    let tokens = tokens(source);
    let places: Vec<usize> = (0..tokens.len()).filter(|index| tokens[*index].1).collect();
    let &place = places.choose(random)?;
    let kind = random.random_range(0..3);
    let mut words: Vec<String> = tokens.iter().map(|(text, _)| (*text).to_owned()).collect();
    match kind {
        0 => words[place] = String::new(),
        1 => words[place] = format!("{0} {0}", words[place]),
        _ => {
            let neighbour = places.iter().copied().find(|other| *other > place).unwrap_or(place);
            words.swap(place, neighbour);
        }
    }
    Some((["dropped", "doubled", "swapped"][kind], words.concat()))
}

/// The pieces of a source, and which of them may be changed: no blanks, comments and queries.
fn tokens(source: &str) -> Vec<(&str, bool)> {
    let mut tokens: Vec<(&str, bool)> = Vec::new();
    let mut brackets: Vec<bool> = Vec::new();
    let mut after_bracket = false;
    let mut rest = source;
    while !rest.is_empty() {
        let length = length(rest);
        let (text, behind) = rest.split_at(length);
        rest = behind;
        let blank = text.trim().is_empty() || text.starts_with("//") || text.starts_with("/*");
        if after_bracket && !blank {
            let query = ["select", "find"].iter().any(|word| text.eq_ignore_ascii_case(word));
            *brackets.last_mut().expect("an open bracket") = query;
            if query && let Some(bracket) = tokens.iter_mut().rev().find(|(text, _)| *text == "[") {
                bracket.1 = false;
            }
            after_bracket = false;
        }
        if text == "[" {
            brackets.push(false);
            after_bracket = true;
        }
        let in_query = brackets.contains(&true);
        tokens.push((text, !blank && !in_query));
        if text == "]" {
            brackets.pop();
            after_bracket = false;
        }
    }
    tokens
}

fn length(rest: &str) -> usize {
    let all = |fits: fn(char) -> bool| rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        return all(char::is_whitespace);
    }
    if first.is_alphanumeric() || first == '_' {
        return all(|letter| letter.is_alphanumeric() || letter == '_');
    }
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if first == '\'' {
        let mut escaped = false;
        for (at, letter) in rest.char_indices().skip(1) {
            if letter == '\'' && !escaped {
                return at + 1;
            }
            escaped = letter == '\\' && !escaped;
        }
        return rest.len();
    }
    first.len_utf8()
}
