//! Reads the schema of a whole org from a file: one JSON object a line, plain or gzip.
//!
//! A line has `name, label, keyPrefix, createable, updateable, deletable, queryable, searchable, triggerable` and
//! `fields` of `name, type` and perhaps `length, nillable, updateable, referenceTo, picklistValues`; other keys are not
//! looked at. A name that comes again, ignoring case, adds its fields.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

use super::field::FieldType;

/// Objects in one file.
const OBJECTS_MAX: usize = 20_000;
/// Fields of one object.
const FIELDS_MAX: usize = 2_000;
/// Bytes of one line.
const LINE_MAX: u64 = 8 << 20;
/// Bytes of all lines, unpacked.
const FILE_MAX: u64 = 1 << 30;
/// Characters of a name or a label.
const NAME_MAX: usize = 255;

/// Why a schema was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("cannot open the schema {path}")]
    Open { path: PathBuf, source: io::Error },
    #[error("cannot read line {line} of the schema {path}")]
    Read { path: PathBuf, line: usize, source: io::Error },
    #[error("line {line} of the schema {path}: {problem}")]
    Line { path: PathBuf, line: usize, problem: String },
    #[error("the schema {path} holds no object")]
    Empty { path: PathBuf },
}

/// An object as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectLine {
    pub name: String,
    pub label: String,
    #[serde(default)]
    pub key_prefix: Option<String>,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub queryable: bool,
    pub searchable: bool,
    pub triggerable: bool,
    pub fields: Vec<FieldLine>,
}

/// A field as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldLine {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    #[serde(default)]
    pub length: Option<u32>,
    #[serde(default = "yes")]
    pub nillable: bool,
    #[serde(default = "yes")]
    pub updateable: bool,
    #[serde(default)]
    pub reference_to: Option<Vec<String>>,
    #[serde(default)]
    pub picklist_values: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}

/// Reads a file; the objects come by their name in lower case.
pub fn load(path: &Path) -> Result<BTreeMap<String, ObjectLine>, SchemaError> {
    let open = |source| SchemaError::Open { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(open)?);
    let packed = file.fill_buf().map_err(open)?.starts_with(&[0x1f, 0x8b]);
    if packed { read(path, BufReader::new(MultiGzDecoder::new(file))) } else { read(path, file) }
}

fn read(path: &Path, source: impl BufRead) -> Result<BTreeMap<String, ObjectLine>, SchemaError> {
    let mut source = source.take(FILE_MAX);
    let mut objects: BTreeMap<String, ObjectLine> = BTreeMap::new();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let bad = |problem: String| SchemaError::Line { path: path.to_owned(), line, problem };
        let length = (&mut source)
            .take(LINE_MAX)
            .read_until(b'\n', &mut text)
            .map_err(|source| SchemaError::Read { path: path.to_owned(), line, source })?;
        if length == 0 {
            break;
        }
        if length as u64 == LINE_MAX {
            return Err(bad(format!("longer than {LINE_MAX} bytes")));
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let object: ObjectLine = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
        check(&object).map_err(bad)?;
        match objects.entry(object.name.to_ascii_lowercase()) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(object);
            }
            std::collections::btree_map::Entry::Occupied(mut taken) => {
                taken.get_mut().fields.extend(object.fields)
            }
        }
        if objects.len() > OBJECTS_MAX {
            return Err(bad(format!("more than {OBJECTS_MAX} objects")));
        }
    }
    if source.limit() == 0 {
        let problem = format!("the file is larger than {FILE_MAX} bytes");
        return Err(SchemaError::Line { path: path.to_owned(), line: objects.len(), problem });
    }
    if objects.is_empty() {
        return Err(SchemaError::Empty { path: path.to_owned() });
    }
    Ok(objects)
}

fn check(object: &ObjectLine) -> Result<(), String> {
    if !is_name(&object.name) {
        return Err(format!("{:?} is no API name", shortened(&object.name)));
    }
    if object.label.is_empty() || object.label.chars().count() > NAME_MAX {
        return Err(format!("the label needs 1 to {NAME_MAX} characters"));
    }
    if object.fields.len() > FIELDS_MAX {
        return Err(format!("more than {FIELDS_MAX} fields"));
    }
    match object.fields.iter().find(|field| !is_name(&field.name)) {
        Some(field) => Err(format!("{:?} is no API name of a field", shortened(&field.name))),
        None => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn shortened(name: &str) -> String {
    name.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"name":"A","label":"A","keyPrefix":null,"createable":true,"updateable":true,"deletable":true,"queryable":true,"searchable":true,"triggerable":false,"fields":[{"name":"F","type":"string","cloud":1}]}"#;

    fn outcome(text: &str) -> Result<BTreeMap<String, ObjectLine>, String> {
        read(Path::new("f"), text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_that_comes_again_adds_its_fields() {
        let again = LINE.replace("\"A\",\"label\"", "\"a\",\"label\"").replace("\"F\"", "\"G\"");
        let objects = outcome(&format!("{LINE}\n\n{again}")).expect("two good lines");
        let names: Vec<&str> = objects["a"].fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!((objects.len(), names), (1, vec!["F", "G"]));
    }

    #[test]
    fn bad_lines_are_named_by_their_number() {
        for (line, problem) in [
            ("{", "EOF while parsing"),
            ("[]", "expected struct ObjectLine"),
            (&LINE.replace("\"name\":\"A\"", "\"name\":\"9\""), "\"9\" is no API name"),
            (&LINE.replace("\"type\":\"string\"", "\"type\":\"text\""), "unknown variant `text`"),
            (&LINE.replace("\"name\":\"F\"", "\"name\":\"a b\""), "\"a b\" is no API name of a field"),
            (&LINE.replace("\"label\":\"A\"", "\"label\":\"\""), "the label needs 1 to 255 characters"),
            (&LINE.replace("\"queryable\":true,", ""), "missing field `queryable`"),
        ] {
            let error = outcome(&format!("{LINE}\n{line}\n")).expect_err("line 2 is bad");
            assert!(error.starts_with("line 2 of the schema f: ") && error.contains(problem), "{error}");
        }
        assert_eq!(outcome("\n \n").expect_err("empty"), "the schema f holds no object");
    }
}
