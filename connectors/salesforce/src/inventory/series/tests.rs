use http::StatusCode;
use proptest::prelude::*;
use provision_connector_sdk::testkit::MemoryCheckpoints;

use super::*;
use crate::api::composite::PartBody;
use crate::faults::ApiError;

/// A query of so many rows, each its own position.
struct Server {
    rows: u64,
    /// Rows of the pages by the position that they begin at; the last stands for all further ones.
    sizes: Vec<u64>,
    /// Positions can be counted on; else only links that were given are known.
    by_position: bool,
    given: Vec<String>,
}

impl Server {
    fn answer(&mut self, path: &str) -> Part<Page<u64>> {
        let known = path == "first" || self.by_position || self.given.iter().any(|given| given == path);
        let at =
            path.rsplit_once('-').map_or(Some(0), |(_, at)| at.parse().ok()).filter(|at| *at <= self.rows);
        let Some(at) = at.filter(|_| known) else {
            let error = ApiError { error_code: "INVALID_QUERY_LOCATOR".to_owned(), ..ApiError::default() };
            return Part { status: StatusCode::BAD_REQUEST, body: PartBody::Errors(vec![error]) };
        };
        let size = self.sizes[usize::try_from(at).unwrap_or(0).min(self.sizes.len() - 1)].max(1);
        let end = (at + size).min(self.rows);
        let next = (end < self.rows).then(|| format!("/services/data/v67.0/query/01g-{end}"));
        self.given.extend(next.clone());
        let page = Page {
            total_size: self.rows,
            done: next.is_none(),
            next_records_url: next,
            records: (at..end).collect(),
        };
        Part { status: StatusCode::OK, body: PartBody::Answer(page) }
    }
}

/// Reads it in rounds of five; answers the rows and the number of rounds.
async fn read(
    server: &mut Server,
    checkpoints: &MemoryCheckpoints,
    rounds_max: usize,
) -> (Vec<u64>, usize, bool) {
    let kept = Kept::new(checkpoints);
    let mut series: Series<u64> = Series::new("rows", "first".to_owned());
    series.resume(&kept).await.expect("resumed");
    let mut rounds = 0;
    while rounds < rounds_max {
        let paths = series.ask(5);
        if paths.is_empty() {
            break;
        }
        rounds += 1;
        let parts = paths.iter().map(|path| server.answer(path)).collect();
        series.take(parts, Some, |link| Ok(link.to_owned()), &kept).await.expect("taken in");
    }
    (series.rows.clone(), rounds, series.is_done())
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}

fn server(rows: u64, sizes: Vec<u64>, by_position: bool) -> Server {
    Server { rows, sizes, by_position, given: Vec::new() }
}

#[test]
fn five_pages_a_round_after_the_first() {
    let mut org = server(20_000, vec![2000], true);
    let (rows, rounds, _) = run(read(&mut org, &MemoryCheckpoints::default(), 100));
    assert_eq!((rows.len(), rounds), (20_000, 3));
    assert_eq!(rows, (0..20_000).collect::<Vec<_>>());
}

#[test]
fn locators_that_are_no_positions_are_followed_one_by_one() {
    let mut org = server(10_000, vec![2000], false);
    let (rows, rounds, _) = run(read(&mut org, &MemoryCheckpoints::default(), 100));
    assert_eq!(rows, (0..10_000).collect::<Vec<_>>());
    assert!(rounds <= 6, "{rounds}");
}

#[test]
fn an_empty_table_is_one_page() {
    let (rows, rounds, done) =
        run(read(&mut server(0, vec![2000], true), &MemoryCheckpoints::default(), 100));
    assert_eq!((rows.len(), rounds, done), (0, 1, true));
}

#[test]
fn a_locator_that_died_meanwhile_begins_anew() {
    let checkpoints = MemoryCheckpoints::default();
    run(read(&mut server(9_000, vec![2000], false), &checkpoints, 1));
    // Another server: it does not know the locators of the first.
    let (rows, _, done) = run(read(&mut server(9_000, vec![2000], false), &checkpoints, 100));
    assert!(done);
    assert_eq!(rows, (0..9_000).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn every_row_comes_once_whatever_the_pages(
        rows in 0u64..600,
        sizes in proptest::collection::vec(1u64..120, 1..40),
        by_position in any::<bool>(),
        cut in 0usize..6,
    ) {
        let sizes: Vec<u64> = sizes.into_iter().flat_map(|size| [size; 17]).collect();
        let checkpoints = MemoryCheckpoints::default();
        let mut org = server(rows, sizes, by_position);
        // Interrupted after some rounds, then taken up again.
        run(read(&mut org, &checkpoints, cut));
        let (read, _, done) = run(read(&mut org, &checkpoints, 10_000));
        prop_assert!(done);
        prop_assert_eq!(read, (0..rows).collect::<Vec<_>>());
    }
}
