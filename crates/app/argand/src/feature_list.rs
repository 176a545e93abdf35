//! What `/api/v1/features` says is on: from the flags, and from the tables of the stages, so that
//! a function that is added is listed.
//!
//! The names are upstream's. What Argand does not have is listed as off where upstream has it.

use std::collections::BTreeMap;

use api::FeatureList;
use promql::ast::AggregateOp;
use promql::{EngineOptions, functions};

use crate::features;
use crate::flags::Flags;
use crate::options::has_feature;

/// The operators of queries beside aggregations; `</` and `>/` cut histograms.
const OPERATORS: [&str; 20] = [
    "!=", "!~", "%", "*", "+", "-", "/", "<", "</", "<=", "==", "=~", ">", ">/", ">=", "@", "^",
    "and", "atan2", "or",
];

/// Where targets come from.
const DISCOVERY: [&str; 2] = ["file", "static"];

/// The list, as the flags have it.
pub(crate) fn list(flags: &Flags) -> FeatureList {
    let mut engine = EngineOptions::default();
    features::apply(flags, &mut engine);
    let on = |names: &[&str]| named(names.iter().map(|name| (*name, true)));
    BTreeMap::from([
        ("api", api(flags)),
        ("otlp_receiver", {
            let native = has_feature(flags, "otlp-native-delta-ingestion");
            named([
                ("delta_conversion", false),
                ("native_delta_ingestion", native),
            ])
        }),
        (
            "prometheus",
            named([
                ("agent_mode", false),
                ("auto_reload_config", false),
                ("server_mode", true),
            ]),
        ),
        ("promql", queries(&engine)),
        ("promql_functions", {
            let on = engine.features.experimental_functions;
            let functions = functions::FUNCTIONS.iter();
            named(functions.map(|function| (function.name, on || !function.experimental)))
        }),
        ("promql_operators", {
            let on = engine.features.experimental_functions;
            let operators = OPERATORS.into_iter().chain(["unless"]);
            let aggregations =
                AggregateOp::all().map(|op| (op.as_str(), on || !op.is_experimental()));
            named(operators.map(|name| (name, true)).chain(aggregations))
        }),
        ("rules", {
            let concurrent = has_feature(flags, "concurrent-rule-eval");
            named([
                ("concurrent_rule_eval", concurrent),
                ("keep_firing_for", true),
                ("query_offset", true),
            ])
        }),
        (
            "scrape",
            named([
                ("extra_scrape_metrics", true),
                ("start_timestamp_zero_ingestion", false),
                ("type_and_unit_labels", engine.type_and_unit_labels),
            ]),
        ),
        ("service_discovery_providers", on(&DISCOVERY)),
        (
            "templating_functions",
            named(template::prometheus::function_names().map(|name| (name, true))),
        ),
        (
            "tsdb",
            named([
                ("delayed_compaction", false),
                ("exemplar_storage", true),
                ("histograms_st_encoding", false),
                ("isolation", true),
                ("native_histograms", true),
                ("st_storage", false),
                ("xor2_encoding", false),
                ("use_uncached_io", false),
            ]),
        ),
        ("ui", named([("ui_v2", false), ("ui_v3", true)])),
    ])
}

fn named<'a>(features: impl IntoIterator<Item = (&'a str, bool)>) -> BTreeMap<String, bool> {
    let features = features.into_iter();
    features.map(|(name, on)| (name.to_owned(), on)).collect()
}

fn api(flags: &Flags) -> BTreeMap<String, bool> {
    let search = has_feature(flags, "search-api");
    named([
        ("admin", flags.is_on("web.enable-admin-api")),
        ("exclude_alerts", true),
        ("explain", true),
        ("label_values_match", true),
        ("lifecycle", flags.is_on("web.enable-lifecycle")),
        ("openapi_3.1", true),
        ("openapi_3.2", false),
        (
            "otlp_write_receiver",
            flags.is_on("web.enable-otlp-receiver"),
        ),
        ("query_stats", true),
        ("query_warnings", true),
        (
            "remote_write_receiver",
            flags.is_on("web.enable-remote-write-receiver"),
        ),
        ("search", search),
        ("search_fuzz_alg_jarowinkler", search),
        ("search_fuzz_alg_subsequence", search),
        ("time_range_labels", true),
        ("time_range_series", true),
    ])
}

fn queries(engine: &EngineOptions) -> BTreeMap<String, bool> {
    let ranges = engine.features.extended_range_selectors;
    let fill = engine.features.binop_fill;
    let always = [
        "at_modifier",
        "bool",
        "by",
        "group_left",
        "group_right",
        "ignoring",
        "negative_offset",
        "offset",
        "on",
        "per_query_lookback_delta",
        "subqueries",
        "without",
    ];
    let mut features = named(always.map(|name| (name, true)));
    features.extend(named([
        ("anchored", ranges),
        ("smoothed", ranges),
        ("delayed_name_removal", engine.delayed_name_removal),
        ("duration_expr", engine.features.duration_expressions),
        ("fill", fill),
        ("fill_left", fill),
        ("fill_right", fill),
        ("per_step_stats", engine.per_step_stats),
        ("type_and_unit_labels", engine.type_and_unit_labels),
    ]));
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_tables_show() {
        let flags = |given: &[&str]| {
            let arguments = std::iter::once("argand").chain(given.iter().copied());
            Flags::parse(arguments.map(std::ffi::OsString::from)).unwrap()
        };
        let list = list(&flags(&[
            "--enable-feature=search-api",
            "--web.enable-lifecycle",
        ]));
        for (area, name, on) in [
            ("api", "search", true),
            ("api", "lifecycle", true),
            ("api", "admin", false),
            ("promql_functions", "rate", true),
            ("promql_functions", "info", false),
            ("promql_operators", "sum", true),
            ("promql_operators", "limitk", false),
            ("templating_functions", "humanize", true),
        ] {
            assert_eq!(list[area].get(name), Some(&on), "{area} {name}");
        }
    }
}
