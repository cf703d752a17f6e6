//! One log while it is written.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use super::kept::DebugLog;
use super::levels::{Category, Level, Levels};
use crate::apex::run::{Limit, Limits};
use crate::org::{Id, Org};

/// Bytes of one log; what comes later is cut, as Salesforce cuts at 20 MB.
const BYTES_MAX: usize = 5_000_000;
/// What the end of a log that was cut says.
const CUT: &str = "*********** MAXIMUM DEBUG LOG SIZE REACHED ***********\n";
/// The first two nanosecond counts are never below this.
const NANOS_MIN: u128 = 100_000;

/// A log that is being written.
pub(crate) struct Trace {
    org: Arc<Org>,
    user: Id,
    levels: Levels,
    version: u32,
    /// What was called, such as `/services/data/v67.0/sobjects/Account`.
    operation: String,
    began_ms: i64,
    began: Instant,
    out: String,
    cut: bool,
    /// Apex ran: without it there is no log.
    entered: bool,
    finished: bool,
    status: String,
    /// It stays in the org; otherwise whoever asked for it has it.
    keep: bool,
}

impl Trace {
    /// Begins a log. `keep`: it becomes a row of ApexLog when it is dropped.
    pub(crate) fn begin(
        org: &Arc<Org>,
        user: Id,
        levels: Levels,
        (version, operation): (u32, &str),
        keep: bool,
    ) -> Self {
        let mut trace = Self {
            org: org.clone(),
            user,
            levels,
            version,
            operation: operation.to_owned(),
            began_ms: org.now_ms(),
            began: Instant::now(),
            out: String::new(),
            cut: false,
            entered: false,
            finished: false,
            status: "Success".to_owned(),
            keep,
        };
        trace.out = format!("{}.0 {}\n", trace.version, trace.levels.line());
        trace
    }

    /// What was called is known later than when it began.
    pub(crate) fn called(&mut self, version: u32, operation: &str) {
        if self.entered {
            return;
        }
        self.version = version;
        self.operation = operation.chars().take(255).collect();
        self.out = format!("{version}.0 {}\n", self.levels.line());
    }

    /// The code of an anonymous block stands before its first entry.
    pub(crate) fn anonymous(&mut self, code: &str) {
        for line in code.lines() {
            let _ = writeln!(self.out, "Execute Anonymous: {line}");
        }
    }

    /// Apex is entered: `execute_anonymous_apex`, or a trigger's id and line.
    pub(crate) fn enter(&mut self, unit: &str) {
        if !std::mem::replace(&mut self.entered, true) {
            let user = self.user_line();
            self.put(&user);
            self.event(Category::ApexCode, Level::Error, "EXECUTION_STARTED");
        }
        self.event(Category::ApexCode, Level::Error, &format!("CODE_UNIT_STARTED|[EXTERNAL]|{unit}"));
    }

    /// Apex is left again.
    pub(crate) fn leave(&mut self, unit: &str) {
        self.event(Category::ApexCode, Level::Error, &format!("CODE_UNIT_FINISHED|{unit}"));
    }

    /// Whether the levels have such entries.
    pub(crate) fn tells(&self, category: Category, level: Level) -> bool {
        !self.cut && self.levels.tell(category, level)
    }

    /// An entry, if the levels have it.
    pub(crate) fn event(&mut self, category: Category, level: Level, text: &str) {
        if self.levels.tell(category, level) {
            self.put(text);
        }
    }

    /// An exception that nobody caught.
    pub(crate) fn fatal(&mut self, headline: &str, stack: &str) {
        self.status = headline.chars().take(255).collect();
        self.event(Category::ApexCode, Level::Error, &format!("FATAL_ERROR|{headline}\n\n{stack}"));
    }

    /// What has been used, at the end of a unit that came from outside.
    pub(crate) fn limits(&mut self, limits: &Limits) {
        let rows = [
            ("Number of SOQL queries", Limit::Queries),
            ("Number of query rows", Limit::QueryRows),
            ("Number of SOSL queries", Limit::Searches),
            ("Number of DML statements", Limit::DmlStatements),
            ("Number of Publish Immediate DML", Limit::PublishImmediate),
            ("Number of DML rows", Limit::DmlRows),
        ];
        let mut text = "LIMIT_USAGE_FOR_NS|(default)|\n".to_owned();
        for (name, limit) in rows {
            let _ = writeln!(text, "  {name}: {} out of {}", limits.used(limit), limits.most(limit));
        }
        let (cpu, heap) = (limits.cpu_ms(), limits.used(Limit::Heap));
        let most = limits.most(Limit::Steps) / crate::apex::run::STEPS_PER_MS;
        let _ = writeln!(text, "  Maximum CPU time: {cpu} out of {most}");
        let _ = writeln!(text, "  Maximum heap size: {heap} out of {}", limits.most(Limit::Heap));
        for (name, limit) in [
            ("Number of callouts", Limit::Callouts),
            ("Number of Email Invocations", Limit::Emails),
            ("Number of future calls", Limit::FutureCalls),
            ("Number of queueable jobs added to the queue", Limit::QueueableJobs),
        ] {
            let _ = writeln!(text, "  {name}: {} out of {}", limits.used(limit), limits.most(limit));
        }
        let (profiling, info) = (Category::ApexProfiling, Level::Info);
        self.event(profiling, info, "CUMULATIVE_LIMIT_USAGE");
        self.event(profiling, info, &text);
        self.event(profiling, info, "CUMULATIVE_LIMIT_USAGE_END\n");
    }

    /// The log as text, to its end.
    pub(crate) fn text(&mut self) -> &str {
        if self.entered && !std::mem::replace(&mut self.finished, true) {
            self.event(Category::ApexCode, Level::Error, "EXECUTION_FINISHED");
        }
        &self.out
    }

    fn user_line(&self) -> String {
        let state = self.org.read();
        let name = state.users.get(&self.user).map(|user| user.username.as_str()).unwrap_or_default();
        format!(
            "USER_INFO|[EXTERNAL]|{}|{name}|(GMT-08:00) Pacific Standard Time (America/Los_Angeles)|GMT-08:00",
            self.user
        )
    }

    fn put(&mut self, text: &str) {
        if self.cut {
            return;
        }
        if self.out.len() + text.len() > BYTES_MAX {
            self.cut = true;
            self.out.push_str(CUT);
            return;
        }
        let of_day = self.org.now_ms().rem_euclid(24 * 60 * 60 * 1_000);
        let (seconds, tenths) = (of_day / 1_000, of_day % 1_000 / 100);
        let nanos = NANOS_MIN + self.began.elapsed().as_nanos();
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let _ = writeln!(self.out, "{hours:02}:{minutes:02}:{seconds:02}.{tenths} ({nanos})|{text}");
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if !self.keep || !self.entered {
            return;
        }
        let duration_ms = self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        let body = self.text().to_owned();
        let log = DebugLog {
            id: self.org.ids.next("07L"),
            user: self.user,
            operation: std::mem::take(&mut self.operation),
            status: std::mem::take(&mut self.status),
            started_ms: self.began_ms,
            duration_ms,
            body: body.into(),
        };
        let id = log.id;
        self.org.logs.keep(log);
        crate::streaming::tell(
            &self.org,
            crate::streaming::LOGGING,
            "created",
            serde_json::json!({"Id": id}),
        );
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").field("operation", &self.operation).finish_non_exhaustive()
    }
}
