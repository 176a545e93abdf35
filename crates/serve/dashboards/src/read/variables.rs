//! Variables of a dashboard.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::json::{flag, get, has, list, some_text, text, texts, whole};
use super::problems::Problems;
use super::sources::{Sources, of_type};
use super::variable_options::{ALL, MAX_OPTIONS, listed, named, options};
use super::variable_query::variable_query;
use crate::model::{Auto, Hide, Refresh, Signal, Sort, Variable, VariableKind, VariableOption};

/// Variables of one dashboard: each is a field at its top.
const MAX_VARIABLES: usize = 200;

/// Bytes of a constant that an import would ask for.
const MAX_CONSTANT: usize = 4 << 10;

/// The variables of a document.
pub(crate) fn variables(
    document: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<Variable> {
    let given = list(get(document, "templating"), "list");
    let constants = constants(document);
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
        if let Some(mut variable) = variable(one, sources, &below, problems) {
            fill_in(&mut variable, &constants);
            found.push(variable);
        }
    }
    let names: HashSet<String> = found.iter().map(|one| one.name.clone()).collect();
    let unnamed = constants
        .into_iter()
        .filter(|(name, _)| !names.contains(name));
    let unnamed = unnamed.map(|(name, value)| constant(name, &value));
    found.extend(unnamed);
    found
}

/// What an import would have asked for, with the values that the export proposes, by name.
fn constants(document: &Value) -> BTreeMap<String, String> {
    let inputs = list(document, "__inputs").iter();
    let inputs = inputs.filter(|input| text(input, "type") == "constant" && has(input, "value"));
    let pairs = inputs.map(|input| (text(input, "name"), text(input, "value")));
    let pairs = pairs.filter(|(name, value)| !name.is_empty() && value.len() <= MAX_CONSTANT);
    pairs.take(MAX_VARIABLES).collect()
}

/// Puts the value of an import's question where a variable's only value is its name.
fn fill_in(variable: &mut Variable, constants: &BTreeMap<String, String>) {
    let [current] = variable.current.as_mut_slice() else {
        return;
    };
    let name = current.strip_prefix("${");
    let name = name.and_then(|rest| rest.strip_suffix('}'));
    let Some(value) = name.and_then(|name| constants.get(name)) else {
        return;
    };
    if let [option] = variable.options.as_mut_slice() {
        *option = named(value);
    }
    current.clone_from(value);
}

/// A constant that nobody sees.
fn constant(name: String, value: &str) -> Variable {
    Variable {
        kind: VariableKind::Constant,
        name,
        label: String::new(),
        description: String::new(),
        hide: Hide::Variable,
        multi: false,
        include_all: false,
        all_value: String::new(),
        query: None,
        regex: String::new(),
        sort: Sort::None,
        refresh: Refresh::Never,
        options: vec![named(value)],
        auto: None,
        current: vec![value.to_owned()],
    }
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
        VariableKind::Custom if given == "switch" => switch(&mut variable, one),
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
        "custom" | "switch" => VariableKind::Custom,
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

/// A switch is a choice of two.
fn switch(variable: &mut Variable, one: &Value) {
    let value = |key, otherwise: &str| some_text(one, key).unwrap_or_else(|| otherwise.to_owned());
    let values = [
        value("enabledValue", "true"),
        value("disabledValue", "false"),
    ];
    variable.options = values.iter().map(|value| named(value)).collect();
    if variable.current.is_empty() {
        let [_, off] = values;
        variable.current = vec![off];
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
