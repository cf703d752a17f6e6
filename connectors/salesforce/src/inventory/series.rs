//! The pages of one large query, asked for several at a time.
//!
//! The first page names the next by a locator that ends in the position of its first row. Further ones are asked for by
//! positions counted on from there. An organisation may answer shorter pages: at the first page that does not end where
//! the next was asked for, the links are followed one by one.

use provision_connector_sdk::ConnectorFault;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use crate::api::composite::Part;
use crate::api::rest::Page;

/// Pages that are read at most: two million rows, or a fifth of it in the shortest pages.
const PAGES_MAX: usize = 1000;

/// A query under way. `R` is what is kept of a row.
pub(super) struct Series<R> {
    key: &'static str,
    /// The path of its first page.
    first: String,
    pub rows: Vec<R>,
    /// Rows in all, once a page is there.
    pub total: u64,
    pages: usize,
    /// The link that the last page gave.
    link: Option<Link>,
    /// Rows of a full page; 0 where links are followed one by one.
    page_rows: u64,
    /// Where the pages that were asked for last begin.
    asked: Vec<u64>,
    /// Pages come from an earlier try: its locator may not live any more.
    resumed: bool,
    done: bool,
}

/// `/services/data/v67.0/query/01g…-2000`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    whole: String,
    stem: String,
    at: Option<u64>,
}

/// A page as it is kept.
#[derive(Serialize, Deserialize)]
struct Sheet<R> {
    /// The locator that it was asked by; none for the first. Pages of two locators are no whole.
    cursor: Option<String>,
    total: u64,
    next: Option<String>,
    rows: Vec<R>,
}

impl Link {
    fn new(path: &str) -> Self {
        let split = path.rsplit_once('-').and_then(|(stem, at)| Some((stem, at.parse().ok()?)));
        match split {
            Some((stem, at)) => Link { whole: path.to_owned(), stem: stem.to_owned(), at: Some(at) },
            None => Link { whole: path.to_owned(), stem: path.to_owned(), at: None },
        }
    }
}

impl<R: Serialize + DeserializeOwned + Sync> Series<R> {
    pub(super) fn new(key: &'static str, first: String) -> Self {
        Series {
            key,
            first,
            rows: Vec::new(),
            total: 0,
            pages: 0,
            link: None,
            page_rows: 0,
            asked: Vec::new(),
            resumed: false,
            done: false,
        }
    }

    /// Takes up the pages that an interrupted reading has kept.
    pub(super) async fn resume(&mut self, kept: &Kept<'_>) -> Result<(), ConnectorFault> {
        while !self.done {
            let Some(sheet) = kept.load::<Sheet<R>>(&self.part_key()).await? else { return Ok(()) };
            if sheet.cursor != self.cursor() {
                return Ok(());
            }
            self.resumed = true;
            self.append(sheet)?;
        }
        Ok(())
    }

    /// The paths to ask for next, at most so many. None where all is read.
    pub(super) fn ask(&mut self, room: usize) -> Vec<String> {
        self.asked.clear();
        if self.done || room == 0 {
            return Vec::new();
        }
        let at = self.rows.len() as u64;
        let Some(link) = &self.link else {
            self.asked.push(0);
            return vec![self.first.clone()];
        };
        if self.page_rows == 0 || link.at != Some(at) {
            self.asked.push(at);
            return vec![link.whole.clone()];
        }
        let positions = (at..self.total).step_by(usize::try_from(self.page_rows).unwrap_or(usize::MAX));
        self.asked.extend(positions.take(room));
        self.asked.iter().map(|at| format!("{}-{at}", link.stem)).collect()
    }

    /// Takes in what the paths asked for were answered, and keeps it. `trusted` checks links.
    pub(super) async fn take<A>(
        &mut self,
        parts: Vec<Part<Page<A>>>,
        row: impl Fn(A) -> Option<R>,
        trusted: impl Fn(&str) -> Result<String, ConnectorFault>,
        kept: &Kept<'_>,
    ) -> Result<(), ConnectorFault> {
        let asked = std::mem::take(&mut self.asked);
        for (at, part) in asked.into_iter().zip(parts) {
            // A page before it was shorter than thought: this one would leave a hole or come twice.
            if at != self.rows.len() as u64 || self.done {
                break;
            }
            if part.is_refused() {
                if self.page_rows > 0 && self.link.as_ref().is_some_and(|link| link.at != Some(at)) {
                    self.page_rows = 0;
                    break;
                }
                if self.resumed {
                    *self = Series::new(self.key, std::mem::take(&mut self.first));
                    break;
                }
            }
            let page = part.answer()?;
            let next = page.next_records_url.filter(|_| !page.done);
            if next.is_none() && !page.done {
                return Err(ConnectorFault::protocol("a page that is not the last names no next"));
            }
            let next = next.map(|link| trusted(&link)).transpose()?;
            let rows: Option<Vec<R>> = page.records.into_iter().map(&row).collect();
            let rows = rows.ok_or_else(|| ConnectorFault::protocol("a row of another table"))?;
            let sheet = Sheet { cursor: self.cursor(), total: page.total_size, next, rows };
            kept.store(&self.part_key(), &sheet).await?;
            self.append(sheet)?;
        }
        Ok(())
    }

    /// All rows are there.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    fn cursor(&self) -> Option<String> {
        self.link.as_ref().map(|link| link.stem.clone())
    }

    fn part_key(&self) -> String {
        format!("{}-{}", self.key, self.rows.len())
    }

    fn append(&mut self, sheet: Sheet<R>) -> Result<(), ConnectorFault> {
        self.pages += 1;
        let rows = sheet.rows.len() as u64;
        if sheet.next.is_some() && (rows == 0 || self.pages == PAGES_MAX) {
            return Err(ConnectorFault::protocol("a query without end"));
        }
        let next = sheet.next.as_deref().map(Link::new);
        self.rows.extend(sheet.rows);
        let end = self.rows.len() as u64;
        if let Some(next) = &next {
            let counts_on = next.at == Some(end);
            let like_before = self.link.as_ref().is_none_or(|link| {
                link.stem == next.stem && self.page_rows == rows && self.total == sheet.total
            });
            self.page_rows = if counts_on && like_before { rows } else { 0 };
        }
        self.total = sheet.total.max(end);
        self.done = next.is_none();
        if self.done {
            self.total = end;
        }
        self.link = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
