//! Files of tests of rules.

use crate::schema::{Kind, Section, boolean, duration, field, tables, text, texts};

/// A file of tests.
pub(crate) static RULE_TESTS: Section = Section::new(
    &[&[
        field("rule_files", Kind::List(&Kind::File)),
        duration("evaluation_interval"),
        texts("group_eval_order"),
        tables("tests", &TEST),
        boolean("fuzzy_compare"),
    ]],
    &[],
);

static TEST: Section = Section::new(
    &[&[
        duration("interval"),
        tables("input_series", &SERIES),
        tables("alert_rule_test", &ALERT_TEST),
        tables("promql_expr_test", &EXPRESSION_TEST),
        field("external_labels", Kind::Map(&Kind::Text)),
        text("external_url"),
        text("name"),
        text("start_timestamp"),
    ]],
    &[],
);

static SERIES: Section = Section::new(&[&[text("series"), text("values")]], &[]);

static ALERT_TEST: Section = Section::new(
    &[&[
        duration("eval_time"),
        text("alertname"),
        tables("exp_alerts", &ALERT),
    ]],
    &[],
);

static ALERT: Section = Section::new(
    &[&[
        field("exp_labels", Kind::Map(&Kind::Text)),
        field("exp_annotations", Kind::Map(&Kind::Text)),
    ]],
    &[],
);

static EXPRESSION_TEST: Section = Section::new(
    &[&[
        text("expr"),
        duration("eval_time"),
        tables("exp_samples", &SAMPLE),
    ]],
    &[],
);

static SAMPLE: Section = Section::new(
    &[&[
        text("labels"),
        field("value", Kind::Float),
        text("histogram"),
    ]],
    &[],
);
