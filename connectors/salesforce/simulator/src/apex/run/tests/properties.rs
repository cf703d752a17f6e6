//! Properties of the platform's objects: which may be assigned, and where the value is then.

use super::source::{org, run};

#[test]
fn a_request_and_its_answer_are_made_by_hand() {
    let tx = &mut org(&[], None);
    let source = "RestContext.request = new RestRequest();
        RestContext.response = new RestResponse();
        RestRequest request = RestContext.request;
        request.requestURI = '/a';
        request.params.put('key', 'value');
        RestContext.request.httpMethod = 'PUT';
        RestContext.request.httpMethod += 'S';
        RestContext.response.statusCode = 200;
        RestContext.response.statusCode++;
        System.debug(request.requestURI + RestContext.request.httpMethod + request.params.get('key')
            + RestContext.response.statusCode);
        RestContext.response = null;
        System.debug(RestContext.response);";
    assert_eq!(run(tx, source), "/aPUTSvalue201\nnull");
    let null = "RestContext.response = null; RestContext.response.statusCode = 200;";
    assert_eq!(run(tx, null), "System.NullPointerException: Attempt to de-reference a null object");
}

#[test]
fn options_say_what_a_method_does() {
    let tx = &mut org(&[], None);
    let source = "Database.DmlOptions options = new Database.DmlOptions();
        options.optAllOrNone = false;
        System.debug(Database.insert(new Account(), options).isSuccess());
        options.optAllOrNone = true;
        Database.insert(new Account(), options);";
    let outcome = run(tx, source);
    assert!(outcome.starts_with("false\nSystem.DmlException: Insert failed."), "{outcome}");
}

#[test]
fn what_may_only_be_read_stays() {
    let tx = &mut org(&[], None);
    for wrong in [
        "AccessLevel.USER_MODE = AccessLevel.SYSTEM_MODE;",
        "Math.PI = 3.0;",
        "Account.SObjectType.getDescribe().fields = null;",
        "RestContext.response.statusCode = 'text';",
    ] {
        assert!(run(tx, wrong).starts_with("1:"), "{wrong}: {}", run(tx, wrong));
    }
}
