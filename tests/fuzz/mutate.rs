//! Mutants of inputs.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// Bytes of an input.
const INPUT_MAX: usize = 100_000;

/// An input, or parts of two, with a few places cut, doubled, repeated or replaced.
pub fn mutant(seeds: &[Vec<u8>], pieces: &[&str], random: &mut StdRng) -> Vec<u8> {
    let mut input = pick(seeds, random).to_vec();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..=input.len());
        let end = (at + random.random_range(0..40)).min(input.len());
        let piece = pieces.choose(random).map_or(&b""[..], |piece| piece.as_bytes());
        let piece: Vec<u8> = match random.random_range(0..8) {
            0 => Vec::new(),
            1 => input.get(at..end).unwrap_or_default().repeat(2),
            2 | 3 => piece.to_vec(),
            4 => piece.repeat(random.random_range(1..2_000)),
            5 => (at..end).map(|_| random.random()).collect(),
            6 => flipped(input.get(at..end).unwrap_or_default(), random),
            _ => {
                let other = pick(seeds, random);
                let from = random.random_range(0..=other.len());
                other.iter().skip(from).take(200).copied().collect()
            }
        };
        input.splice(at..end, piece);
    }
    input.truncate(INPUT_MAX);
    input
}

/// With one bit the other way round.
fn flipped(bytes: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if !bytes.is_empty() {
        let at = random.random_range(0..bytes.len());
        bytes[at] ^= 1 << random.random_range(0..8);
    }
    bytes
}

fn pick<'a>(seeds: &'a [Vec<u8>], random: &mut StdRng) -> &'a [u8] {
    seeds.choose(random).map_or(&[], Vec::as_slice)
}
