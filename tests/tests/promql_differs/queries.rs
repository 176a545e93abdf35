//! Random queries over the grammar.
//!
//! What one of two versions understands otherwise is not asked, see `Dialect`; times are chosen so
//! that no moment of a subquery lies on the left edge of a range: queries are asked at seconds
//! that end in 3, subqueries reach back by seconds that end in 5, and all other lengths are whole
//! tens of seconds.

use crate::data::METRICS;
use crate::random::Random;

/// What the other server understands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// Of the version that Argand follows: all of the language, and native histograms, whose rules
    /// were not settled before.
    pub(crate) is_new: bool,
}

/// When a query is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    Instant(i64),
    Range(i64, i64, i64),
}

const OVER_TIME: [&str; 19] = [
    "rate",
    "increase",
    "delta",
    "irate",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "absent_over_time",
    "sum_over_time",
];
const NEW_OVER_TIME: [&str; 6] = [
    "mad_over_time",
    "first_over_time",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
];
const EACH: [&str; 34] = [
    "abs",
    "ceil",
    "floor",
    "exp",
    "ln",
    "log2",
    "log10",
    "sqrt",
    "sgn",
    "round",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "deg",
    "rad",
    "hour",
    "minute",
    "month",
    "year",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "timestamp",
    "absent",
];
const AGGREGATIONS: [&str; 8] = [
    "sum", "min", "max", "avg", "count", "group", "stddev", "stdvar",
];
const LABELS: [&str; 5] = ["job", "inst", "zone", "le", "nothing"];
const ARITHMETIC: [&str; 7] = ["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS: [&str; 6] = ["==", "!=", ">", "<", ">=", "<="];

/// Writes queries.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut Random,
    pub(crate) dialect: Dialect,
}

/// Whether the originals are known to answer otherwise, see the table in `main.rs`.
fn is_known_otherwise(query: &str) -> bool {
    let has = |word: &str| query.contains(word);
    let extended = has("anchored") || has("smoothed");
    ((has("log") || has("ln(") || has("^")) && has("mtiny"))
        || (has("predict_linear") && has("@"))
        || (has("timestamp(") && has("@") && (has("offset") || has("sort")))
        || (has("mtiny") && (extended || has("atan2") || has("stddev") || has("stdvar")))
        || (has("absent") && has("\","))
        || (has("avg") && has(" or "))
        || magnifies(query)
}

/// Whether the answer has changed since, see the table in `main.rs`.
fn has_changed(query: &str) -> bool {
    let has = |word: &str| query.contains(word);
    let any = |words: &[&str]| words.iter().any(|word| has(word));
    has("atan2")
        || any(&["stddev ", "stdvar "])
        || (has("mtiny") && any(&["sum", "avg", "std", "deriv", "predict_linear"]))
        || (has("modd") && any(&["deriv", "predict_linear"]))
        || (any(&["vector(", "@"]) && has(")["))
        || (has("histogram_quantile") && has("NaN"))
        || any(&["topk", "bottomk"])
}

/// Whether the last digit of one function decides on the first of another: a sine of a large
/// number.
fn magnifies(query: &str) -> bool {
    let count = |word: &str| query.matches(word).count();
    let turning: usize = ["sin(", "cos(", "tan("]
        .iter()
        .map(|word| count(word))
        .sum();
    let growing: usize = ["sinh(", "cosh(", "exp(", "^"]
        .iter()
        .map(|word| count(word))
        .sum();
    turning > 0 && growing > 0
}

impl Writer<'_> {
    /// A query, and when it is asked.
    pub(crate) fn query(&mut self) -> (String, When) {
        loop {
            let (query, when) = self.any_query();
            let changed = !self.dialect.is_new && has_changed(&query);
            if !changed && !is_known_otherwise(&query) {
                return (query, when);
            }
        }
    }

    fn any_query(&mut self) -> (String, When) {
        let depth = 1 + self.random.below(4);
        let text = match self.random.below(20) {
            0 => self.scalar(depth),
            1 if self.random.chance(50) => {
                let matrix = self.matrix(1);
                return (matrix, When::Instant(self.moment()));
            }
            2 => format!("sort{}({})", self.either("", "_desc"), self.vector(depth)),
            _ => self.vector(depth),
        };
        let when = if self.random.chance(50) {
            When::Instant(self.moment())
        } else {
            let start = self.moment();
            let step = 10_000 * (1 + self.random.below(9) as i64);
            When::Range(start, start + step * self.random.below(30) as i64, step)
        };
        (text, when)
    }

    /// A second that ends in 3, from before the first sample until behind the last.
    fn moment(&mut self) -> i64 {
        10_000 * self.random.below(300) as i64 + 3_000
    }

    fn either(&mut self, one: &'static str, other: &'static str) -> &'static str {
        if self.random.chance(50) { one } else { other }
    }

    fn number(&mut self) -> String {
        let list = [
            "0", "1", "2", "-1", "0.5", "3", "10", "100", "1e3", "-0.25", "NaN", "Inf", "-Inf",
            "0.9",
        ];
        (*self.random.of(&list)).to_owned()
    }

    fn scalar(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.number();
        }
        match self.random.below(8) {
            0 => "time()".to_owned(),
            1 => format!("scalar({})", self.vector(depth - 1)),
            2 => {
                let op = *self.random.of(&ARITHMETIC);
                let (left, right) = (self.scalar(depth - 1), self.scalar(depth - 1));
                format!("({left} {op} {right})")
            }
            3 => {
                let op = *self.random.of(&COMPARISONS);
                let (left, right) = (self.scalar(depth - 1), self.scalar(depth - 1));
                format!("({left} {op} bool {right})")
            }
            4 => format!("-{}", self.scalar(depth - 1)),
            5 => "pi()".to_owned(),
            _ => self.number(),
        }
    }

    fn metric(&mut self) -> &'static str {
        let known = if self.dialect.is_new { 8 } else { 6 };
        METRICS[self.random.below(known)].0
    }

    fn selector(&mut self) -> String {
        let mut text = self.metric().to_owned();
        let matchers = [
            "job=\"a\"",
            "job!=\"a\"",
            "job=~\"a|b\"",
            "inst!~\"1.*\"",
            "inst=\"1\"",
            "inst=~\"1.?\"",
            "zone=\"\"",
            "zone!=\"\"",
            "job=~\".+\"",
            "le=\"+Inf\"",
            "nothing=~\".*\"",
            "inst=~\"\"",
        ];
        if self.random.chance(60) {
            let mut list = vec![*self.random.of(&matchers)];
            if self.random.chance(20) {
                list.push(*self.random.of(&matchers));
            }
            text = format!("{text}{{{}}}", list.join(","));
        }
        text
    }

    fn modifiers(&mut self) -> String {
        let mut text = String::new();
        if self.random.chance(12) {
            let at = match self.random.below(4) {
                0 => "start()".to_owned(),
                1 => "end()".to_owned(),
                _ => (self.moment() / 1000).to_string(),
            };
            text = format!(" @ {at}");
        }
        if self.random.chance(15) {
            let sign = self.either("", "-");
            text = format!("{text} offset {sign}{}0s", 1 + self.random.below(40));
        }
        text
    }

    fn matrix(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.chance(25) {
            let inner = self.vector(depth - 1);
            let range = 10 * self.random.below(60) + 5;
            let step = *self.random.of(&["10s", "30s", "1m", ""]);
            return format!("({inner})[{range}s:{step}]{}", self.modifiers());
        }
        let range = 10 * (1 + self.random.below(60));
        format!("{}[{range}s]{}", self.selector(), self.modifiers())
    }

    fn over_time(&mut self, depth: usize) -> String {
        let matrix = self.matrix(depth);
        match self.random.below(14) {
            0 => format!("quantile_over_time({}, {matrix})", self.scalar(0)),
            1 => format!("predict_linear({matrix}, {})", self.scalar(0)),
            2 | 3 if self.dialect.is_new => {
                format!("{}({matrix})", self.random.of(&NEW_OVER_TIME))
            }
            4 if self.dialect.is_new => {
                let (smooth, trend) = (self.either("0.5", "0.1"), self.either("0.3", "0.9"));
                format!("double_exponential_smoothing({matrix}, {smooth}, {trend})")
            }
            5 if self.dialect.is_new => {
                let mode = self.either("anchored", "smoothed");
                let name = *self.random.of(&["rate", "increase", "delta"]);
                let range = 10 * (1 + self.random.below(60));
                format!("{name}({}[{range}s] {mode})", self.selector())
            }
            _ => {
                let function = *self.random.of(&OVER_TIME);
                let counts = matches!(function, "rate" | "increase");
                if counts && !self.dialect.is_new {
                    // Only of these is it sure that extrapolation does not reach zero.
                    let range = 10 * (1 + self.random.below(60));
                    let modifiers = self.modifiers();
                    return format!("{function}(mcounter_total[{range}s]{modifiers})");
                }
                format!("{function}({matrix})")
            }
        }
    }

    fn labels(&mut self) -> String {
        let count = self.random.below(3);
        let list: Vec<&str> = (0..count).map(|_| *self.random.of(&LABELS)).collect();
        format!("({})", list.join(", "))
    }

    fn grouping(&mut self) -> String {
        match self.random.below(4) {
            0 => String::new(),
            1 => format!("without {}", self.labels()),
            _ => format!("by {}", self.labels()),
        }
    }

    fn aggregation(&mut self, depth: usize) -> String {
        let grouping = self.grouping();
        let vector = self.vector(depth - 1);
        // Of equal values the first ones are picked, and what comes out of most functions has no
        // order in range queries.
        let ordered = match self.random.below(3) {
            0 => self.selector(),
            _ => format!(
                "{}({}[90s])",
                self.random.of(&OVER_TIME[..16]),
                self.selector()
            ),
        };
        match self.random.below(16) {
            0 => format!("topk {grouping} ({}, {ordered})", self.random.below(4)),
            1 => format!("bottomk {grouping} ({}, {ordered})", self.random.below(4)),
            2 => format!("quantile {grouping} ({}, {vector})", self.scalar(0)),
            3 => {
                let selector = self.selector();
                format!("count_values {grouping} (\"value\", {selector})")
            }
            4 if self.dialect.is_new => {
                format!("limitk {grouping} ({}, {ordered})", self.random.below(4))
            }
            5 if self.dialect.is_new => {
                let ratio = *self.random.of(&["0.5", "-0.3", "1", "0", "2"]);
                format!("limit_ratio {grouping} ({ratio}, {vector})")
            }
            _ => format!("{} {grouping} ({vector})", self.random.of(&AGGREGATIONS)),
        }
    }

    /// How two vectors match, `on` and `group_left` included.
    fn matching(&mut self, is_set: bool) -> String {
        let mut text = match self.random.below(5) {
            0 => String::new(),
            1 => format!(" ignoring {}", self.labels()),
            2 => " on (job, inst)".to_owned(),
            3 => " on (inst)".to_owned(),
            _ => format!(" on {}", self.labels()),
        };
        if is_set {
            return text;
        }
        if !text.is_empty() && self.random.chance(40) {
            let include = self.either("()", "(zone)");
            let side = self.either("left", "right");
            text = format!("{text} group_{side} {include}");
        }
        if self.dialect.is_new && self.random.chance(15) {
            let fill = *self.random.of(&["fill", "fill_left", "fill_right"]);
            text = format!("{text} {fill} ({})", self.random.below(3));
        }
        text
    }

    fn binary(&mut self, depth: usize) -> String {
        let left = self.vector(depth - 1);
        let (kind, against) = (self.random.below(10), self.random.below(3));
        let set = *self.random.of(&["and", "or", "unless"]);
        let arithmetic = *self.random.of(&ARITHMETIC);
        let comparison = *self.random.of(&COMPARISONS);
        let op = match kind {
            0..=1 => format!("{set}{}", self.matching(true)),
            2..=5 if against > 0 => format!("{arithmetic}{}", self.matching(false)),
            _ if against > 0 => {
                format!(
                    "{comparison}{}{}",
                    self.either("", " bool"),
                    self.matching(false)
                )
            }
            2..=5 => arithmetic.to_owned(),
            _ => format!("{comparison}{}", self.either("", " bool")),
        };
        let right = if kind > 1 && against == 0 {
            self.scalar(depth - 1)
        } else {
            self.vector(depth - 1)
        };
        match kind > 1 && against == 0 && self.random.chance(40) {
            true => format!("({right} {op} {left})"),
            false => format!("({left} {op} {right})"),
        }
    }

    fn histogram(&mut self, depth: usize) -> String {
        let range = 10 * (3 + self.random.below(40));
        let buckets = if self.dialect.is_new && self.random.chance(60) {
            let metric = *self.random.of(&["mnative", "mmixed"]);
            format!("rate({metric}[{range}s])")
        } else if self.dialect.is_new {
            format!("rate(mclassic_bucket[{range}s])")
        } else {
            "mclassic_bucket".to_owned()
        };
        let input = match self.random.below(4) {
            0 => self.vector(depth - 1),
            1 => format!("sum by (le, job) ({buckets})"),
            2 => format!("sum by (le) ({buckets})"),
            _ => buckets,
        };
        match self.random.below(if self.dialect.is_new { 8 } else { 2 }) {
            0..=2 => format!("histogram_quantile({}, {input})", self.scalar(0)),
            3 => format!(
                "histogram_fraction({}, {}, {input})",
                self.scalar(0),
                self.scalar(0)
            ),
            _ => {
                let name = *self.random.of(&["avg", "count", "sum", "stddev", "stdvar"]);
                format!("histogram_{name}({input})")
            }
        }
    }

    fn labelling(&mut self, depth: usize) -> String {
        let vector = self.vector(depth - 1);
        let (target, source) = (*self.random.of(&LABELS), *self.random.of(&LABELS));
        match self.random.below(3) {
            0 => format!("label_join({vector}, \"{target}\", \"-\", \"{source}\", \"job\")"),
            1 => format!("label_replace({vector}, \"{target}\", \"x$1\", \"{source}\", \"(.*)\")"),
            _ => {
                let pattern = *self.random.of(&["(a|b)", "1(.?)", "", "(?P<n>.)0", "["]);
                let value = *self.random.of(&["$1", "${n}", "$0-$$", "", "fixed"]);
                format!(
                    "label_replace({vector}, \"{target}\", \"{value}\", \"{source}\", \"{pattern}\")"
                )
            }
        }
    }

    fn vector(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.below(8) {
                0 => format!("vector({})", self.scalar(0)),
                _ => format!("{}{}", self.selector(), self.modifiers()),
            };
        }
        match self.random.below(28) {
            0..=1 => self.vector(0),
            2..=9 => self.over_time(depth - 1),
            10..=12 => format!("{}({})", self.random.of(&EACH), self.vector(depth - 1)),
            13..=18 => self.aggregation(depth),
            19..=23 => self.binary(depth),
            24 => self.histogram(depth),
            25 => self.labelling(depth),
            26 => match self.random.below(4) {
                0 => {
                    let (low, high) = (self.scalar(0), self.scalar(0));
                    format!("clamp({}, {low}, {high})", self.vector(depth - 1))
                }
                1 => format!(
                    "clamp_min({}, {})",
                    self.vector(depth - 1),
                    self.scalar(depth - 1)
                ),
                2 => format!(
                    "clamp_max({}, {})",
                    self.vector(depth - 1),
                    self.scalar(depth - 1)
                ),
                _ => format!("round({}, {})", self.vector(depth - 1), self.scalar(0)),
            },
            _ => format!("{}({})", self.either("-", ""), self.vector(depth - 1)),
        }
    }
}
