//! How much of what a log tells.

use crate::metadata::xml::Element;
use crate::org::{Id, Record, State};

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    ApexCode,
    ApexProfiling,
    Callout,
    Db,
    System,
    Validation,
    Visualforce,
    Workflow,
}

/// From nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    None,
    Error,
    Warn,
    Info,
    Debug,
    Fine,
    Finer,
    Finest,
}

/// Categories in the order of a log's first line: how it calls them, how the fields of trace flags and debug levels do.
const CATEGORIES: [(Category, &str, &str); 8] = [
    (Category::ApexCode, "APEX_CODE", "ApexCode"),
    (Category::ApexProfiling, "APEX_PROFILING", "ApexProfiling"),
    (Category::Callout, "CALLOUT", "Callout"),
    (Category::Db, "DB", "Database"),
    (Category::System, "SYSTEM", "System"),
    (Category::Validation, "VALIDATION", "Validation"),
    (Category::Visualforce, "VISUALFORCE", "Visualforce"),
    (Category::Workflow, "WORKFLOW", "Workflow"),
];

impl Level {
    /// By its name in any case; `INTERNAL` counts as the finest.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let known = [
            ("NONE", Self::None),
            ("ERROR", Self::Error),
            ("WARN", Self::Warn),
            ("INFO", Self::Info),
            ("DEBUG", Self::Debug),
            ("FINE", Self::Fine),
            ("FINER", Self::Finer),
            ("FINEST", Self::Finest),
            ("INTERNAL", Self::Finest),
        ];
        known.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, level)| level)
    }

    /// `DEBUG`
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Fine => "FINE",
            Self::Finer => "FINER",
            Self::Finest => "FINEST",
        }
    }
}

/// The levels of one log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Levels(Vec<(Category, Level)>);

impl Levels {
    /// Whether entries of this kind are written.
    pub(crate) fn tell(&self, category: Category, level: Level) -> bool {
        self.0.iter().any(|(own, most)| *own == category && *most >= level)
    }

    /// `APEX_CODE,DEBUG;DB,INFO`
    pub(crate) fn line(&self) -> String {
        let named = CATEGORIES.iter().filter_map(|(category, name, _)| {
            let (_, level) = self.0.iter().find(|(own, _)| own == category)?;
            Some(format!("{name},{}", level.as_str()))
        });
        named.collect::<Vec<_>>().join(";")
    }

    fn put(&mut self, category: Category, level: Level) {
        self.0.retain(|(own, _)| *own != category);
        self.0.push((category, level));
    }

    /// The fields of a row; empty ones say nothing.
    fn add(&mut self, row: &Record) {
        for (category, _, field) in CATEGORIES {
            if let Some(level) = row.get(field).as_str().and_then(Level::named) {
                self.put(category, level);
            }
        }
    }
}

/// The levels at which a trace flag asks for logs of a user now; absent when none does.
pub(crate) fn flagged(state: &State, user: Id, now_ms: i64) -> Option<Levels> {
    let moment = |row: &Record, field: &str| row.get(field).as_str().and_then(crate::soql::moment);
    let flag = state.records.table("TraceFlag").find(|flag| {
        let traces = flag.reference("TracedEntityId") == Some(user);
        let kind = flag.get("LogType").as_str().unwrap_or_default();
        traces
            && !flag.deleted
            && ["USER_DEBUG", "DEVELOPER_LOG"].contains(&kind)
            && moment(flag, "StartDate").is_none_or(|start| start <= now_ms)
            && moment(flag, "ExpirationDate").is_some_and(|end| now_ms < end)
    })?;
    let mut levels = Levels::default();
    let row = flag.reference("DebugLevelId").and_then(|id| state.records.get("DebugLevel", id));
    if let Some(row) = row {
        levels.add(row);
    }
    levels.add(flag);
    Some(levels)
}

/// The levels that the header `DebuggingHeader` of a SOAP call asks for: by category, or one word for all.
pub(crate) fn asked(header: &Element) -> Levels {
    let mut levels = Levels::default();
    for one in header.all("categories") {
        let (Some(category), Some(level)) = (one.text_of("category"), one.text_of("level")) else { continue };
        let named = |name: &str| name.eq_ignore_ascii_case(category);
        let level = Level::named(level);
        if category.eq_ignore_ascii_case("All") {
            let all = CATEGORIES.iter().zip(std::iter::repeat(level));
            all.for_each(|((category, ..), level)| levels.put(*category, level.unwrap_or(Level::None)));
        }
        let found = CATEGORIES.iter().find(|(_, name, field)| named(name) || named(field));
        if let (Some((category, ..)), Some(level)) = (found, level) {
            levels.put(*category, level);
        }
    }
    if header.all("categories").next().is_some() {
        return levels;
    }
    let word = header.text_of("debugLevel").unwrap_or("None").to_ascii_lowercase();
    use Category::{ApexCode, ApexProfiling, Callout, Db, System};
    let listed: &[(Category, Level)] = match word.as_str() {
        "none" => &[],
        "db" => &[(ApexCode, Level::Debug), (Db, Level::Info)],
        "profiling" => &[(ApexCode, Level::Debug), (ApexProfiling, Level::Info), (Db, Level::Info)],
        "callout" => &[
            (ApexCode, Level::Debug),
            (ApexProfiling, Level::Info),
            (Callout, Level::Info),
            (Db, Level::Info),
        ],
        "detail" => &[
            (ApexCode, Level::Finest),
            (ApexProfiling, Level::Info),
            (Callout, Level::Info),
            (Db, Level::Info),
            (System, Level::Debug),
        ],
        // `Debugonly`, and whatever else a client may say.
        _ => &[(ApexCode, Level::Debug)],
    };
    listed.iter().for_each(|(category, level)| levels.put(*category, *level));
    levels
}
