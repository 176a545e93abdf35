//! The configuration in force: read at the start, read again on request; a bad new file changes
//! nothing.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use api::{Reload, Runtime};
use config::Config;
use contract::{Clock, SystemClock};
use tokio::sync::mpsc;

use crate::builtin;

/// Where the configuration comes from.
pub(crate) struct Source {
    /// The file; `None` for the built-in configuration.
    pub(crate) file: Option<PathBuf>,
    /// Where this process listens, for the built-in configuration to watch it.
    pub(crate) address: String,
}

impl Source {
    /// Reads and checks it.
    pub(crate) fn read(&self) -> Result<Config> {
        match &self.file {
            Some(file) => Ok(config::load(file)?),
            None => {
                let text = builtin::configuration(&self.address);
                config::parse(&text, "built-in configuration".as_ref(), &|_| None)
                    .context("the built-in configuration")
            }
        }
    }
}

/// Makes a configuration the one in force.
pub(crate) trait Apply: Send + Sync {
    fn apply(&self, config: Config);
}

/// Tells the log what was checked and does nothing yet.
pub(crate) fn report_inactive(config: &Config) {
    for section in &config.inactive {
        tracing::warn!(section, "this section is checked but not active yet");
    }
}

/// Answers requests to reload until nobody can ask any more.
pub(crate) async fn serve_reloads(
    source: Source,
    runtime: Arc<Runtime>,
    stages: Arc<dyn Apply>,
    mut requests: mpsc::Receiver<Reload>,
) {
    while let Some(done) = requests.recv().await {
        let outcome = match source.read() {
            Ok(config) => {
                report_inactive(&config);
                runtime.config_loaded(config.redacted.clone(), SystemClock.now());
                stages.apply(config);
                tracing::info!("configuration reloaded");
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "configuration not reloaded; the former one goes on");
                runtime.config_refused(error.clone());
                Err(error)
            }
        };
        // Whoever asked may have gone.
        let _ = done.send(outcome);
    }
}
