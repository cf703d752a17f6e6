//! Components changed one by one, as `createMetadata` and its sisters do: each is a package of its own to the deploy.

mod files;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::contents;
use super::job::Deployments;
use super::package::Package;
use super::row::Row;
use super::stage::Stage;
use super::xml::Element;
use crate::org::{Metadata, Rights, State};
use crate::surface::ApiError;
pub(crate) use verdict::Refusal;

/// How long a change waits for a deploy that runs.
const PATIENCE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_millis(20);
/// Another change of the metadata meanwhile makes it start over; this often at most.
const RESTARTS_MAX: usize = 10;

/// What is to be done with a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Create(Element),
    Update(Element),
    Upsert(Element),
    Delete(String),
    Rename { from: String, to: String },
}

/// What became of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub full_name: String,
    pub created: bool,
    pub refusal: Option<Refusal>,
}

impl Action {
    /// The component that it is about.
    pub(crate) fn full_name(&self) -> &str {
        match self {
            Self::Create(element) | Self::Update(element) | Self::Upsert(element) => {
                element.text_of("fullName").unwrap_or_default()
            }
            Self::Delete(name) | Self::Rename { from: name, .. } => name,
        }
    }
}

impl Deployments {
    /// Changes components of one type, the good ones or all; a result for each.
    pub(crate) fn change(
        &self,
        kind: &str,
        actions: &[Action],
        (rights, version): (&Rights, u32),
        all_or_none: bool,
    ) -> Result<Vec<Changed>, ApiError> {
        self.writable()?;
        let started = Instant::now();
        let _turn = loop {
            match Arc::clone(&self.org.setup).try_lock_owned() {
                Ok(turn) => break turn,
                Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(WAIT),
                Err(_) => {
                    let message = "The changes you requested require salesforce.com to temporarily lock your organization's administration setup. However, the administration setup has already been locked by another change. Please wait for the previous action to finish, then try again later.";
                    return Err(ApiError::bad("ALREADY_IN_PROCESS", message));
                }
            }
        };
        for _ in 0..RESTARTS_MAX {
            let snapshot = self.org.metadata();
            let mut attempt = Attempt {
                deployments: self,
                kind,
                rights,
                version,
                metadata: Metadata::clone(&snapshot),
                dropped: Vec::new(),
                rows: Vec::new(),
            };
            let mut results: Vec<Changed> = actions.iter().map(|action| attempt.one(action)).collect();
            if all_or_none && results.iter().any(|result| result.refusal.is_some()) {
                for result in results.iter_mut().filter(|result| result.refusal.is_none()) {
                    result.refusal = Some(Refusal::rolled_back());
                    result.created = false;
                }
                return Ok(results);
            }
            let Attempt { metadata, dropped, rows, .. } = attempt;
            if rows.is_empty() {
                return Ok(results);
            }
            if self.commit(&snapshot, metadata, &dropped) {
                self.effects.fetch_add(1, Ordering::SeqCst);
                self.account(rights.user, &rows, true);
                return Ok(results);
            }
        }
        Err(ApiError::bad("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"))
    }
}

/// The org as the changes so far would leave it.
struct Attempt<'a> {
    deployments: &'a Deployments,
    kind: &'a str,
    rights: &'a Rights,
    version: u32,
    metadata: Metadata,
    dropped: Vec<String>,
    rows: Vec<Row>,
}

impl Attempt<'_> {
    fn one(&mut self, action: &Action) -> Changed {
        let full_name = action.full_name().to_owned();
        let before = (self.metadata.clone(), self.dropped.len(), self.rows.len());
        match self.done(action) {
            Ok(created) => Changed { full_name, created, refusal: None },
            Err(refusal) => {
                self.metadata = before.0;
                self.dropped.truncate(before.1);
                self.rows.truncate(before.2);
                Changed { full_name, created: false, refusal: Some(refusal) }
            }
        }
    }

    /// Whether it created something.
    fn done(&mut self, action: &Action) -> Result<bool, Refusal> {
        let name = action.full_name();
        if name.is_empty() {
            return Err(Refusal::missing("fullName"));
        }
        let known = self.read(name)?;
        match (action, known) {
            (Action::Create(_), Some(_)) => Err(Refusal::taken(self.kind, name)),
            (Action::Update(_) | Action::Delete(_) | Action::Rename { .. }, None) => {
                Err(Refusal::absent(self.kind, name))
            }
            (Action::Create(element) | Action::Update(element), _) => self.put(name, element),
            (Action::Upsert(element), known) => {
                self.put(name, element)?;
                Ok(known.is_none())
            }
            (Action::Delete(_), Some(_)) => self.delete(name),
            (Action::Rename { to, .. }, Some(mut element)) => {
                if self.read(to)?.is_some() {
                    return Err(Refusal::taken(self.kind, to));
                }
                if let Some(own) = element.children.iter_mut().find(|child| child.name == "fullName") {
                    to.clone_into(&mut own.text);
                }
                self.put(to, &element)?;
                self.delete(name)
            }
        }
    }

    fn read(&self, name: &str) -> Result<Option<Element>, Refusal> {
        let org = &self.deployments.org;
        let state = State { metadata: Arc::new(self.metadata.clone()), ..org.snapshot() };
        let found = contents::read(org, &state, self.rights, self.kind, &[name.to_owned()]);
        let found = found.map_err(|message| Refusal::of(&message))?;
        Ok(found.into_iter().next().flatten())
    }

    fn put(&mut self, name: &str, element: &Element) -> Result<bool, Refusal> {
        let archive = files::archive(self.kind, name, element, self.version)?;
        self.run(&Package::read(&archive, true, false))?;
        Ok(true)
    }

    fn delete(&mut self, name: &str) -> Result<bool, Refusal> {
        let package = Package {
            deletions_before: vec![(self.kind.to_owned(), name.to_owned())],
            api_version: Some(self.version),
            ..Package::default()
        };
        self.run(&package)?;
        Ok(false)
    }

    fn run(&mut self, package: &Package) -> Result<(), Refusal> {
        let org = &self.deployments.org;
        let metadata = std::mem::take(&mut self.metadata);
        let stage = Stage::run(org, metadata, package, self.rights, self.version);
        let (rows, dropped) = (stage.rows, stage.dropped);
        self.metadata = stage.metadata;
        if let Some(problem) = rows.iter().find_map(|row| row.problem.as_ref().filter(|one| !one.warning)) {
            return Err(Refusal::of(&problem.text));
        }
        self.dropped.extend(dropped);
        self.rows.extend(rows.into_iter().filter(|row| !row.component_type.is_empty()));
        Ok(())
    }
}
