//! Pairs of runs, and what they come to.

use serde::Serialize;

/// One run of ours and one of a peer's, right after each other.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    pub peer: &'static str,
    pub run: u32,
    pub ours_seconds: f64,
    pub peer_seconds: f64,
    pub ours_calls: u64,
    pub peer_calls: u64,
    pub objects: u64,
    pub fields: u64,
    pub rights: u64,
    /// Both saw as many objects, fields and rights.
    pub equal: bool,
}

/// How a peer compares over all of its pairs.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Summary {
    pub peer: &'static str,
    pub pairs: usize,
    pub ours_seconds_median: f64,
    pub peer_seconds_median: f64,
    /// The peer's time over ours, the median of the pairs.
    pub ratio_median: f64,
    pub ratio_min: f64,
    pub ratio_max: f64,
    pub equal: bool,
}

/// What the pairs of one peer come to; `None` where there are none.
pub fn summary(pairs: &[Pair]) -> Option<Summary> {
    let peer = pairs.first()?.peer;
    let sorted = |value: fn(&Pair) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let ratios = sorted(|pair| pair.peer_seconds / pair.ours_seconds);
    Some(Summary {
        peer,
        pairs: pairs.len(),
        ours_seconds_median: rounded(median(&sorted(|pair| pair.ours_seconds))),
        peer_seconds_median: rounded(median(&sorted(|pair| pair.peer_seconds))),
        ratio_median: rounded(median(&ratios)),
        ratio_min: rounded(ratios.first().copied().unwrap_or_default()),
        ratio_max: rounded(ratios.last().copied().unwrap_or_default()),
        equal: pairs.iter().all(|pair| pair.equal),
    })
}

/// To thousandths.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn median(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(ours_seconds: f64, peer_seconds: f64) -> Pair {
        Pair {
            peer: "peer",
            run: 1,
            ours_seconds,
            peer_seconds,
            ours_calls: 1,
            peer_calls: 1,
            objects: 1,
            fields: 1,
            rights: 1,
            equal: true,
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_pairs_and_not_of_their_times() {
        let pairs = [pair(1.0, 10.0), pair(2.0, 10.0), pair(1.0, 60.0)];
        let summary = summary(&pairs).expect("pairs");
        assert_eq!((summary.ratio_median, summary.ratio_min, summary.ratio_max), (10.0, 5.0, 60.0));
        assert_eq!((summary.ours_seconds_median, summary.peer_seconds_median), (1.0, 10.0));
        assert_eq!(summary.pairs, 3);
    }

    #[test]
    fn an_even_number_has_its_median_between() {
        assert_eq!(median(&[1.0, 2.0, 4.0, 8.0]), 3.0);
        assert_eq!(summary(&[]), None);
    }
}
