//! Every method, tried by every role, by another tenant's administrator, by nobody's, and without credentials.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tonic::{Code, Status};
use tonic_types::{ErrorDetail, StatusExt as _};

use super::tries::{Furnished, Method, methods, neighbour};

/// A request that passes authorisation may still be refused for what it asks; only these say that it did not pass.
fn let_in(method: &Method, outcome: &Result<(), Status>) -> bool {
    let Err(status) = outcome else { return true };
    let broken = matches!(
        status.code(),
        Code::Unimplemented | Code::Unauthenticated | Code::Internal | Code::Unknown | Code::DeadlineExceeded
    );
    assert!(!broken, "{}: {status:?}", method.name());
    status.code() != Code::PermissionDenied
}

#[tokio::test]
async fn every_method_by_every_role_and_by_strangers() {
    let furnished = Furnished::new().await;
    let mut table = String::new();
    let mut by_permission: BTreeMap<String, (String, &str)> = BTreeMap::new();
    for method in methods() {
        let name = method.name();
        let present = furnished.present(&method);
        // What deletes is let loose on what is not there.
        let resource = if name.contains("/Delete") { neighbour(&present) } else { present.clone() };
        let mut row = String::new();
        for (role, principal) in Furnished::callers() {
            let body = method.request(&resource);
            let outcome = method.call(furnished.channel(), Some(principal), body).await;
            let _ = write!(row, " {}", if let_in(&method, &outcome) { role } else { "-" });
        }
        let _ = writeln!(table, "{name} [{}]{row}", method.permission);
        if !method.permission.is_empty() {
            let known = by_permission.entry(method.permission.clone()).or_insert((row.clone(), name));
            assert_eq!(known.0, row, "{name} and {} ask for the same and let in others", known.1);
        }

        let everyone = name.starts_with("ConnectorService/");
        for stranger in ["admin@globex.example", "nobody@nowhere.example"] {
            let body = method.request(&present);
            let outcome = method.call(furnished.channel(), Some(stranger), body).await;
            assert_eq!(let_in(&method, &outcome), everyone, "{name} by {stranger}: {outcome:?}");
        }
        let body = method.request(&present);
        let refused = method.call(furnished.channel(), None, body).await.expect_err(name);
        assert_eq!(refused.code(), Code::Unauthenticated, "{name}");
    }
    insta::assert_snapshot!(table);
}

/// What the caller may know of an answer: everything but the time of day, with the name it gave itself replaced.
fn words(status: &Status, own: &str, common: &str) -> Vec<String> {
    let mut words = vec![format!("{:?}: {}", status.code(), status.message())];
    // The facts of an ErrorInfo come in no order.
    words.extend(status.get_error_details_vec().into_iter().map(|detail| match detail {
        ErrorDetail::ErrorInfo(info) => {
            format!("{} {} {:?}", info.reason, info.domain, BTreeMap::from_iter(info.metadata))
        }
        other => format!("{other:?}"),
    }));
    words.push(format!("{} bytes", status.details().len()));
    let headers = status.metadata().clone().into_headers();
    let mut headers: Vec<_> = headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    words.extend(headers);
    words.into_iter().map(|word| word.replace(own, common)).collect()
}

#[tokio::test]
async fn hidden_and_absent_are_answered_word_for_word_the_same() {
    let furnished = Furnished::new().await;
    for method in methods().iter().filter(|m| m.of_tenant()) {
        let hidden = furnished.present(method);
        // As long as the hidden one, so that the sizes of the answers can be compared as well.
        let absent = [neighbour(&hidden), hidden.replace("acme", "acne")];
        for stranger in ["admin@globex.example", "nobody@nowhere.example"] {
            let answer = async |name: &str| {
                let body = method.request(name);
                let refused = method.call(furnished.channel(), Some(stranger), body).await;
                words(&refused.expect_err(method.name()), name, &hidden)
            };
            let expected = answer(&hidden).await;
            assert!(expected[0].starts_with("PermissionDenied: "), "{}: {expected:?}", method.name());
            for name in &absent {
                assert_ne!(*name, hidden);
                assert_eq!(answer(name).await, expected, "{} about {name}", method.name());
            }
        }
    }
}
