//! `AlertmanagerConfig`: routes, receivers and inhibitions of one namespace.
//!
//! As the operator has it, names are made unique by the object's namespace and name, and what an
//! object says holds for alerts of its own namespace only.

use serde_json::{Map, Value, json};

use crate::convert::{fields_of, list, put, snake, text};
use crate::jobs::Scope;

/// What all objects add to Alertmanager's configuration.
#[derive(Clone, Default)]
pub(crate) struct Routes {
    routes: Vec<Value>,
    receivers: Vec<Value>,
    inhibit_rules: Vec<Value>,
    mute_time_intervals: Vec<Value>,
}

impl Routes {
    /// What there is to add; `None` where there is nothing.
    pub(crate) fn finish(self) -> Option<Value> {
        let empty = self.routes.is_empty()
            && self.receivers.is_empty()
            && self.inhibit_rules.is_empty()
            && self.mute_time_intervals.is_empty();
        (!empty).then(|| {
            json!({
                "routes": self.routes, "receivers": self.receivers,
                "inhibit_rules": self.inhibit_rules,
                "mute_time_intervals": self.mute_time_intervals,
            })
        })
    }

    /// Puts another object's behind.
    pub(crate) fn extend(&mut self, other: Self) {
        self.routes.extend(other.routes);
        self.receivers.extend(other.receivers);
        self.inhibit_rules.extend(other.inhibit_rules);
        self.mute_time_intervals.extend(other.mute_time_intervals);
    }

    /// What an object says.
    pub(crate) fn of(scope: &Scope<'_>, spec: &Value) -> Result<Self, String> {
        let own = |name: &str| format!("{}/{}/{name}", scope.namespace, scope.name);
        let receivers = list(&spec["receivers"]).map(|one| receiver(scope, one, &own));
        let receivers = receivers.collect::<Result<Vec<Value>, String>>()?;
        let names: Vec<&str> = list(&spec["receivers"])
            .map(|one| text(&one["name"]))
            .collect();
        let inhibited = format!("namespace={}", quoted(scope.namespace));
        let route = match &spec["route"] {
            Value::Null => None,
            given => {
                let mut found = route(given, &names, &own)?;
                let mut matchers = vec![Value::from(inhibited.as_str())];
                matchers.extend(list(&found["matchers"]).cloned());
                put(&mut found, "matchers", matchers);
                put(&mut found, "continue", true);
                Some(found)
            }
        };
        let rules = list(&spec["inhibitRules"]).map(|rule| {
            let both = |name: &str| {
                let own = std::iter::once(inhibited.clone());
                let all: Vec<String> = own.chain(list(&rule[name]).map(matcher)).collect();
                all
            };
            json!({
                "source_matchers": both("sourceMatch"), "target_matchers": both("targetMatch"),
                "equal": rule["equal"],
            })
        });
        let intervals = list(&spec["muteTimeIntervals"]).map(|interval| {
            json!({
                "name": own(text(&interval["name"])),
                "time_intervals": list(&interval["timeIntervals"]).map(times).collect::<Vec<Value>>(),
            })
        });
        Ok(Self {
            inhibit_rules: rules.collect(),
            mute_time_intervals: intervals.collect(),
            receivers,
            routes: route.into_iter().collect(),
        })
    }
}

fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// `{name, value, matchType | regex}` as a matcher's text.
fn matcher(value: &Value) -> String {
    let operator = match text(&value["matchType"]) {
        "" if value["regex"] == true => "=~",
        "" => "=",
        operator => operator,
    };
    format!(
        "{}{operator}{}",
        text(&value["name"]),
        quoted(text(&value["value"]))
    )
}

fn route(given: &Value, receivers: &[&str], own: &dyn Fn(&str) -> String) -> Result<Value, String> {
    let mut found = Map::new();
    for (name, value) in given.as_object().into_iter().flatten() {
        match name.as_str() {
            "receiver" => {
                let receiver = text(value);
                if !receiver.is_empty() && !receivers.contains(&receiver) {
                    return Err(format!(
                        "route: receiver {receiver:?} is not among the receivers"
                    ));
                }
                found.insert(name.clone(), own(receiver).into());
            }
            "matchers" => {
                found.insert(name.clone(), list(value).map(matcher).collect());
            }
            "muteTimeIntervals" | "activeTimeIntervals" => {
                let names = list(value).map(|name| Value::from(own(text(name))));
                found.insert(snake(name), names.collect());
            }
            "routes" => {
                let children = list(value).map(|child| route(child, receivers, own));
                let children = children.collect::<Result<Vec<Value>, String>>()?;
                found.insert(name.clone(), children.into());
            }
            _ if value.is_null() => {}
            _ => {
                found.insert(snake(name), value.clone());
            }
        }
    }
    Ok(found.into())
}

fn receiver(
    scope: &Scope<'_>,
    given: &Value,
    own: &dyn Fn(&str) -> String,
) -> Result<Value, String> {
    let mut found = Map::new();
    for (kind, configs) in given.as_object().into_iter().flatten() {
        if kind == "name" {
            continue;
        }
        let configs = list(configs).filter_map(Value::as_object);
        let configs = configs.map(|config| integration(scope, config));
        let configs = configs.collect::<Result<Vec<Value>, String>>()?;
        found.insert(snake(kind), configs.into());
    }
    found.insert("name".to_owned(), own(text(&given["name"])).into());
    Ok(found.into())
}

/// One way of telling people.
fn integration(scope: &Scope<'_>, config: &Map<String, Value>) -> Result<Value, String> {
    let mut found = fields_of(config, scope.lookup)?;
    // A URL by reference stands under a name of its own.
    if let Some(url) = found.remove("url_secret") {
        found.insert("url".to_owned(), url);
    }
    // Lists of pairs where files have maps.
    for name in ["headers", "details"] {
        let pairs = config.get(name).and_then(Value::as_array);
        if let Some(pairs) = pairs {
            let pairs = pairs.iter();
            let map = pairs.map(|pair| (text(&pair["key"]).to_owned(), pair["value"].clone()));
            found.insert(name.to_owned(), map.collect::<Map<String, Value>>().into());
        }
    }
    Ok(found.into())
}

/// One of the times of an interval: days of a month are ranges there, texts in files.
fn times(interval: &Value) -> Value {
    let mut found = Map::new();
    for (name, value) in interval.as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "daysOfMonth" => list(value)
                .map(|range| Value::from(format!("{}:{}", range["start"], range["end"])))
                .collect(),
            "times" => list(value)
                .map(
                    |range| json!({"start_time": range["startTime"], "end_time": range["endTime"]}),
                )
                .collect(),
            _ => value.clone(),
        };
        found.insert(snake(name), value);
    }
    found.into()
}
