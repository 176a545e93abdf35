//! From a path or a text to a checked configuration.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::build::config::build;
use crate::error::{ConfigError, Fault};
use crate::inherit::{Global, complete_global, complete_scrape};
use crate::sections::otlp::UTF8_STRATEGIES;
use crate::sections::relabel::check_names;
use crate::sections::top::{CONFIG, SCRAPE_FILE};
use crate::table::{Table, Value};
use crate::{Config, emit, environment, read, yaml};

/// Bytes that a file may have: what is read is held in memory several times over.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Where variables of `external_labels` come from.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a `prometheus.yml` and the files that its `scrape_config_files` name; variables in
/// external labels come from the environment of the process.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = read_file(path)?;
    parse(&text, path, &|name| std::env::var(name).ok())
}

/// As [`load`], without a look at the files that `scrape_config_files` names.
pub fn load_alone(path: &Path) -> Result<Config, ConfigError> {
    let text = read_file(path)?;
    let environment = |name: &str| std::env::var(name).ok();
    assemble(&text, path, &environment, |_, _| Ok(Vec::new()))
}

/// Checks the text of a `prometheus.yml`. `file` names it in errors, and paths in it are relative
/// to its folder.
pub fn parse(
    text: &str,
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    assemble(text, file, environment, imported_files)
}

/// The configuration of a text and of the files that `imports` finds for it.
fn assemble(
    text: &str,
    file: &Path,
    environment: Environment<'_>,
    imports: impl Fn(&Table, &Path) -> Result<Vec<PathBuf>, ConfigError>,
) -> Result<Config, ConfigError> {
    let within = |fault: Fault| fault.within(file);
    let root = yaml::parse(text).map_err(within)?;
    let mut config = read::document(&CONFIG, &root, folder_of(file)).map_err(within)?;
    let global = take_global(&mut config, environment).map_err(within)?;
    check_other_names(&config, &global.table).map_err(within)?;

    let mut jobs = Jobs {
        global: &global,
        files: HashMap::new(),
    };
    let mut scrapes = take_tables(&mut config, "scrape_configs");
    for scrape in &mut scrapes {
        jobs.admit(scrape, file).map_err(within)?;
    }
    let mut imported = Vec::new();
    for path in imports(&config, file)? {
        imported.extend(jobs.import(&path)?);
    }

    let redacted = show(&mut config, global.table.clone(), &scrapes);
    build(
        &config,
        &global.table,
        scrapes.iter().chain(&imported),
        redacted,
    )
    .map_err(within)
}

pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

pub(crate) fn read_file(path: &Path) -> Result<String, ConfigError> {
    let file = File::open(path).map_err(|error| ConfigError::unreadable(path, error))?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| ConfigError::unreadable(path, error))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(ConfigError::unreadable(
            path,
            format!("it has more than {MAX_FILE_BYTES} bytes"),
        ));
    }
    Ok(text)
}

fn take_global(config: &mut Table, environment: Environment<'_>) -> Result<Global, Fault> {
    let Value::Table(mut global) = config.take("global") else {
        return Err(config.fault("global", "is missing"));
    };
    if let Value::Map(mut labels) = global.take("external_labels") {
        for (_, label) in &mut labels {
            label.value = Value::Text(environment::expand(label.text(), environment));
        }
        global.set("external_labels", Value::Map(labels));
    }
    complete_global(*global)
}

/// The names that `global` rules over outside the scrape sections.
fn check_other_names(config: &Table, global: &Table) -> Result<(), Fault> {
    if global.text("metric_name_validation_scheme") != "legacy" {
        return Ok(());
    }
    if let Some(alerting) = config.table("alerting") {
        check_names(alerting.list("alert_relabel_configs"), true)?;
        for manager in alerting.tables("alertmanagers") {
            check_names(manager.list("relabel_configs"), true)?;
            check_names(manager.list("alert_relabel_configs"), true)?;
        }
    }
    for remote in config.tables("remote_write") {
        check_names(remote.list("write_relabel_configs"), true)?;
    }
    match config.table("otlp") {
        Some(otlp) if UTF8_STRATEGIES.contains(&otlp.text("translation_strategy")) => Err(otlp
            .fault(
                "translation_strategy",
                format!(
                    "{} needs metric_name_validation_scheme utf8",
                    otlp.text("translation_strategy")
                ),
            )),
        _ => Ok(()),
    }
}

fn take_tables(table: &mut Table, key: &str) -> Vec<Table> {
    let Value::List(items) = table.take(key) else {
        return Vec::new();
    };
    let tables = items.into_iter().filter_map(|item| match item.value {
        Value::Table(table) => Some(*table),
        _ => None,
    });
    tables.collect()
}

/// The scrape sections so far: completed, and no job name twice.
struct Jobs<'a> {
    global: &'a Global,
    /// Each job's name and the file it stands in.
    files: HashMap<String, PathBuf>,
}

impl Jobs<'_> {
    fn admit(&mut self, scrape: &mut Table, file: &Path) -> Result<(), Fault> {
        complete_scrape(scrape, self.global)?;
        let name = scrape.text("job_name");
        if let Some(first) = self.files.insert(name.to_owned(), file.to_owned()) {
            return Err(scrape.fault(
                "job_name",
                format!(
                    "the job name {name:?} is taken already, in {}",
                    first.display()
                ),
            ));
        }
        Ok(())
    }

    fn import(&mut self, path: &Path) -> Result<Vec<Table>, ConfigError> {
        let text = read_file(path)?;
        let within = |fault: Fault| fault.within(path);
        let root = yaml::parse(&text).map_err(within)?;
        let mut document = read::document(&SCRAPE_FILE, &root, folder_of(path)).map_err(within)?;
        let mut scrapes = take_tables(&mut document, "scrape_configs");
        for scrape in &mut scrapes {
            self.admit(scrape, path).map_err(within)?;
        }
        Ok(scrapes)
    }
}

/// The files that `scrape_config_files` names, in the order of its patterns. A pattern without
/// files is none.
fn imported_files(config: &Table, file: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let mut paths = Vec::new();
    for pattern in config.list("scrape_config_files") {
        let wrong = |message: String| {
            let mut fault = config.fault("scrape_config_files", message);
            fault.at = pattern.at;
            fault.within(file)
        };
        let matches = glob::glob(pattern.text())
            .map_err(|error| wrong(format!("not a valid pattern: {error}")))?;
        for path in matches {
            paths.push(path.map_err(|error| wrong(error.to_string()))?);
        }
    }
    Ok(paths)
}

/// The whole file as it is shown; `global` and the scrape sections are put back, completed.
fn show(config: &mut Table, global: Table, scrapes: &[Table]) -> String {
    config.set("global", Value::Table(Box::new(global)));
    let scrapes = scrapes.iter().map(|scrape| crate::table::Item {
        at: scrape.at,
        value: Value::Table(Box::new(scrape.clone())),
    });
    config.set("scrape_configs", Value::List(scrapes.collect()));
    emit::to_yaml(config)
}
