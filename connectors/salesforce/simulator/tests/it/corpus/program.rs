//! A program of the corpus, and what its comments say that it does.

use std::path::{Path, PathBuf};

/// `name.apex`, or a folder with classes, triggers and metadata whose words are in `run.apex` or `expected.txt`.
#[derive(Debug, Default)]
pub struct Program {
    /// `family/name`
    pub name: String,
    /// Pages of the documentation.
    pub sources: Vec<String>,
    /// An anonymous block, run (and committed, where there is a folder) before tests and requests.
    pub block: Option<String>,
    /// What is deployed before: file name and text.
    pub files: Vec<(String, String)>,
    /// The API version of its code.
    pub version: u32,
    /// Lines of the debug log.
    pub lines: Vec<String>,
    /// Type and message of the exception that nobody catches.
    pub fails: Option<String>,
    pub refused: Option<Refusal>,
    pub tests: Vec<Test>,
    /// Name and covered percents.
    pub coverage: Vec<(String, u64)>,
    pub requests: Vec<Request>,
}

/// Where and why the compiler refuses.
#[derive(Debug, Default)]
pub struct Refusal {
    /// Of a folder.
    pub file: Option<String>,
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub message: String,
}

/// A test method and the failure that is expected of it.
#[derive(Debug)]
pub struct Test {
    /// `Class.method`
    pub name: String,
    pub fails: Option<String>,
}

/// A call of an Apex REST class.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub body: Option<String>,
    pub status: u16,
    /// JSON, or the beginning of the body when it ends in `…`.
    pub answer: Option<String>,
}

/// Where a program says nothing. Code of later versions needs rights on all fields, which a deployment gives to nobody.
pub const VERSION: u32 = 66;

impl Program {
    pub fn expects_something(&self) -> bool {
        !self.lines.is_empty()
            || self.fails.is_some()
            || self.refused.is_some()
            || !self.tests.is_empty()
            || !self.requests.is_empty()
    }

    fn read(name: String, text: &str, files: Vec<(String, String)>) -> Self {
        let mut program = Self { name, files, version: VERSION, ..Self::default() };
        for line in text.lines() {
            let Some((word, rest)) = line.strip_prefix("// ").and_then(|line| line.split_once(':')) else {
                continue;
            };
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            match word {
                "version" => program.version = rest.parse().expect("a version"),
                "source" => program.sources.push(rest.to_owned()),
                "expect" => program.lines.push(rest.to_owned()),
                "fails" => program.fails = Some(rest.to_owned()),
                "refused" => program.refused = Some(Refusal::read(rest)),
                "tests" => program.tests.push(Test::read(rest)),
                "coverage" => program.coverage.push(percents(rest)),
                "request" => program.requests.push(Request::read(rest)),
                "answer" => program.requests.last_mut().expect("a request before its answer").answered(rest),
                _ => {}
            }
        }
        let code = text.lines().any(|line| !line.trim().is_empty() && !line.starts_with("//"));
        program.block = code.then(|| text.to_owned());
        program
    }
}

impl Refusal {
    /// `Name.cls 3:12 message`, of which every part may be missing.
    fn read(text: &str) -> Self {
        let mut refusal = Self::default();
        let mut rest = text;
        if let Some((file, after)) =
            rest.split_once(' ').filter(|(file, _)| file.ends_with(".cls") || file.ends_with(".trigger"))
        {
            refusal.file = Some(file.to_owned());
            rest = after;
        }
        if let Some((line, after)) = rest.split_once(':')
            && let Ok(line) = line.parse()
        {
            refusal.line = Some(line);
            let (column, after) = after.split_once(' ').unwrap_or((after, ""));
            refusal.column = column.parse().ok();
            rest = after;
        }
        rest.clone_into(&mut refusal.message);
        refusal
    }
}

impl Test {
    fn read(text: &str) -> Self {
        let (name, outcome) = text.split_once(' ').expect("a test and its outcome");
        Self { name: name.to_owned(), fails: outcome.strip_prefix("fails: ").map(str::to_owned) }
    }
}

impl Request {
    fn read(text: &str) -> Self {
        let mut words = text.splitn(3, ' ').map(str::to_owned);
        Self {
            method: words.next().expect("a method"),
            path: words.next().expect("a path"),
            body: words.next(),
            ..Self::default()
        }
    }

    fn answered(&mut self, text: &str) {
        let (status, answer) =
            text.split_once(' ').map_or((text, None), |(status, answer)| (status, Some(answer)));
        self.status = status.parse().expect("a status");
        self.answer = answer.map(str::to_owned);
    }
}

fn percents(text: &str) -> (String, u64) {
    let (name, percents) = text.split_once(' ').expect("a name and percents");
    (name.to_owned(), percents.trim_end_matches('%').parse().expect("percents"))
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apex")
}

/// The programs of a folder, by name.
pub fn family(family: &str) -> Vec<Program> {
    let folder = root().join(family);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(family, path)).collect()
}

/// All files of a folder but the program's own words.
pub fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), text(&path)))
        .filter(|(name, _)| name != "run.apex" && name != "expected.txt")
        .collect();
    files.sort();
    files
}

fn read(family: &str, path: &Path) -> Program {
    let name = format!("{family}/{}", path.file_stem().expect("a name").to_string_lossy());
    if path.is_dir() {
        let words =
            ["run.apex", "expected.txt"].map(|name| path.join(name)).into_iter().find(|path| path.is_file());
        let words = words.unwrap_or_else(|| panic!("{name}: neither run.apex nor expected.txt"));
        return Program::read(name, &text(&words), files(path));
    }
    Program::read(name, &text(path), Vec::new())
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
