//! `eval …` with the lines that say what is expected.

use model::{Labels, Pattern, duration};

use super::ScriptError;
use super::notation::{Written, labels, number, split, values};

/// When a query is evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
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

/// Reads an `eval` command with its block.
pub(super) fn parse(
    line: usize,
    command: &str,
    block: &[(usize, &str)],
) -> Result<Expected, ScriptError> {
    let (when, query) = when(command)
        .ok_or_else(|| ScriptError::new(line, format!("cannot be read: {command}")))?;
    let word = command.split_whitespace().next().unwrap_or("");
    let mut expected = Expected {
        when,
        query,
        ordered: word == "eval_ordered",
        fail: (word == "eval_fail").then_some(Says::Anything),
        warnings: if word == "eval_warn" {
            vec![Says::Anything]
        } else {
            Vec::new()
        },
        infos: if word == "eval_info" {
            vec![Says::Anything]
        } else {
            Vec::new()
        },
        no_warnings: false,
        no_infos: false,
        scalar: None,
        string: None,
        series: Vec::new(),
    };
    for (line, text) in block {
        read_line(&mut expected, text).map_err(|reason| ScriptError::new(*line, reason))?;
    }
    Ok(expected)
}

fn read_line(expected: &mut Expected, text: &str) -> Result<(), String> {
    if let Some(rest) = text.strip_prefix("expect ").map(str::trim_start) {
        let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return directive(expected, kind, rest.trim());
    }
    for (prefix, exact) in [
        ("expected_fail_message ", true),
        ("expected_fail_regexp ", false),
    ] {
        if let Some(rest) = text.strip_prefix(prefix) {
            let says = if exact { Says::Exactly } else { Says::Matches };
            expected.fail = Some(says(rest.trim().to_owned()));
            return Ok(());
        }
    }
    let (series, notation) = split(text);
    if let (true, Some(value)) = (notation.is_empty(), number(series)) {
        expected.scalar = Some(value);
        return Ok(());
    }
    expected.series.push((labels(series)?, values(notation)?));
    Ok(())
}

fn directive(expected: &mut Expected, kind: &str, rest: &str) -> Result<(), String> {
    let says = match (rest.strip_prefix("msg:"), rest.strip_prefix("regex:")) {
        (Some(text), _) => Says::Exactly(text.trim().to_owned()),
        (None, Some(pattern)) => Says::Matches(pattern.trim().to_owned()),
        (None, None) => Says::Anything,
    };
    match kind {
        "fail" => expected.fail = Some(says),
        "warn" => expected.warnings.push(says),
        "info" => expected.infos.push(says),
        "no_warn" => expected.no_warnings = true,
        "no_info" => expected.no_infos = true,
        "ordered" => expected.ordered = true,
        "string" => {
            let text = rest
                .strip_prefix(['"', '`'])
                .and_then(|t| t.strip_suffix(['"', '`']));
            expected.string = Some(text.unwrap_or(rest).to_owned());
        }
        _ => return Err(format!("unknown expectation {kind:?}")),
    }
    Ok(())
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace)?;
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

fn when(command: &str) -> Option<(When, String)> {
    let (_, rest) = word(command)?;
    if let Some(rest) = keyword(rest, "instant") {
        let Some(rest) = keyword(rest, "at") else {
            return Some((When::Instant(0), rest.to_owned()));
        };
        let (time, query) = time(rest)?;
        return Some((When::Instant(time), query.to_owned()));
    }
    let rest = keyword(rest, "range")?;
    let (start, rest) = time(keyword(rest, "from")?)?;
    let (end, rest) = time(keyword(rest, "to")?)?;
    let (step, query) = time(keyword(rest, "step")?)?;
    Some((When::Range { start, end, step }, query.to_owned()))
}
