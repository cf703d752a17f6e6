/// How much of the past an engine holds for old revisions and resumed watches. Whichever bound is reached first makes
/// it forget its oldest revision; the newest is always held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Most revisions held.
    pub revisions: usize,
    /// Largest sum of the keys and values these revisions put, in bytes.
    pub bytes: usize,
}

impl Default for History {
    fn default() -> Self {
        Self { revisions: 50_000, bytes: 64 * 1024 * 1024 }
    }
}
