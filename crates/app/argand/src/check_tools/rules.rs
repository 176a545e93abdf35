//! `argand check rules`: whether a server would take rule files.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use config::{ConfigError, NameValidation, RuleChecks, RuleGroup, load_rules, parse_rules};
use promql::EngineOptions;
use template::TemplateError;
use template::prometheus::RuleTemplate;

use super::Verdict;
use crate::tools::values::existing_file;

/// Bytes of standard input that are read.
const MOST_INPUT: u64 = 64 << 20;

/// Check if the rule files are valid or not.
#[derive(Args)]
pub(super) struct Arguments {
    /// Linting checks to apply. Available options are: all, duplicate-rules, none. Use --lint=none
    /// to disable linting.
    #[arg(long, default_value = "duplicate-rules")]
    lint: String,
    /// Make lint errors exit with exit code 3.
    #[arg(long)]
    lint_fatal: bool,
    /// Ignore unknown fields in the rule files. A server refuses such files.
    #[arg(long)]
    ignore_unknown_fields: bool,
    /// The rule files to check, default is read from standard input.
    #[arg(value_name = "rule-files", value_parser = existing_file)]
    files: Vec<PathBuf>,
}

/// How rule files are looked at.
pub(super) struct Settings<'a> {
    /// Whether rules of the same name and labels are complained of.
    pub(super) duplicates: bool,
    /// Whether complaints count.
    pub(super) fatal: bool,
    pub(super) unknown_keys: bool,
    pub(super) engine: &'a EngineOptions,
}

/// Checks all files.
pub(super) fn run(
    arguments: &Arguments,
    engine: &EngineOptions,
    out: &mut impl Write,
) -> Result<Verdict> {
    let settings = Settings {
        duplicates: duplicates_count(arguments.lint.split(','), out)?,
        fatal: arguments.lint_fatal,
        unknown_keys: arguments.ignore_unknown_fields,
        engine,
    };
    if !arguments.files.is_empty() {
        return settings.files(&arguments.files, out);
    }
    writeln!(out, "Checking standard input")?;
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(MOST_INPUT)
        .read_to_string(&mut text)
        .context("standard input")?;
    settings.one(
        |checks| parse_rules(&text, Path::new("standard input"), checks),
        out,
    )
}

/// Whether one of the words asks for a look at duplicate rules; those that nobody knows are named.
pub(super) fn duplicates_count<'a>(
    lints: impl Iterator<Item = &'a str>,
    out: &mut impl Write,
) -> Result<bool> {
    let mut count = false;
    for lint in lints {
        match lint {
            "all" | "duplicate-rules" => count = true,
            "none" | "" => {}
            other => {
                let other = model::name::quoted(other);
                writeln!(out, "WARNING: unknown lint option: {other}")?;
            }
        }
    }
    Ok(count)
}

impl Settings<'_> {
    /// Checks files; the worst that is found counts.
    pub(super) fn files(&self, files: &[PathBuf], out: &mut impl Write) -> Result<Verdict> {
        let mut verdict = Verdict::Fine;
        for file in files {
            writeln!(out, "Checking {}", file.display())?;
            verdict = verdict.max(self.one(|checks| load_rules(file, checks), out)?);
        }
        Ok(verdict)
    }

    /// Says what is to be said of one file.
    fn one(
        &self,
        read: impl FnOnce(RuleChecks<'_>) -> Result<Vec<RuleGroup>, Vec<ConfigError>>,
        out: &mut impl Write,
    ) -> Result<Verdict> {
        let features = &self.engine.features;
        let read = read(RuleChecks {
            names: NameValidation::Utf8,
            unknown_keys: self.unknown_keys,
            expression: &|text| match promql::parse_with(text, features) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            template: &template,
        });
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
        let duplicates = match self.duplicates {
            true => duplicates(&groups),
            false => Vec::new(),
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
        Ok(match self.fatal {
            true => Verdict::Lint,
            false => Verdict::Fine,
        })
    }
}

/// What is wrong with a template of an alert.
fn template(alert: &str, text: &str) -> Result<(), String> {
    match RuleTemplate::parse(text, &format!("__alert_{alert}")) {
        Ok(_) => Ok(()),
        // In a list of faults it goes without saying that a template was parsed.
        Err(TemplateError::Rule { error, .. }) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
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
