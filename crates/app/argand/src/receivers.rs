//! The receivers of what others push, as the flags have them.

use std::sync::Arc;

use anyhow::{Result, bail};
use config::{OtlpConfig, StatsdConfig};
use contract::{Append, Gather, SystemClock};
use receive::{Deltas, Otlp, OtlpOptions, RemoteWrite, Version};

use crate::flags::Flags;
use crate::options::Options;
use crate::statsd_receiver::StatsdReceiver;

const ACCEPTED: &str = "web.remote-write-receiver.accepted-protobuf-messages";

/// Features that say what becomes of OTLP's deltas.
const STORED: &str = "otlp-native-delta-ingestion";
const CONVERTED: &str = "otlp-deltatocumulative";

/// Those that are switched on.
#[derive(Clone, Default)]
pub(crate) struct Receivers {
    pub(crate) remote_write: Option<Arc<RemoteWrite>>,
    pub(crate) otlp: Option<Arc<Otlp>>,
    pub(crate) statsd: Option<Arc<StatsdReceiver>>,
}

impl Receivers {
    /// Puts into `store` what comes in.
    pub(crate) fn new(flags: &Flags, options: &Options, store: &Arc<dyn Append>) -> Result<Self> {
        let mut receivers = Self::default();
        if flags.is_on("web.enable-remote-write-receiver") {
            let receiver = RemoteWrite::new(Arc::clone(store), Arc::new(SystemClock));
            receivers.remote_write = Some(Arc::new(receiver.accepting(versions(flags)?)));
        }
        if flags.is_on("web.enable-otlp-receiver") {
            let features = || flags.list("enable-feature").iter();
            let has = |name| features().any(|list| list.split(',').any(|f| f.trim() == name));
            let options = OtlpOptions {
                deltas: match (has(STORED), has(CONVERTED)) {
                    (true, true) => bail!(
                        "--enable-feature: {STORED} and {CONVERTED} cannot both be switched on"
                    ),
                    (true, false) => Deltas::Stored,
                    (false, true) => Deltas::Converted,
                    (false, false) => Deltas::Refused,
                },
                type_and_unit_labels: has("type-and-unit-labels"),
                lookback: options.lookback,
            };
            let receiver = Otlp::new(Arc::clone(store), Arc::new(SystemClock), options);
            receivers.otlp = Some(Arc::new(receiver));
        }
        Ok(receivers)
    }

    /// StatsD's mapping file, where it has to be read again.
    pub(crate) fn load_statsd(&self) -> Result<Option<StatsdConfig>> {
        let statsd = self.statsd.as_ref();
        statsd.map_or(Ok(None), |statsd| statsd.load())
    }

    /// What is said of OTLP in the configuration, and StatsD's mapping file, are in force from now
    /// on.
    pub(crate) fn apply(&self, config: &OtlpConfig, mapping: Option<StatsdConfig>) {
        if let Some(statsd) = &self.statsd {
            statsd.apply(mapping);
        }
        if let Some(otlp) = &self.otlp {
            otlp.configure(config.clone());
        }
    }

    /// Nothing comes in any more.
    pub(crate) async fn end(&self) {
        if let Some(statsd) = &self.statsd {
            statsd.end().await;
        }
    }

    /// What they say of themselves.
    pub(crate) fn gatherers(&self) -> impl Iterator<Item = Arc<dyn Gather>> {
        let remote_write = self.remote_write.clone().map(|r| r as Arc<dyn Gather>);
        let otlp = self.otlp.clone().map(|r| r as Arc<dyn Gather>);
        remote_write.into_iter().chain(otlp)
    }
}

/// The messages of remote write that are taken.
fn versions(flags: &Flags) -> Result<Vec<Version>> {
    let mut versions = Vec::new();
    let lists = flags.list(ACCEPTED).iter();
    for name in lists.flat_map(|list| list.split(',')).map(str::trim) {
        match Version::of_message(name) {
            Some(version) => versions.push(version),
            None if name.is_empty() => {}
            None => bail!(
                "--{ACCEPTED}: {name:?} is none of {} and {}",
                Version::V1.message(),
                Version::V2.message()
            ),
        }
    }
    if versions.is_empty() {
        versions = vec![Version::V1, Version::V2];
    }
    Ok(versions)
}
