//! Rule files to groups that can run: everything that can be wrong is found here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::{Config, ConfigError, NameValidation, RuleChecks, RuleConfig, find_rule_files};
use contract::{PreparedQuery, Query};
use model::Labels;

use crate::error::RulesError;
use crate::expand;

/// What a configuration says of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSettings {
    /// Patterns of files.
    pub files: Vec<PathBuf>,
    /// Time between two turns of groups that name none.
    pub interval: Duration,
    /// How far in the past groups are evaluated that say nothing.
    pub query_offset: Duration,
    /// Labels of this server, for templates.
    pub external_labels: Labels,
    /// Which names are valid.
    pub names: NameValidation,
    /// Whether keys of rule files that nobody knows are passed over.
    pub unknown_keys: bool,
}

impl From<&Config> for RuleSettings {
    fn from(config: &Config) -> Self {
        Self {
            files: config.rule_files.clone(),
            interval: config.global.evaluation_interval,
            query_offset: config.global.rule_query_offset,
            external_labels: config.global.external_labels.clone(),
            names: config.global.name_validation,
            unknown_keys: false,
        }
    }
}

/// Groups that were read and checked, to be put in force by
/// [`RuleManager::apply`](crate::RuleManager::apply).
pub struct LoadedRules {
    pub(crate) settings: RuleSettings,
    pub(crate) groups: Vec<LoadedGroup>,
}

/// One group.
pub(crate) struct LoadedGroup {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) interval: Duration,
    pub(crate) query_offset: Option<Duration>,
    pub(crate) limit: i64,
    pub(crate) rules: Vec<(RuleConfig, Arc<dyn PreparedQuery>)>,
}

/// Reads and checks all files. Faults beyond the first go to the log.
pub(crate) fn load(settings: RuleSettings, query: &dyn Query) -> Result<LoadedRules, RulesError> {
    let mut groups = Vec::new();
    let mut faults = Vec::new();
    let files = find_rule_files(&settings.files).map_err(|fault| RulesError::Files(vec![fault]))?;
    for file in files {
        match load_file(&file, &settings, query) {
            Ok(found) => groups.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() {
        return Ok(LoadedRules { settings, groups });
    }
    for fault in &faults {
        tracing::error!(%fault, "loading rules failed");
    }
    Err(RulesError::Files(faults))
}

fn load_file(
    file: &Path,
    settings: &RuleSettings,
    query: &dyn Query,
) -> Result<Vec<LoadedGroup>, Vec<ConfigError>> {
    let prepare = |text: &str| query.prepare(text).map_err(|fault| fault.to_string());
    let checks = RuleChecks {
        names: settings.names,
        unknown_keys: settings.unknown_keys,
        expression: &|text| prepare(text).map(|_| ()),
        template: &expand::check,
    };
    let groups = config::load_rules(file, checks)?;
    let groups = groups.into_iter().map(|group| LoadedGroup {
        file: file.display().to_string(),
        name: group.name,
        interval: group.interval.unwrap_or(settings.interval),
        query_offset: group.query_offset,
        limit: group.limit,
        // All expressions have been read once, so that none is left out here.
        rules: group
            .rules
            .into_iter()
            .filter_map(|rule| Some((prepare(&rule.expr).ok()?, rule)))
            .map(|(query, rule)| (rule, query))
            .collect(),
    });
    Ok(groups.collect())
}
