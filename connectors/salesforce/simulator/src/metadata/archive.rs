//! Reads a deploy's zip into memory within fixed bounds.
//!
//! Nothing is ever written to disk, but a name that would leave the archive's root is refused all the same:
//! Salesforce takes `/`-separated relative names only.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use bytes::Bytes;
use zip::ZipArchive;

/// Files in one zip (Salesforce's limit for a deploy).
pub const FILES_MAX: usize = 10_000;
/// Unzipped bytes of one zip, 400 MB (the smaller of the two limits Salesforce's guides name).
pub const UNZIPPED_BYTES_MAX: u64 = 400 << 20;
/// Unzipped bytes of a single file. Apex and metadata files are far smaller.
pub const FILE_BYTES_MAX: u64 = 20 << 20;
/// A file above 1 MiB that shrank further than this is a bomb, not metadata.
const RATIO_MAX: u64 = 300;
/// Length of a file name.
const NAME_BYTES_MAX: usize = 512;

/// A zip's files by name, directories left out.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    files: BTreeMap<String, Bytes>,
}

/// Why a zip cannot be read. The text is what the deploy's result shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Not a zip, or damaged.
    #[error("The zip file is not well formed: {0}")]
    Malformed(String),
    /// More than [`FILES_MAX`] files.
    #[error("Maximum number of files in a zip exceeded: {FILES_MAX}")]
    TooManyFiles,
    /// More than the byte limits allow, or compressed beyond belief.
    #[error("Maximum size of the unzipped files exceeded: {0}")]
    TooLarge(String),
    /// A name that is absolute, climbs, or is not plain text.
    #[error("Invalid file name in the zip: {0}")]
    BadName(String),
}

impl Archive {
    /// An archive of these files.
    pub fn of(files: BTreeMap<String, Bytes>) -> Self {
        Self { files }
    }

    /// Reads all files of `zip`.
    pub fn read(zip: &[u8]) -> Result<Self, ArchiveError> {
        let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(malformed)?;
        if archive.len() > FILES_MAX * 2 {
            return Err(ArchiveError::TooManyFiles);
        }
        let mut files = BTreeMap::new();
        let mut total = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(malformed)?;
            let name = entry.name().map_err(malformed)?.into_owned();
            if name.ends_with('/') {
                check_name(name.trim_end_matches('/'))?;
                continue;
            }
            check_name(&name)?;
            if files.len() == FILES_MAX {
                return Err(ArchiveError::TooManyFiles);
            }
            let limit = FILE_BYTES_MAX.min(UNZIPPED_BYTES_MAX - total);
            let packed = entry.compressed_size().max(1);
            let mut content = Vec::new();
            // The size that the header claims is not believed: the read itself is cut off.
            entry
                .take(limit + 1)
                .read_to_end(&mut content)
                .map_err(|error| ArchiveError::Malformed(error.to_string()))?;
            let size = content.len() as u64;
            if size > limit || (size > 1 << 20 && size / packed > RATIO_MAX) {
                return Err(ArchiveError::TooLarge(name));
            }
            total += size;
            if files.insert(name.clone(), Bytes::from(content)).is_some() {
                return Err(ArchiveError::Malformed(format!("duplicate entry {name}")));
            }
        }
        Ok(Self { files })
    }

    /// Bytes of the file `name`.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.files.get(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The one folder that all files lie in, if there is exactly one.
    pub fn top_folder(&self) -> Option<&str> {
        let mut folders = self.names().map(|name| name.split_once('/').map(|(top, _)| top));
        let first = folders.next()??;
        folders.all(|folder| folder == Some(first)).then_some(first)
    }
}

fn malformed(error: zip::result::ZipError) -> ArchiveError {
    ArchiveError::Malformed(error.to_string())
}

fn check_name(name: &str) -> Result<(), ArchiveError> {
    let plain = name.len() <= NAME_BYTES_MAX
        && !name.contains(['\\', '\0', ':'])
        && !name.chars().any(char::is_control)
        && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if plain { Ok(()) } else { Err(ArchiveError::BadName(name.chars().take(NAME_BYTES_MAX).collect())) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            if name.ends_with('/') {
                writer.add_directory(*name, SimpleFileOptions::default()).unwrap();
            } else {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(content).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn reads_files_and_skips_directories() {
        let archive =
            Archive::read(&zip_of(&[("classes/", b""), ("classes/A.cls", b"x"), ("package.xml", b"y")]))
                .unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["classes/A.cls", "package.xml"]);
        assert_eq!(archive.get("classes/A.cls").unwrap().as_ref(), b"x");
        assert_eq!(archive.top_folder(), None);
    }

    #[test]
    fn finds_the_one_top_folder() {
        let archive =
            Archive::read(&zip_of(&[("app/package.xml", b""), ("app/classes/A.cls", b"")])).unwrap();
        assert_eq!(archive.top_folder(), Some("app"));
    }

    #[test]
    fn refuses_names_that_leave_the_root() {
        for name in ["../package.xml", "a/../../b", "/etc/passwd", "a\\b", "a//b", "./a"] {
            let error = Archive::read(&zip_of(&[(name, b"x")])).unwrap_err();
            assert!(matches!(error, ArchiveError::BadName(_)), "{name}: {error}");
        }
    }

    #[test]
    fn refuses_a_bomb() {
        let zeros = vec![0_u8; 4 << 20];
        let error = Archive::read(&zip_of(&[("package.xml", &zeros)])).unwrap_err();
        assert_eq!(error, ArchiveError::TooLarge("package.xml".to_owned()));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = Archive::read(&bytes);
        }

        #[test]
        fn a_damaged_zip_never_panics(at in 0_usize..400, value in any::<u8>()) {
            let mut zip = zip_of(&[("package.xml", b"<Package/>"), ("classes/A.cls", b"class A {}")]);
            let at = at % zip.len();
            zip[at] = value;
            let _ = Archive::read(&zip);
        }
    }
}
