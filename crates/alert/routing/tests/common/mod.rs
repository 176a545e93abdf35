//! A service whose time is the runtime's own, paused: it moves on only when everything waits.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::alertmanager::{AlertmanagerConfig, Global, GroupBy, Route};
use contract::{
    Alone, Clock, Notification, NotificationReason, Notify, NotifyError, NotifyFuture, Peers,
};
use model::Labels;
use parking_lot::Mutex;
use routing::{Limits, Options, PostedAlert, Receivers, Routing, RoutingError};

/// The time 0 of a case: a midnight.
const EPOCH: i64 = 1_800_057_600_000;

/// A moment of a case, given in seconds, in milliseconds since the epoch.
pub(crate) fn at(second: i64) -> i64 {
    EPOCH + second * 1000
}

/// Everything to `hook`, by name: 10 s wait, 30 s interval, an hour until it is repeated.
pub(crate) fn route() -> Route {
    Route {
        receiver: "hook".to_owned(),
        group_by: GroupBy::Labels(vec!["alertname".to_owned()]),
        group_wait: Duration::from_secs(10),
        group_interval: Duration::from_secs(30),
        repeat_interval: Duration::from_secs(3600),
        matchers: Vec::new(),
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        continues: false,
        labels: Labels::empty(),
        routes: Vec::new(),
    }
}

pub(crate) fn config(route: Route) -> AlertmanagerConfig {
    AlertmanagerConfig {
        global: Global {
            resolve_timeout: Duration::from_secs(300),
        },
        route,
        inhibit_rules: Vec::new(),
        receivers: Vec::new(),
        templates: Vec::new(),
        time_intervals: Vec::new(),
        inactive: Vec::new(),
        redacted: String::new(),
    }
}

struct PausedClock {
    start: i64,
    base: tokio::time::Instant,
}

impl Clock for PausedClock {
    fn now(&self) -> i64 {
        self.start + i64::try_from(self.base.elapsed().as_millis()).unwrap()
    }
}

/// What a receiver was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) millis: i64,
    pub(crate) receiver: String,
    pub(crate) reason: NotificationReason,
    /// The label `n` of each alert, with a minus where it has ended.
    pub(crate) alerts: String,
}

type Failures = Arc<Mutex<Vec<NotifyError>>>;

struct Recorder {
    heard: Arc<Mutex<Vec<Heard>>>,
    failures: Failures,
    clock: Arc<dyn Clock>,
    sends_resolved: bool,
}

impl Notify for Recorder {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn index(&self) -> usize {
        0
    }

    fn sends_resolved(&self) -> bool {
        self.sends_resolved
    }

    fn notify<'a>(&'a self, notification: &'a Notification) -> NotifyFuture<'a> {
        Box::pin(async move {
            if let Some(error) = self.failures.lock().pop() {
                return Err(error);
            }
            let names = notification.alerts.iter().map(|alert| {
                let ended = alert.is_resolved_at(notification.now);
                let sign = if ended { "-" } else { "" };
                format!("{sign}{}", alert.labels.get("n").unwrap())
            });
            self.heard.lock().push(Heard {
                millis: self.clock.now() - EPOCH,
                receiver: notification.receiver.clone(),
                reason: notification.reason,
                alerts: names.collect::<Vec<String>>().join(" "),
            });
            Ok(())
        })
    }
}

/// A folder, a configuration, and what was heard in all runs.
pub(crate) struct Case {
    config: AlertmanagerConfig,
    folder: tempfile::TempDir,
    heard: Arc<Mutex<Vec<Heard>>>,
    failures: Failures,
    pub(crate) sends_resolved: bool,
    pub(crate) limits: Limits,
    pub(crate) start_delay: Duration,
    pub(crate) peers: Arc<dyn Peers>,
}

/// The service while it runs.
pub(crate) struct Now {
    pub(crate) routing: Arc<Routing>,
    receivers: Receivers,
    clock: Arc<dyn Clock>,
}

impl Case {
    pub(crate) fn new(config: AlertmanagerConfig) -> Self {
        Self {
            config,
            folder: tempfile::tempdir().unwrap(),
            heard: Arc::default(),
            failures: Arc::default(),
            sends_resolved: true,
            limits: Limits::default(),
            start_delay: Duration::ZERO,
            peers: Arc::new(Alone),
        }
    }

    /// Where the log lies.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The next attempts fail.
    pub(crate) fn fail(&self, times: usize, error: impl Fn() -> NotifyError) {
        self.failures.lock().extend((0..times).map(|_| error()));
    }

    /// Starts the service at a second, and kills it when `what` is over.
    pub(crate) fn run(&self, second: i64, what: impl AsyncFnOnce(&Now)) {
        self.try_run(second, what).unwrap();
    }

    /// As [`Case::run`], where the start may fail.
    pub(crate) fn try_run(
        &self,
        second: i64,
        what: impl AsyncFnOnce(&Now),
    ) -> Result<(), RoutingError> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(PausedClock {
                start: at(second),
                base: tokio::time::Instant::now(),
            });
            let receivers: Receivers = ["hook", "other"]
                .map(|name| {
                    let recorder = Recorder {
                        heard: Arc::clone(&self.heard),
                        failures: Arc::clone(&self.failures),
                        clock: Arc::clone(&clock),
                        sends_resolved: self.sends_resolved,
                    };
                    (name.to_owned(), vec![Arc::new(recorder) as Arc<dyn Notify>])
                })
                .into_iter()
                .collect::<HashMap<_, _>>();
            let options = Options {
                limits: self.limits,
                start_delay: self.start_delay,
                peers: Arc::clone(&self.peers),
                ..Options::new(PathBuf::from(self.folder.path()))
            };
            let started = Routing::start(
                &self.config,
                receivers.clone(),
                &options,
                Arc::clone(&clock),
            );
            let routing = started?;
            what(&Now {
                routing,
                receivers,
                clock,
            })
            .await;
            Ok(())
        })
    }

    pub(crate) fn everything(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }

    /// Checks all that was heard: at which second, by whom, why, of which alerts. What came at the
    /// same second may have come in any order.
    #[track_caller]
    pub(crate) fn heard(&self, expected: &[(i64, &str, NotificationReason, &str)]) {
        let mut heard: Vec<String> = self
            .everything()
            .iter()
            .map(|h| format!("{:6} {} {:?} {}", h.millis, h.receiver, h.reason, h.alerts))
            .collect();
        heard.sort();
        let mut expected: Vec<String> = expected
            .iter()
            .map(|(second, receiver, reason, alerts)| {
                format!("{:6} {receiver} {reason:?} {alerts}", second * 1000)
            })
            .collect();
        expected.sort();
        assert_eq!(heard, expected);
    }
}

impl Now {
    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) async fn post(
        &self,
        name: &str,
        n: &str,
        starts_at: Option<i64>,
        ends_at: Option<i64>,
    ) {
        let posted = PostedAlert {
            labels: Labels::from_pairs([("alertname", name), ("n", n)]),
            annotations: Labels::empty(),
            starts_at,
            ends_at,
            generator_url: String::new(),
        };
        self.routing.post_alerts(vec![posted]).await.unwrap();
    }

    pub(crate) async fn fire(&self, name: &str, n: &str) {
        self.post(name, n, None, None).await;
    }

    pub(crate) async fn end(&self, name: &str, n: &str) {
        let views = self.routing.alerts(&routing::AlertFilter::default());
        let fits = |view: &&routing::AlertView| view.alert.labels.get("n") == Some(n);
        let starts_at = views.iter().find(fits).unwrap().alert.starts_at;
        self.post(name, n, Some(starts_at), Some(self.clock.now()))
            .await;
    }

    pub(crate) fn reload(&self, config: &AlertmanagerConfig) {
        self.routing.reload(config, self.receivers.clone());
    }
}
