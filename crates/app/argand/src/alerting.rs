//! Rules and those who hear of their alerts, joined: Alertmanagers elsewhere, and the one in this
//! process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use config::Config;
use contract::{AlertSink, Append, Gather, Select, SystemClock, TargetSink};
use promql::{CancelToken, Engine, RuleQueries};
use rules::{
    LoadedAlerting, LoadedRules, RuleManager, RuleOptions, RuleSettings, RuleStages, Sender,
    SenderOptions,
};
use tokio::runtime::Handle;

use crate::alertmanager::{self, Alertmanager, Feed};

/// The stages from rules to alerts.
pub(crate) struct Alerting {
    pub(crate) rules: Arc<RuleManager>,
    pub(crate) sender: Arc<Sender>,
    /// Looks for the Alertmanagers that the sender tells.
    discovery: Arc<discovery::Manager>,
    /// Ends the queries of rules.
    cancel: CancelToken,
    /// The Alertmanager of this process, and the way to it.
    alertmanager: Option<(Arc<Alertmanager>, Arc<Feed>)>,
}

/// What the flags say of these stages.
#[derive(Clone, Debug)]
pub(crate) struct AlertingOptions {
    /// Where this server is reached, without a slash at the end.
    pub(crate) external_url: String,
    pub(crate) resend_delay: Duration,
    pub(crate) outage_tolerance: Duration,
    pub(crate) grace_period: Duration,
    pub(crate) concurrent_rules: bool,
    pub(crate) most_concurrent_rules: usize,
    pub(crate) queue_capacity: usize,
    pub(crate) batch_size: usize,
    pub(crate) drain_at_the_end: bool,
}

/// What a configuration says of these stages, checked.
pub(crate) struct Loaded {
    rules: LoadedRules,
    alerting: LoadedAlerting,
    alertmanager: Option<alertmanager::Loaded>,
}

impl Alerting {
    /// Stages without rules; those that are applied later wait for [`Alerting::open`]. Rules ask
    /// `select`, which may know more than the store that they record to. Alerts also go to the Alertmanager of this process, where there is one. Must be called inside a Tokio
    /// runtime.
    pub(crate) fn start<S: Append + Select + 'static>(
        store: &Arc<S>,
        select: Arc<dyn Select>,
        engine: Arc<Engine>,
        options: &AlertingOptions,
        alertmanager: Option<Arc<Alertmanager>>,
    ) -> Self {
        let sending = SenderOptions {
            queue_capacity: options.queue_capacity,
            batch_size: options.batch_size,
            drain_at_the_end: options.drain_at_the_end,
        };
        let sender = Arc::new(Sender::new(sending, Handle::current()));
        let cancel = CancelToken::default();
        let mut sinks = vec![Arc::clone(&sender) as Arc<dyn AlertSink>];
        let alertmanager = alertmanager.map(|alertmanager| {
            let feed = Arc::new(Feed::new(Arc::clone(&alertmanager.routing)));
            sinks.push(Arc::clone(&feed) as Arc<dyn AlertSink>);
            (alertmanager, feed)
        });
        let stages = RuleStages {
            query: Arc::new(RuleQueries::new(engine, select, cancel.clone())),
            append: Arc::clone(store) as Arc<dyn Append>,
            select: Arc::clone(store) as Arc<dyn Select>,
            sinks,
            clock: Arc::new(SystemClock),
        };
        let evaluating = RuleOptions {
            external_url: options.external_url.clone(),
            resend_delay: options.resend_delay,
            outage_tolerance: options.outage_tolerance,
            grace_period: options.grace_period,
            concurrent_rules: options.concurrent_rules,
            most_concurrent_rules: options.most_concurrent_rules,
        };
        let sink = Arc::clone(&sender) as Arc<dyn TargetSink>;
        Self {
            rules: Arc::new(RuleManager::new(stages, evaluating, Handle::current())),
            sender,
            discovery: Arc::new(discovery::Manager::new("notify", sink)),
            cancel,
            alertmanager,
        }
    }

    /// Reads rule files and checks all that concerns these stages; nothing changes yet.
    pub(crate) fn load(&self, config: &Config) -> Result<Loaded> {
        Ok(Loaded {
            rules: self.rules.load(RuleSettings::from(config))?,
            alerting: self.sender.load(config).context("alerting")?,
            alertmanager: match &self.alertmanager {
                Some((alertmanager, _)) => Some(alertmanager.load()?),
                None => None,
            },
        })
    }

    /// Puts in force what was loaded.
    pub(crate) fn apply(&self, config: &Config, loaded: Loaded) {
        let jobs = loaded.alerting.jobs();
        self.sender.apply(loaded.alerting);
        self.discovery.apply(jobs);
        if let (Some((alertmanager, feed)), Some(loaded)) =
            (&self.alertmanager, loaded.alertmanager)
        {
            feed.apply(config);
            alertmanager.apply(loaded);
        }
        self.rules.apply(loaded.rules);
    }

    /// From the next loading on this is what objects of Kubernetes add to Alertmanager's file.
    pub(crate) fn add_objects(&self, objects: Option<String>) {
        match &self.alertmanager {
            Some((alertmanager, _)) => alertmanager.add(objects),
            None if objects.is_some() => tracing::warn!(
                "objects of the kind AlertmanagerConfig are selected, and have no effect without --alertmanager.config.file"
            ),
            None => {}
        }
    }

    /// The store can be asked: rules are evaluated from now on.
    pub(crate) fn open(&self) {
        self.rules.open();
    }

    pub(crate) fn gatherers(&self) -> Vec<Arc<dyn Gather>> {
        let mut gatherers = vec![
            Arc::clone(&self.rules) as Arc<dyn Gather>,
            Arc::clone(&self.sender) as Arc<dyn Gather>,
            Arc::clone(&self.discovery) as Arc<dyn Gather>,
        ];
        if let Some((alertmanager, _)) = &self.alertmanager {
            gatherers.push(Arc::clone(alertmanager) as Arc<dyn Gather>);
        }
        gatherers
    }

    /// Ends rules first, so that what they have said last is still sent.
    pub(crate) async fn end(&self) {
        self.cancel.cancel();
        self.rules.shutdown().await;
        self.discovery.shutdown().await;
        self.sender.shutdown().await;
        if let Some((alertmanager, _)) = &self.alertmanager {
            alertmanager.shutdown().await;
        }
    }
}
