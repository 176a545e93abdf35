//! `argand check rules`: whether a server would take rule files.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use config::{ConfigError, NameValidation, RuleChecks, RuleGroup, load_rules, parse_rules};
use promql::EngineOptions;
use template::TemplateError;
use template::prometheus::RuleTemplate;

use super::Verdict;
use crate::features;

/// Bytes of standard input that are read.
const MOST_INPUT: u64 = 64 << 20;

/// Check if the rule files are valid or not.
#[derive(Args)]
pub(super) struct Arguments {
    /// Linting checks to apply.
    #[arg(long, value_enum, default_value = "duplicate-rules")]
    lint: Lint,
    /// Make lint errors exit with exit code 3.
    #[arg(long)]
    lint_fatal: bool,
    /// Ignore unknown fields in the rule files. A server refuses such files.
    #[arg(long)]
    ignore_unknown_fields: bool,
    /// Features of queries by name, separated by commas.
    #[arg(long, value_name = "NAMES")]
    enable_feature: Vec<String>,
    /// The rule files to check, default is read from standard input.
    #[arg(value_name = "rule-files")]
    files: Vec<PathBuf>,
}

/// What is looked at beyond what makes a file wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lint {
    All,
    DuplicateRules,
    None,
}

/// Checks all files.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Verdict> {
    let mut options = EngineOptions::default();
    for list in &arguments.enable_feature {
        features::switch_on_all(list, &mut options);
    }
    let checks = RuleChecks {
        names: NameValidation::Utf8,
        unknown_keys: arguments.ignore_unknown_fields,
        expression: &|text| match promql::parse_with(text, &options.features) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
        template: &|alert, text| match RuleTemplate::parse(text, &format!("__alert_{alert}")) {
            Ok(_) => Ok(()),
            // In a list of faults it goes without saying that a template was parsed.
            Err(TemplateError::Rule { error, .. }) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        },
    };
    if arguments.files.is_empty() {
        writeln!(out, "Checking standard input")?;
        let mut text = String::new();
        io::stdin()
            .lock()
            .take(MOST_INPUT)
            .read_to_string(&mut text)
            .context("standard input")?;
        let read = parse_rules(&text, Path::new("standard input"), checks);
        return judge(read, arguments, out);
    }
    let mut verdict = Verdict::Fine;
    for file in &arguments.files {
        writeln!(out, "Checking {}", file.display())?;
        let one = judge(load_rules(file, checks), arguments, out)?;
        verdict = match (verdict, one) {
            (Verdict::Wrong, _) | (_, Verdict::Wrong) => Verdict::Wrong,
            (Verdict::Lint, _) | (_, Verdict::Lint) => Verdict::Lint,
            _ => Verdict::Fine,
        };
    }
    Ok(verdict)
}

/// Says what is to be said of one file.
fn judge(
    read: Result<Vec<RuleGroup>, Vec<ConfigError>>,
    arguments: &Arguments,
    out: &mut impl Write,
) -> Result<Verdict> {
    // What goes to the two outputs keeps its order where both are one.
    out.flush()?;
    let mut errors = io::stderr().lock();
    let groups = match read {
        Ok(groups) => groups,
        Err(faults) => {
            writeln!(errors, "  FAILED:")?;
            for fault in faults {
                writeln!(errors, "{fault}")?;
            }
            return Ok(Verdict::Wrong);
        }
    };
    let duplicates = match arguments.lint {
        Lint::None => Vec::new(),
        Lint::All | Lint::DuplicateRules => duplicates(&groups),
    };
    if duplicates.is_empty() {
        let rules: usize = groups.iter().map(|group| group.rules.len()).sum();
        writeln!(out, "  SUCCESS: {rules} rules found\n")?;
        return Ok(Verdict::Fine);
    }
    writeln!(errors, "  FAILED:")?;
    writeln!(
        errors,
        "lint error {} duplicate rule(s) found.",
        duplicates.len()
    )?;
    for (metric, labels) in duplicates {
        writeln!(errors, "Metric: {metric}\nLabel(s):")?;
        for (name, value) in labels {
            writeln!(errors, "\t{name}: {value}")?;
        }
    }
    writeln!(
        errors,
        "Might cause inconsistency while recording expressions"
    )?;
    writeln!(out)?;
    Ok(if arguments.lint_fatal {
        Verdict::Lint
    } else {
        Verdict::Fine
    })
}

type Series<'a> = (&'a str, &'a BTreeMap<String, String>);

/// Rules of the same name and labels, each once, in order.
fn duplicates(groups: &[RuleGroup]) -> Vec<Series<'_>> {
    let mut counts: BTreeMap<Series<'_>, usize> = BTreeMap::new();
    for rule in groups.iter().flat_map(|group| &group.rules) {
        *counts.entry((rule.name(), &rule.labels)).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .filter(|(_, count)| *count > 1)
        .map(|(series, _)| series)
        .collect()
}
