use super::*;

fn class(status: u16, body: &str, effect: Effect) -> FaultClass {
    of_answer(StatusCode::from_u16(status).expect("status"), body.as_bytes(), effect, None).class
}

fn error(code: &str, message: &str) -> String {
    serde_json::json!([{"errorCode": code, "message": message}]).to_string()
}

#[test]
fn every_row_of_the_error_table() {
    let limit = |message| class(403, &error("REQUEST_LIMIT_EXCEEDED", message), Effect::None);
    assert_eq!(limit("TotalRequests Limit exceeded."), FaultClass::Throttled { wait: DAILY_WAIT });
    assert_eq!(
        limit("ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        FaultClass::Throttled { wait: CONCURRENT_WAIT }
    );
    let page = "<html>Service Not Available</html>";
    for (status, body, effect, expected) in [
        (400, error("MALFORMED_QUERY", "unexpected token"), Effect::None, FaultClass::Rejected),
        (400, error("INVALID_FIELD", "No such column 'X'"), Effect::None, FaultClass::Rejected),
        (400, error("UNABLE_TO_LOCK_ROW", "…"), Effect::Possible, FaultClass::Conflict),
        (400, error("QUERY_TIMEOUT", "…"), Effect::None, FaultClass::Transient),
        (401, error("INVALID_SESSION_ID", "Session expired or invalid"), Effect::None, FaultClass::Denied),
        (403, error("API_DISABLED_FOR_ORG", "API is not enabled"), Effect::None, FaultClass::Denied),
        (403, error("INSUFFICIENT_ACCESS", "…"), Effect::Possible, FaultClass::Denied),
        (404, error("NOT_FOUND", "The requested resource does not exist"), Effect::None, FaultClass::Gone),
        (420, String::new(), Effect::None, FaultClass::Transient),
        (429, String::new(), Effect::None, FaultClass::Throttled { wait: CONCURRENT_WAIT }),
        (500, error("UNKNOWN_EXCEPTION", "ErrorId : 1-1 (1)"), Effect::None, FaultClass::Transient),
        (500, error("UNKNOWN_EXCEPTION", "ErrorId : 1-1 (1)"), Effect::Possible, FaultClass::Unknown),
        (500, error("ALREADY_IN_PROCESS", "locked"), Effect::Possible, FaultClass::Conflict),
        (502, page.to_owned(), Effect::Possible, FaultClass::Unknown),
        (503, page.to_owned(), Effect::Possible, FaultClass::Transient),
        (504, page.to_owned(), Effect::None, FaultClass::Transient),
        (302, String::new(), Effect::None, FaultClass::Transient),
    ] {
        assert_eq!(class(status, &body, effect), expected, "{status} {body}");
    }
}

#[test]
fn a_refused_session_is_told_from_one_that_policy_forbids() {
    let policy = error("INVALID_SESSION_ID", "This session is not valid for use with the REST API");
    let fault = of_answer(StatusCode::UNAUTHORIZED, policy.as_bytes(), Effect::None, None);
    assert_eq!(fault.fault.reason(), Reason::SaasPermissionMissing);
    let expired = error("INVALID_SESSION_ID", "Session expired or invalid");
    let fault = of_answer(StatusCode::UNAUTHORIZED, expired.as_bytes(), Effect::None, None);
    assert_eq!(fault.fault.reason(), Reason::ReauthorizationRequired);
}

#[test]
fn only_a_definite_word_ends_a_grant() {
    for (error, description, expected) in [
        ("invalid_grant", "expired access/refresh token", TokenErrorClass::Revoked),
        ("invalid_grant", "token request is already being processed", TokenErrorClass::Race),
        ("invalid_grant", "expired authorization code", TokenErrorClass::Race),
        ("invalid_grant", "authentication failure", TokenErrorClass::Revoked),
        ("invalid_grant", "ip restricted", TokenErrorClass::Other),
        ("inactive_user", "user is inactive", TokenErrorClass::Revoked),
        ("invalid_client_id", "client identifier invalid", TokenErrorClass::ClientRefused),
        ("invalid_client", "invalid client credentials", TokenErrorClass::ClientRefused),
        ("rate_limit_exceeded", "login rate exceeded", TokenErrorClass::Other),
        ("unknown_error", "", TokenErrorClass::Other),
    ] {
        assert_eq!(of_token_error(error, description), expected, "{error}: {description}");
    }
}

#[test]
fn the_event_bus_says_more_in_its_trailer_than_in_its_status() {
    let status = |code: Code, trailer: &str| {
        let mut status = tonic::Status::new(code, "words. rpcId: 1");
        let value = format!("{PUBSUB_CODES}{trailer}").parse().expect("a header value");
        status.metadata_mut().insert("error-code", value);
        of_pubsub(&status)
    };
    let lost = status(Code::InvalidArgument, "subscription.fetch.replayid.corrupted");
    assert_eq!((lost.class, lost.fault.reason()), (FaultClass::Gone, Reason::EventCursorExpired));
    assert_eq!(status(Code::Unauthenticated, "service.auth.error").class, FaultClass::Denied);
    assert_eq!(status(Code::Unavailable, "service.unavailable").class, FaultClass::Transient);
    assert_eq!(
        status(Code::InvalidArgument, "subscription.fetch.topic.mismatch").class,
        FaultClass::Rejected
    );
    assert_eq!(
        status(Code::ResourceExhausted, "subscription.limit.exceeded").class,
        FaultClass::Throttled { wait: DAILY_WAIT }
    );
}

#[test]
fn long_words_are_cut_at_a_character() {
    let cut = words(&"ü ".repeat(WORDS_MAX));
    assert!(cut.len() <= WORDS_MAX + 3 && cut.ends_with('…'), "{}", cut.len());
}
