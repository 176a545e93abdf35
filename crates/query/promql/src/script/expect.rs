//! `eval …` with the lines that say what is expected.

use model::{Labels, Pattern, duration};

use super::ScriptError;
use super::lines::Lines;
use super::notation::{Written, labels, number, split, values};
use crate::ast::ExprKind;

/// When a query is evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    Instant(i64),
    /// At its end, for the samples of a range vector that lie at these moments.
    Window(Grid),
    Range(Grid),
}

/// Moments at equal distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) step: i64,
}

impl Grid {
    /// Which of the moments this is.
    pub(super) fn place(&self, time: i64) -> Option<usize> {
        let behind = time.checked_sub(self.start).filter(|_| time <= self.end)?;
        let is_on = self.step > 0 && behind % self.step == 0;
        is_on.then(|| usize::try_from(behind / self.step).ok())?
    }
}

/// What a note or an error must say.
#[derive(Clone, Debug)]
pub(super) enum Says {
    Anything,
    Exactly(String),
    Matches(String),
}

/// What an evaluation must give.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) when: When,
    pub(super) query: String,
    pub(super) ordered: bool,
    pub(super) fail: Option<Says>,
    pub(super) warnings: Vec<Says>,
    pub(super) infos: Vec<Says>,
    pub(super) no_warnings: bool,
    pub(super) no_infos: bool,
    pub(super) scalar: Option<f64>,
    pub(super) string: Option<String>,
    pub(super) series: Vec<(Labels, Vec<Option<Written>>)>,
}

impl Says {
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Exactly(wanted) => wanted == text,
            Self::Matches(pattern) => {
                Pattern::new(&format!(".*(?:{pattern}).*")).is_ok_and(|p| p.matches(text))
            }
        }
    }
}

/// Reads an `eval` command with the lines that follow it.
pub(super) fn parse(
    line: usize,
    command: &str,
    lines: &mut Lines<'_>,
) -> Result<Expected, ScriptError> {
    let fail = |reason: String| ScriptError::new(line, reason);
    let (word, rest) = word(command).ok_or_else(|| fail(format!("cannot be read: {command}")))?;
    let (when, query) = when(rest).ok_or_else(|| fail(format!("cannot be read: {command}")))?;
    let mut expected = Expected {
        when,
        query,
        ordered: false,
        fail: None,
        warnings: Vec::new(),
        infos: Vec::new(),
        no_warnings: false,
        no_infos: false,
        scalar: None,
        string: None,
        series: Vec::new(),
    };
    match word {
        "eval" => {}
        "eval_fail" => expected.fail = Some(Says::Anything),
        "eval_warn" => expected.warnings.push(Says::Anything),
        "eval_info" => expected.infos.push(Says::Anything),
        "eval_ordered" if matches!(when, When::Instant(_)) => expected.ordered = true,
        _ => return Err(fail(format!("unknown command {word:?}"))),
    }
    let mut outcome = Ok(());
    lines.each_of_block(|(line, text)| match read_line(&mut expected, text) {
        Ok(more) => more,
        Err(reason) => {
            outcome = Err(ScriptError::new(line, reason));
            false
        }
    });
    outcome?;
    check(&expected).map_err(fail)?;
    Ok(expected)
}

/// What cannot be expected together.
fn check(expected: &Expected) -> Result<(), String> {
    for (kind, wanted, none) in [
        ("warn", &expected.warnings, expected.no_warnings),
        ("info", &expected.infos, expected.no_infos),
    ] {
        if none && !wanted.is_empty() {
            return Err(format!("{kind} and no_{kind} cannot be expected together"));
        }
    }
    let single = matches!(expected.when, When::Instant(_));
    if single && expected.series.iter().any(|(_, values)| values.len() != 1) {
        return Err(
            "an instant query has one value a series; a range vector is expected with \"expect range vector\""
                .to_owned(),
        );
    }
    Ok(())
}

/// Answers whether further lines may belong to the same evaluation.
fn read_line(expected: &mut Expected, text: &str) -> Result<bool, String> {
    if let Some(rest) = text.strip_prefix("expect ").map(str::trim_start) {
        let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        directive(expected, kind, rest.trim())?;
        return Ok(true);
    }
    for (prefix, exact) in [
        ("expected_fail_message", true),
        ("expected_fail_regexp", false),
    ] {
        if let (Some(rest), Some(_)) = (text.strip_prefix(prefix), &expected.fail) {
            let says = if exact { Says::Exactly } else { Says::Matches };
            expected.fail = Some(says(rest.trim().to_owned()));
            return Ok(false);
        }
    }
    let (series, notation) = split(text);
    if let (true, Some(value)) = (notation.is_empty(), number(series)) {
        expected.scalar = Some(value);
        return Ok(false);
    }
    let (labels, values) = (labels(series)?, values(notation)?);
    // As upstream has it, the last line of a series counts.
    expected.series.retain(|(known, _)| *known != labels);
    expected.series.push((labels, values));
    Ok(true)
}

fn directive(expected: &mut Expected, kind: &str, rest: &str) -> Result<(), String> {
    let unknown = || format!("unknown expectation \"expect {kind} {rest}\"");
    match kind {
        "string" => {
            expected.string = Some(string(rest).ok_or_else(unknown)?);
            return Ok(());
        }
        "range" => {
            let grid = keyword(rest, "vector").and_then(grid);
            let (grid, _) = grid
                .filter(|(_, rest)| rest.is_empty())
                .ok_or_else(unknown)?;
            expected.when = When::Window(grid);
            return Ok(());
        }
        "ordered" | "no_warn" | "no_info" if !rest.is_empty() => return Err(unknown()),
        "ordered" => expected.ordered = true,
        "no_warn" => expected.no_warnings = true,
        "no_info" => expected.no_infos = true,
        "warn" => expected.warnings.push(says(rest).ok_or_else(unknown)?),
        "info" => expected.infos.push(says(rest).ok_or_else(unknown)?),
        "fail" if matches!(expected.fail, Some(Says::Exactly(_) | Says::Matches(_))) => {
            return Err("a query fails once: more than one line says how".to_owned());
        }
        "fail" => expected.fail = Some(says(rest).ok_or_else(unknown)?),
        _ => return Err(unknown()),
    }
    Ok(())
}

fn says(rest: &str) -> Option<Says> {
    match (rest.strip_prefix("msg:"), rest.strip_prefix("regex:")) {
        (Some(text), _) => Some(Says::Exactly(text.trim().to_owned())),
        (None, Some(pattern)) => Some(Says::Matches(pattern.trim().to_owned())),
        (None, None) => rest.is_empty().then_some(Says::Anything),
    }
}

/// A quoted text without its quotes.
fn string(literal: &str) -> Option<String> {
    match crate::parse(literal).ok()?.kind {
        ExprKind::String(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// The first word, and what stands behind it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    Some((word, rest.trim_start()))
}

fn keyword<'t>(text: &'t str, wanted: &str) -> Option<&'t str> {
    word(text)
        .filter(|(word, _)| *word == wanted)
        .map(|(_, rest)| rest)
}

fn time(text: &str) -> Option<(i64, &str)> {
    let (text, rest) = word(text)?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let millis = match digits.parse::<f64>() {
        Ok(seconds) => (seconds * 1000.0).round() as i64,
        Err(_) => duration::parse(digits).ok()?,
    };
    Some((if negative { -millis } else { millis }, rest))
}

/// `from … to … step …`, and what stands behind it.
fn grid(text: &str) -> Option<(Grid, &str)> {
    let (start, rest) = time(keyword(text, "from")?)?;
    let (end, rest) = time(keyword(rest, "to")?)?;
    let (step, rest) = time(keyword(rest, "step")?)?;
    (start <= end).then_some((Grid { start, end, step }, rest))
}

fn when(text: &str) -> Option<(When, String)> {
    let (when, query) = match keyword(text, "instant") {
        Some(rest) => {
            let (time, query) = match keyword(rest, "at") {
                Some(rest) => time(rest)?,
                None => (0, rest),
            };
            (When::Instant(time), query)
        }
        None => {
            let (grid, query) = grid(keyword(text, "range")?)?;
            (When::Range(grid), query)
        }
    };
    (!query.is_empty()).then(|| (when, query.to_owned()))
}
