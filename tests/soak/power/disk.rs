//! A disk that keeps any part of what was not synced.
//!
//! Data: of each 512-byte sector, the disk holds the version that the last sync of the file made certain, or any later one;
//! so writes are lost, torn and reordered. The same goes for a file's length. Names: what was created, renamed or
//! removed since the last sync of its directory is there or is not, in order or in none. `sync_file_range` is nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rand::Rng;
use rand::rngs::StdRng;

use super::trace::Act;

const SECTOR: u64 = 512;

/// The disk as it may be found: what is certain, and what came since.
#[derive(Default, Clone)]
pub struct Disk {
    files: Vec<Arc<Content>>,
    /// What programs see.
    seen: Names,
    certain: Names,
    /// Changes of names since the last sync of their directories, oldest first.
    names: Vec<Naming>,
}

type Names = BTreeMap<String, Node>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    Directory,
    File(usize),
}

#[derive(Clone)]
enum Naming {
    Make(String, Node),
    Move(String, String),
    Drop(String),
}

#[derive(Default, Clone)]
struct Content {
    certain: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Bytes),
    Length(u64),
}

impl Disk {
    /// Does what a program did.
    pub fn apply(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Create(name) => {
                let file = Node::File(self.files.len());
                self.files.push(Arc::default());
                self.rename(Naming::Make(name.clone(), file));
            }
            Act::MakeDir(name) => self.rename(Naming::Make(name.clone(), Node::Directory)),
            Act::Rename { from, to } => self.rename(Naming::Move(from.clone(), to.clone())),
            Act::Unlink(name) => self.rename(Naming::Drop(name.clone())),
            Act::Write { name, at, data } => self.file(name)?.since.push(Change::Write(*at, data.clone())),
            Act::Truncate { name, length } => self.file(name)?.since.push(Change::Length(*length)),
            Act::Sync(name) => self.file(name)?.settle(),
            Act::SyncDir(name) => self.sync_names(name),
        }
        Ok(())
    }

    /// Everything as programs see it: what the disk holds when nothing is lost.
    pub fn write_seen(&self, folder: &Path) -> std::io::Result<()> {
        self.write(folder, &self.seen, |content| {
            let mut whole = content.clone();
            whole.settle();
            whole.certain
        })
    }

    /// The disk after the power went, at random.
    pub fn write_crashed(&self, folder: &Path, random: &mut StdRng) -> std::io::Result<()> {
        // Some disks keep nearly all, some nearly nothing.
        let luck = [0.0, 0.05, 0.5, 0.95, 1.0][random.random_range(0..5)];
        let mut names = self.certain.clone();
        let in_order = random.random_bool(0.5);
        for naming in &self.names {
            if random.random_bool(luck) {
                change(&mut names, naming);
            } else if in_order {
                break;
            }
        }
        let luck = [0.0, 0.05, 0.5, 0.95, 1.0][random.random_range(0..5)];
        self.write(folder, &names, |content| content.crashed(luck, random))
    }

    fn write(
        &self,
        folder: &Path,
        names: &Names,
        mut content: impl FnMut(&Content) -> Vec<u8>,
    ) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        for (name, node) in names {
            let path = folder.join(name);
            match node {
                Node::Directory => std::fs::create_dir_all(path)?,
                // What lies in a directory that was lost is lost with it.
                Node::File(_) if !path.parent().is_some_and(Path::is_dir) => {}
                Node::File(file) => std::fs::write(path, content(&self.files[*file]))?,
            }
        }
        Ok(())
    }

    fn file(&mut self, name: &str) -> Result<&mut Content, String> {
        match self.seen.get(name) {
            Some(Node::File(file)) => Ok(Arc::make_mut(&mut self.files[*file])),
            _ => Err(format!("something was done to {name}, which is no file")),
        }
    }

    fn rename(&mut self, naming: Naming) {
        change(&mut self.seen, &naming);
        self.names.push(naming);
    }

    /// Makes the entries of one directory certain, and what they rest on.
    fn sync_names(&mut self, directory: &str) {
        let inside = |name: &str| name.rsplit_once('/').map_or("", |(parent, _)| parent) == directory;
        let (done, left) = std::mem::take(&mut self.names).into_iter().partition(|naming| match naming {
            Naming::Make(name, _) | Naming::Drop(name) => inside(name),
            Naming::Move(from, to) => inside(from) || inside(to),
        });
        let done: Vec<Naming> = done;
        self.names = left;
        for naming in &done {
            change(&mut self.certain, naming);
        }
    }
}

fn change(names: &mut Names, naming: &Naming) {
    match naming {
        Naming::Make(name, node) => {
            names.insert(name.clone(), *node);
        }
        Naming::Move(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
        Naming::Drop(name) => {
            names.remove(name);
        }
    }
}

impl Content {
    fn settle(&mut self) {
        for change in std::mem::take(&mut self.since) {
            change.to(&mut self.certain);
        }
    }

    fn crashed(&self, luck: f64, random: &mut StdRng) -> Vec<u8> {
        let mut held = self.certain.clone();
        for change in &self.since {
            match change {
                Change::Length(_) => {
                    if random.random_bool(luck) {
                        change.to(&mut held);
                    }
                }
                Change::Write(at, data) => {
                    let mut from = 0;
                    while from < data.len() {
                        let start = at + from as u64;
                        let end = (SECTOR - start % SECTOR) as usize;
                        let piece = data.slice(from..(from + end).min(data.len()));
                        from += piece.len();
                        if random.random_bool(luck) {
                            Change::Write(start, piece).to(&mut held);
                        }
                    }
                }
            }
        }
        held
    }
}

impl Change {
    fn to(&self, held: &mut Vec<u8>) {
        match self {
            Self::Length(length) => held.resize(*length as usize, 0),
            Self::Write(at, data) => {
                let (at, end) = (*at as usize, *at as usize + data.len());
                if held.len() < end {
                    held.resize(end, 0);
                }
                held[at..end].copy_from_slice(data);
            }
        }
    }
}
