//! The debug log of anonymous code.

use std::fmt::Write as _;

use crate::apex::run::AnonymousResult;
use crate::metadata::xml::Element;
use crate::soap::Caller;

/// The log as text: its levels, the code, and one line an event. Where in the code a line was written is not known.
pub(super) fn text(
    caller: &Caller<'_>,
    asked: &Element,
    code: &str,
    result: &AnonymousResult,
    lines: &[String],
) -> String {
    let mut out = format!("{}.0 {}\n", caller.version, levels(asked));
    for line in code.lines() {
        let _ = writeln!(out, "Execute Anonymous: {line}");
    }
    let org = &caller.site.org;
    let now_ms = org.now_ms();
    let (of_day, mut nanos) = (now_ms.rem_euclid(24 * 60 * 60 * 1_000), 100_000_u64);
    let clock = {
        let (seconds, tenths) = (of_day / 1_000, of_day % 1_000 / 100);
        format!("{:02}:{:02}:{:02}.{tenths}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    };
    let mut event = |what: &str| {
        nanos += 50_000;
        let _ = writeln!(out, "{clock} ({nanos})|{what}");
    };
    let state = org.read();
    let username = state.users.get(&caller.rights.user).map(|user| user.username.as_str());
    let user = format!(
        "USER_INFO|[EXTERNAL]|{}|{}|(GMT-08:00) Pacific Standard Time (America/Los_Angeles)|GMT-08:00",
        caller.rights.user,
        username.unwrap_or_default()
    );
    event(&user);
    event("EXECUTION_STARTED");
    event("CODE_UNIT_STARTED|[EXTERNAL]|execute_anonymous_apex");
    for line in lines {
        event(&format!("USER_DEBUG|[EXTERNAL]|DEBUG|{line}"));
    }
    if let Some(message) = &result.exception_message {
        let stack = result.exception_stack.as_deref().unwrap_or_default();
        event(&format!("FATAL_ERROR|{message}\n\n{stack}"));
    }
    event("CODE_UNIT_FINISHED|execute_anonymous_apex");
    event("EXECUTION_FINISHED");
    out
}

/// `APEX_CODE,DEBUG;APEX_PROFILING,INFO` by the categories that were asked for, or by the level.
fn levels(asked: &Element) -> String {
    let categories: Vec<String> = asked
        .all("categories")
        .filter_map(|one| {
            let (category, level) = (one.text_of("category")?, one.text_of("level")?);
            Some(format!("{},{}", category.to_ascii_uppercase(), level.to_ascii_uppercase()))
        })
        .collect();
    if !categories.is_empty() {
        return categories.join(";");
    }
    match asked.text_of("debugLevel").unwrap_or("None") {
        "None" | "NONE" => String::new(),
        "Db" | "DB" => "DB,INFO;APEX_CODE,DEBUG".to_owned(),
        "Profiling" | "PROFILING" => "APEX_CODE,DEBUG;APEX_PROFILING,INFO;DB,INFO".to_owned(),
        "Callout" | "CALLOUT" => "APEX_CODE,DEBUG;APEX_PROFILING,INFO;CALLOUT,INFO;DB,INFO".to_owned(),
        "Detail" | "DETAIL" => {
            "APEX_CODE,FINEST;APEX_PROFILING,INFO;CALLOUT,INFO;DB,INFO;SYSTEM,DEBUG".to_owned()
        }
        _ => "APEX_CODE,DEBUG".to_owned(),
    }
}
