//! What `--enable-feature` switches on in queries.
//!
//! Names are upstream's. One that is not known here is no error: a unit file may name what another
//! version has.

use promql::{EngineOptions, Features};

use crate::flags::Flags;

/// Switches on in an engine's options what the flags name.
pub(crate) fn apply(flags: &Flags, options: &mut EngineOptions) {
    for list in flags.list("enable-feature") {
        switch_on_all(list, options);
    }
}

/// Switches on what a list of names separated by commas names.
pub(crate) fn switch_on_all(list: &str, options: &mut EngineOptions) {
    for name in list.split(',') {
        switch_on(name.trim(), options);
    }
}

fn switch_on(name: &str, options: &mut EngineOptions) {
    let Features {
        experimental_functions,
        duration_expressions: _,
        extended_range_selectors,
        binop_fill,
    } = &mut options.features;
    match name {
        "promql-experimental-functions" => *experimental_functions = true,
        "promql-extended-range-selectors" => *extended_range_selectors = true,
        "promql-binop-fill-modifiers" => *binop_fill = true,
        "promql-delayed-name-removal" => options.delayed_name_removal = true,
        "type-and-unit-labels" => options.type_and_unit_labels = true,
        "promql-per-step-stats" => options.per_step_stats = true,
        "use-start-timestamps" => options.use_start_timestamps = true,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_switches_its_feature_on() {
        let mut options = EngineOptions::default();
        assert!(!options.features.binop_fill && !options.delayed_name_removal);
        switch_on("promql-binop-fill-modifiers", &mut options);
        switch_on("promql-delayed-name-removal", &mut options);
        switch_on("of-another-version", &mut options);
        assert!(options.features.binop_fill && options.delayed_name_removal);
        assert!(!options.features.experimental_functions);
    }
}
