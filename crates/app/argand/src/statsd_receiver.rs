//! The StatsD receiver, as the flags have it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use config::StatsdConfig;
use contract::{Gather, SystemClock};
use parking_lot::Mutex;
use statsd::{Addresses, Dialects, Listeners, Options as StatsdOptions, Statsd};

use crate::flags::Flags;
use crate::options;

/// The receiver with its sockets and its mapping file.
pub(crate) struct StatsdReceiver {
    statsd: Arc<Statsd>,
    mapping: Option<PathBuf>,
    listeners: Mutex<Option<Listeners>>,
    /// Whether the mapping file was just read at the start, so that it need not be read again
    /// where the rest of the configuration comes into force.
    is_fresh: AtomicBool,
}

impl StatsdReceiver {
    /// Opens the sockets that are named; `None` where none is.
    pub(crate) async fn start(flags: &Flags) -> Result<Option<Arc<Self>>> {
        let addresses = addresses(flags)?;
        if !addresses.any() {
            return Ok(None);
        }
        let mapping = Some(PathBuf::from(flags.text("statsd.mapping-config")));
        let mapping = mapping.filter(|file| !file.as_os_str().is_empty());
        let read = StatsdOptions {
            dialects: Dialects {
                dogstatsd: flags.is_on("statsd.parse-dogstatsd-tags"),
                influxdb: flags.is_on("statsd.parse-influxdb-tags"),
                librato: flags.is_on("statsd.parse-librato-tags"),
                signalfx: flags.is_on("statsd.parse-signalfx-tags"),
            },
            set_interval: options::optional(flags, "statsd.set-interval", options::length)?,
            cached_names: options::required(flags, "statsd.cache-size", size)?,
            series: options::number(flags, "statsd.max-series")?,
        };
        let config = load(mapping.as_deref())?;
        let statsd = Arc::new(Statsd::new(config, read, Arc::new(SystemClock)));
        let listeners = Listeners::start(&statsd, &addresses).await?;
        tracing::info!(
            udp = ?listeners.udp(),
            tcp = ?listeners.tcp(),
            unixgram = ?addresses.unixgram,
            "StatsD lines are received; whoever reaches these sockets can write metrics"
        );
        Ok(Some(Arc::new(Self {
            statsd,
            mapping,
            listeners: Mutex::new(Some(listeners)),
            is_fresh: AtomicBool::new(true),
        })))
    }

    /// What it exposes.
    pub(crate) fn gatherer(&self) -> Arc<dyn Gather> {
        Arc::clone(&self.statsd) as Arc<dyn Gather>
    }

    /// Reads the mapping file again; `None` where it need not be.
    pub(crate) fn load(&self) -> Result<Option<StatsdConfig>> {
        if self.mapping.is_none() || self.is_fresh.swap(false, Ordering::Relaxed) {
            return Ok(None);
        }
        let loaded = load(self.mapping.as_deref());
        if loaded.is_err() {
            self.statsd.not_configured();
        }
        loaded.map(Some)
    }

    /// Puts a mapping file in force.
    pub(crate) fn apply(&self, config: Option<StatsdConfig>) {
        if let Some(config) = config {
            self.statsd.configure(config);
        }
    }

    /// Closes the sockets.
    pub(crate) async fn end(&self) {
        let listeners = self.listeners.lock().take();
        if let Some(listeners) = listeners {
            listeners.end().await;
        }
    }
}

fn load(mapping: Option<&Path>) -> Result<StatsdConfig> {
    match mapping {
        Some(file) => config::load_statsd(file).context("--statsd.mapping-config"),
        None => Ok(StatsdConfig::default()),
    }
}

fn addresses(flags: &Flags) -> Result<Addresses> {
    let given = |name: &str| Some(flags.text(name).to_owned()).filter(|text| !text.is_empty());
    let address = |name: &str| {
        let given = given(name);
        given.map(|text| options::address(name, &text)).transpose()
    };
    Ok(Addresses {
        udp: address("statsd.listen-udp")?,
        tcp: address("statsd.listen-tcp")?,
        unixgram: given("statsd.listen-unixgram").map(PathBuf::from),
        unixgram_mode: options::required(flags, "statsd.unixsocket-mode", mode)?,
        read_buffer: Some(options::required(flags, "statsd.read-buffer", size)?)
            .filter(|bytes| *bytes > 0),
    })
}

fn size(text: &str) -> Result<usize> {
    text.parse().context("a whole number was expected")
}

/// Permissions in octal digits.
fn mode(text: &str) -> Result<u32> {
    let mode = u32::from_str_radix(text, 8).ok();
    mode.filter(|mode| *mode <= 0o777)
        .context("three octal digits such as 755 were expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(arguments: &[&str]) -> Result<Option<Arc<StatsdReceiver>>> {
        let arguments = ["argand"].iter().chain(arguments);
        let flags = Flags::parse(arguments.map(std::ffi::OsString::from)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(StatsdReceiver::start(&flags))
    }

    #[test]
    fn nothing_is_open_unless_it_is_named() {
        assert!(start(&[]).unwrap().is_none());
        assert!(
            start(&["--statsd.listen-udp=127.0.0.1:0"])
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let udp = "--statsd.listen-udp=127.0.0.1:0";
        for (arguments, words) in [
            (&["--statsd.listen-udp=nowhere"][..], "--statsd.listen-udp"),
            (&[udp, "--statsd.unixsocket-mode=9"][..], "octal"),
            (&[udp, "--statsd.max-series=0"][..], "--statsd.max-series"),
            (&[udp, "--statsd.mapping-config=/no/file"][..], "/no/file"),
            (
                &["--statsd.listen-unixgram=/no/folder/s"][..],
                "/no/folder/s",
            ),
        ] {
            let error = format!("{:#}", start(arguments).err().unwrap());
            assert!(error.contains(words), "{arguments:?}: {error}");
        }
    }
}
