//! The configuration in force: read at the start, read again on request; a bad new file changes
//! nothing.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use api::{Reload, Runtime};
use config::Config;
use contract::{Clock, SystemClock};
use tokio::sync::mpsc;

use crate::builtin;
use crate::systemd::Systemd;

/// Where the configuration comes from.
pub(crate) struct Source {
    /// The file; `None` for the built-in configuration.
    pub(crate) file: Option<PathBuf>,
    /// Where this process listens, for the built-in configuration to watch it.
    pub(crate) address: String,
    /// What the paths of this process begin with.
    pub(crate) prefix: String,
    /// Whether StatsD lines are received.
    pub(crate) statsd: bool,
}

impl Source {
    /// Reads and checks it.
    pub(crate) fn read(&self) -> Result<Config> {
        match &self.file {
            Some(file) => Ok(config::load(file)?),
            None => {
                let text = builtin::configuration(&self.address, &self.prefix, self.statsd);
                config::parse(&text, "built-in configuration".as_ref(), &|_| None)
                    .context("the built-in configuration")
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display()),
            None => f.write_str("built-in: this process and this machine"),
        }
    }
}

/// Makes a configuration the one in force; after an error the one before still is.
pub(crate) trait Apply: Send + Sync {
    fn apply(&self, config: Config) -> Result<()>;
}

/// Tells the log what was checked and does nothing yet.
pub(crate) fn report_inactive(config: &Config) {
    for section in &config.inactive {
        tracing::warn!(
            section,
            "this section is checked but not active; http_sd_configs or file_sd_configs can stand in for it"
        );
    }
    for setting in inactive_settings(config) {
        tracing::warn!(setting, "this setting is checked but not active yet");
    }
}

/// Tells the pages whether all sections find targets.
pub(crate) fn notice_inactive(inactive: bool, runtime: &Runtime) {
    let notices = &runtime.notices;
    if inactive {
        notices.raise(api::DISCOVERY_INACTIVE, SystemClock.now());
    } else {
        notices.lower(api::DISCOVERY_INACTIVE);
    }
}

/// Settings within active sections that do nothing yet and differ from their defaults.
fn inactive_settings(config: &Config) -> Vec<String> {
    let mut settings = Vec::new();
    let mut note = |is_set: bool, setting: &str| {
        if is_set {
            settings.push(setting.to_owned());
        }
    };
    for job in &config.scrape_configs {
        let name = &job.job_name;
        for (is_set, setting) in [
            (job.failure_log_file.is_some(), "scrape_failure_log_file"),
            (
                job.convert_classic_histograms,
                "convert_classic_histograms_to_nhcb",
            ),
        ] {
            note(is_set, &format!("{setting} of job {name}"));
        }
    }
    settings
}

/// Answers requests to reload until nobody can ask any more.
pub(crate) async fn serve_reloads(
    source: Source,
    runtime: Arc<Runtime>,
    stages: Arc<dyn Apply>,
    mut requests: mpsc::Receiver<Reload>,
    systemd: Arc<Systemd>,
) {
    while let Some(done) = requests.recv().await {
        systemd.reloading();
        let outcome = match reload(&source, stages.as_ref(), &runtime) {
            Ok(()) => {
                tracing::info!("configuration reloaded");
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "configuration not reloaded; the former one goes on");
                runtime.config_refused(error.clone(), SystemClock.now());
                Err(error)
            }
        };
        systemd.ready(match &outcome {
            Ok(()) => "ready",
            Err(_) => "ready; the new configuration is wrong, the former one goes on",
        });
        // Whoever asked may have gone.
        let _ = done.send(outcome);
    }
}

/// Reads the configuration and puts it in force; answers how it is shown.
fn reload(source: &Source, stages: &dyn Apply, runtime: &Runtime) -> Result<()> {
    let config = source.read()?;
    report_inactive(&config);
    let (redacted, external_labels) = (
        config.redacted.clone(),
        config.global.external_labels.clone(),
    );
    let inactive = !config.inactive.is_empty();
    stages.apply(config)?;
    notice_inactive(inactive, runtime);
    runtime.config_loaded(redacted, external_labels, SystemClock.now());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_does_nothing_is_named() {
        let text = "
global: {query_log_file: q.log}
storage: {tsdb: {out_of_order_time_window: 5m}}
scrape_configs:
  - job_name: a
    scrape_native_histograms: true
    convert_classic_histograms_to_nhcb: true
  - job_name: b
";
        let config = config::parse(text, "x.yml".as_ref(), &|_| None).unwrap();
        assert_eq!(
            inactive_settings(&config),
            ["convert_classic_histograms_to_nhcb of job a"]
        );
        assert!(inactive_settings(&Config::default()).is_empty());
    }
}
