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
fn a_refusal_says_which_it_is_and_what_to_do() {
    let policy = "This session is not valid for use with the REST API";
    for (status, code, message, reason, permission, word) in [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", "REAUTHORIZATION_REQUIRED", None, "again"),
        (401, "INVALID_SESSION_ID", policy, "APP_NOT_INSTALLED", None, "API Access Control"),
        (
            403,
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
            "SAAS_API_NOT_ENABLED",
            None,
            "edition",
        ),
        (
            403,
            "API_CURRENTLY_DISABLED",
            "API is disabled for this User",
            "SAAS_PERMISSION_MISSING",
            Some("ApiEnabled"),
            "API Enabled",
        ),
        (403, "FUNCTIONALITY_NOT_ENABLED", "…", "SAAS_API_NOT_ENABLED", None, "feature"),
        (403, "INSUFFICIENT_ACCESS", "insufficient access rights", "SAAS_PERMISSION_MISSING", None, "gives"),
        (
            403,
            "INSUFFICIENT_ACCESS",
            "You need the Modify Metadata Through Metadata API Functions permission",
            "SAAS_PERMISSION_MISSING",
            Some("ModifyMetadata"),
            "gives",
        ),
        (
            403,
            "FORBIDDEN",
            "You do not have View Setup",
            "SAAS_PERMISSION_MISSING",
            Some("ViewSetup"),
            "gives",
        ),
    ] {
        let status = StatusCode::from_u16(status).expect("status");
        let answer = of_answer(status, error(code, message).as_bytes(), Effect::None, None);
        assert_eq!(answer.class, FaultClass::Denied, "{code}");
        let fault = answer.fault;
        assert_eq!(fault.reason().as_str(), reason, "{code}: {message}");
        assert_eq!(fault.metadata().get("permission").map(String::as_str), permission, "{code}: {message}");
        assert!(fault.message().contains(word), "{fault}");
    }
}

#[test]
fn only_a_definite_word_ends_a_grant() {
    for (error, description, expected) in [
        ("invalid_grant", "expired access/refresh token", TokenErrorClass::Revoked),
        ("invalid_grant", "token request is already being processed", TokenErrorClass::Race),
        ("invalid_grant", "expired authorization code", TokenErrorClass::Race),
        ("invalid_grant", "authentication failure", TokenErrorClass::Revoked),
        ("invalid_grant", "ip restricted", TokenErrorClass::Other),
        ("invalid_grant", "invalid login hours", TokenErrorClass::Other),
        ("invalid_grant", "Audience validation failed", TokenErrorClass::Other),
        ("invalid_grant", "invalid code verifier", TokenErrorClass::Other),
        ("invalid_grant", "user hasn't approved this consumer", TokenErrorClass::ClientRefused),
        ("inactive_user", "user is inactive", TokenErrorClass::Inactive),
        ("inactive_org", "organization is locked, closed, or suspended", TokenErrorClass::Inactive),
        ("unknown_error", "Data Not Available", TokenErrorClass::Revoked),
        (
            "invalid_app_access",
            "user is not admin approved to access this app",
            TokenErrorClass::ClientRefused,
        ),
        ("invalid_client", "app must be installed into org", TokenErrorClass::ClientRefused),
        ("redirect_uri_mismatch", "redirect_uri must match configuration", TokenErrorClass::ClientRefused),
        ("invalid_request", "invalid code verifier", TokenErrorClass::Other),
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
