//! How fields are drawn: defaults, and overrides as lists of properties.

use serde_json::Value;

use super::json::{as_number, as_text, get, list, number, some_text, text};
use super::links::data_links;
use super::mappings::mappings;
use super::problems::Problems;
use crate::model::{
    Color, FieldConfig, FieldOverride, FieldSettings, Matcher, Object, Step, Thresholds,
};

/// Overrides of one panel: one for each column of the widest tables.
const MAX_OVERRIDES: usize = 500;

/// Steps of one list of thresholds.
const MAX_STEPS: usize = 100;

/// Properties of a field that are not drawn differently here, and that nobody misses.
const PASSED_OVER: [&str; 7] = [
    "description",
    "displayNameFromDS",
    "filterable",
    "nullValueMode",
    "actions",
    "unitScale",
    "writeable",
];

/// The matchers of fields that pages know.
const MATCHERS: [&str; 11] = [
    "byName",
    "byRegexp",
    "byFrameRefID",
    "byType",
    "byNames",
    "byValue",
    "numeric",
    "first",
    "firstTimeField",
    "anyMatch",
    "allMatch",
];

/// The field configuration of a panel.
pub(crate) fn field_settings(panel: &Value, problems: &mut Problems) -> FieldSettings {
    let config = get(panel, "fieldConfig");
    let given = list(config, "overrides");
    if given.len() > MAX_OVERRIDES {
        let told = format!("only the first {MAX_OVERRIDES} overrides are used");
        problems.note("fieldConfig.overrides", told);
    }
    FieldSettings {
        defaults: defaults(get(config, "defaults"), "fieldConfig.defaults", problems),
        overrides: given
            .iter()
            .take(MAX_OVERRIDES)
            .enumerate()
            .filter_map(|(place, one)| {
                let below = format!("fieldConfig.overrides[{place}]");
                field_override(one, &below, problems)
            })
            .collect(),
    }
}

/// The configuration of all fields, from an object with a key for each property.
pub(crate) fn defaults(value: &Value, below: &str, problems: &mut Problems) -> FieldConfig {
    let mut config = FieldConfig::default();
    for (name, value) in value.as_object().into_iter().flatten() {
        if name == "custom" {
            config.custom = value.as_object().map(custom);
        } else {
            property(&mut config, name, value, below, problems);
        }
    }
    config
}

fn field_override(one: &Value, below: &str, problems: &mut Problems) -> Option<FieldOverride> {
    let matcher = get(one, "matcher");
    let matcher = Matcher {
        id: text(matcher, "id"),
        options: get(matcher, "options").clone(),
    };
    if !MATCHERS.contains(&matcher.id.as_str()) {
        let told = format!("fields are not found by {:?}", matcher.id);
        problems.note(format!("{below}.matcher.id"), told);
        return None;
    }
    let mut properties = FieldConfig::default();
    for entry in list(one, "properties") {
        let (id, value) = (text(entry, "id"), get(entry, "value"));
        match id.strip_prefix("custom.") {
            Some(path) => set_custom(properties.custom.get_or_insert_default(), path, value),
            None => property(&mut properties, &id, value, below, problems),
        }
    }
    if let Some(found) = properties.custom.take() {
        properties.custom = Some(custom(&found));
    }
    Some(FieldOverride {
        matcher,
        properties,
    })
}

/// Sets one property; null takes nothing away, since there is nothing yet.
fn property(
    config: &mut FieldConfig,
    name: &str,
    value: &Value,
    below: &str,
    problems: &mut Problems,
) {
    if value.is_null() {
        return;
    }
    match name {
        "unit" => config.unit = Some(as_text(value)),
        "decimals" => {
            // More digits than a number has are none more.
            config.decimals = as_number(value).map(|digits| digits.clamp(0.0, 20.0) as u32);
        }
        "min" => config.min = as_number(value),
        "max" => config.max = as_number(value),
        "displayName" => config.display_name = Some(as_text(value)),
        // The same before version 7, when variables of fields had other names.
        "title" => {
            let template = as_text(value).replace("$__series_name", "${__series.name}");
            config.display_name = Some(template.replace("$__field_name", "${__field.name}"));
        }
        "noValue" => config.no_value = Some(as_text(value)),
        "color" => config.color = color(value),
        "thresholds" => config.thresholds = Some(thresholds(value)),
        "mappings" => {
            config.mappings = Some(mappings(value, &format!("{below}.mappings"), problems));
        }
        "links" => config.links = Some(data_links(value, &format!("{below}.links"), problems)),
        name if PASSED_OVER.contains(&name) => {}
        name => problems.note(
            format!("{below}.{name}"),
            "this property of fields is not known",
        ),
    }
}

fn color(value: &Value) -> Option<Color> {
    let mode = some_text(value, "mode")?;
    Some(Color {
        mode,
        fixed_color: some_text(value, "fixedColor"),
        series_by: some_text(value, "seriesBy"),
    })
}

/// Thresholds of today, or a bare list of steps as before version 7.
pub(crate) fn thresholds(value: &Value) -> Thresholds {
    let steps = match value {
        Value::Array(steps) => steps.as_slice(),
        value => list(value, "steps"),
    };
    let steps = steps.iter().take(MAX_STEPS).enumerate();
    let steps = steps.map(|(place, step)| Step {
        // The first begins at the lowest value, whatever it says.
        value: number(step, "value").filter(|_| place > 0),
        color: text(step, "color"),
    });
    Thresholds {
        mode: match text(value, "mode").as_str() {
            "percentage" => "percentage",
            _ => "absolute",
        },
        steps: steps.collect(),
    }
}

/// Puts a value at a path such as `cellOptions.type`; paths have no third part.
fn set_custom(custom: &mut Object, path: &str, value: &Value) {
    let Some((first, rest)) = path.split_once('.') else {
        custom.insert(path.to_owned(), value.clone());
        return;
    };
    let inner = custom
        .entry(first)
        .or_insert_with(|| Value::Object(Object::new()));
    match inner {
        Value::Object(inner) => {
            inner.insert(rest.to_owned(), value.clone());
        }
        other => *other = value.clone(),
    }
}

/// The settings of a kind, with words of before in those of today: a cell's kind was once its
/// `displayMode`.
fn custom(given: &Object) -> Object {
    let mut custom = given.clone();
    let mode = custom.get("displayMode").map(as_text).unwrap_or_default();
    let (kind, way) = match mode.as_str() {
        "color-background" => ("color-background", "gradient"),
        "color-background-solid" => ("color-background", "basic"),
        "color-text" | "auto" | "json-view" | "image" => (mode.as_str(), ""),
        "basic" => ("gauge", "basic"),
        "gradient-gauge" => ("gauge", "gradient"),
        "lcd-gauge" => ("gauge", "lcd"),
        _ => return custom,
    };
    let mut cell = Object::new();
    cell.insert("type".to_owned(), Value::from(kind));
    if !way.is_empty() {
        cell.insert("mode".to_owned(), Value::from(way));
    }
    custom.remove("displayMode");
    custom
        .entry("cellOptions")
        .or_insert_with(|| Value::Object(cell));
    custom
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn overrides_become_configurations() {
        let panel = json!({"fieldConfig": {
        "defaults": {"unit": "s", "decimals": "2", "min": 0, "thresholds": {"mode": "absolute",
            "steps": [{"color": "green", "value": 5}, {"color": "red", "value": 80}]},
            "custom": {"displayMode": "lcd-gauge", "align": "left"}, "mystery": 1},
        "overrides": [
            {"matcher": {"id": "byName", "options": "A"}, "properties": [
                {"id": "custom.cellOptions.type", "value": "gauge"},
                {"id": "custom.cellOptions.mode", "value": "lcd"},
                {"id": "custom.width", "value": 90}, {"id": "unit", "value": "bytes"}]},
            {"matcher": {"id": "byTheWay"}, "properties": []},
        ]}});
        let mut problems = Problems::of("panels[0]");
        let settings = field_settings(&panel, &mut problems);
        assert_eq!(settings.defaults.decimals, Some(2));
        let steps = &settings
            .defaults
            .thresholds
            .as_ref()
            .expect("thresholds")
            .steps;
        assert_eq!((steps[0].value, steps[1].value), (None, Some(80.0)));
        let custom = settings.defaults.custom.expect("custom");
        assert_eq!(
            Value::Object(custom),
            json!({"align": "left", "cellOptions": {"type": "gauge", "mode": "lcd"}})
        );
        let properties = &settings.overrides[0].properties;
        assert_eq!(properties.unit.as_deref(), Some("bytes"));
        let custom = properties.custom.clone().expect("custom");
        assert_eq!(
            Value::Object(custom),
            json!({"cellOptions": {"type": "gauge", "mode": "lcd"}, "width": 90})
        );
        let paths: Vec<String> = problems.found().into_iter().map(|p| p.path).collect();
        assert_eq!(
            paths,
            [
                "panels[0].fieldConfig.defaults.mystery",
                "panels[0].fieldConfig.overrides[1].matcher.id"
            ]
        );
        assert_eq!(settings.overrides.len(), 1);
    }
}
