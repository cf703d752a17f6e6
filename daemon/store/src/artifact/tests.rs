use std::fs;

use super::*;

/// Hides nothing from anyone who tries, but shows what is sealed, and under what.
struct ToySealer;

impl Sealer for ToySealer {
    fn seal(&self, plaintext: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut sealed = Sha256::digest(context).to_vec();
        sealed.extend(plaintext.iter().map(|byte| !byte));
        Ok(sealed)
    }

    fn unseal(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
        let hidden = sealed.strip_prefix(&Sha256::digest(context)[..]);
        let hidden = hidden.ok_or(SealError { reason: "sealed under another context".to_owned() })?;
        Ok(hidden.iter().map(|byte| !byte).collect())
    }
}

fn file_of(dir: &Path, reference: &ArtifactRef) -> PathBuf {
    dir.join(reference.location().as_ref())
}

#[tokio::test]
async fn what_was_put_is_found_again_also_after_reopening() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let root = dir.path().join("artifacts");
    let store = ArtifactStore::open(&root).expect("it opens");
    let contents = [Bytes::new(), Bytes::from_static(b"plan"), Bytes::from(vec![3; 3_000_000])];
    let mut references = Vec::new();
    for content in &contents {
        let reference = store.put(content.clone()).await.expect("it is stored");
        assert_eq!(reference.len, content.len() as u64);
        assert_eq!(store.put(content.clone()).await.expect("it is stored"), reference);
        references.push(reference);
    }
    assert_eq!(
        references[1].to_string(),
        "sha256:64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525/4"
    );
    let store = ArtifactStore::open(&root).expect("it opens");
    for (reference, content) in references.iter().zip(&contents) {
        assert_eq!(store.get(reference).await.expect("it is there"), content);
    }
}

#[tokio::test]
async fn damage_and_absence_are_told_apart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = ArtifactStore::open(dir.path()).expect("it opens");
    let content = Bytes::from_static(b"inventory");
    let reference = store.put(content.clone()).await.expect("it is stored");
    let file = file_of(dir.path(), &reference);
    for damage in [&b"inventorY"[..], b"inventor", b"inventory and more", b""] {
        fs::write(&file, damage).expect("the file is damaged");
        let read = store.get(&reference).await;
        assert!(matches!(read, Err(ArtifactError::Damaged { .. })), "{read:?}");
    }
    store.put(content.clone()).await.expect("putting it again repairs it");
    assert_eq!(store.get(&reference).await.expect("it is there"), content);

    store.delete(&reference).await.expect("it is deleted");
    store.delete(&reference).await.expect("it was deleted");
    let read = store.get(&reference).await;
    assert!(matches!(read, Err(ArtifactError::Missing { .. })), "{read:?}");
}

#[tokio::test]
async fn the_size_is_bounded() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = ArtifactStore::open(dir.path()).expect("it opens");
    let too_large = store.put(Bytes::from(vec![0; ARTIFACT_BYTES_MAX as usize + 1])).await;
    assert!(matches!(too_large, Err(ArtifactError::TooLarge { .. })), "{too_large:?}");
    assert!(!dir.path().join("sha256").exists(), "nothing was written");
}

#[tokio::test]
async fn sealed_artifacts_open_under_their_context_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = ArtifactStore::open(dir.path()).expect("it opens");
    let reference =
        store.put_sealed(b"planted secret", b"tenants/a", &ToySealer).await.expect("it is stored");
    let stored = fs::read(file_of(dir.path(), &reference)).expect("the file is read");
    assert!(!stored.windows(7).any(|part| part == b"planted"));
    let read = store.get_sealed(&reference, b"tenants/a", &ToySealer).await.expect("it opens");
    assert_eq!(read, &b"planted secret"[..]);
    let refused = store.get_sealed(&reference, b"tenants/b", &ToySealer).await;
    assert!(matches!(refused, Err(ArtifactError::Seal(_))), "{refused:?}");
}

#[tokio::test]
async fn unfinished_writes_are_removed_on_opening() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = ArtifactStore::open(dir.path()).expect("it opens");
    let reference = store.put(Bytes::from_static(b"whole")).await.expect("it is stored");
    let whole = file_of(dir.path(), &reference);
    let torn = PathBuf::from(format!("{}#1", whole.display()));
    fs::write(&torn, b"who").expect("a torn write");
    ArtifactStore::open(dir.path()).expect("it opens");
    assert!(whole.exists() && !torn.exists());
}

#[test]
fn references_are_read_back() {
    let reference = ArtifactRef::of(b"plan");
    assert_eq!(reference.to_string().parse(), Ok(reference));
    let hash = "0".repeat(64);
    for text in [
        "",
        "sha256:",
        &hash,
        &format!("sha256:{hash}"),
        &format!("sha256:{hash}0/4"),
        &format!("md5:{hash}/4"),
        &format!("sha256:{hash}/-4"),
    ] {
        assert_eq!(text.parse::<ArtifactRef>(), Err(InvalidArtifactRef), "{text:?}");
    }
}
