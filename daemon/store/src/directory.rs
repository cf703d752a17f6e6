use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

/// Creates `dir` and what is missing above it, readable by its owner alone, durably. An existing one is left as it is.
pub(crate) fn create(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let existing = dir.ancestors().find(|above| above.is_dir());
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    for above in dir.ancestors().skip(1) {
        sync(if above.as_os_str().is_empty() { Path::new(".") } else { above })?;
        if Some(above) == existing {
            break;
        }
    }
    Ok(())
}

/// Makes the names in `dir` durable.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(unix)]
    fn new_directories_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("a temporary directory");
        let dir = root.path().join("a/b");
        super::create(&dir).expect("it is created");
        super::create(&dir).expect("it exists");
        for dir in [root.path().join("a"), dir] {
            let mode = dir.metadata().expect("it exists").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
