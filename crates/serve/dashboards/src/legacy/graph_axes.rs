//! The axes of a graph: two, in two forms of different age.

use serde_json::{Value, json};

use super::common::{decimals, unit};
use crate::model::{FieldConfig, Object};
use crate::read::json::{flag_or, get, has, list, number, object_of, some_text};

/// A vertical axis.
#[derive(Clone, Debug, Default)]
pub(super) struct Axis {
    unit: Option<String>,
    decimals: Option<u32>,
    min: Option<f64>,
    max: Option<f64>,
    label: Option<String>,
    /// 1 for a linear one.
    log_base: f64,
    is_hidden: bool,
}

pub(super) fn left(given: &Value) -> Axis {
    axis(
        given,
        0,
        ["leftMin", "leftMax", "leftLogBase", "leftYAxisLabel"],
    )
}

pub(super) fn right(given: &Value) -> Axis {
    axis(
        given,
        1,
        ["rightMin", "rightMax", "rightLogBase", "rightYAxisLabel"],
    )
}

fn axis(given: &Value, place: usize, oldest: [&str; 4]) -> Axis {
    if let Some(axis) = list(given, "yaxes").get(place) {
        return Axis {
            unit: unit(axis, "format"),
            decimals: decimals(axis),
            min: number(axis, "min"),
            max: number(axis, "max"),
            label: some_text(axis, "label"),
            log_base: number(axis, "logBase").unwrap_or(1.0),
            is_hidden: !flag_or(axis, "show", true),
        };
    }
    // Before version 12.
    let [min, max, log_base, label] = oldest;
    let grid = get(given, "grid");
    let formats = list(given, "y_formats");
    let format = formats.get(place).and_then(Value::as_str);
    Axis {
        unit: format
            .map(str::to_owned)
            .filter(|format| !format.is_empty()),
        decimals: None,
        min: number(grid, min),
        max: number(grid, max),
        label: some_text(given, label),
        log_base: number(grid, log_base).unwrap_or(1.0),
        is_hidden: has(given, "y-axis") && !flag_or(given, "y-axis", true),
    }
}

impl Axis {
    /// What fields on this axis have.
    pub(super) fn apply(&self, config: &mut FieldConfig) {
        config.unit = self.unit.clone().or(config.unit.take());
        config.decimals = self.decimals.or(config.decimals);
        config.min = self.min.or(config.min);
        config.max = self.max.or(config.max);
    }

    /// How it is drawn.
    pub(super) fn custom(&self) -> Object {
        let is_log = self.log_base > 1.0;
        object_of([
            ("axisLabel", self.label.clone().into()),
            (
                "axisPlacement",
                if self.is_hidden {
                    Value::from("hidden")
                } else {
                    Value::Null
                },
            ),
            (
                "scaleDistribution",
                if is_log {
                    json!({"type": "log", "log": self.log_base})
                } else {
                    Value::Null
                },
            ),
        ])
    }
}
