//! The application: pads of paper, watchers that report what is written on them, and a log of reports.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The one token that it accepts.
pub const GOOD_TOKEN: &str = "good";

/// What it holds.
#[derive(Debug, Default)]
pub struct State {
    /// Text of each component by its name.
    pub components: BTreeMap<String, String>,
    /// Markers of reports, in order.
    pub log: Vec<String>,
    /// Quarantined content by the id of the action that took it away; what was put back has none.
    pub items: BTreeMap<String, Option<Vec<u8>>>,
    /// How often something has changed.
    pub effects: u64,
}

/// The application.
#[derive(Debug, Default)]
pub struct Application {
    state: Mutex<State>,
    /// Length of the log, for those who wait for reports.
    reported: watch::Sender<usize>,
}

impl Application {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, name: &str, text: String) {
        let mut state = self.lock();
        state.components.insert(name.to_owned(), text);
        state.effects += 1;
    }

    pub fn report(&self, marker: &str) {
        let mut state = self.lock();
        state.log.push(marker.to_owned());
        state.effects += 1;
        self.reported.send_replace(state.log.len());
    }

    pub fn reports(&self) -> watch::Receiver<usize> {
        self.reported.subscribe()
    }
}
