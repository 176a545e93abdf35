//! Files of tests of rules: series that are given, and what rules and queries are expected to make
//! of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Labels;

use crate::build::rules::texts;
use crate::error::{ConfigError, Fault};
use crate::load::{folder_of, read_file};
use crate::sections::rule_tests::RULE_TESTS;
use crate::table::Table;
use crate::{read, yaml};

/// Time between two evaluations where the file says nothing.
const EVALUATION_INTERVAL: Duration = Duration::from_secs(60);

/// A file of tests.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTestFile {
    /// `rule_files`: patterns, relative to the file's folder already resolved.
    pub rule_files: Vec<PathBuf>,
    /// `evaluation_interval`: time between two evaluations of all groups.
    pub evaluation_interval: Duration,
    /// `group_eval_order`: names of groups, in the order of their turns; others come first.
    pub group_order: Vec<String>,
    /// `fuzzy_compare`: a value next to the one that is expected is as good.
    pub fuzzy: bool,
    /// `tests`.
    pub tests: Vec<RuleTest>,
}

/// One test.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    /// `name`, or empty.
    pub name: String,
    /// `interval`: time between two values of the series, and between two turns of groups that
    /// name none.
    pub interval: Duration,
    /// `input_series`: each with its values in the notation of scripts.
    pub series: Vec<(String, String)>,
    /// `alert_rule_test`.
    pub alerts: Vec<AlertTest>,
    /// `promql_expr_test`.
    pub expressions: Vec<ExpressionTest>,
    /// `external_labels`.
    pub external_labels: Labels,
    /// `external_url`.
    pub external_url: String,
    /// `start_timestamp`: the moment of the first values, as it is written: seconds or RFC 3339.
    pub start: Option<String>,
}

/// Which alerts of a name are expected to fire at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertTest {
    /// `eval_time`, from the start.
    pub at: Duration,
    /// `alertname`, or empty, which is an error of the test.
    pub name: String,
    /// `exp_alerts`.
    pub expected: Vec<ExpectedAlert>,
}

/// An alert that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAlert {
    /// `exp_labels`.
    pub labels: BTreeMap<String, String>,
    /// `exp_annotations`.
    pub annotations: BTreeMap<String, String>,
}

/// What a query is expected to give at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressionTest {
    /// `expr`.
    pub expression: String,
    /// `eval_time`, from the start.
    pub at: Duration,
    /// `exp_samples`.
    pub expected: Vec<ExpectedSample>,
}

/// A sample that is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedSample {
    /// `labels`, as a series is written.
    pub labels: String,
    /// `value`.
    pub value: f64,
    /// `histogram`, in the notation of scripts, or empty: then the value counts.
    pub histogram: String,
}

/// Reads and checks the form of a file of tests. With `unknown_keys` such keys are passed over.
pub fn load_rule_tests(path: &Path, unknown_keys: bool) -> Result<RuleTestFile, ConfigError> {
    let text = read_file(path)?;
    let read = if unknown_keys {
        read::document_with_more
    } else {
        read::document
    };
    let within = |fault: Fault| fault.within(path);
    let root = yaml::parse(&text).map_err(within)?;
    let document = read(&RULE_TESTS, &root, folder_of(path)).map_err(within)?;
    Ok(file(&document))
}

fn file(file: &Table) -> RuleTestFile {
    let evaluation_interval = given(file, "evaluation_interval").unwrap_or(EVALUATION_INTERVAL);
    RuleTestFile {
        rule_files: file
            .texts("rule_files")
            .into_iter()
            .map(Into::into)
            .collect(),
        evaluation_interval,
        group_order: file.texts("group_eval_order"),
        fuzzy: file.bool("fuzzy_compare"),
        tests: file
            .tables("tests")
            .map(|one| test(one, evaluation_interval))
            .collect(),
    }
}

fn given(table: &Table, key: &str) -> Option<Duration> {
    Some(table.duration(key)).filter(|length| !length.is_zero())
}

fn test(test: &Table, usual: Duration) -> RuleTest {
    let series = test.tables("input_series");
    RuleTest {
        name: test.text("name").to_owned(),
        interval: given(test, "interval").unwrap_or(usual),
        series: series
            .map(|one| (one.text("series").to_owned(), one.text("values").to_owned()))
            .collect(),
        alerts: test.tables("alert_rule_test").map(alert_test).collect(),
        expressions: test
            .tables("promql_expr_test")
            .map(expression_test)
            .collect(),
        external_labels: Labels::from_pairs(texts(test.map("external_labels"))),
        external_url: test.text("external_url").to_owned(),
        start: Some(test.text("start_timestamp").to_owned()).filter(|text| !text.is_empty()),
    }
}

fn alert_test(test: &Table) -> AlertTest {
    let expected = test.tables("exp_alerts");
    AlertTest {
        at: test.duration("eval_time"),
        name: test.text("alertname").to_owned(),
        expected: expected
            .map(|alert| ExpectedAlert {
                labels: texts(alert.map("exp_labels")),
                annotations: texts(alert.map("exp_annotations")),
            })
            .collect(),
    }
}

fn expression_test(test: &Table) -> ExpressionTest {
    let expected = test.tables("exp_samples");
    ExpressionTest {
        expression: test.text("expr").to_owned(),
        at: test.duration("eval_time"),
        expected: expected
            .map(|sample| ExpectedSample {
                labels: sample.text("labels").to_owned(),
                value: sample.float("value"),
                histogram: sample.text("histogram").to_owned(),
            })
            .collect(),
    }
}
