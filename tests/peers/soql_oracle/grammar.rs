//! Makes queries by the documented grammar, and spoils them.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

const FIELDS: [&str; 14] = [
    "Id",
    "Name",
    "Amount__c",
    "Owner.Name",
    "Account.Owner.Profile.Name",
    "ns__Field__c",
    "ns__Link__r.ns__Name__c",
    "CreatedDate",
    "Industry",
    "What.Type",
    "a.Name",
    "Parent.Parent.Parent.Parent.Name",
    "Group",
    "Order",
];
const OBJECTS: [&str; 7] = ["Account", "Contact", "Group", "Order", "ns__Thing__c", "Case", "Opportunity"];
const DATES: [&str; 16] = [
    "TODAY",
    "yesterday",
    "LAST_90_DAYS",
    "THIS_WEEK",
    "NEXT_MONTH",
    "LAST_N_DAYS:30",
    "NEXT_N_WEEKS:2",
    "N_MONTHS_AGO:3",
    "LAST_FISCAL_QUARTER",
    "N_FISCAL_YEARS_AGO:1",
    "2026-01-31",
    "2026-01-31T10:00:00Z",
    "2026-01-31T10:00:00.123Z",
    "2026-01-31T10:00:00+01:00",
    "2026-01-31T10:00:00-0800",
    "LAST_N_FISCAL_QUARTERS:2",
];
const VALUES: [&str; 16] = [
    "'x'",
    "'it\\'s'",
    "''",
    "'a\\\\b'",
    "'%a\\_b%'",
    "'ä 😀'",
    "1",
    "-1.5",
    "0",
    "+2",
    ".5",
    "null",
    "TRUE",
    "false",
    "USD100",
    "EUR12.50",
];
const PARTS: [&str; 8] = [
    "CALENDAR_YEAR",
    "calendar_month",
    "FISCAL_QUARTER",
    "DAY_IN_WEEK",
    "DAY_ONLY",
    "HOUR_IN_DAY",
    "WEEK_IN_YEAR",
    "DAY_IN_YEAR",
];

/// A source of queries.
pub struct Grammar<'a> {
    random: &'a mut StdRng,
    depth: usize,
}

impl<'a> Grammar<'a> {
    pub fn new(random: &'a mut StdRng) -> Self {
        Self { random, depth: 0 }
    }

    fn one(&mut self, of: &[&str]) -> String {
        of.choose(self.random).copied().unwrap_or_default().to_owned()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn some(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> String, between: &str) -> String {
        let count = self.random.random_range(1..=most);
        (0..count).map(|_| make(self)).collect::<Vec<_>>().join(between)
    }

    /// A whole query.
    pub fn query(&mut self) -> String {
        if self.chance(10) {
            let object = self.one(&OBJECTS);
            let rest = self.filter();
            return format!("SELECT COUNT() FROM {object}{rest}{}", self.cut());
        }
        if self.chance(30) { self.grouped() } else { self.plain() }
    }

    fn plain(&mut self) -> String {
        let items = self.some(4, Self::item, ", ");
        let object = self.one(&OBJECTS);
        let alias = if self.chance(20) { " a" } else { "" };
        let scope = if self.chance(10) { " USING SCOPE mine" } else { "" };
        let filter = self.filter();
        let with = match self.random.random_range(0..20) {
            0 => " WITH SECURITY_ENFORCED",
            1 => " WITH USER_MODE",
            2 => " WITH DATA CATEGORY Geography__c ABOVE usa__c AND Product__c AT (mobile__c, phones__c)",
            _ => "",
        };
        let order = if self.chance(30) {
            format!(" ORDER BY {}", self.some(2, Self::order, ", "))
        } else {
            String::new()
        };
        let end = match self.random.random_range(0..16) {
            0 => " FOR VIEW",
            1 => " FOR REFERENCE",
            2 => " FOR UPDATE",
            3 => " UPDATE TRACKING",
            4 => " FOR VIEW UPDATE VIEWSTAT",
            _ => "",
        };
        format!("SELECT {items} FROM {object}{alias}{scope}{filter}{with}{order}{}{end}", self.cut())
    }

    fn grouped(&mut self) -> String {
        let (a, b) = (self.one(&FIELDS), self.group());
        let aggregate = self.aggregate();
        let groups = match self.random.random_range(0..6) {
            0 => format!("ROLLUP({a}, Industry)"),
            1 => format!("CUBE({a})"),
            2 => format!("{a}, {b}"),
            _ => a.clone(),
        };
        let having =
            if self.chance(40) { format!(" HAVING {} > 1", self.aggregate()) } else { String::new() };
        let order = if self.chance(30) {
            format!(" ORDER BY {} DESC NULLS LAST", self.aggregate())
        } else {
            String::new()
        };
        let (object, filter) = (self.one(&OBJECTS), self.filter());
        let alias = if self.chance(50) { " total" } else { "" };
        format!(
            "SELECT {a}, {aggregate}{alias} FROM {object}{filter} GROUP BY {groups}{having}{order}{}",
            self.cut()
        )
    }

    fn group(&mut self) -> String {
        if self.chance(50) {
            return self.one(&FIELDS);
        }
        let part = self.one(&PARTS);
        if self.chance(30) {
            format!("{part}(convertTimezone(CreatedDate))")
        } else {
            format!("{part}(CreatedDate)")
        }
    }

    fn aggregate(&mut self) -> String {
        let function = self.one(&["COUNT", "count_distinct", "MIN", "MAX", "SUM", "AVG"]);
        format!("{function}({})", self.one(&FIELDS))
    }

    fn item(&mut self) -> String {
        match self.random.random_range(0..14) {
            0 if self.depth < 2 => {
                self.depth += 1;
                let items = self.some(2, Self::item, ", ");
                let filter = self.filter();
                self.depth -= 1;
                format!("(SELECT {items} FROM Contacts{filter}{})", self.cut())
            }
            1 => format!("toLabel({})", self.one(&FIELDS)),
            2 => format!("FORMAT({}) shown", self.one(&FIELDS)),
            3 => "convertCurrency(Amount__c) converted".to_owned(),
            4 => "FORMAT(convertCurrency(Amount__c)) money".to_owned(),
            5 => "DISTANCE(Site__c, GEOLOCATION(37.775, -122.418), 'mi') far".to_owned(),
            6 => "TYPEOF What WHEN Account THEN Phone, Name WHEN Case THEN Subject ELSE Name END".to_owned(),
            7 => "FIELDS(STANDARD)".to_owned(),
            _ => self.one(&FIELDS),
        }
    }

    fn filter(&mut self) -> String {
        if self.chance(30) { String::new() } else { format!(" WHERE {}", self.condition(0)) }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth > 2 || self.chance(40) {
            return self.comparison();
        }
        if self.chance(15) {
            return format!("NOT ({})", self.condition(depth + 1));
        }
        let word = if self.chance(50) { " AND " } else { " or " };
        self.some(
            3,
            |grammar| {
                if grammar.chance(40) {
                    format!("({})", grammar.condition(depth + 1))
                } else {
                    grammar.comparison()
                }
            },
            word,
        )
    }

    fn comparison(&mut self) -> String {
        let field = self.one(&FIELDS);
        match self.random.random_range(0..12) {
            0 => format!("{field} IN ({})", self.some(3, Self::value, ", ")),
            1 => format!("{field} NOT IN ({})", self.some(3, Self::value, ",")),
            2 => format!("{field} LIKE '%x_\\%'"),
            3 => format!("{field} INCLUDES ('a;b', 'c')"),
            4 => format!("{field} excludes ('a')"),
            5 if self.depth == 0 => format!("Id IN (SELECT AccountId FROM Contact WHERE {field} = 'x')"),
            6 => format!("{}(CreatedDate) = 3", self.one(&PARTS)),
            7 => "DISTANCE(Site__c, GEOLOCATION(-10, 20.5), 'km') < 20".to_owned(),
            8 => "toLabel(Industry) = 'x'".to_owned(),
            _ => {
                let operator = self.one(&["=", "!=", "<>", "<", "<=", ">", ">="]);
                let blank = if self.chance(70) { " " } else { "" };
                format!("{field}{blank}{operator}{blank}{}", self.value())
            }
        }
    }

    fn value(&mut self) -> String {
        if self.chance(40) { self.one(&DATES) } else { self.one(&VALUES) }
    }

    fn order(&mut self) -> String {
        let by = if self.chance(85) {
            self.one(&FIELDS)
        } else {
            "DISTANCE(Site__c, GEOLOCATION(1,2), 'km')".to_owned()
        };
        let way = self.one(&["", " ASC", " desc", " NULLS FIRST", " DESC NULLS LAST"]);
        format!("{by}{way}")
    }

    fn cut(&mut self) -> String {
        self.one(&["", "", " LIMIT 10", " LIMIT 0", " LIMIT 200 OFFSET 5", " OFFSET 100"])
    }
}

/// Pieces that spoil.
const PIECES: [&str; 40] = [
    "(",
    ")",
    ",",
    ".",
    "=",
    "==",
    "'",
    "\\",
    ":",
    "*",
    ";",
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "NULL",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "OFFSET",
    "HAVING",
    "IN",
    "LIKE",
    "FOR",
    "USING SCOPE",
    "WITH",
    "ALL ROWS",
    "ASC",
    "COUNT()",
    "MAX(",
    "1",
    "-1",
    "'x'",
    "x",
    "2026-13-01",
    "LAST_N_DAYS",
    "/* x */",
    "\"",
];

/// The query with one of its words dropped, doubled, exchanged or followed by something odd.
pub fn mutant(query: &str, random: &mut StdRng) -> String {
    let mut words: Vec<String> = words(query).into_iter().map(str::to_owned).collect();
    let place = random.random_range(0..words.len());
    let other = random.random_range(0..words.len());
    match random.random_range(0..5) {
        0 => words[place].clear(),
        1 => words[place] = format!("{0} {0}", words[place]),
        2 => words.swap(place, other),
        _ => words[place].push_str(&format!(" {} ", PIECES.choose(random).unwrap_or(&""))),
    }
    words.concat()
}

/// Words, with the blanks behind them, and single marks.
fn words(query: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut blank = true;
    for (at, letter) in query.char_indices() {
        let word = letter.is_alphanumeric() || letter == '_';
        if at > from && (!word || blank) && letter != ' ' {
            words.push(&query[from..at]);
            from = at;
        }
        blank = !word;
    }
    words.push(&query[from..]);
    words
}
