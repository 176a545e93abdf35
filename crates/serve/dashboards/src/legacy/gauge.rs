//! Numbers of versions 6 and 7.0, whose fields were configured in the panel's options.

use serde_json::Value;

use super::common::{calculation, decimals, reduced, unit};
use crate::model::{FieldConfig, Panel};
use crate::read::field_config::{self, field_settings};
use crate::read::json::{flag, get, has, number, object_of, text, texts};
use crate::read::mappings;
use crate::read::problems::Problems;

/// What options of version 6.0 say of fields.
const OF_VALUES: [&str; 5] = [
    "valueOptions",
    "valueMappings",
    "thresholds",
    "minValue",
    "maxValue",
];

/// Fills in what the options of a panel say of its fields, where they do.
pub(super) fn convert(options: &Value, panel: &mut Panel, problems: &mut Problems) {
    let (fields, values) = (get(options, "fieldOptions"), get(options, "valueOptions"));
    if fields.is_object() {
        of_fields(options, fields, panel, problems);
        panel.options.remove("fieldOptions");
    } else if values.is_object() {
        of_values(options, values, panel, problems);
        for word in OF_VALUES {
            panel.options.remove(word);
        }
    }
}

/// Versions 6.1 to 7.0.
fn of_fields(options: &Value, fields: &Value, panel: &mut Panel, problems: &mut Problems) {
    let config = object_of([
        ("defaults", get(fields, "defaults").clone()),
        ("overrides", get(fields, "overrides").clone()),
    ]);
    let given = Value::Object(object_of([("fieldConfig", Value::Object(config))]));
    let mut settings = field_settings(&given, problems);
    let defaults = &mut settings.defaults;
    // Before 6.6 these stood beside the defaults.
    if defaults.mappings.is_none() && has(fields, "mappings") {
        let path = "options.fieldOptions.mappings";
        defaults.mappings = Some(mappings::mappings(get(fields, "mappings"), path, problems));
    }
    if defaults.thresholds.is_none() && has(fields, "thresholds") {
        defaults.thresholds = Some(field_config::thresholds(get(fields, "thresholds")));
    }
    panel.field_config = settings;
    if !has(options, "reduceOptions") {
        let calcs = texts(fields, "calcs");
        let calcs = calcs.iter().map(|word| calculation(word).unwrap_or(word));
        let mut reduce = reduced("lastNotNull", "");
        if let Some(reduce) = reduce.as_object_mut() {
            reduce.insert("calcs".to_owned(), calcs.collect());
            reduce.insert("values".to_owned(), Value::from(flag(fields, "values")));
            reduce.insert("limit".to_owned(), number(fields, "limit").into());
        }
        panel.options.insert("reduceOptions".to_owned(), reduce);
    }
}

/// Version 6.0.
fn of_values(options: &Value, values: &Value, panel: &mut Panel, problems: &mut Problems) {
    let path = "options.valueMappings";
    panel.field_config.defaults = FieldConfig {
        unit: unit(values, "unit"),
        decimals: decimals(values),
        min: number(options, "minValue"),
        max: number(options, "maxValue"),
        thresholds: Some(field_config::thresholds(get(options, "thresholds"))),
        mappings: Some(mappings::mappings(
            get(options, "valueMappings"),
            path,
            problems,
        )),
        ..FieldConfig::default()
    };
    let stat = text(values, "stat");
    let calculation = calculation(&stat).unwrap_or("lastNotNull");
    panel
        .options
        .insert("reduceOptions".to_owned(), reduced(calculation, ""));
    for key in ["prefix", "suffix"] {
        if !text(values, key).is_empty() {
            let path = format!("options.valueOptions.{key}");
            problems.note(path, "texts round a number are left out");
        }
    }
}
