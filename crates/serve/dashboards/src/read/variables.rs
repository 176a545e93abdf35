//! Variables of a dashboard.

use serde_json::Value;

use super::json::{as_text, flag, get, list, text, texts, whole};
use super::problems::Problems;
use super::sources::{Sources, of_type};
use super::variable_query::variable_query;
use crate::model::{Auto, Hide, Refresh, Signal, Sort, Variable, VariableKind, VariableOption};

/// Variables of one dashboard: each is a field at its top.
const MAX_VARIABLES: usize = 200;

/// Values in a document's list for one variable.
const MAX_OPTIONS: usize = 5_000;

/// The value that stands for all of them.
const ALL: &str = "$__all";

/// The variables of a document.
pub(crate) fn variables(
    document: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<Variable> {
    let given = list(get(document, "templating"), "list");
    let mut found: Vec<Variable> = Vec::new();
    for (place, one) in given.iter().enumerate() {
        let below = format!("templating.list[{place}]");
        if found.len() >= MAX_VARIABLES {
            problems.note(
                below,
                format!("only the first {MAX_VARIABLES} variables are used"),
            );
            break;
        }
        if let Some(variable) = variable(one, sources, &below, problems) {
            found.push(variable);
        }
    }
    found
}

fn variable(
    one: &Value,
    sources: &Sources,
    below: &str,
    problems: &mut Problems,
) -> Option<Variable> {
    let name = text(one, "name");
    let given = text(one, "type");
    let Some(kind) = kind(&given).filter(|_| !name.is_empty()) else {
        let told = format!("variables of kind {given:?} are not available");
        problems.note(format!("{below}.type"), told);
        return None;
    };
    let mut variable = Variable {
        kind,
        label: text(one, "label"),
        description: text(one, "description"),
        hide: match whole(one, "hide") {
            Some(1) => Hide::Label,
            Some(2) => Hide::Variable,
            _ => Hide::None,
        },
        multi: flag(one, "multi"),
        include_all: flag(one, "includeAll"),
        all_value: text(one, "allValue"),
        query: None,
        regex: text(one, "regex"),
        sort: sort(whole(one, "sort")),
        refresh: match whole(one, "refresh") {
            Some(1) => Refresh::Load,
            Some(2) => Refresh::Time,
            _ => Refresh::Never,
        },
        options: Vec::new(),
        auto: None,
        current: current(get(one, "current")),
        name,
    };
    match kind {
        VariableKind::Query => query(&mut variable, one, sources, below, problems),
        VariableKind::Datasource => source(&mut variable, one, below, problems),
        VariableKind::Interval => interval(&mut variable, one),
        VariableKind::Custom => variable.options = options(one),
        VariableKind::Textbox => {
            let value = text(one, "query");
            if variable.current.is_empty() && !value.is_empty() {
                variable.current = vec![value];
            }
        }
        VariableKind::Constant => {
            let value = text(one, "query");
            variable.current = vec![value.clone()];
            variable.options = vec![named(&value)];
        }
        VariableKind::Adhoc => variable.current = filters(one),
    }
    Some(variable)
}

fn kind(word: &str) -> Option<VariableKind> {
    Some(match word {
        "query" => VariableKind::Query,
        "datasource" => VariableKind::Datasource,
        "interval" => VariableKind::Interval,
        "custom" => VariableKind::Custom,
        "textbox" => VariableKind::Textbox,
        "constant" => VariableKind::Constant,
        "adhoc" => VariableKind::Adhoc,
        _ => return None,
    })
}

/// The order by its number in the document.
fn sort(number: Option<u32>) -> Sort {
    match number {
        Some(1) => Sort::AlphabeticalAsc,
        Some(2) => Sort::AlphabeticalDesc,
        Some(3) => Sort::NumericalAsc,
        Some(4) => Sort::NumericalDesc,
        Some(5) => Sort::AlphabeticalCiAsc,
        Some(6) => Sort::AlphabeticalCiDesc,
        Some(7) => Sort::NaturalAsc,
        Some(8) => Sort::NaturalDesc,
        _ => Sort::None,
    }
}

/// What is chosen: a value, several, or all of them.
fn current(current: &Value) -> Vec<String> {
    let mut values = texts(current, "value");
    if values.is_empty() {
        values = texts(current, "text");
    }
    // Old documents have the word alone, and a list of one that means all.
    match values.as_slice() {
        [one] if one == "All" || one == ALL => vec![ALL.to_owned()],
        _ => values,
    }
}

fn query(
    variable: &mut Variable,
    one: &Value,
    sources: &Sources,
    below: &str,
    problems: &mut Problems,
) {
    let signal = sources.signal(get(one, "datasource"));
    if matches!(signal, Some(Signal::Other | Signal::Logs)) {
        let told = "the data source of this variable is not available here; it keeps its values";
        problems.note(format!("{below}.datasource"), told);
        variable.options = listed(one);
        return;
    }
    variable.query = variable_query(get(one, "query"));
    if variable.query.is_none() {
        let told = "the query of this variable is not known; it keeps its values";
        problems.note(format!("{below}.query"), told);
        variable.options = listed(one);
    }
}

/// There is one source of each signal here, whatever name the document chose.
fn source(variable: &mut Variable, one: &Value, below: &str, problems: &mut Problems) {
    let given = text(one, "query");
    let name = match of_type(&given) {
        Signal::Metrics => "prometheus",
        Signal::Logs => "loki",
        Signal::Other => {
            let told = format!("data sources of kind {given:?} are not available here");
            problems.note(format!("{below}.query"), told);
            &given
        }
    };
    variable.options = vec![named(name)];
    variable.current = vec![name.to_owned()];
    variable.regex = String::new();
}

fn interval(variable: &mut Variable, one: &Value) {
    let given = options(one).into_iter();
    let is_auto = |option: &VariableOption| option.value.contains("$__auto_interval");
    variable.options = given.filter(|option| !is_auto(option)).collect();
    if flag(one, "auto") {
        let min = text(one, "auto_min");
        variable.auto = Some(Auto {
            count: whole(one, "auto_count").unwrap_or(30).max(1),
            min: if min.is_empty() {
                "10s".to_owned()
            } else {
                min
            },
        });
    }
    for value in &mut variable.current {
        if value.starts_with("$__auto_interval") {
            *value = "auto".to_owned();
        }
    }
}

/// What there is to choose from: the list in `query`, or else the options that were kept.
fn options(one: &Value) -> Vec<VariableOption> {
    let listed_text = text(one, "query");
    if listed_text.trim().is_empty() {
        return listed(one);
    }
    let parts = split(&listed_text).into_iter();
    let options = parts.map(|part| match part.split_once(" : ") {
        Some((text, value)) => VariableOption {
            text: text.trim().to_owned(),
            value: value.trim().to_owned(),
        },
        None => named(part.trim()),
    });
    let options = options.filter(|option| !option.value.is_empty());
    options.take(MAX_OPTIONS).collect()
}

/// Splits at commas that no backslash stands before.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let character = match (character, characters.peek()) {
            ('\\', Some(',')) => {
                characters.next();
                ','
            }
            (',', _) => {
                parts.push(String::new());
                continue;
            }
            (character, _) => character,
        };
        if let Some(last) = parts.last_mut() {
            last.push(character);
        }
    }
    parts
}

/// The options that were kept in the document.
fn listed(one: &Value) -> Vec<VariableOption> {
    let given = list(one, "options").iter().take(MAX_OPTIONS);
    let options = given.map(|option| {
        let value = as_text(get(option, "value"));
        let name = as_text(get(option, "text"));
        let text = if name.is_empty() { value.clone() } else { name };
        VariableOption { text, value }
    });
    options
        .filter(|option| option.value != ALL && !option.value.is_empty())
        .collect()
}

fn named(value: &str) -> VariableOption {
    VariableOption {
        text: value.to_owned(),
        value: value.to_owned(),
    }
}

/// The filters that hold from the start, as addresses write them.
fn filters(one: &Value) -> Vec<String> {
    let filters = ["filters", "baseFilters"]
        .into_iter()
        .flat_map(|key| list(one, key));
    let filters = filters.map(|filter| {
        let [key, operator, value] = ["key", "operator", "value"].map(|key| text(filter, key));
        format!("{key}|{operator}|{value}")
    });
    filters.take(MAX_OPTIONS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(one: Value) -> (Option<Variable>, usize) {
        let mut problems = Problems::of("");
        let sources = Sources::default();
        let found = variable(&one, &sources, "templating.list[0]", &mut problems);
        (found, problems.found().len())
    }

    fn pairs(variable: &Variable) -> Vec<(&str, &str)> {
        let options = variable.options.iter();
        options
            .map(|o| (o.text.as_str(), o.value.as_str()))
            .collect()
    }

    #[test]
    fn lists_and_intervals() {
        let one = json!({"type": "custom", "name": "a", "query": "x, y\\,z ,Name : value,,", "current": {"text": "All", "value": ["$__all"]}});
        let (found, _) = read(one);
        let found = found.expect("a variable");
        assert_eq!(
            pairs(&found),
            [("x", "x"), ("y,z", "y,z"), ("Name", "value")]
        );
        assert_eq!(found.current, ["$__all"]);
        let one = json!({"type": "interval", "name": "i", "query": "1m,1h", "auto": true, "auto_count": 50, "auto_min": "1m",
            "current": {"text": "auto", "value": "$__auto_interval_i"}});
        let found = read(one).0.expect("a variable");
        assert_eq!(pairs(&found), [("1m", "1m"), ("1h", "1h")]);
        assert_eq!(found.current, ["auto"]);
        assert_eq!(
            found.auto.map(|auto| (auto.count, auto.min)),
            Some((50, "1m".to_owned()))
        );
    }

    #[test]
    fn kinds_that_are_not_here_are_told() {
        let (found, problems) = read(json!({"type": "groupby", "name": "g"}));
        assert_eq!((found, problems), (None, 1));
        let one = json!({"type": "query", "name": "q", "datasource": {"type": "mysql"}, "query": "SELECT 1",
            "options": [{"text": "All", "value": "$__all"}, {"text": "a", "value": "a"}]});
        let (found, problems) = read(one);
        assert_eq!(
            (pairs(&found.expect("a variable")), problems),
            (vec![("a", "a")], 1)
        );
        let (found, problems) = read(
            json!({"type": "datasource", "name": "d", "query": "prometheus", "current": {"value": "x"}}),
        );
        assert_eq!(
            (found.expect("a variable").current, problems),
            (vec!["prometheus".to_owned()], 0)
        );
        let (found, _) = read(
            json!({"type": "adhoc", "name": "f", "filters": [{"key": "job", "operator": "=", "value": "a"}]}),
        );
        assert_eq!(found.expect("a variable").current, ["job|=|a"]);
    }
}
