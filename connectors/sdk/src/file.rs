//! Small files that a configuration names.

use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;

/// Reads a file of at most `bytes_max` bytes. `InvalidInput` where it is none (a directory, a pipe, a device, which might
/// never end or never answer), `FileTooLarge` where it is larger. Blocks no longer than a disk does.
pub fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    // Looked at before it is opened: opening a pipe waits for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// As [`read`], for text in UTF-8; `InvalidData` where it is none.
pub fn read_text(path: &Path, bytes_max: u64) -> Result<String, Error> {
    let invalid = |_| Error::new(ErrorKind::InvalidData, "it is no text in UTF-8");
    String::from_utf8(read(path, bytes_max)?).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordinary_files_of_the_right_size_are_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("file");
        std::fs::write(&path, "12345").expect("written");
        assert_eq!(read_text(&path, 5).expect("read"), "12345");
        let kind = |path: &Path, max| read_text(path, max).expect_err("refused").kind();
        assert_eq!(kind(&path, 4), ErrorKind::FileTooLarge);
        assert_eq!(kind(dir.path(), 5), ErrorKind::InvalidInput);
        assert_eq!(kind(Path::new("/dev/zero"), 5), ErrorKind::InvalidInput);
        assert_eq!(kind(&dir.path().join("none"), 5), ErrorKind::NotFound);
        std::fs::write(&path, [0xFF]).expect("written");
        assert_eq!(kind(&path, 5), ErrorKind::InvalidData);
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs");
        assert!(made.success());
        assert_eq!(kind(&pipe, 5), ErrorKind::InvalidInput);
    }
}
