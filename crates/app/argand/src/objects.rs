//! Prometheus Operator's objects beside the configuration file: both together are in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use config::alertmanager::Environment;
use config::{Config, NameValidation, RuleChecks};
use contract::Gather;
use operator::{Check, Checks, Operator, Outcome, Settings};
use parking_lot::Mutex;
use promql::EngineOptions;
use template::prometheus::RuleTemplate;
use tokio::sync::watch;

use crate::configuration::Apply;
use crate::features;
use crate::flags::Flags;
use crate::options::Options;

/// Where rule files of objects are, below the folder of the samples.
const RULES: &str = "kubernetes/rules";

/// The objects, where there are any to be followed.
pub(crate) struct Objects {
    operator: Option<Operator>,
    rules: PathBuf,
    /// The configuration without objects, as it was put in force last. Held while one is put in
    /// force, so that two never mix.
    base: Mutex<Option<Config>>,
}

impl Objects {
    /// Begins to follow what `--kubernetes.operator` selects. Must be called inside a runtime.
    pub(crate) fn start(flags: &Flags, options: &Options) -> Result<Self> {
        let operator = match flags.text("kubernetes.operator") {
            "" => None,
            file => {
                let kubeconfig = Some(flags.text("kubernetes.kubeconfig"));
                let kubeconfig = kubeconfig.filter(|file| !file.is_empty());
                let kubeconfig = kubeconfig.map(std::path::absolute).transpose()?;
                let settings = Settings::load(Path::new(file), kubeconfig);
                let settings = settings.context("--kubernetes.operator")?;
                let checks = Checks {
                    rules: check_rules(flags),
                    routes: check_routes(flags),
                };
                Some(Operator::start(settings, checks))
            }
        };
        // Configuration files name files relative to themselves, so this one must not be relative.
        let data = std::path::absolute(&options.data)?;
        Ok(Self {
            operator,
            rules: data.join(RULES),
            base: Mutex::default(),
        })
    }

    /// What the objects are turned into, where they are followed.
    pub(crate) fn outcomes(&self) -> Option<watch::Receiver<Arc<Outcome>>> {
        self.operator.as_ref().map(Operator::outcomes)
    }

    pub(crate) fn gatherer(&self) -> Option<Arc<dyn Gather>> {
        let operator = self.operator.as_ref()?;
        Some(Arc::new(operator.gatherer()))
    }

    /// Puts a configuration in force together with the objects; `put` is given both, and what goes
    /// to Alertmanager.
    pub(crate) fn join(
        &self,
        config: Config,
        put: impl FnOnce(Config, Option<String>) -> Result<()>,
    ) -> Result<()> {
        let mut base = self.base.lock();
        let mut joined = config.clone();
        let mut routes = None;
        if let Some(operator) = &self.operator {
            let outcome = operator.outcomes().borrow().clone();
            routes = outcome.alertmanager.as_ref().map(ToString::to_string);
            add(&mut joined, &outcome);
            write(&self.rules, &outcome).with_context(|| {
                format!("writing rules of Kubernetes to {}", self.rules.display())
            })?;
            joined.rule_files.push(self.rules.join("*.yaml"));
        }
        put(joined, routes)?;
        *base = Some(config);
        Ok(())
    }

    /// Puts the configuration in force anew each time that objects change, for ever.
    pub(crate) async fn follow(&self, stages: &dyn Apply) {
        let Some(operator) = &self.operator else {
            return;
        };
        let mut outcomes = operator.outcomes();
        while outcomes.changed().await.is_ok() {
            let count = outcomes.borrow_and_update().states.len();
            let Some(config) = self.base.lock().clone() else {
                continue;
            };
            match stages.apply(config) {
                Ok(()) => tracing::info!(objects = count, "objects of Kubernetes are in force"),
                Err(error) => tracing::error!(
                    error = %format!("{error:#}"),
                    "objects of Kubernetes do not fit the configuration; what was goes on"
                ),
            }
        }
    }

    pub(crate) async fn end(&self) {
        if let Some(operator) = &self.operator {
            operator.shutdown().await;
        }
    }
}

/// Adds the sections of objects; one whose name the file has too is left out.
fn add(config: &mut Config, outcome: &Outcome) {
    for section in &outcome.scrape_configs {
        let job = &section.job_name;
        if config
            .scrape_configs
            .iter()
            .any(|known| known.job_name == *job)
        {
            tracing::error!(%job, "the configuration file has a job of this object's name; the object is left out");
            continue;
        }
        config.scrape_configs.push(section.clone());
    }
}

/// Writes the rule files of objects, and removes those that are gone.
fn write(folder: &Path, outcome: &Outcome) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name
            .to_str()
            .is_some_and(|name| outcome.rule_files.contains_key(name))
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    for (name, text) in &outcome.rule_files {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Holds rule files against the languages of expressions and templates.
fn check_rules(flags: &Flags) -> Check {
    let mut engine = EngineOptions::default();
    features::apply(flags, &mut engine);
    let features = engine.features;
    Arc::new(move |text| {
        let checks = RuleChecks {
            names: NameValidation::Utf8,
            unknown_keys: false,
            expression: &|text| match promql::parse_with(text, &features) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            template: &|alert, text| match RuleTemplate::parse(text, &format!("__alert_{alert}")) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
        };
        let read = config::parse_rules(text, Path::new("rules"), checks);
        read.map(|_| ()).map_err(|faults| {
            let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
            all.join("; ")
        })
    })
}

/// Holds routes against Alertmanager's configuration file, which they are added to.
fn check_routes(flags: &Flags) -> Check {
    let file = PathBuf::from(flags.text("alertmanager.config.file"));
    let expands = flags.is_on("alertmanager.config.expand-env");
    Arc::new(move |routes| {
        // Without a file nobody is told, and nothing can be wrong with it.
        if file.as_os_str().is_empty() {
            return Ok(());
        }
        let environment = |name: &str| std::env::var(name).ok();
        let environment: Option<Environment<'_>> = expands.then_some(&environment);
        let joined = config::alertmanager::load_with(&file, environment, routes);
        joined.map(|_| ()).map_err(|fault| fault.to_string())
    })
}
