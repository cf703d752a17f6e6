//! Names of other tenants, guessed by the thousand.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::tries::{Furnished, Method, methods, neighbour};

/// Names to guess, over all callers.
const GUESSES: usize = 10_000;
/// Who guesses, the tenant that is theirs, and the one that is not.
const GUESSERS: [(&str, &str, &str); 5] = [
    ("admin@globex.example", "globex", "acme"),
    ("nobody@nowhere.example", "", "acme"),
    ("operator@acme.example", "acme", "globex"),
    ("auditor@acme.example", "acme", "globex"),
    ("viewer@acme.example", "acme", "globex"),
];

/// A name of something that is not the guesser's: the very thing, something near it, or anything; now and then it
/// begins with the guesser's own tenant and leads out of it.
fn guess(random: &mut StdRng, own: &str, other: &str, method: &Method, present: &str) -> String {
    let noise = |random: &mut StdRng| -> String {
        let length = random.random_range(0..12);
        (0..length).map(|_| *b"abcz09-_./%*\\\"\0{}".choose(random).expect("some") as char).collect()
    };
    match random.random_range(0..8) {
        0 | 1 => present.to_owned(),
        2 => neighbour(present),
        3 => format!("{present}/{}", noise(random)),
        4 => format!("tenants/{other}/{}", noise(random)),
        5 if !own.is_empty() => {
            let rest = present.trim_start_matches("tenants/");
            format!("tenants/{own}/../{rest}")
        }
        6 if !own.is_empty() => format!("tenants/{own}/{present}"),
        _ => {
            let tail = *["", " ", "%2f", "-", "\0"].choose(random).expect("some");
            let filled = method.case.resource.replace("{t}", &format!("{other}{tail}"));
            filled.replace("{a}", &noise(random)).replace("{x}", &noise(random))
        }
    }
}

#[tokio::test]
async fn ten_thousand_guessed_names_hit_nothing() {
    let mut furnished = Furnished::new().await;
    furnished.write_less().await;
    let furnished = std::sync::Arc::new(furnished);
    let mut guessing = tokio::task::JoinSet::new();
    for (seed, (principal, own, other)) in GUESSERS.into_iter().enumerate() {
        let furnished = furnished.clone();
        guessing.spawn(async move {
            let mut random = StdRng::seed_from_u64(seed as u64);
            let methods: Vec<_> = methods().into_iter().filter(Method::of_tenant).collect();
            let channel = furnished.channel();
            let mut hits = Vec::new();
            for _ in 0..GUESSES / GUESSERS.len() {
                let method = methods.choose(&mut random).expect("some");
                let present = furnished.present(method).replacen("acme", other, 1);
                let name = guess(&mut random, own, other, method, &present);
                let body = method.request(&name);
                let outcome = loop {
                    match method.call(channel.clone(), Some(principal), body.clone()).await {
                        Err(status) if status.code() == Code::ResourceExhausted => {
                            let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
                            tokio::time::sleep(wait.expect("a delay")).await;
                        }
                        other => break other,
                    }
                };
                let inside = !own.is_empty() && name.starts_with(&format!("tenants/{own}/"));
                let refused = match outcome.as_ref().map_err(tonic::Status::code) {
                    Err(Code::PermissionDenied) => true,
                    // In their own tenant they are told that there is no such name.
                    Err(Code::InvalidArgument | Code::NotFound) => inside,
                    _ => false,
                };
                if !refused {
                    hits.push(format!("{} {name:?} by {principal}: {outcome:?}", method.name()));
                }
            }
            hits
        });
    }
    let hits: Vec<_> = guessing.join_all().await.into_iter().flatten().collect();
    assert!(hits.is_empty(), "{} hits, for example {:#?}", hits.len(), &hits[..hits.len().min(5)]);
}
