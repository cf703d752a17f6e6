use proptest::prelude::*;

use super::*;

fn tokens() -> Tokens {
    Tokens::new(vec![[7; 32]])
}

fn principal(name: &str) -> Principal {
    Principal::new(name).expect("valid")
}

fn tenant() -> TenantId {
    TenantId::new("acme").expect("valid")
}

fn stream<'a>(principal: &'a Principal, tenant: &'a TenantId) -> StreamScope<'a> {
    StreamScope { topic: Topic::Notifications, principal, tenant, filter: "" }
}

#[test]
fn a_page_token_works_for_its_own_list_alone() {
    let (one, other) = (principal("one"), principal("two"));
    let scope = PageScope { method: "ListX", principal: &one, parent: "tenants/acme", filter: "a = b" };
    let token = tokens().page(scope, "cursor");
    assert_eq!(tokens().read_page(scope, &token).expect("own"), Some("cursor".to_owned()));
    assert_eq!(tokens().read_page(scope, "").expect("first page"), None);
    for wrong in [
        PageScope { method: "ListY", ..scope },
        PageScope { principal: &other, ..scope },
        PageScope { parent: "tenants/other", ..scope },
        PageScope { filter: "", ..scope },
        PageScope { parent: "tenants/acmea", filter: " = b", ..scope },
    ] {
        let fault = tokens().read_page(wrong, &token).expect_err("bound");
        assert_eq!(fault.reason(), Reason::PageTokenInvalid);
    }
    assert!(Tokens::new(vec![[8; 32]]).read_page(scope, &token).is_err(), "another key");
}

#[test]
fn a_resume_token_is_no_page_token_and_of_one_topic() {
    let (one, tenant) = (principal("one"), tenant());
    let scope = stream(&one, &tenant);
    let place = Place { position: Position(u64::MAX), last_sequence: 3 };
    let token = tokens().resume(scope, place);
    assert_eq!(tokens().read_resume(scope, &token).expect("own"), place);
    assert!(tokens().read_resume(StreamScope { topic: Topic::Accounts, ..scope }, &token).is_err());
    let page = PageScope { method: "one", principal: &one, parent: "acme", filter: "" };
    assert!(tokens().read_page(page, &token).is_err());
}

#[test]
fn tokens_of_an_earlier_key_are_read_while_it_is_there() {
    let (one, tenant) = (principal("one"), tenant());
    let scope = stream(&one, &tenant);
    let place = Place { position: Position(5), last_sequence: 3 };
    let old = tokens().resume(scope, place);
    let both = Tokens::new(vec![[8; 32], [7; 32]]);
    assert_eq!(both.read_resume(scope, &old).expect("still read"), place);
    let new = both.resume(scope, place);
    assert!(tokens().read_resume(scope, &new).is_err(), "made under the first key");
    assert!(Tokens::new(vec![[8; 32]]).read_resume(scope, &old).is_err(), "the earlier key has gone");
}

proptest! {
    #[test]
    fn reading_strange_tokens_never_panics_nor_succeeds(token in prop_oneof![".{1,200}", "[A-Za-z0-9_-]{1,200}"]) {
        let (one, tenant) = (principal("one"), tenant());
        let scope = PageScope { method: "m", principal: &one, parent: "", filter: "" };
        let page = tokens().read_page(scope, &token).expect_err("forged");
        prop_assert_eq!(page.reason(), Reason::PageTokenInvalid);
        prop_assert_eq!(page.violations()[0].subject.as_str(), "page_token");
        let resume = tokens().read_resume(stream(&one, &tenant), &token).expect_err("forged");
        prop_assert_eq!(resume.reason(), Reason::ResumeTokenInvalid);
        prop_assert_eq!(resume.violations()[0].subject.as_str(), "resume_token");
    }

    #[test]
    fn one_changed_bit_or_one_lost_byte_breaks_a_token(
        cursor in ".{0,40}",
        place in any::<(u64, u64)>(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let (one, tenant) = (principal("one"), tenant());
        let page_scope = PageScope { method: "m", principal: &one, parent: "p", filter: "f" };
        let resume_scope = stream(&one, &tenant);
        let page = tokens().page(page_scope, &cursor);
        let place = Place { position: Position(place.0), last_sequence: place.1 };
        let resume = tokens().resume(resume_scope, place);
        for (token, is_page) in [(page, true), (resume, false)] {
            let bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64");
            let at = at.index(bytes.len());
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let mut longer = bytes.clone();
            longer.push(bit);
            for wrong in [flipped, bytes[..at].to_vec(), bytes[at + 1..].to_vec(), longer] {
                let wrong = URL_SAFE_NO_PAD.encode(wrong);
                // The empty page token is the first page.
                let refused = match is_page {
                    true => wrong.is_empty() || tokens().read_page(page_scope, &wrong).is_err(),
                    false => tokens().read_resume(resume_scope, &wrong).is_err(),
                };
                prop_assert!(refused, "{wrong}");
            }
        }
    }

    #[test]
    fn a_token_is_read_in_its_own_scope_alone(
        own in ("[a-z]{1,6}", "[a-z]{1,6}", "[a-z/]{0,9}", "[a-z =]{0,9}"),
        other in ("[a-z]{1,6}", "[a-z]{1,6}", "[a-z/]{0,9}", "[a-z =]{0,9}"),
        cursor in ".{0,40}",
    ) {
        let (mine, theirs) = (principal(&own.1), principal(&other.1));
        let scope = PageScope { method: &own.0, principal: &mine, parent: &own.2, filter: &own.3 };
        let foreign = PageScope { method: &other.0, principal: &theirs, parent: &other.2, filter: &other.3 };
        let token = tokens().page(scope, &cursor);
        prop_assert_eq!(tokens().read_page(scope, &token).expect("own"), Some(cursor));
        prop_assert_eq!(tokens().read_page(foreign, &token).is_ok(), own == other);
    }
}
