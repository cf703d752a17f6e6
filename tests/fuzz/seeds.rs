//! Real inputs to begin with, and pieces that break things.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use provision_tests::app;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::org::BOUNDARY;

/// One a line.
pub const QUERIES: &str = include_str!("../peers/soql_oracle/queries.txt");
/// One a line.
pub const FORMULAS: &str = include_str!("seeds/formulas.txt");
/// What stands in envelopes where a session has to.
pub const SESSION: &str = "THE-SESSION";

const OPERATIONS: [&str; 9] = [
    "<u:login><u:username>a@b.c</u:username><u:password>p</u:password></u:login>",
    "<u:query><u:queryString>SELECT Id, Name FROM Account LIMIT 5</u:queryString></u:query>",
    "<u:create><u:sObjects><s:type>Account</s:type><s:Name>A</s:Name></u:sObjects></u:create>",
    "<u:upsert><u:externalIDFieldName>Id</u:externalIDFieldName><u:sObjects><s:type>Contact</s:type><s:LastName>B</s:LastName></u:sObjects></u:upsert>",
    "<u:describeSObjects><u:sObjectType>Account</u:sObjectType></u:describeSObjects>",
    "<m:describeMetadata><m:asOfVersion>67.0</m:asOfVersion></m:describeMetadata>",
    "<m:listMetadata><m:queries><m:type>CustomObject</m:type></m:queries></m:listMetadata>",
    "<m:retrieve><m:retrieveRequest><m:apiVersion>67.0</m:apiVersion><m:unpackaged><m:types><m:members>*</m:members><m:name>ApexClass</m:name></m:types></m:unpackaged></m:retrieveRequest></m:retrieve>",
    "<m:readMetadata><m:type>CustomObject</m:type><m:fullNames>Account</m:fullNames></m:readMetadata>",
];

pub const APEX_PIECES: [&str; 36] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ".",
    "?.",
    "?",
    ":",
    "??",
    "'",
    "'''",
    "'''\n",
    "\\",
    "\\u00",
    "/*",
    "//",
    "@",
    "[SELECT Id FROM A WHERE b = :",
    "List<",
    "new ",
    "class A {",
    "(A)",
    "when else {",
    "1.",
    "9L",
    "\u{0}",
    "\u{feff}",
    "ä",
    "😀",
    "as user ",
];
pub const SOQL_PIECES: [&str; 26] = [
    "(",
    ")",
    "(SELECT Id FROM A",
    "(SELECT Id, ",
    ",",
    ".",
    "'",
    "\\",
    "NOT ",
    "NOT (",
    " AND ",
    " OR ",
    "WHERE ",
    "IN (",
    "FORMAT(",
    "GEOLOCATION(",
    "TYPEOF a WHEN ",
    "LAST_N_DAYS:",
    "4294967296",
    "-",
    "2026-01-01T00:00:00",
    "\u{0}",
    "ä",
    "😀",
    ":x",
    "\n",
];
pub const FORMULA_PIECES: [&str; 22] = [
    "(", ")", "IF(", "AND(", "NOT(", ",", ".", "\"", "'", "\\", "^", "-", "&", "/*", "*/", "<>", "CASE(",
    "1e9", "$User.", "\u{0}", "ä", "😀",
];
pub const XML_PIECES: [&str; 20] = [
    "<",
    ">",
    "</",
    "/>",
    "<a>",
    "</a>",
    "&",
    "&#x0;",
    "&#1114112;",
    "&lt;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "<?xml ",
    "xmlns:a=\"",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "xsi:nil=\"true\"",
    "\u{0}",
    "\u{feff}",
    "😀",
];
pub const ZIP_PIECES: [&str; 8] = [
    "PK\u{3}\u{4}",
    "PK\u{1}\u{2}",
    "PK\u{5}\u{6}",
    "PK\u{6}\u{6}",
    "../",
    "/",
    "\u{0}\u{0}",
    "\u{7f}\u{7f}\u{7f}\u{7f}",
];
pub const FORM_PIECES: [&str; 12] = [
    "\r\n",
    "\r\n\r\n",
    "------boundary",
    "\r\n------boundary\r\n",
    "\r\n------boundary--",
    "--",
    "Content-Disposition: ",
    "name=\"",
    "filename*=utf-8''",
    "{",
    "\"",
    "\u{0}",
];

pub fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().filter(|line| !line.is_empty()).map(|line| line.as_bytes().to_vec()).collect()
}

/// Apex of the app and of the simulator's tests.
pub fn programs() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in [app::source(), app::source().join("../simulator/tests/apex")] {
        found.extend(below(&folder, &["apex", "cls", "trigger", "j2"]).into_iter().map(|(_, bytes)| bytes));
    }
    found
}

/// The metadata files of the app.
pub fn files() -> Vec<Vec<u8>> {
    below(&app::source(), &["xml"]).into_iter().map(|(_, bytes)| bytes).collect()
}

/// Deployments: of a few classes, of an object, of all.
pub fn zips() -> Vec<Vec<u8>> {
    let all = below(&app::source().join("force-app/main/default"), &["cls", "xml"]);
    let root = app::source().join("force-app/main/default");
    let packed = |wanted: &dyn Fn(&str) -> bool| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let package = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>*</members><name>ApexClass</name></types><version>67.0</version></Package>";
        zip.start_file("package.xml", SimpleFileOptions::default()).expect("a file");
        zip.write_all(package.as_bytes()).expect("written");
        for (path, bytes) in &all {
            let name = path.strip_prefix(&root).unwrap_or(path).display().to_string();
            if wanted(&name) {
                zip.start_file(name, SimpleFileOptions::default()).expect("a file");
                zip.write_all(bytes).expect("written");
            }
        }
        zip.finish().expect("a zip").into_inner()
    };
    vec![
        packed(&|_| false),
        packed(&|name| name.contains("CAS_RefusedException") || name.contains("CAS_Shares")),
        packed(&|name| name.starts_with("objects")),
    ]
}

/// A record with its bytes beside it.
pub fn record_form() -> Vec<u8> {
    form(&[
        ("entity_content", None, "application/json", br#"{"Title":"a","PathOnClient":"a.txt"}"#),
        ("VersionData", Some("a.txt"), "application/octet-stream", b"some bytes\r\n--and more"),
    ])
}

/// A deployment over REST that changes nothing.
pub fn deploy_form(zip: &[u8]) -> Vec<u8> {
    let options = br#"{"deployOptions":{"checkOnly":true,"singlePackage":true,"testLevel":"NoTestRun"}}"#;
    form(&[
        ("json", None, "application/json", options),
        ("file", Some("package.zip"), "application/zip", zip),
    ])
}

fn form(parts: &[(&str, Option<&str>, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, kind, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\nContent-Type: {kind}\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Calls of the partner and the metadata API.
pub fn envelopes() -> Vec<Vec<u8>> {
    let envelope = |operation: &&str| {
        let (own, space) = match operation.starts_with("<m:") {
            true => ("m", "http://soap.sforce.com/2006/04/metadata"),
            false => ("u", "urn:partner.soap.sforce.com"),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:{own}=\"{space}\" xmlns:s=\"urn:sobject.partner.soap.sforce.com\"><e:Header><{own}:SessionHeader><{own}:sessionId>{SESSION}</{own}:sessionId></{own}:SessionHeader></e:Header><e:Body>{operation}</e:Body></e:Envelope>"
        )
        .into_bytes()
    };
    OPERATIONS.iter().map(envelope).collect()
}

/// The files with these endings, in the order of their paths.
fn below(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(below(&path, endings));
        } else if endings.iter().any(|known| path.extension().is_some_and(|ending| ending == *known)) {
            found.extend(std::fs::read(&path).ok().map(|bytes| (path, bytes)));
        }
    }
    found
}
