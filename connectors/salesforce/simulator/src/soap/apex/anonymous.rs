//! `executeAnonymous`

use serde_json::json;

use crate::apex::run::run_anonymous;
use crate::debug_log::{self, Trace};
use crate::soap::envelope::Envelope;
use crate::soap::json::json as written;
use crate::soap::write::Xml;
use crate::soap::{Caller, Reply};
use crate::transaction::Transaction;

/// Runs the code; what it changed stays if it ran to its end. The debug log stands in a header where one was asked for.
pub(super) fn execute(caller: &Caller<'_>, envelope: &Envelope) -> Reply {
    // The WSDL calls it `String`, the Salesforce CLI `apexcode`.
    let code = envelope.operation.children.first().map(|child| child.text.as_str()).unwrap_or_default();
    let mut tx = Transaction::begin(&caller.site.org, caller.rights.clone());
    let (org, user) = (&caller.site.org, caller.rights.user);
    let asked = envelope.header("DebuggingHeader");
    if let Some(asked) = asked {
        // The levels of the header count; what a trace flag asks for is kept all the same.
        let keep = tx.machine.trace.take().is_some();
        let trace = Trace::begin(org, user, debug_log::asked(asked), (caller.version, "Api"), keep);
        tx.machine.trace = Some(Box::new(trace));
    }
    if let Some(trace) = &mut tx.machine.trace {
        trace.anonymous(code);
    }
    let result = run_anonymous(&mut tx, code, caller.version);
    let header = match tx.machine.trace.as_mut().filter(|_| asked.is_some()) {
        Some(trace) => {
            let text = trace.text();
            let mut header = Xml::default();
            header.open("DebuggingInfo").text("debugLog", text).close("DebuggingInfo");
            header
        }
        None => Xml::default(),
    };
    if result.success {
        tx.commit();
    }
    let place = result.problem.as_ref().map(|problem| (problem.line, problem.column));
    let place = place.map_or((-1, -1), |(line, column)| (i64::from(line), i64::from(column)));
    let mut body = Xml::default();
    body.open("executeAnonymousResponse");
    let shown = json!({
        "column": place.1,
        "compileProblem": result.problem.map(|problem| problem.message),
        "compiled": result.compiled,
        "exceptionMessage": result.exception_message,
        "exceptionStackTrace": result.exception_stack,
        "line": place.0,
        "success": result.success,
    });
    written(&mut body, "result", &shown);
    body.close("executeAnonymousResponse");
    Reply { header, body }
}
